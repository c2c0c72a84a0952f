"""Container images and modules: builds, archives, and the way to tasks."""
from __future__ import annotations

from copy import deepcopy
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.support import HubTestCase
from txkoji.build import Build
from txkoji.builds.images import (
    Image,
    ParentBuild,
    arch_image_of,
    digests_by_arch,
    image_of,
)
from txkoji.builds.modules import Module, module_of
from txkoji.exceptions import DownloadError, GenericError

LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
OCI = 'application/vnd.oci.image.index.v1+json'

#: As OSBS has it.
IMAGE: dict[str, Any] = {
    'autorebuild': False,
    'help': None,
    'index': {
        'digests': {LIST: 'sha256:aa', OCI: 'sha256:bb'},
        'floating_tags': ['latest', '8'],
        'pull': ['registry.example.test/ceph@sha256:aa',
                 'registry.example.test/ceph:8-40'],
        'tags': ['8-40'],
        'unique_tags': ['ceph-8-rhel-8-containers-candidate-1']},
    'isolated': False,
    'media_types': [LIST, MANIFEST],
    'odcs': {'compose_ids': [100, 101], 'signing_intent': 'release',
             'signing_intent_overridden': False},
    'parent_build_id': 5400,
    'parent_image_builds': {
        'registry.example.test/ubi8:latest': {'id': 5400, 'nvr': 'ubi8-8-1'}},
    'parent_images': ['registry.example.test/ubi8:latest'],
}

#: As the module build service has it.
MODULE: dict[str, Any] = {
    'content_koji_tag': 'module-ruby-2.7-3120200101-abcdef01',
    'context': 'abcdef01',
    'module_build_service_id': 1234,
    'modulemd_str': '---\ndocument: modulemd\n',
    'name': 'ruby',
    'stream': '2.7',
    'version': '3120200101',
}


