"""The builds of a FakeHub: how they begin, and what becomes of them."""
from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from txkoji import build_states
from txkoji.exceptions import GenericError
from txkoji.testing import rows
from txkoji.testing.lookups import build_of, strict_user
from txkoji.testing.tables import Row
from txkoji.testing.tasks import Tasks
from txkoji.testing.world import World

#: The states of builds that may be made again, under the same id.
AGAIN = (build_states.FAILED, build_states.CANCELED)

#: Stands between the release of a draft and its number.
DRAFT = ',draft_'


class Builds:
    """
    The builds of a hub, with the rules of kojihub/kojihub.py.

    :param world: where they are.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._tables = world.tables

    def package(self, name: str) -> int:
        """Get the id of a package, which is made if there is none."""
        row = self._tables.by_name('packages').get(name)
        if row is None:
            row = self._world.add('packages', {'name': name})
        return int(row['id'])

    def begin(self, data: Row, user_id: int | None) -> Row:
        """
        Begin a build, anew if it has failed before.

        :param data: what it is: ``name``, ``version``, ``release``, and more.
        :returns: its row.
        :raises GenericError: if there is one that has not failed.
        """
        package = self.package(data['name'])
        owner = user_id
        if data.get('owner') is not None:
            owner = strict_user(self._tables, data['owner'])['id']
        state = data.get('state', build_states.COMPLETE)
        draft = bool(data.get('draft'))
        release = data['release']
        old = None if draft else build_of(
            self._tables, data['name'], data['version'], release)
        if old is not None:
            if _same(old, data, state):
                return old
            if old['state'] not in AGAIN:
                self._refuse(old, data, package, owner, state)
        begun = self._begun(data, package, owner, state)
        if old is not None:
            # It keeps its id.
            before = old['state']
            self._world.change(old, **begun)
            self.say(old, before)
            return old
        row = self._world.add('builds', begun)
        if draft:
            self._world.change(row, release=f'{release}{DRAFT}{row["id"]}')
        self.say(row, None)
        return row

    def _begun(self, data: Row, package: int, owner: int | None, state: int
               ) -> Row:
        """Get the columns of a build that begins."""
        now = self._world.moment()
        return {
            'package_id': package, 'version': data['version'],
            'release': data['release'], 'epoch': data.get('epoch'),
            'state': state, 'draft': bool(data.get('draft')),
            'task_id': data.get('task_id'), 'owner_id': owner,
            'creation_event_id': self._world.event(), 'creation_time': now,
            'start_time': now,
            'completion_time': (None if state == build_states.BUILDING
                                else now),
            'volume_id': 0, 'cg_id': data.get('cg_id'), 'promoter_id': None,
            'promotion_time': None, 'source': data.get('source'),
            'extra': data.get('extra')}

    def _refuse(self, old: Row, data: Row, package: int, owner: int | None,
                state: int) -> None:
        """Say that there is such a build, with all that the hub knows."""
        if old['state'] == build_states.BUILDING and old['task_id']:
            raise GenericError('Build already in progress (task'
                               f' {old["task_id"]})')
        if 'cg_id' in data:
            said = {**data, 'owner': owner, 'state': state,
                    'completion_time': None, 'cg_id': data['cg_id'],
                    'epoch': data.get('epoch'), 'pkg_id': package,
                    'extra': None, 'start_time': 'NOW', 'source': None,
                    'task_id': data.get('task_id'), 'volume_id': 0,
                    'draft': bool(data.get('draft'))}
            said['cg_id'] = said.pop('cg_id')
            order = [*[name for name in data if name != 'cg_id'], 'owner',
                     'state', 'completion_time', 'cg_id', 'epoch', 'pkg_id',
                     'extra', 'start_time', 'source', 'task_id', 'volume_id',
                     'draft']
            said = {name: said[name] for name in dict.fromkeys(order)}
        else:
            said = {**data, 'draft': bool(data.get('draft')),
                    'pkg_id': package, 'extra': data.get('extra'),
                    'state': state, 'start_time': 'NOW',
                    'completion_time': (
                        None if state == build_states.BUILDING else 'NOW'),
                    'source': data.get('source'), 'owner': owner,
                    'task_id': data.get('task_id'), 'volume_id': 0}
        raise GenericError(
            f'Build already exists (id={old["id"]},'
            f' state={build_states.to_str(old["state"])}): {said!r}')

    def set_state(self, row: Row, state: int, **values: Any) -> None:
        """End a build."""
        old = row['state']
        values.setdefault('completion_time', self._world.moment())
        self._world.change(row, state=state, **values)
        self.say(row, old)

    def cancel(self, row: Row, with_task: bool = True) -> bool:
        """
        Cancel a build, and its task.

        :returns: whether it was under way.
        """
        if row['state'] != build_states.BUILDING:
            return False
        self.set_state(row, build_states.CANCELED)
        task = self._tables.by_id('tasks').get(row['task_id'])
        if with_task and task is not None:
            cancel_task(self._world, task)
        return True

    def keep_scratch(self, task: Row, paths: list[str],
                     logs: Mapping[str, list[str]]) -> None:
        """
        Put the files of a scratch build into the folder of its user.

        :param paths: the paths of the packages, below "work".
        :param logs: those of the logs, by architecture.
        """
        owner = self._tables.name('users', task['owner'])
        folders = [('', paths), *(
            (f'logs/{arch}/', found) for arch, found in logs.items())]
        for folder, found in folders:
            for path in found:
                self._world.files.copy(
                    f'work/{path}', f'scratch/{owner}/task_{task["id"]}/'
                    f'{folder}{posixpath.basename(path)}')

    def say(self, row: Row, old: int | None) -> None:
        """Say on the bus that the state of a build changed."""
        self._world.announce(
            'BuildStateChange', attribute='state', old=old, new=row['state'],
            info=rows.build(self._tables, row))


def _same(old: Row, data: Row, state: int) -> bool:
    """Whether a build is just made by the task that begins it."""
    return (old['state'] == build_states.BUILDING == state
            and old['task_id'] is not None
            and bool(old['task_id'] == data.get('task_id')))


def cancel_task(world: World, task: Row, recurse: bool = True) -> bool:
    """
    Cancel a task with its subtasks, and what they build.

    :returns: whether it is canceled then.
    """
    tasks, builds = Tasks(world), Builds(world)
    numbers = [task['id']]
    for number in numbers:
        if recurse:
            numbers += [row['id'] for row in tasks.children(number)]
    done = tasks.cancel(task, recurse)
    for number in numbers:
        for row in world.tables.where('builds', 'task_id', number):
            builds.cancel(row, with_task=False)
    return done
