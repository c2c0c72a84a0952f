"""
What builders do for tasks, in steps, as kojid does.

Each function is a generator: it yields seconds to wait, or a list of subtasks
to wait for; what it returns is the result of the task, and a fault that it
raises is the task's.
"""
from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Generator
from typing import Any

from txkoji import build_states, task_states
from txkoji.exceptions import BuildError, GenericError
from txkoji.files.paths import task_folder
from txkoji.testing import rows
from txkoji.testing.builds import Builds
from txkoji.testing.content_generators import Content
from txkoji.testing.inheritance import full
from txkoji.testing.lookups import PlainFault, strict_tag
from txkoji.testing.repos import EXPIRED, READY, Repos
from txkoji.testing.rpmfile import make_rpm
from txkoji.testing.tables import Row
from txkoji.testing.tagging import Tagging
from txkoji.testing.tasks import Tasks
from txkoji.testing.world import World

#: What a task yields: seconds, or the ids of subtasks.
Steps = Generator[float | list[int], None, Any]

#: Seconds of the parts of a build that are not the building itself.
SRPM_SECONDS, TAG_SECONDS, REPO_SECONDS = 20.0, 5.0, 60.0

#: Lines of logs that an architecture puts out before it is done.
LINES = 5

#: Packages have this version where their source does not say one.
VERSION = '1.0'


