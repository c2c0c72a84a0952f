"""The few lines that replace functions of other programs; see the manual."""
from __future__ import annotations

import ast
import inspect
import os
import re
from textwrap import dedent
from typing import Any

from twisted.internet.defer import Deferred

from tests.support import HubTestCase, folder, write
from txkoji import Connection
from txkoji.build import Build
from txkoji.builds.images import digests_by_arch
from txkoji.manual import few_lines
from txkoji.nvr import NVRA, compare

SOURCE = 'git+https://src.example.test/rpms/zsh.git#9a2f7fc'

#: A target of the sample.
TARGET = 'f44-candidate'

#: A failed task of the sample, with its failed step.
FAILED, STEP = 6474, 6477


async def logs_of_failed_steps(koji: Connection, number: int, place: str
                               ) -> None:
    """The logs of failed steps."""
    failure = await koji.find_failure(number)
    for step in failure.steps if failure else ():
        for log in step.logs:
            await log.download(f'{place}/{step.arch}-{log.name}')


async def scratch_build(koji: Connection, path: str, place: str) -> None:
    """Build an uploaded package, get the files."""
    build = await koji.submit_build(None, TARGET, srpm=path, scratch=True)
    for file in await build.done():
        await file.download(os.path.join(place, file.name))


async def chain_build(koji: Connection, sources: list[str]) -> list[Build]:
    """A chain build, with checks."""
    chain = await koji.submit_chain(sources, TARGET)
    return await chain.done()


async def history(koji: Connection, tag: str, since: int) -> Any:
    """The history of a tag."""
    return await koji.changes(tag, since)


async def names(koji: Connection, one: str, other: str) -> Any:
    """Take names apart, compare them."""
    first, second = NVRA.parse(one), NVRA.parse(other)
    return first.name == second.name and compare(first, second)


async def repository(koji: Connection, tag: str, nvr: str) -> Any:
    """Wait for a repository with a build."""
    return await koji.wait_repo(tag, [nvr])


async def side_tag(koji: Connection, base: str) -> Any:
    """A side tag with its repository, removed."""
    async with koji.side_tag(base) as tag:
        return tag


async def tag_diff(koji: Connection, here: str, there: str) -> Any:
    """The upgrades from one tag to another."""
    tag = await koji.getTag(here, strict=True)
    diff = await tag.diff(there, latest=True)
    return [each.package for each in diff.packages if each.here and each.there
            and each.here[0].version_key < each.there[0].version_key]


async def digests(koji: Connection, build: Build) -> Any:
    """The digests of an image, by architecture."""
    archives = await build.archives()
    return build.image, digests_by_arch(each.image for each in archives)


async def task_builds(koji: Connection, number: int) -> Any:
    """The builds of an image's task."""
    task = await koji.getTaskInfo(number, strict=True)
    return await task.builds()


async def signed_copies(koji: Connection, build: Build, key: str) -> Any:
    """Find unsigned RPMs, write signed copies."""
    unsigned = (await build.signatures()).without(key)
    return unsigned or await build.write_signed_copies(key)


async def links(koji: Connection, text: str) -> Any:
    """The tasks and builds linked in a text."""
    return await koji.find_links(text)


#: All of these.
FUNCTIONS = [logs_of_failed_steps, scratch_build, chain_build, history, names,
             repository, side_tag, tag_diff, digests, task_builds,
             signed_copies, links]


