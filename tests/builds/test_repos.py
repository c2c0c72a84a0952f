"""Where a repository is, and which builds are in it."""
from __future__ import annotations

from typing import Any

import koji

from tests.support import HubTestCase
from txkoji.build import Build
from txkoji.exceptions import DownloadError, GenericError
from txkoji.repo import Repo

TOP = 'https://hub.example.test/kojifiles/'

#: As the hub's ``repoInfo`` has it.
DIST: dict[str, Any] = {
    'id': 6, 'tag_id': 25, 'tag_name': 'f43', 'dist': True, 'state': 1,
    'create_event': 13462, 'task_id': 6128, 'opts': None, 'custom_opts': None}


class URLTests(HubTestCase):
    """The URL of an architecture."""

    def test_arches(self) -> None:
        """It is where Koji has it, by the canonical architecture."""
        number = self.hub.repos.make(33)
        repo = self.get(self.koji.repoInfo(number))
        paths = koji.PathInfo(topdir=TOP.rstrip('/'))
        for arch in ('x86_64', 'i686', 'armv7hl', 'ppc64le', 'noarch'):
            self.assertEqual(
                repo.arch_url(arch),
                f'{paths.repo(number, "f44")}/{koji.canonArch(arch)}/')

    def test_dist(self) -> None:
        """A dist repository is in a folder of its own."""
        repo = Repo.attached(dict(DIST), self.koji)
        self.assertEqual(repo.arch_url('x86_64'),
                         TOP + 'repos-dist/f43/6/x86_64/')

    def test_unknown(self) -> None:
        """Without a topurl, or the name of a tag, there is none."""
        self.assertIsNone(Repo(DIST).arch_url('x86_64'))
        no_topurl = self.hub.connection(topurl=None)
        self.assertIsNone(Repo.attached(dict(DIST), no_topurl).arch_url('x'))
        self.assertIsNone(
            Repo.attached({'id': 6}, self.koji).arch_url('x86_64'))

    def test_outside(self) -> None:
        """An architecture does not lead out of the repository."""
        repo = Repo.attached(dict(DIST), self.koji)
        self.assertRaises(DownloadError, repo.arch_url, '../../x')


class BuildsTests(HubTestCase):
    """The builds in a repository."""

    def test_event(self) -> None:
        """They are those of its event, whatever was tagged since."""
        before = self.get(self.koji.getLatestBuilds('f44'))
        repo = self.get(self.koji.repoInfo(self.hub.repos.make(33)))
        self.hub.history.untag_build(33, before[0].id)
        found = self.get(repo.builds())
        self.assertIsInstance(found[0], Build)
        self.assertEqual({build.id for build in found},
                         {build.id for build in before})
        after = self.get(self.koji.getLatestBuilds('f44'))
        self.assertNotEqual({build.id for build in after},
                            {build.id for build in before})
        self.assertIn(('listTagged', (33,), {
            'event': repo.create_event, 'inherit': True, 'latest': True}),
            self.hub.calls)

    def test_incomplete(self) -> None:
        """A row without its event is completed."""
        number = self.hub.repos.make(33)
        whole = self.get(self.koji.repoInfo(number))
        part = Repo.attached({'id': number}, self.koji)
        self.assertEqual(self.get(part.builds()), self.get(whole.builds()))
        self.fail_of(Repo.attached({'id': 999}, self.koji).builds(),
                     GenericError)

    def test_dist(self) -> None:
        """Those of a dist repository are what its task was asked for."""
        repo = Repo.attached(dict(DIST), self.koji)
        self.get(repo.builds())
        # Its task says: not inherited, the latest, at another event.
        self.assertEqual(self.hub.calls[-1], ('listTagged', (25,), {
            'event': 13462, 'inherit': False, 'latest': True}))

    def test_dist_without_task(self) -> None:
        """Without a task, they are the latest builds, with inheritance."""
        repo = Repo.attached({**DIST, 'task_id': None}, self.koji)
        self.get(repo.builds())
        self.assertEqual(self.hub.calls[-1], ('listTagged', (25,), {
            'event': 13462, 'inherit': True, 'latest': True}))