class Work:
    """
    The work of builders.

    :param world: the hub's.
    :param seconds: gives the seconds that an architecture of a package takes.
    :param pace: gives how slow all else is.
    :param failure: gives the text of the failure of an architecture of a
                    package, or None.
    """

    def __init__(self, world: World, seconds: Callable[[str, str], float],
                 failure: Callable[[str, str], str | None],
                 pace: Callable[[], float]) -> None:
        self._world = world
        self._pace = pace
        self._tables = world.tables
        self._seconds = seconds
        self._failure = failure

    def of(self, task: Row) -> Steps:
        """Get the steps of a task."""
        found: Callable[[Row], Steps] = {
            'build': self._build, 'chainbuild': self._chain,
            'buildSRPMFromSCM': self._srpm, 'rebuildSRPM': self._srpm,
            'buildArch': self._arch, 'tagBuild': self._tag,
            'newRepo': self._repo, 'createrepo': self._createrepo,
            'waitrepo': self._wait_repo, 'sleep': self._sleep,
            'dependantTask': self._dependent,
        }.get(task['method'], self._other)
        return found(task)

    # Small things

    def _sub(self, task: Row, method: str, request: list[Any], label: str,
             arch: str = 'noarch') -> int:
        return Tasks(self._world).make(
            method, request, task['owner'], parent=task['id'], label=label,
            arch=arch)

    def _row(self, number: int) -> Row:
        return self._tables.by_id('tasks')[number]

    def _results(self, numbers: list[int]) -> list[Any]:
        """
        Get the results of subtasks that have ended.

        :raises PlainFault: the fault of the first that failed.
        """
        found = []
        for number in numbers:
            row = self._row(number)
            if row['state'] == task_states.CANCELED:
                raise GenericError(f'Task {number} is canceled')
            if row['state'] == task_states.FAILED:
                fault = row['result']
                raise PlainFault(fault['faultString'],
                                 faultCode=fault['faultCode'])
            found.append((row['result'] or [None])[0])
        return found

    def _put(self, task: Row, name: str, data: bytes) -> str:
        """Put out a file of a task, or more of it."""
        path = f'{task_folder(task["id"])}/{name}'
        place = f'work/{path}'
        self._world.files.write(place, data, None,
                                self._world.files.size(place) or 0)
        return path

    def _other(self, task: Row) -> Steps:
        yield TAG_SECONDS * self._pace()
        return None

    def _sleep(self, task: Row) -> Steps:
        yield float(task['request'][0])
        return None

    # Builds

    def _build(self, task: Row) -> Steps:
        source, target, *rest = task['request']
        opts = (rest or [None])[0] or {}
        scratch = bool(opts.get('scratch'))
        place, tag = self._place(target, opts)
        yield self._pace()
        srpm = self._sub(task, 'buildSRPMFromSCM' if '://' in source
                         else 'rebuildSRPM', [source, tag['id'], {
                             'repo_id': 1, 'scratch': scratch}], 'srpm')
        yield [srpm]
        [made] = self._results([srpm])
        name, version, release = nvr_of(made['srpm'])
        row = None
        if not scratch:
            row = Builds(self._world).begin({
                'name': name, 'version': version, 'release': release,
                'owner': task['owner'], 'state': build_states.BUILDING,
                'task_id': task['id'], 'source': source,
                'draft': opts.get('draft')}, task['owner'])
        arches = self._arches(tag, opts)
        parts = [self._sub(task, 'buildArch', [
            made['srpm'], tag['id'], arch, not number, {'repo_id': 1}], arch,
            arch) for number, arch in enumerate(arches)]
        yield parts
        try:
            results = self._results(parts)
        except PlainFault:
            self._give_up(parts, row)
            raise
        self._complete(task, row, made['srpm'], results, parts)
        if row is not None and place is not None \
                and not opts.get('skip_tag'):
            tagging = self._sub(task, 'tagBuild', [
                place['dest_tag'], row['id'], False, None, True], 'tag')
            yield [tagging]
            self._results([tagging])
        return None

    def _place(self, target: Any, opts: Row) -> tuple[Row | None, Row]:
        """Get the target of a build, and the tag that it is built with."""
        place = self._tables.by_name('targets').get(target or '')
        if place is None and not opts.get('repo_id'):
            raise GenericError(f'unknown build target: {target}')
        return place, strict_tag(
            self._tables, place['build_tag'] if place
            else next(iter(self._tables.by_id('tags'))))

    def _arches(self, tag: Row, opts: Row) -> list[str]:
        wanted = opts.get('arch_override') or tag['arches']
        if not wanted:
            for link in full(self._tables, tag['id']):
                wanted = wanted or strict_tag(
                    self._tables, link['parent_id'])['arches']
        return (wanted or 'x86_64').split()

    def _give_up(self, parts: list[int], row: Row | None) -> None:
        """Cancel the other architectures of a build that failed."""
        for number in parts:
            Tasks(self._world).cancel(self._row(number))
        if row is not None and row['state'] == build_states.BUILDING:
            Builds(self._world).set_state(row, build_states.FAILED)

    def _complete(self, task: Row, row: Row | None, srpm: str,
                  results: list[Any], parts: list[int]) -> None:
        paths = [srpm, *(path for result in results
                         for path in result['rpms'])]
        logs = {self._row(number)['arch']: result['logs']
                for number, result in zip(parts, results)}
        if row is None:
            Builds(self._world).keep_scratch(task, paths, logs)
            return
        build = rows.build(self._tables, row)
        content = Content(self._world)
        for path in paths:
            content.import_rpm(build, path)
        content.import_logs(build, logs)
        Builds(self._world).set_state(row, build_states.COMPLETE)
        self._world.announce(
            'Import', type='build', build=rows.build(self._tables, row),
            task_id=task['id'], build_id=row['id'])

    def _srpm(self, task: Row) -> Steps:
        source, tag_id, *_ = task['request']
        yield SRPM_SECONDS * self._pace()
        name, version, release = self._nvr(source, tag_id)
        arch = 'src'
        path = self._put(
            task, f'{name}-{version}-{release}.src.rpm',
            make_rpm(name, version, release, arch, int(self._world.now())))
        log = self._put(task, 'build.log', b'Wrote the source package.\n')
        return {'srpm': path, 'logs': [log], 'brootid': 1,
                'source': {'source': source, 'url': source}}

    def _nvr(self, source: str, tag_id: int) -> tuple[str, str, str]:
        """Get the name, version and release of what a source holds."""
        name = posixpath.basename(source.partition('#')[0].partition('?')[0])
        if name.endswith('.src.rpm'):
            return nvr_of(name)
        name = name.removesuffix('.git')
        tag = strict_tag(self._tables, tag_id)
        dist = tag['extra'].get('rpm.macro.dist', '')
        package = self._tables.by_name('packages').get(name)
        count = 1
        if package is not None:
            releases = [str(row['release']) for row in self._tables.where(
                'builds', 'package_id', package['id'])
                if row['version'] == VERSION]
            while f'{count}{dist}' in releases:
                count += 1
        return name, VERSION, f'{count}{dist}'

    def _arch(self, task: Row) -> Steps:
        path, _, arch, *_ = task['request']
        name, version, release = nvr_of(path)
        seconds = self._seconds(name, arch)
        self._put(task, 'root.log', b'Installed the build root.\n')
        logs = [f'{task_folder(task["id"])}/{each}'
                for each in ('root.log', 'build.log')]
        failure = self._failure(name, arch)
        for line in range(LINES):
            self._put(task, 'build.log', b'Line %d of %d.\n'
                      % (line + 1, LINES))
            yield seconds / LINES
        if failure is not None:
            self._put(task, 'build.log', f'error: {failure}\n'.encode())
            raise BuildError(failure)
        rpm = self._put(
            task, f'{name}-{version}-{release}.{arch}.rpm', make_rpm(
                name, version, release, arch, int(self._world.now())))
        return {'rpms': [rpm], 'srpms': [], 'logs': logs, 'brootid': 1}

    def _chain(self, task: Row) -> Steps:
        groups, target, *rest = task['request']
        opts = (rest or [None])[0] or {}
        count = 0
        for group in groups:
            parts = []
            for source in group:
                count += 1
                parts.append(self._sub(task, 'build', [source, target, opts],
                                       f'build-{count}'))
            yield parts
            self._results(parts)
        return {'builds': [row['id'] for child in Tasks(
            self._world).children(task['id']) for row in self._tables.where(
                'builds', 'task_id', child['id'])]}

    # Tags and repositories

    def _tag(self, task: Row) -> Steps:
        yield TAG_SECONDS * self._pace()
        tag, build, *rest = task['request']
        force, source = [*rest, False, None][:2]
        rules = Tagging(self._world)
        if source:
            rules.untag(source, build, task['owner'], force=force)
        rules.tag(tag, build, task['owner'], force)
        return None

    def _dependent(self, task: Row) -> Steps:
        waits, subtasks = task['request']
        tasks = self._tables.by_id('tasks')
        while any(tasks[number]['state'] not in task_states.DONE_GROUP
                  for number in waits if number in tasks):
            yield 1
        parts = [self._sub(task, method, request, f'{number}')
                 for number, (method, request, *_) in enumerate(subtasks)]
        yield parts
        self._results(parts)
        return None

    def _repo(self, task: Row) -> Steps:
        wanted, opts = task['request'][0], {}
        if len(task['request']) > 1 and isinstance(task['request'][-1],
                                                   dict):
            opts = task['request'][-1]
        tag = strict_tag(self._tables, wanted)
        repos = Repos(self._world)
        number, event = repos.begin(
            tag['id'], opts.get('event'), opts=opts.get('opts') or {
                name: opts[name] for name in ('src', 'debuginfo',
                                              'separate_src')
                if name in opts}, task_id=task['id'])
        parts = [self._sub(task, 'createrepo', [number, arch, None],
                           f'createrepo {arch}')
                 for arch in self._arches(tag, {})]
        yield parts
        self._results(parts)
        repos.done(number)
        self._expire(tag['id'], number)
        return [number, event]

    def _expire(self, tag_id: int, number: int) -> None:
        """Let older repositories of a tag expire, as kojira does."""
        repos = Repos(self._world)
        new = repos.row(number)
        for row in self._tables.where('repos', 'tag_id', tag_id):
            if row['state'] == READY and row['id'] < number \
                    and row['custom_opts'] == new['custom_opts']:
                repos.set_state(row, EXPIRED)

    def _createrepo(self, task: Row) -> Steps:
        yield REPO_SECONDS * self._pace()
        return [task_folder(task['id']), ['repomd.xml']]

    def _wait_repo(self, task: Row) -> Steps:
        tag = strict_tag(self._tables, task['request'][0])
        while True:
            found = Repos(self._world).newest(tag['id'])
            if found is not None:
                return found
            yield REPO_SECONDS * self._pace()


def nvr_of(path: str) -> tuple[str, str, str]:
    """
    Get the parts of the name of a source package.

    :raises GenericError: if it is none.
    """
    match = re.fullmatch(r'(.+)-([^-]+)-([^-]+)\.src\.rpm',
                         posixpath.basename(path))
    if match is None:
        raise GenericError(f'not a source package: {path}')
    return match[1], match[2], match[3]