class LinesTests(HubTestCase):
    """Each of these lines does what its row says."""

    def setUp(self) -> None:
        """Log in."""
        super().setUp()
        self.get(self.koji.login())

    def run_lines(self, function: Any, *args: Any, seconds: int = 400) -> Any:
        """Run a function, while the time goes on."""
        running = Deferred.fromCoroutine(function(self.koji, *args))
        for _ in range(0, seconds, 6):
            if running.called:
                break
            self.hub.clock.advance(6)
        return self.get(running)

    def test_table(self) -> None:
        """The table counts the lines that are here."""
        counted = {}
        for function in FUNCTIONS:
            [node] = ast.parse(dedent(inspect.getsource(function))).body
            assert isinstance(node, ast.AsyncFunctionDef)
            body = node.body[1:]
            counted[(inspect.getdoc(function) or '').rstrip('.')] = (
                node.end_lineno or 0) - body[0].lineno + 1
        self.assertEqual(dict(table()), counted)

    def test_logs(self) -> None:
        """The logs of failed steps are there."""
        place = folder(self)
        self.hub.put_out(STEP, 'root.log', b'it broke')
        self.run_lines(logs_of_failed_steps, FAILED, place)
        self.assertEqual(os.listdir(place), ['aarch64-root.log'])

    def test_scratch(self) -> None:
        """A package is uploaded, and its files are there."""
        self.hub.builders.start(duration=5)
        place = folder(self)
        path = write(folder(self) + '/zsh-9-1.src.rpm', b'a package')
        self.run_lines(scratch_build, path, place)
        self.assertLessEqual({'zsh-9-1.src.rpm', 'zsh-9-1.x86_64.rpm',
                              'build.log'}, set(os.listdir(place)))

    def test_chain(self) -> None:
        """A chain gives its builds."""
        for row in self.hub.tables.targets:
            if row['name'] == TARGET:
                row['dest_tag'] = row['build_tag']
        self.hub.builders.start(duration=5)
        found = self.run_lines(chain_build, [SOURCE, SOURCE])
        self.assertEqual([build.name for build in found], ['zsh', 'zsh'])

    def test_history(self) -> None:
        """The changes of a tag are listed."""
        before = self.hub.history.event()
        self.hub.history.tag_build(40, 5356)
        [change] = self.run_lines(history, 'f44-build', before)
        self.assertEqual(change.nvr, 'ceph-9.22.53-11.fc43')

    def test_names(self) -> None:
        """Names of files are compared as rpm does."""
        self.assertEqual(self.run_lines(
            names, 'x/bash-5.2~rc1-1.fc44.src.rpm', 'bash-0:5.2-1.fc44.src'),
            -1)

    def test_repository(self) -> None:
        """The repository has the build."""
        nvr = self.get(self.koji.listTagged('f44', latest=True))[0].nvr
        waiting = Deferred.fromCoroutine(repository(self.koji, 'f44', nvr))
        number = self.hub.repos.make(33)
        self.hub.clock.pump([6] * 5)
        self.assertEqual(self.get(waiting).id, number)

    def test_side_tag(self) -> None:
        """The tag had a repository, and is gone."""
        self.hub.builders.start(duration=5)
        tag = self.run_lines(side_tag, 'f44-build')
        self.assertIn('-side-', tag.name)
        self.assertIsNone(self.get(self.koji.getTag(tag.name)))

    def test_diff(self) -> None:
        """The upgrades are those by rpm's order."""
        for number, tag in [(9, 'one'), (10, 'two')]:
            self.hub.add_tag(tag)
            self.hub.add_build(f'up-{number}-1', tags=[tag])
            self.hub.add_build(f'down-1-{19 - number}', tags=[tag])
        self.assertEqual(self.run_lines(tag_diff, 'one', 'two'), ['up'])

    def test_images(self) -> None:
        """An image's data are there, and the way from its task."""
        build = self.get(self.koji.getBuild('nginx-container-1.26-41'))
        image, found = self.run_lines(digests, build)
        self.assertEqual(image, build.image)
        self.assertIsInstance(found, dict)
        number = self.hub.add_task('buildContainer', [], state='CLOSED',
                                   result={'koji_builds': [str(build.id)]})
        self.assertEqual(self.run_lines(task_builds, number), [build])

    def test_signed(self) -> None:
        """The unsigned packages are told, or the copies written."""
        self.hub.add_user('alice', perms=['sign'])
        number = self.hub.add_build('zsh-9-1', rpms=['src', 'x86_64'])
        build = self.get(self.koji.getBuild(number))
        self.assertEqual(len(self.run_lines(signed_copies, build, 'abc')), 2)
        for rpm, _ in self.get(build.signatures()).rpms:
            self.hub.tables.rpmsigs.append({
                'id': None, 'rpm_id': rpm.id, 'sigkey': 'abc', 'sighash': 'x'})
        self.run_lines(signed_copies, build, 'abc')
        self.assertTrue(self.get(build.signed_copies('abc')).complete)

    def test_links(self) -> None:
        """What is linked is found."""
        web = 'http://hub.example.test/koji'
        found = self.run_lines(
            links, f'see {web}/taskinfo?taskID=6475, {web}/buildinfo?'
            'buildID=5356.')
        self.assertEqual([link.value.id for link in found], [6475, 5356])


def table() -> list[tuple[str, int]]:
    """Read the table of the manual: purposes, and numbers of our lines."""
    text = inspect.getdoc(few_lines) or ''
    rule = next(line for line in text.split('\n') if line.startswith('==='))
    _, _, body, *_ = text.split(rule)
    starts = [match.start() for match in re.finditer('=+', rule)]
    rows: list[tuple[str, int]] = []
    for line in body.strip('\n').split('\n'):
        count, purpose = line[:4].strip(), line[starts[1]:starts[2]].strip()
        if count:
            rows.append((purpose, int(count)))
        elif purpose:
            rows[-1] = (f'{rows[-1][0]} {purpose}', rows[-1][1])
    return rows