class ImageTests(SynchronousTestCase):
    """The image of a build."""

    def test_members(self) -> None:
        """All that content generators say is there, with its type."""
        extra = {'image': IMAGE,
                 'operator_manifests_archive': 'operator_manifests.zip'}
        image = image_of(extra)
        assert image is not None
        self.assertEqual(image.pull_specs, tuple(IMAGE['index']['pull']))
        self.assertEqual(image.pull_by_digest,
                         'registry.example.test/ceph@sha256:aa')
        self.assertEqual(image.pull_by_tag, 'registry.example.test/ceph:8-40')
        self.assertEqual(image.tags, ('8-40',))
        self.assertEqual(image.floating_tags, ('latest', '8'))
        self.assertEqual(image.unique_tags,
                         ('ceph-8-rhel-8-containers-candidate-1',))
        self.assertEqual(image.digests, {LIST: 'sha256:aa', OCI: 'sha256:bb'})
        self.assertEqual(image.digest, 'sha256:aa')
        self.assertEqual(image.media_types, (LIST, MANIFEST))
        self.assertEqual(image.parent_build_id, 5400)
        self.assertEqual(image.parent_images,
                         ('registry.example.test/ubi8:latest',))
        self.assertEqual(
            image.parent_builds,
            {'registry.example.test/ubi8:latest': ParentBuild(
                5400, 'ubi8-8-1')})
        self.assertEqual((image.compose_ids, image.signing_intent),
                         ((100, 101), 'release'))
        self.assertIs(image.isolated, False)
        self.assertEqual(image.operator_manifests, 'operator_manifests.zip')
        hash(image)

    def test_places(self) -> None:
        """The data may be in either place, or in parts in both."""
        whole = image_of({'image': IMAGE})
        self.assertEqual(image_of({'typeinfo': {'image': IMAGE}}), whole)
        first, second = deepcopy(IMAGE), deepcopy(IMAGE)
        del first['index']['pull'], first['media_types']
        del second['index']['tags'], second['parent_images']
        # Of what is in both, that in typeinfo counts.
        second['parent_build_id'] = 1
        second['index']['unique_tags'] = ['other']
        self.assertEqual(image_of(
            {'image': second, 'typeinfo': {'image': first}}), whole)
        self.assertEqual(
            image_of({'image': {}, 'typeinfo': {'operator-manifests': {
                'archive': 'x.zip'}}}), Image(operator_manifests='x.zip'))
        self.assertEqual(
            image_of({'typeinfo': {'image': {'arch': 's390x'}}}),
            Image(arch='s390x'))

    def test_none(self) -> None:
        """A build without such data is no image."""
        for extra in (None, {}, [], {'image': None}, {'typeinfo': {}},
                      {'typeinfo': None}, {'typeinfo': {'module': MODULE}}):
            self.assertIsNone(image_of(extra), extra)
            self.assertIsNone(arch_image_of(extra), extra)

    def test_odd(self) -> None:
        """A member of another type is empty, or None."""
        for odd in (None, 5, 'text', [None, 5.5], {'a': None}, [{}]):
            image = image_of({'image': {
                **dict.fromkeys(IMAGE, odd), 'odcs': {
                    'compose_ids': odd, 'signing_intent': 5}}})
            assert image is not None
            self.assertEqual(image, Image(parent_build_id=(
                odd if odd == 5 else None)), odd)
            image = image_of({'image': {'index': dict.fromkeys(
                IMAGE['index'], odd), 'parent_image_builds': {'x': odd}}})
            self.assertEqual(image, Image(), odd)
            self.assertIsNone(Image().digest)
            self.assertIsNone(Image().pull_by_tag)

    def test_archives(self) -> None:
        """An archive has the digest of its architecture."""
        def extra(arch: Any, **docker: Any) -> Any:
            return {'image': {'arch': arch}, 'docker': {
                'id': 'sha256:cc', 'parent_id': None, 'tags': ['8-40'],
                **docker}}

        new = arch_image_of(extra('x86_64', digests={
            'application/vnd.oci.image.manifest.v1+json': 'sha256:e1',
            MANIFEST: 'sha256:d1'}, repositories=['a:8']))
        old = arch_image_of(extra('s390x', repositories=[
            'a:8-40', 'a@sha256:d2', 'b@sha256:d3']))
        none = arch_image_of(extra('ppc64le', repositories=['a:8']))
        nowhere = arch_image_of(extra(None, repositories=['a@sha256:d4']))
        self.assertEqual(
            digests_by_arch([new, None, old, none, nowhere]),
            {'x86_64': 'sha256:d1', 's390x': 'sha256:d2'})
        assert new is not None and none is not None
        self.assertEqual((new.id, new.parent_id, new.tags, new.config),
                         ('sha256:cc', None, ('8-40',), {}))
        self.assertEqual(none.labels, {})

    def test_layers(self) -> None:
        """The sizes of layers, under either name of the digest."""
        for sizes, layers in [
                ([{'diff_id': 'sha256:a', 'uncompressed_size': 5},
                  {'digest': 'sha256:b', 'uncompressed_size': 2**40}],
                 (('sha256:a', 5), ('sha256:b', 2**40))),
                ([{'uncompressed_size': 'x'}, 7], ((None, None),)),
                (None, ()), ('x', ()), ({}, ())]:
            image = arch_image_of({'docker': {'layer_sizes': sizes}})
            assert image is not None
            self.assertEqual(image.layers, layers)

    def test_operators(self) -> None:
        """The labels tell the kind of an operator."""
        bundle = 'com.redhat.delivery.operator.bundle'
        registry = 'com.redhat.delivery.appregistry'
        for labels, kind in [
                ({bundle: 'true', registry: 'false'}, 'bundle'),
                ({bundle: 'false', registry: 'true'}, 'appregistry'),
                ({registry: 'true'}, 'appregistry'),
                ({bundle: 'false'}, None), ({}, None), (None, None)]:
            image = arch_image_of(
                {'docker': {'config': {'config': {'Labels': labels}}}})
            assert image is not None
            self.assertEqual(image.operator_kind, kind, labels)


