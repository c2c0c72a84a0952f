"""The making of a world: packages, tags, users, hosts, builds and tasks."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from txkoji import build_states, task_states
from txkoji.files.paths import build_path, rpm_path
from txkoji.testing import inheritance, rows
from txkoji.testing.builds import Builds
from txkoji.testing.caller import HOST, Caller
from txkoji.testing.lookups import strict_tag, strict_user
from txkoji.testing.methods.tag_changes import TagChanges
from txkoji.testing.rpmfile import make_rpm
from txkoji.testing.tables import RECORDED, Row, time_text
from txkoji.testing.tagging import Tagging
from txkoji.testing.tasks import Tasks
from txkoji.testing.world import World

#: The id of the user who makes what a test makes.
ADMIN = 1

#: What a task asks for, if a test does not say.
SOURCE = 'git+https://src.example.test/rpms/tool.git#0123456789'


class Making:
    """
    Makes what a hub knows. Nothing of it is said on the bus.

    :ivar world: where it is made.
    """

    world: World

    @contextmanager
    def _quietly(self) -> Iterator[Caller]:
        """Change the world, at an event of its own."""
        self.world.tables.refresh()
        self.world.begin()
        if ADMIN not in self.world.tables.by_id('users'):
            self._user('kojiadmin', (), 0)
            self._grant(ADMIN, 'admin')
        try:
            yield Caller(self.world.tables, ADMIN)
        except BaseException:
            self.world.undo()
            raise
        finally:
            self.world.begin()

    def add_package(self, name: str) -> int:
        """Make a package, or find it; give its id."""
        with self._quietly():
            return Builds(self.world).package(name)

    def add_user(self, name: str, *, perms: Iterable[str] = (),
                 groups: Iterable[str] = ()) -> int:
        """
        Make a user, or find one; give the id.

        :param perms: the names of permissions to grant.
        :param groups: the names of groups, which are made if need be.
        """
        with self._quietly():
            number = self._user(name, [f'{name}@EXAMPLE.TEST'], 0)
            for perm in perms:
                self._grant(number, perm)
            for group in groups:
                self.world.create('user_groups', {
                    'user_id': number,
                    'group_id': self._user(group, (), 2)}, ADMIN)
            return number

    def _user(self, name: str, principals: Iterable[str], usertype: int
              ) -> int:
        row = self.world.tables.by_name('users').get(name)
        if row is None:
            row = self.world.add('users', {
                'name': name, 'status': 0, 'usertype': usertype,
                'krb_principals': list(principals)})
        return int(row['id'])

    def _grant(self, user_id: int, perm: str) -> None:
        row = self.world.tables.by_name('permissions').get(perm)
        if row is None:
            row = self.world.add('permissions', {'name': perm,
                                                 'description': None})
        self.world.create('user_perms', {'user_id': user_id,
                                         'perm_id': row['id']}, ADMIN)

    def add_host(self, name: str, *, arches: str = 'x86_64',
                 channels: Iterable[str] = ('default', 'createrepo'),
                 capacity: float = 8.0) -> int:
        """
        Make a host that is ready; give its id.

        :param arches: its architectures, with spaces between.
        :param channels: the names of its channels, made if need be.
        """
        with self._quietly():
            row = self.world.add('hosts', {
                'name': name, 'user_id': self._user(name, (), HOST),
                'arches': f'{arches} noarch', 'capacity': capacity,
                'task_load': 0.0, 'enabled': True, 'ready': True,
                'description': None, 'comment': None,
                'update_ts': RECORDED})
            for channel in channels:
                found = self.world.tables.by_name('channels').get(channel)
                if found is None:
                    found = self.world.add('channels', {
                        'name': channel, 'description': None,
                        'enabled': True, 'comment': None})
                self.world.create('host_channels', {
                    'host_id': row['id'], 'channel_id': found['id']}, ADMIN)
            return int(row['id'])

    def add_tag(self, name: str, *, parents: Iterable[str] = (),
                arches: str = 'x86_64', packages: Iterable[str] = (),
                owner: str = 'kojiadmin', locked: bool = False,
                perm: str | None = None,
                extra: Mapping[str, Any] | None = None) -> int:
        """
        Make a tag; give its id.

        :param parents: the names of the tags that it inherits from, the
                        first of these first.
        :param packages: the names of the packages that it lists.
        :param owner: whose these are.
        :param perm: the permission that tagging needs.
        """
        with self._quietly() as caller:
            number = TagChanges(self.world, caller).new_tag(
                name, arches=arches, perm=perm, locked=locked, extra=extra)
            for priority, parent in enumerate(parents):
                self.world.create('inheritance', {
                    'child_id': number, 'priority': priority,
                    'parent_id': strict_tag(self.world.tables, parent)['id'],
                    'maxdepth': None, 'intransitive': False,
                    'noconfig': False, 'pkg_filter': ''}, ADMIN)
            for package in packages:
                self._list(caller, number, package, owner)
            return number

    def _list(self, caller: Caller, tag: int, package: str, owner: Any
              ) -> None:
        Tagging(self.world).add_package(caller, tag, package, owner,
                                        block=False, force=True, free=True)

    def add_target(self, name: str, build_tag: str | None = None,
                   dest_tag: str | None = None) -> int:
        """
        Make a target; give its id.

        :param build_tag: the name of its build tag; None for its own name
                          with ``-build``. The tags are made if need be.
        :param dest_tag: the name of its destination; None for its own name.
        """
        dest, build = dest_tag or name, build_tag or f'{name}-build'
        with self._quietly() as caller:
            tables = self.world.tables
            for tag, arches in [(dest, None), (build, 'x86_64')]:
                if tag not in tables.by_name('tags'):
                    number = TagChanges(self.world, caller).new_tag(
                        tag, parent=dest if tag == build != dest else None,
                        arches=arches)
            number = 1 + max((row['id'] for row in tables.targets),
                             default=0)
            self.world.create('targets', {
                'id': number, 'name': name,
                'build_tag': tables.by_name('tags')[build]['id'],
                'dest_tag': tables.by_name('tags')[dest]['id']}, ADMIN)
            return number

    def add_build(self, nvr: str, *, owner: str = 'kojiadmin',
                  state: str = 'COMPLETE', tags: Iterable[str] = (),
                  source: str | None = None, task_id: int | None = None,
                  epoch: int | None = None, extra: Any = None,
                  seconds: float = 300, rpms: Iterable[str] = (),
                  logs: Mapping[str, bytes] | None = None) -> int:
        """
        Make a build; give its id.

        :param state: the name of its state.
        :param tags: the names of tags to put it into, which list its package
                     from then on.
        :param seconds: how long it took.
        :param rpms: the architectures of its RPMs, "src" for the source:
                     each is a small file.
        :param logs: its logs, by names such as "x86_64/build.log".
        """
        name, version, release = nvr.rsplit('-', 2)
        with self._quietly() as caller:
            tables = self.world.tables
            row = Builds(self.world).begin({
                'name': name, 'version': version, 'release': release,
                'epoch': epoch, 'source': source, 'task_id': task_id,
                'owner': self._user(owner, (), 0), 'extra': extra,
                'state': build_states.BUILDING}, ADMIN)
            begun = time_text(self.world.now() - seconds)
            number = getattr(build_states, state)
            self.world.change(
                row, state=number, start_time=begun, creation_time=begun,
                completion_time=(None if number == build_states.BUILDING
                                 else self.world.moment()))
            build = rows.build(tables, row)
            for arch in rpms:
                self._add_rpm(build, arch)
            for path, data in (logs or {}).items():
                self.world.files.write(
                    f'{build_path(build)}/data/logs/{path}', data)
            for tag in tags:
                self._put(caller, tag, row)
            return int(row['id'])

    def _put(self, caller: Caller, tag: str, row: Row) -> None:
        """Put a build into a tag, which lists its package then."""
        tables = self.world.tables
        place, package = strict_tag(tables, tag), row['package_id']
        if not inheritance.listed(tables, place['id'], package=package):
            self._list(caller, place['id'],
                       tables.name('packages', package) or '',
                       row['owner_id'])
        Tagging(self.world).put(place, row, ADMIN)

    def _add_rpm(self, build: Row, arch: str) -> None:
        moment = int(self.world.now())
        data = make_rpm(build['name'], build['version'], build['release'],
                        arch, moment, build['epoch'])
        row = self.world.add('rpms', {
            'name': build['name'], 'version': build['version'],
            'release': build['release'], 'arch': arch,
            'epoch': build['epoch'], 'draft': False,
            'payloadhash': f'{build["id"]:032x}', 'size': len(data),
            'buildtime': moment, 'build_id': build['id'],
            'buildroot_id': None, 'external_repo_id': 0,
            'external_repo_name': 'INTERNAL', 'metadata_only': False,
            'extra': None})
        self.world.files.write(rpm_path(build, row), data)

    def add_task(self, method: str = 'build', request: Any = None, *,
                 owner: str = 'kojiadmin', state: str = 'FREE',
                 parent: int | None = None, label: str | None = None,
                 arch: str = 'noarch', channel: str | None = None,
                 result: Any = None, fault: tuple[int, str] | None = None
                 ) -> int:
        """
        Make a task; give its id.

        :param request: what it asks for: a list.
        :param state: the name of its state.
        :param result: of one that is CLOSED.
        :param fault: of one that FAILED, a code and a text.
        """
        with self._quietly():
            tasks = Tasks(self.world)
            number = tasks.make(
                method, [SOURCE, None, {}] if request is None else request,
                strict_user(self.world.tables, self._user(owner, (), 0)
                            )['id'],
                parent=parent, label=label, channel=channel, arch=arch)
            row = self.world.tables.by_id('tasks')[number]
            wanted = getattr(task_states, state)
            if wanted not in (task_states.FREE, task_states.CANCELED):
                tasks.open(row, min(self.world.tables.by_id('hosts'),
                                    default=1))
            if wanted == task_states.CANCELED:
                tasks.cancel(row)
            elif wanted == task_states.CLOSED:
                tasks.end(row, wanted, [result])
            elif wanted == task_states.FAILED:
                code, text = fault or (1005, 'it failed')
                tasks.end(row, wanted, {'faultCode': code,
                                        'faultString': text})
            return number
