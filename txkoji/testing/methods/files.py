"""The hub methods about files."""
from __future__ import annotations

from base64 import b64encode
from typing import Any

from txkoji.exceptions import GenericError
from txkoji.files.paths import DEFAULT, build_path, on_volume, task_folder
from txkoji.testing.caller import Caller
from txkoji.testing.calls import Methods, export
from txkoji.testing.files import VOLUMES
from txkoji.testing.lookups import (
    crash,
    entry,
    number,
    strict_build,
    strict_task,
)
from txkoji.testing.rows import build as joined
from txkoji.testing.tasks import Tasks
from txkoji.testing.uploads import Uploads
from txkoji.testing.world import World


def check_task_folder(world: World, caller: Caller, path: Any) -> None:
    """
    Let only its builder upload to the folder of a task.

    :raises AuthError: to who is no builder.
    :raises ActionNotAllowed: to another builder.
    """
    parts = str(path).split('/')
    if parts[0] == 'tasks' and len(parts) == 3 and parts[2].isdigit():
        host = caller.host()
        Tasks(world).of_host(parts[2], host['id'])


class FileMethods(Methods):
    """Uploads, what tasks put out, and logs of builds."""

    @export('list_task_output')
    def listTaskOutput(self, taskID: Any, stat: bool = False,
                       all_volumes: bool = False, strict: bool = False
                       ) -> Any:
        taskID = number(taskID)
        if strict:
            strict_task(self.tables, taskID)
        files = self.world.files
        found: dict[str, dict[str, Any]] = {}
        for volume in VOLUMES if all_volumes else (DEFAULT,):
            folder = f'work/{task_folder(taskID)}'
            for name in files.names(folder, volume):
                size = files.size(f'{folder}/{name}', volume)
                found.setdefault(name, {})[volume] = {
                    'st_size': str(size), 'st_atime': 0.0, 'st_mtime': 0.0,
                    'st_ctime': 0.0}
        if all_volumes:
            return found if stat else {
                name: list(volumes) for name, volumes in found.items()}
        return {name: volumes[DEFAULT] for name, volumes in found.items()
                } if stat else list(found)

    @export()
    def downloadTaskOutput(self, taskID: Any, fileName: Any,
                           offset: Any = 0, size: Any = -1,
                           volume: Any = None) -> str:
        taskID, size, offset = number(taskID), number(size), number(
            offset or 0)
        if volume and volume not in VOLUMES:
            self.getVolume(volume, strict=True)
        if '..' in fileName:
            raise GenericError(f'Invalid file name: {fileName}')
        path = f'work/{task_folder(taskID)}/{fileName}'
        whole = self.world.files.size(path, volume)
        if whole is None:
            raise GenericError(f'no file "{fileName}" output by task {taskID}')
        if size < -1:
            raise crash("<class 'ValueError'>: read length must be"
                        ' non-negative or -1')
        if offset < 0:
            if -offset > whole:
                raise crash("<class 'OSError'>: [Errno 22] Invalid argument")
            offset = whole + offset
        return b64encode(
            self.world.files.read(path, volume, offset, size)).decode()

    @export('get_build_logs')
    def getBuildLogs(self, build: Any) -> Any:
        found = joined(self.tables, strict_build(self.tables, build))
        top = build_path({**found, 'volume_name': None}) + '/data/logs'
        logs = []
        for name in self.world.files.names(top, found['volume_name']):
            folder, _, name = name.rpartition('/')
            folder = folder or '.'
            logs.append({'name': name, 'dir': folder, 'path': on_volume(
                found['volume_name'], f'{top}/{folder}/{name}')})
        return logs

    @export(perm='login')
    def uploadFile(self, path: Any, name: Any, size: Any, md5sum: Any,
                   offset: Any, data: Any, volume: Any = None,
                   checksum: Any = None) -> Any:
        check_task_folder(self.world, self.caller, path)
        return Uploads(self.world).uploadFile(
            self.caller.user_id, path, name, size, md5sum, offset, data,
            volume, checksum)

    @export()
    def checkUpload(self, path: Any, name: Any, verify: Any = None,
                    tail: Any = None, volume: Any = None) -> Any:
        return Uploads(self.world).checkUpload(
            self.caller.user_id, path, name, verify, tail, volume)

    @export()
    def listVolumes(self) -> Any:
        return [dict(row) for row in self.tables.volumes]

    @export()
    def getVolume(self, volume: Any, strict: bool = False) -> Any:
        found = entry(self.tables, 'volumes', volume, strict=False)
        if found is None and strict:
            raise GenericError(f'No such volume: {volume}')
        return found