class ModuleTests(SynchronousTestCase):
    """The module of a build."""

    def test_members(self) -> None:
        """All that the module build service says is there."""
        module = module_of({'typeinfo': {'module': MODULE}})
        self.assertEqual(module, Module(
            'ruby', '2.7', '3120200101', 'abcdef01',
            '---\ndocument: modulemd\n',
            'module-ruby-2.7-3120200101-abcdef01', 1234))
        self.assertEqual(str(module), 'ruby:2.7:3120200101:abcdef01')
        self.assertNotIn('document', repr(module))

    def test_numbers(self) -> None:
        """Versions and streams may be numbers, ids may be text."""
        module = module_of({'typeinfo': {'module': {
            **MODULE, 'version': 3120200101, 'stream': 8,
            'module_build_service_id': '77', 'modulemd_str': None}}})
        assert module is not None
        self.assertEqual(str(module), 'ruby:8:3120200101:abcdef01')
        self.assertEqual((module.service_id, module.modulemd), (77, None))

    def test_none(self) -> None:
        """A build of which no name is known is no module."""
        for extra in (None, {}, {'typeinfo': None}, {'typeinfo': {
                'module': {**MODULE, 'context': None}}}, {'typeinfo': {
                    'module': {**MODULE, 'stream': ['x']}}}):
            self.assertIsNone(module_of(extra), extra)


class BuildTests(HubTestCase):
    """What a `Build` of the hub gives."""

    def test_recorded(self) -> None:
        """A recorded container has its image, and its archive a digest."""
        build = self.get(self.koji.getBuild('rhceph-container-8-40'))
        self.assertEqual(build.image.tags, ('8-40',))
        self.assertEqual(build.image.floating_tags, ('latest', '8'))
        self.assertEqual(build.image.signing_intent, 'release')
        self.assertEqual(build.image.parent_builds[
            'registry.example.test/ubi9:latest'].nvr, 'ubi9-container-9.6-45')
        self.assertIsNone(build.module)
        [archive] = self.get(build.archives())
        self.assertEqual((archive.arch, archive.image.arch),
                         ('x86_64', 'x86_64'))
        self.assertEqual(archive.image.pull_specs, (
            'registry-proxy.example.test/rh-osbs/rhceph-container:8-40',))
        self.assertEqual(archive.image.labels, {
            'name': 'rhceph-container', 'maintainer': 'Zoë'})
        self.assertEqual(archive.image.layers, (('sha256:00', 2**33),))
        self.assertIsNone(archive.image.digest)
        self.assertEqual(archive.url, 'http://hub.example.test/koji/'
                         'archiveinfo?archiveID=1')
        self.assertEqual(archive.file_of(build).path,
                         self.get(build.files())[0].path)
        self.assertEqual(self.get(self.koji.listArchives(5411)), [archive])

    def test_plain(self) -> None:
        """Builds of packages, and rows without ``extra``, have neither."""
        for build in (self.get(self.koji.getBuild('ceph-99.0-1.fc44')),
                      Build(id=5)):
            self.assertIsNone(build.image)
            self.assertIsNone(build.module)

    def test_other_archives(self) -> None:
        """Archives of Maven are asked for with all their columns."""
        row = {'id': 7, 'btype': 'maven', 'filename': 'a.jar',
               'metadata_only': False, 'size': 5, 'checksum': 'ab',
               'checksum_type': 0}
        more = {'group_id': 'org.example', 'artifact_id': 'a',
                'version': '1'}

        def list_archives(buildID: int, type: str | None = None) -> Any:
            return [{**row, **(more if type == 'maven' else {})}]

        self.hub.respond('listArchives', list_archives)
        build = self.get(self.koji.getBuild('ceph-99.0-1.fc44'))
        [archive] = self.get(build.archives())
        self.assertIsNone(archive.arch)
        self.assertIsNone(archive.image)
        self.assertEqual(
            archive.file_of(build).path,
            'packages/ceph/99.0/1.fc44/maven/org/example/a/1/a.jar')

    def test_metadata_only(self) -> None:
        """An archive that is only described has no file."""
        build = self.get(self.koji.getBuild('rhceph-container-8-40'))
        [archive] = self.get(build.archives())
        archive['metadata_only'] = True
        self.assertRaises(DownloadError, archive.file_of, build)

    def test_versions(self) -> None:
        """Builds are sorted by their versions, drafts as when promoted."""
        rows = [Build(name='x', version=version, release=release, epoch=epoch)
                for version, release, epoch in [
                    ('1.10', '1', None), ('1.9', '2', None), ('1.9', '1', 0),
                    ('1.9', '1,draft_5', None), ('0.1', '1', 1)]]
        self.assertEqual(
            sorted(rows, key=lambda build: build.version_key),
            [rows[2], rows[3], rows[1], rows[0], rows[4]])
        self.assertEqual(rows[2].version_key, rows[3].version_key)
        self.assertLess(Build(id=5).version_key, rows[2].version_key)


