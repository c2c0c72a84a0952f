"""Tests of the lists of files of builds, RPMs, tasks and repositories."""
from __future__ import annotations

import copy
from typing import Any

from tests.files.support import FilesTestCase
from txkoji.exceptions import DownloadError
from txkoji.files.checksums import Checksum

CEPH = 'packages/ceph/99.0/1.fc44'
TOP = 'https://hub.example.test/kojifiles/'
VOL3 = TOP + '/'.join(['vol', 'vol3', 'work', ''])


class ListTests(FilesTestCase):
    """Builds, RPMs, tasks and repositories list their files."""

    def test_build(self) -> None:
        """RPMs, archives and logs have their sizes and checksums."""
        build = self.get(self.koji.getBuild('ceph-99.0-1.fc44'))
        files = self.get(build.files())
        self.assertEqual(files[0].path, f'{CEPH}/src/ceph-99.0-1.fc44.src.rpm')
        self.assertEqual(files[0].size, 7373)
        self.assertEqual(files[0].checksum, (
            'sigmd5', '3cf934d400ae7eef9936576019576608'))
        self.assertEqual(files[0].about.name, 'ceph')
        self.assertEqual(
            files[0].url, f'{TOP}{CEPH}/src/ceph-99.0-1.fc44.src.rpm')
        self.assertEqual(files[0].about.url, files[0].url)
        self.assertIn(f'{CEPH}/x86_64/ceph-libs-99.0-1.fc44.x86_64.rpm',
                      [file.path for file in files])

    def test_container(self) -> None:
        """An image has its checksum, a log its recorded path."""
        build = self.get(self.koji.getBuild(5411))
        image, log = self.get(build.files())
        top = 'packages/rhceph-container/8/40/'
        self.assertEqual(image.path, f'{top}images/{image.about.filename}')
        self.assertEqual((image.size, image.checksum), (920, Checksum(
            'md5', '52bd6b82f2dd411c5b635c2c41865c82')))
        self.assertEqual((log.path, log.name, log.size), (
            f'{top}data/logs/orchestrator.log', 'orchestrator.log', None))
        self.assertEqual(self.get(log.download(self.path)), 14)
        self.assertEqual(self.here(), b'It was built.\n')

    def test_one_request(self) -> None:
        """One request lists all files of a build."""
        build = self.get(self.koji.getBuild(5411))
        before = self.hub.requests
        self.get(build.files())
        self.assertEqual(self.hub.requests, before + 1)

    def test_archives(self) -> None:
        """Each archive type has its own folder."""
        def rows(buildID: int, type: Any = None) -> list[Any]:
            plain = {'size': 1, 'checksum_type': 2, 'checksum': 'AB' * 32,
                     'metadata_only': False}
            known = [
                {'btype': 'maven', 'filename': 'a.jar', **plain},
                {'btype': 'win', 'filename': 'a.exe', **plain},
                {'btype': 'module', 'filename': 'modulemd.txt', **plain},
                {'btype': 'image', 'filename': 'no', **plain,
                 'metadata_only': True}]
            if type is not None:
                known = [row for row in known if row['btype'] == type]
                known[0].update(group_id='org.x', artifact_id='a',
                                version='1', relpath='bin/x86')
            return known

        self.hub.respond('listArchives', rows)
        [row] = [row for row in self.hub.tables.builds if row['id'] == 5411]
        row['volume_id'] = 1
        self.hub.tables.volumes.append({'id': 1, 'name': 'vol3'})
        build = self.get(self.koji.getBuild(5411))
        top = 'vol/vol3/packages/rhceph-container/8/40/'
        files = self.get(build.files())
        self.assertEqual([file.path for file in files], [
            f'{top}files/module/modulemd.txt',
            f'{top}maven/org/x/a/1/a.jar', f'{top}win/bin/x86/a.exe'])
        self.assertEqual(files[0].checksum, ('sha256', 'ab' * 32))

    def test_rpm(self) -> None:
        """An RPM has a file, and a file for each signed copy."""
        rpm = self.get(self.koji.getRPM('ceph-libs-99.0-1.fc44.x86_64'))
        self.assertIsNone(rpm.url)
        name = 'ceph-libs-99.0-1.fc44.x86_64.rpm'
        for key in ('A15B79CC', 'Release-2026+ima', 'a15b79cc'):
            signed = self.get(rpm.file(key))
            self.assertEqual(signed.path,
                             f'{CEPH}/data/signed/{key}/x86_64/{name}')
        self.assertEqual((signed.size, signed.checksum.kind),
                         (None, 'sigmd5'))
        for key in (None, ''):
            file = self.get(rpm.file(key))
            self.assertEqual((file.size, file.path),
                             (6336, f'{CEPH}/x86_64/{name}'))
        for same in (rpm, copy.copy(rpm), copy.deepcopy(rpm)):
            self.assertEqual(same.url, f'{TOP}{CEPH}/x86_64/{name}')
        rpm['external_repo_id'] = 3
        self.assertIsNone(rpm.url)
        self.fail_of(rpm.file(), DownloadError)

    def test_task(self) -> None:
        """The size of a file is unknown while its task runs."""
        self.hub.put_out(6476, 'build.log', b'12345')
        self.hub.put_out(6476, 'a/x y.log', b'123', 'vol3')
        task = self.get(self.koji.getTaskInfo(6476))
        files = self.get(task.output())
        self.assertEqual(
            [(file.url, file.size) for file in files], [
                (f'{TOP}work/tasks/6476/6476/build.log', 5),
                (f'{VOL3}tasks/6476/6476/a/x%20y.log', 3)])
        self.get(files[1].download(self.path))
        self.assertEqual(self.here(), b'123')
        [row] = [row for row in self.hub.tables.tasks if row['id'] == 6476]
        row['state'] = 1
        self.assertEqual(self.get(task.output())[0].size, None)

    def test_scratch(self) -> None:
        """The files of a scratch build are in the scratch folder."""
        task = self.scratch()
        files = self.get(task.output())
        user = task.owner_name or self.get(self.koji.getUser(task.owner)).name
        top = f'scratch/{user}/task_{task.id}/'
        self.assertEqual([file.path for file in files], [
            top + 'x-1-1.src.rpm', top + 'x-1-1.x86_64.rpm',
            top + 'logs/x86_64/build.log'])

    def scratch(self) -> Any:
        """Make a scratch build with two subtasks."""
        [row] = [row for row in self.hub.tables.tasks if row['id'] == 6474]
        row['state'] = 2
        row['request'] = ['git://x/y#z', 'f44', {'scratch': True}]
        steps = [row for row in self.hub.tables.tasks
                 if row['parent'] == 6474]
        for step in steps:
            step['state'] = 5
        for step, method, request in [
                (steps[0], 'buildSRPMFromSCM', []),
                (steps[1], 'buildArch', ['x', 51, 'x86_64', True, {}])]:
            step.update(method=method, state=2, request=request,
                        label='x86_64')

        steps[0]['result'] = [{'srpm': 'tasks/1/1/x-1-1.src.rpm', 'logs': []}]
        steps[1]['result'] = [{
            'rpms': ['tasks/2/2/x-1-1.x86_64.rpm'],
            'srpms': ['tasks/2/2/x-1-1.src.rpm', 7],
            'logs': ['tasks/2/2/build.log'], 'brootid': 1}]
        return self.get(self.koji.getTaskInfo(6474))

    def test_repo(self) -> None:
        """A repository makes a file, and looks up its tag if need be."""
        self.hub.respond('getRepo', {'id': 7, 'state': 1, 'dist': False})
        self.hub.respond('repoInfo', {
            'id': 7, 'tag_name': 'f44-build', 'dist': True})
        for repo, top in [(self.get(self.koji.getRepo('f44-build')), 'repos-'
                           'dist/f44-build/7'),
                          (self.get(self.koji.repoInfo(7)),
                           'repos-dist/f44-build/7')]:
            file = self.get(repo.file('x86_64/repodata/repomd.xml'))
            self.assertEqual(file.path, f'{top}/x86_64/repodata/repomd.xml')
            self.fail_of(repo.file('../8/repomd.xml'), DownloadError)

    def test_paths_outside(self) -> None:
        """No path from the hub leads out of the topurl."""
        for path in ('packages/../../etc/passwd', '..', '', 'a\nb'):
            with self.assertRaises(DownloadError):
                self.file(path)
        self.hub.respond('getBuildLogs', [{
            'name': 'x', 'dir': '.', 'path': 'packages/../../secret'}])
        self.fail_of(self.get(self.koji.getBuild(5411)).files(),
                     DownloadError)
