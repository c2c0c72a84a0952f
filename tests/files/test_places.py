"""Paths below the topurl, read backwards."""
from __future__ import annotations

import posixpath

import koji
from twisted.trial.unittest import SynchronousTestCase

from txkoji.files.places import Place, read_path
from txkoji.nvr import NVRA

CEPH = 'packages/ceph/99.0/1.fc44'

#: The same, of Koji's own.
INFO = koji.PathInfo(topdir='')

BUILD = {'name': 'ceph', 'version': '99.0', 'release': '1.fc44',
         'volume_name': 'DEFAULT'}


class PlacesTests(SynchronousTestCase):
    """What a path is of."""

    def kind(self, path: str) -> str | None:
        """The kind of a place."""
        place = read_path(path)
        if place is not None and place.kind not in ('package', 'build'):
            self.assertEqual(place.full_path, path.strip('/'))
        return place and place.kind

    def test_builds(self) -> None:
        """A build, its folders, RPMs, logs and archives are told apart."""
        for path, kind in [
                ('', 'build'), ('/', 'build'), ('/x86_64', 'build'),
                ('/x86_64/ceph-99.0-1.fc44.x86_64.rpm', 'rpm'),
                ('/src/ceph-99.0-1.fc44.src.rpm', 'rpm'),
                ('/data', 'build'), ('/data/logs', 'build'),
                ('/data/logs/x86_64', 'build'),
                ('/data/logs/x86_64/build.log', 'log'),
                ('/data/logs/orchestrator.log', 'log'),
                ('/data/signed', 'build'), ('/data/signed/11a1', 'build'),
                ('/data/signed/11a1/src/ceph-99.0-1.fc44.src.rpm', 'rpm'),
                ('/data/sigcache/11a1/src/ceph-99.0-1.fc44.src.rpm.sig',
                 'build'),
                ('/images', 'build'), ('/images/disk.qcow2', 'archive'),
                ('/maven/org/example/a/1/a.jar', 'archive'),
                ('/win/a/b.zip', 'archive'),
                ('/files/module', 'build'),
                ('/files/module/modulemd.x86_64.txt', 'archive'),
                ('/x86_64/odd.rpm', 'build'),
                ('/index.html', 'build')]:
            self.assertEqual(self.kind(CEPH + path), kind, path)
            place = read_path(CEPH + path)
            assert place is not None
            self.assertEqual(place.build, 'ceph-99.0-1.fc44')
        for path in ('packages/ceph', 'packages/ceph/99.0/'):
            self.assertEqual(self.kind(path), 'package')

    def test_koji(self) -> None:
        """What Koji's own functions make is read back."""
        rpm = {'name': 'ceph-libs', 'version': '99.0', 'release': '1.fc44',
               'arch': 'x86_64'}
        for volume in ('DEFAULT', 'vol3'):
            top = INFO.build({**BUILD, 'volume_name': volume})
            for path in (INFO.rpm(rpm), INFO.signed(rpm, '11a1b2c3')):
                place = read_path(f'{top}/{path}')
                assert place is not None
                self.assertEqual(place.rpm, NVRA(**rpm))
                self.assertEqual(place.full_path, f'{top}/{path}'.lstrip('/'))
            log = read_path(INFO.build_logs(
                {**BUILD, 'volume_name': volume}) + '/x86_64/root.log')
            self.assertEqual(log and log.kind, 'log')
            task = read_path(INFO.task(12345678, volume))
            assert task is not None
            self.assertEqual((task.kind, task.number), ('task', 12345678))
        repo = read_path(INFO.repo(77, 'f44-build') + '/x86_64')
        assert repo is not None
        self.assertEqual((repo.kind, repo.name, repo.number, repo.dist),
                         ('repo', 'f44-build', 77, False))
        dist = read_path(INFO.distrepo(77, 'f44'))
        assert dist is not None
        self.assertEqual((dist.kind, dist.number, dist.dist),
                         ('repo', 77, True))
        scratch = read_path(posixpath.join(INFO.scratch(), 'alice/task_55/x'))
        assert scratch is not None
        self.assertEqual((scratch.kind, scratch.number), ('output', 55))

    def test_tasks(self) -> None:
        """The files of a task, and of a scratch build, are told apart."""
        for path, kind in [
                ('work/tasks/6475/6475', 'task'),
                ('work/tasks/6475/6475/', 'task'),
                ('work/tasks/6475/16475/build.log', 'output'),
                ('vol/v/work/tasks/6475/16475/build.log', 'output'),
                ('work/tasks/6475/6476', None), ('work/tasks/6475', None),
                ('work/tasks/06475/6475', None),
                ('work/tasks/x/x', None), ('work', None), ('work/cli-build/a',
                                                           None),
                ('scratch/alice/task_5', 'task'),
                ('scratch/alice/task_5/a.rpm', 'output'),
                ('scratch/alice', None), ('scratch/alice/task_', None),
                ('scratch/alice/x', None), ('scratch', None)]:
            self.assertEqual(self.kind(path), kind, path)

    def test_repos(self) -> None:
        """A repository is of an id, or is the latest one."""
        self.assertEqual(read_path('repos/f44-build/latest/x86_64/'),
                         Place('repo', 'repos/f44-build/latest/x86_64',
                               name='f44-build'))
        for path in ('repos', 'repos/f44', 'repos/f44/x', 'repos/f44/-1'):
            self.assertIsNone(read_path(path), path)

    def test_others(self) -> None:
        """Paths that Koji has not are nothing."""
        for path in ('', '/', 'x', 'vol', 'vol/v', 'packages', 'a/../b',
                     'packages/../x', 'packages/a\nb', 'vol/v/x',
                     'repos/f44/2147483648', 'work/tasks/0/9999990000',
                     'scratch/a/task_' + '1' * 5000):
            self.assertIsNone(read_path(path), path)