class TaskTests(HubTestCase):
    """From a task to its builds, and back."""

    def builds(self, task_id: int) -> list[Any]:
        """Ask for the builds of a task."""
        task = self.get(self.koji.getTaskInfo(task_id))
        found = self.get(task.builds())
        for build in found:
            self.assertIsInstance(build, Build)
        return found

    def test_recorded(self) -> None:
        """A build's task has the build."""
        build = self.get(self.koji.getBuild('rhceph-container-8-40'))
        back = self.get(build.task())
        [row] = [row for row in self.hub.tables.tasks
                 if row['id'] == back.id]
        row['result'] = [{'koji_builds': [str(build.id)],
                          'repositories': []}]
        self.assertEqual(back.method, 'buildContainer')
        self.assertIn(build.id, [found.id for found in self.builds(back.id)])

    def test_parents(self) -> None:
        """A step of a build has the builds of the nearest ancestor."""
        build = self.hub.add_task('build', state='OPEN')
        step = self.hub.add_task('buildArch', [], parent=build, state='OPEN')
        below = self.hub.add_task('other', [], parent=step)
        made = self.hub.add_build('zsh-9-1', task_id=build)
        for number in (build, step, below):
            self.assertEqual([each.id for each in self.builds(number)],
                             [made])
        self.assertEqual(self.builds(self.hub.add_task('newRepo', ['f44'])),
                         [])

    def test_circle(self) -> None:
        """A hub whose tasks are in a circle is not asked for ever."""
        first = self.hub.add_task('x', [], state='OPEN')
        second = self.hub.add_task('x', [], parent=first)
        for row in self.hub.tables.tasks:
            if row['id'] == first:
                row['parent'] = second
        self.assertEqual(self.builds(first), [])

    def test_imported(self) -> None:
        """Builds that content generators import are in the result."""
        for method, state, result, wanted in [
                ('buildContainer', 'CLOSED',
                 {'koji_builds': ['5411', 5391, '99999', 'x']}, [5411, 5391]),
                ('osbuildImage', 'CLOSED',
                 {'composer': {}, 'koji': {'build': 5411}}, [5411]),
                # No result yet, and that of a scratch build.
                ('buildContainer', 'OPEN', None, []),
                ('buildContainer', 'CLOSED', {'repositories': []}, [])]:
            number = self.hub.add_task(method, [], state=state, result=result)
            self.assertEqual([build.id for build in self.builds(number)],
                             wanted)

    def test_fault(self) -> None:
        """A complaint of the hub's is passed on."""
        self.hub.fault('getTaskResult', 1000, 'No such task')
        task = self.get(self.koji.getTaskInfo(self.hub.add_task(
            'buildContainer', [], state='CLOSED')))
        self.fail_of(task.builds(), GenericError)
