"""
The hub methods about files.
"""
from __future__ import annotations

from base64 import encodebytes
from collections.abc import Callable
from typing import Any

from txkoji.exceptions import GenericError
from txkoji.files.paths import DEFAULT, build_path, on_volume, task_folder
from txkoji.testing.files import VOLUMES, Files
from txkoji.testing.methods.base import Methods


class FileMethods(Methods):
    """What tasks put out, and logs of builds."""

    _files: Files
    getBuild: Callable[..., Any]
    getTaskInfo: Callable[..., Any]

    def listTaskOutput(self, taskID: int, stat: bool = False,
                       all_volumes: bool = False, strict: bool = False
                       ) -> Any:
        if strict:
            self.getTaskInfo(taskID, strict=True)
        found: dict[str, dict[str, Any]] = {}
        for volume in VOLUMES if all_volumes else (DEFAULT,):
            folder = f'work/{task_folder(taskID)}'
            for name in self._files.names(folder, volume):
                size = self._files.size(f'{folder}/{name}', volume)
                found.setdefault(name, {})[volume] = {
                    'st_size': str(size), 'st_atime': 0.0, 'st_mtime': 0.0,
                    'st_ctime': 0.0}
        if all_volumes:
            return found if stat else {
                name: list(volumes) for name, volumes in found.items()}
        return {name: volumes[DEFAULT] for name, volumes in found.items()
                } if stat else list(found)

    def downloadTaskOutput(self, taskID: int, fileName: str, offset: int = 0,
                           size: int = -1, volume: str | None = None
                           ) -> str:
        path = f'work/{task_folder(taskID)}/{fileName}'
        whole = self._files.size(path, volume)
        if whole is None or '..' in fileName.split('/'):
            raise GenericError(f'no file "{fileName}" output by task {taskID}')
        if offset < 0:
            offset = max(0, whole + offset)
        return encodebytes(
            self._files.read(path, volume, offset, size)).decode()

    def getBuildLogs(self, build: Any) -> Any:
        found = self.getBuild(build, strict=True)
        top = build_path({**found, 'volume_name': None}) + '/data/logs'
        logs = []
        for name in self._files.names(top, found['volume_name']):
            folder, _, name = name.rpartition('/')
            folder = folder or '.'
            logs.append({'name': name, 'dir': folder, 'path': on_volume(
                found['volume_name'], f'{top}/{folder}/{name}')})
        return logs
