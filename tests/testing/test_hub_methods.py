"""FakeHub's methods that few programs call: each does what a hub does."""
from __future__ import annotations

from typing import Any

from tests.support import HubTestCase
from txkoji.exceptions import ActionNotAllowed, GenericError, TagError

ZSH = 'zsh-2.0.1-2.fc43'


class AdminTestCase(HubTestCase):
    """With a Connection of an administrator."""

    def setUp(self) -> None:
        """Log in."""
        super().setUp()
        self.koji = self.hub.connection('kojiadmin')
        self.get(self.koji.login())

    def said(self, call: Any, kind: Any = GenericError) -> str:
        """Get the text of the fault that a call failed with."""
        return str(self.fail_of(call, kind))

    def nvrs(self, tag: str) -> list[str]:
        """Get the builds that a tag itself has."""
        return [build.nvr for build in self.get(self.koji.listTagged(tag))]

    def run_for(self, seconds: int) -> None:
        """Let the builders work."""
        self.hub.builders.start(old=True)
        self.hub.clock.pump([1] * seconds)


class TaggingTests(AdminTestCase):
    """Builds that are moved, copied, and looked for."""

    def setUp(self) -> None:
        """Make two tags."""
        super().setUp()
        self.hub.add_tag('old', packages=['zsh'])
        self.hub.add_tag('new', packages=['zsh'])
        self.get(self.koji.tagBuildBypass('old', ZSH))

    def test_move(self) -> None:
        """A build is moved by a task, from the tag that has it."""
        task = self.get(self.koji.moveBuild('old', 'new', ZSH))
        self.run_for(300)
        self.assertEqual(self.get(self.koji.getTaskInfo(task)).state_name,
                         'CLOSED')
        self.assertEqual((self.nvrs('old'), self.nvrs('new')), ([], [ZSH]))

    def test_move_all(self) -> None:
        """All builds of a package are moved, a task after the other."""
        other = self.hub.add_build('zsh-9-1', tags=['old'])
        tasks = self.get(self.koji.moveAllBuilds('old', 'new', 'zsh'))
        self.assertEqual(len(tasks), 2)
        requests = [self.get(self.koji.getTaskRequest(task))
                    for task in tasks]
        self.assertEqual([request[0] for request in requests],
                         [[], tasks[:1]])
        self.run_for(300)
        self.assertEqual(self.nvrs('old'), [])
        self.assertEqual(self.nvrs('new'), ['zsh-9-1', ZSH])
        self.assertEqual(self.get(self.koji.getBuild(other)).nvr, 'zsh-9-1')

    def test_not_listed(self) -> None:
        """Nothing is moved where the package is not; by force, it is."""
        self.hub.add_tag('bare')
        self.assertEqual(
            self.said(self.koji.moveAllBuilds('old', 'bare', 'zsh'),
                      TagError), 'Package zsh not in list for bare')
        self.assertEqual(len(self.get(self.koji.moveAllBuilds(
            'old', 'bare', 'zsh', force=True))), 1)
        self.get(self.koji.tagBuild('bare', ZSH, force=True))
        [package] = self.get(self.koji.listPackages('bare'))
        self.assertEqual(package.package_name, 'zsh')

    def test_access(self) -> None:
        """Who may tag is told with the reason."""
        self.hub.add_tag('shut', locked=True)
        self.assertEqual(self.get(self.koji.checkTagAccess('new')),
                         [True, True, ''])
        access, _, reason = self.get(self.koji.checkTagAccess(
            'shut', self.get(self.koji.getUser('alice')).id))
        self.assertEqual((access, reason), (False, 'tag is locked'))
        self.assertEqual(
            self.said(self.hub.connection().checkTagAccess('new')),
            'a user_id is required')

    def test_snapshot(self) -> None:
        """A copy of a tag has its settings, packages, and builds."""
        self.get(self.koji.editTag2('old', arches='s390x', extra={'a': 1}))
        self.get(self.koji.snapshotTag('old', 'copy'))
        copy = self.get(self.koji.getTag('copy'))
        self.assertEqual((copy.arches, copy.extra), ('s390x', {'a': 1}))
        self.assertEqual(self.nvrs('copy'), [ZSH])
        [package] = self.get(self.koji.listPackages('copy'))
        self.assertEqual(package.package_name, 'zsh')
        self.get(self.koji.snapshotTag('old', 'empty', config=False,
                                       pkgs=False, builds=False))
        self.assertEqual(self.get(self.koji.getTag('empty')).extra, {})
        self.assertEqual(self.get(self.koji.listPackages('empty')), [])

    def test_snapshot_refused(self) -> None:
        """No copy of a locked tag, nor over another."""
        self.assertEqual(self.said(self.koji.snapshotTag('old', 'new')),
                         'Target tag already exists')
        self.assertIn("can't be used without pkgs", str(self.fail_of(
            self.koji.snapshotTag('old', 'x', pkgs=False))))
        self.get(self.koji.editTag2('old', locked=True))
        self.assertEqual(self.said(self.koji.snapshotTag('old', 'x')),
                         'Source tag is locked, use force to copy')

    def test_untagged(self) -> None:
        """A build in no tag is found by its package."""
        self.hub.add_build('zsh-9-1')
        found = self.get(self.koji.untaggedBuilds('zsh'))
        self.assertIn('9', [row.version for row in found])
        self.assertNotIn('2.0.1', [row.version for row in found])
        self.assertEqual(self.get(self.koji.untaggedBuilds('no-such')), [])


class BuildTests(AdminTestCase):
    """Volumes, types, times, and releases of builds."""

    def test_volume(self) -> None:
        """A build is moved to a volume, once."""
        self.hub.files.write('vol/slow/packages/README', b'')
        volume = self.get(self.koji.addVolume('slow'))
        self.assertEqual(volume.name, 'slow')
        self.assertEqual(self.said(self.koji.addVolume('slow')),
                         'volume slow already exists')
        self.assertEqual(self.get(self.koji.addVolume('slow', strict=False)),
                         volume)
        self.get(self.koji.changeBuildVolume(ZSH, 'slow'))
        build = self.get(self.koji.getBuild(ZSH))
        self.assertEqual(build.volume_name, 'slow')
        self.assertEqual(self.said(self.koji.changeBuildVolume(ZSH, 'slow')),
                         f'Build {ZSH} already on volume slow')
        self.get(self.koji.changeBuildVolume(ZSH, 'slow', strict=False))

    def test_types(self) -> None:
        """A build gets types, and one is made for them if need be."""
        self.get(self.koji.createMavenBuild(ZSH, {
            'group_id': 'g', 'artifact_id': 'a', 'version': '1'}))
        self.get(self.koji.createWinBuild(ZSH, {'platform': 'win'}))
        self.get(self.koji.createImageBuild({
            'name': 'disk', 'version': '1', 'release': '1', 'epoch': None}))
        maven = self.get(self.koji.getMavenBuild(ZSH))
        self.assertEqual((maven.group_id, maven.version), ('g', '1'))
        self.assertEqual(self.get(self.koji.getWinBuild(ZSH)).platform,
                         'win')
        self.assertTrue(self.get(self.koji.getImageBuild('disk-1-1')))
        self.assertIsNone(self.get(self.koji.getImageBuild(ZSH)))
        self.assertIsNone(self.get(self.koji.getImageBuild('no-such-1-1')))
        self.assertEqual(
            self.said(self.koji.getImageBuild(ZSH, strict=True)),
            f'no such image build: {ZSH}')
        self.assertEqual(set(self.get(self.koji.getBuildType(ZSH))),
                         {'maven', 'win'})
        self.assertEqual(self.get(self.koji.getBuildType('ceph-99.0-1.fc44')),
                         {'rpm': None})
        self.assertEqual(
            self.said(self.koji.createImageBuild({
                'name': 'x', 'version': '1', 'release': '1'})),
            "Build info doesn't have mandatory 'epoch' key")
        self.assertIsNone(self.get(self.koji.getBuildType('no-such-1-1')))

    def test_time(self) -> None:
        """The time that a build was complete is set in seconds."""
        self.get(self.koji.setBuildTimestamp(ZSH, 1000))
        build = self.get(self.koji.getBuild(ZSH))
        self.assertEqual(build.completion_ts, 1000)
        self.assertIn('Invalid type for timestamp', self.said(
            self.koji.setBuildTimestamp(ZSH, 'now')))

    def test_next_release(self) -> None:
        """A release is counted up from the newest; 1 is the first."""
        self.hub.add_build('zsh-9-4.fc44')
        info = {'name': 'zsh', 'version': '9'}
        self.assertEqual(self.get(self.koji.getNextRelease(info)), '5.fc44')
        self.assertEqual(self.get(self.koji.getNextRelease(
            {'name': 'zsh', 'version': '10'})), '1')
        self.hub.add_build('zsh-9-next')
        self.assertEqual(self.said(self.koji.getNextRelease(info)),
                         'Unable to increment release value: next')

    def test_delete(self) -> None:
        """A build that a tag has is not deleted."""
        self.assertFalse(self.get(self.koji.deleteBuild(ZSH, strict=False)))
        tags = self.get(self.koji.buildReferences(ZSH)).tags
        self.assertIn('f43-updates', [tag.name for tag in tags])

    def test_promote(self) -> None:
        """Only a draft of one's own is promoted."""
        self.assertIn('Not a draft build',
                      self.said(self.koji.promoteBuild(ZSH, force=True)))
        bob = self.hub.connection('bob')
        self.get(bob.login())
        self.hub.add_build('zsh-9-1', owner='alice')
        self.fail_of(bob.promoteBuild('zsh-9-1'), ActionNotAllowed)
        self.assertFalse(self.get(bob.cancelBuild('no-such-1-1')))
        self.fail_of(bob.cancelBuild('zsh-9-1'), ActionNotAllowed)


class PeopleTests(AdminTestCase):
    """Users, groups, and permissions."""

    def test_permissions(self) -> None:
        """Permissions come from a user, and from groups of the user."""
        self.hub.add_user('ann', perms=['tag'], groups=['team'])
        self.get(self.koji.grantPermission('team', 'repo'))
        self.assertEqual(self.get(self.koji.getUserPermsInheritance('ann')),
                         {'tag': [None], 'repo': ['team']})
        self.assertEqual(self.get(self.koji.getUserPerms(
            'ann', with_groups=False)), ['tag'])
        found = self.get(self.koji.listUsers(perm='repo',
                                             inherited_perm=True))
        self.assertIn('ann', [user.name for user in found])
        self.assertNotIn('ann', [user.name for user in self.get(
            self.koji.listUsers(perm='repo'))])
        self.assertIn('already has permission', self.said(
            self.koji.grantPermission('ann', 'tag')))
        self.assertIn('does not have permission', self.said(
            self.koji.revokePermission('ann', 'repo')))
        self.get(self.koji.grantPermission('ann', 'fly', create=True,
                                           description='wings'))
        self.assertIn('fly', [row.name for row in self.get(
            self.koji.getAllPerms())])
        self.assertTrue(self.get(self.koji.hasPerm('admin')))
        self.assertEqual(
            self.said(self.koji.hasPerm('no-such', strict=True)),
            'No such permission no-such defined')

    def test_rename(self) -> None:
        """A user gets another name, and other principals."""
        self.hub.add_user('ann')
        self.get(self.koji.editUser('ann', name='anna',
                                    krb_principal_mappings=[
                                        {'old': None, 'new': 'ann@EXAMPLE'}]))
        self.assertEqual(self.get(self.koji.getUser('ann@EXAMPLE')).name,
                         'anna')
        self.get(self.koji.editUser('anna', krb_principal_mappings=[
            {'old': 'ann@EXAMPLE', 'new': None}]))
        self.assertIsNone(self.get(self.koji.getUser('ann@EXAMPLE')))
        self.assertIn('already taken', self.said(
            self.koji.editUser('anna', name='bob')))
        self.assertIn('already exists', self.said(
            self.koji.createUser('bob')))
        self.assertEqual(self.said(self.koji.createUser('eva', status=7)),
                         'invalid status: 7')
        self.assertEqual(self.said(self.koji.disableUser('no-such')),
                         'unknown user: no-such')

    def test_groups(self) -> None:
        """Who is in a group is in it once, and no group is in another."""
        self.hub.add_user('ann', groups=['team'])
        self.assertEqual(self.said(self.koji.addGroupMember('team', 'ann')),
                         'User already in group')
        self.get(self.koji.addGroupMember('team', 'ann', strict=False))
        self.assertEqual(
            self.said(self.koji.addGroupMember('team', 'team')),
            'Groups cannot be members of other groups')
        self.assertEqual(self.said(self.koji.addGroupMember('bob', 'ann')),
                         'Not a group: bob')
        self.get(self.koji.dropGroupMember('team', 'ann'))
        self.assertEqual(self.get(self.koji.getGroupMembers('team')), [])
        self.assertEqual(self.said(self.koji.dropGroupMember('team', 'ann')),
                         'No such user in group: team')
        self.assertEqual(self.said(self.koji.newGroup('team')),
                         'user/group already exists: team')
        self.assertEqual(self.get(self.koji.getUser('ann', groups=True)
                                  ).groups, [])


class OtherTests(AdminTestCase):
    """Side tags, repositories, histories, archive types."""

    def test_side_tag(self) -> None:
        """A side tag is edited as far as its base allows."""
        tag = self.get(self.koji.createSideTag('f44-build'))['name']
        self.assertEqual(
            self.said(self.koji.editSideTag(tag, debuginfo=True)),
            'Debuginfo setting is not allowed in parent tag.')
        self.assertEqual(
            self.said(self.koji.editSideTag(tag, rpm_macros={'a': '1'})),
            'RPM macros change is not allowed in parent tag.')
        self.get(self.koji.editTag2('f44-build', extra={
            'sidetag_debuginfo_allowed': True,
            'sidetag_rpm_macros_allowed': True}))
        self.get(self.koji.editSideTag(tag, debuginfo=True,
                                       rpm_macros={'a': '1', 'b': '2'}))
        self.get(self.koji.editSideTag(tag, remove_rpm_macros=['b']))
        extra = self.get(self.koji.getTag(tag)).extra
        self.assertEqual(extra['with_debuginfo'], True)
        self.assertEqual(extra['rpm.macro.a'], '1')
        self.assertNotIn('rpm.macro.b', extra)
        self.assertEqual(self.said(self.koji.editSideTag('f44-build')),
                         'Not a sidetag: f44-build')

    def test_deleted_tag(self) -> None:
        """A deleted tag is found as of the event before it went."""
        tag = self.hub.add_tag('mine')
        self.get(self.koji.deleteTag('mine'))
        self.assertIsNone(self.get(self.koji.getTag('mine')))
        self.assertEqual(self.get(self.koji.getTag('mine', event='auto')).id,
                         tag)
        self.assertEqual(self.get(self.koji.getTagID('mine')), tag)
        self.assertIsNone(self.get(self.koji.getTagID('no-such')))

    def test_external_repo(self) -> None:
        """An external repository has a name and a URL, each once."""
        url = 'https://repo.example.test/a'
        made = self.get(self.koji.createExternalRepo('a', url))
        self.assertEqual(made.url, url + '/')
        self.assertEqual(self.get(self.koji.listExternalRepos(url=url + '/')),
                         [made])
        self.get(self.koji.createExternalRepo('b', url))
        self.assertIn('already taken', self.said(
            self.koji.editExternalRepo('a', name='b')))
        self.get(self.koji.editExternalRepo('a', name='c', url=url + '2'))
        self.assertEqual(self.get(self.koji.getExternalRepo('c')).url,
                         url + '2/')
        self.assertIsNone(self.get(self.koji.getExternalRepo('a')))

    def test_history(self) -> None:
        """A history is of an editor, and of a time."""
        self.hub.add_tag('mine', packages=['zsh'])
        before = self.get(self.koji.getLastEvent()).id
        self.get(self.koji.tagBuildBypass('mine', ZSH))
        self.get(self.koji.untagBuildBypass('mine', ZSH))

        def rows(**wanted: Any) -> Any:
            return self.get(self.koji.queryHistory(
                ['tag_listing'], **wanted))['tag_listing']
        [row] = rows(tag='mine', editor='kojiadmin')
        self.assertEqual((row['_created_by'], row['_revoked_by']),
                         (True, True))
        self.assertEqual(rows(tag='mine', editor='alice'), [])
        self.assertEqual(len(rows(tag='mine', afterEvent=before)), 1)
        self.assertEqual(rows(tag='mine', beforeEvent=before), [])
        self.assertEqual(rows(tag='mine', active=True), [])
        self.assertEqual(len(rows(tag='mine', build=ZSH, active=False)), 1)
        self.assertEqual(len(rows(tag='mine', after='2001-01-01 00:00:00')),
                         1)
        found = self.get(self.koji.queryHistory(user='kojiadmin'))
        self.assertIn('user_perms', found)
        self.assertNotIn('tag_listing', found)
        found = self.get(self.koji.queryHistory(tag='mine', package='zsh'))
        self.assertEqual(len(found['tag_packages']), 1)

    def test_archive_type(self) -> None:
        """An archive's type is found by the end of its name."""
        kind = self.get(self.koji.getArchiveType('a.tar.gz'))
        self.assertEqual(kind.name, 'tar')
        self.assertEqual(self.get(self.koji.getArchiveType(
            type_name='tar')), kind)
        self.assertIn(kind, self.get(self.koji.getArchiveTypes()))
        self.assertIsNone(self.get(self.koji.getArchiveType('a.nosuch')))
        self.assertEqual(
            self.said(self.koji.getArchiveType('a.nosuch', strict=True)),
            'archive type not found')

    def test_searches(self) -> None:
        """A search is by a pattern, a regular expression, or as it is."""
        self.assertIn('zsh', [row.name for row in self.get(
            self.koji.search('z*', 'package', 'glob'))])
        self.assertEqual(
            [row.name for row in self.get(
                self.koji.search('^zsh$', 'package', 'regexp'))], ['zsh'])
        self.assertEqual(self.get(self.koji.search('z', 'package',
                                                   'exact')), [])
        self.assertTrue(self.get(self.koji.search(
            'zsh-2.0.1~rc1-5.fc43.src.rpm', 'rpm', 'exact')))
        self.assertEqual(
            self.said(self.koji.search('', 'package', 'glob')),
            'empty search terms')

    def test_cancel(self) -> None:
        """A whole tree of tasks is canceled from its top, or by force."""
        top = self.hub.add_task(state='OPEN')
        child = self.hub.add_task(state='OPEN', parent=top)
        self.assertEqual(
            self.said(self.koji.cancelTaskFull(child)),
            f'Task {child} is not top-level (parent={top})')
        self.get(self.koji.cancelTaskFull(child, strict=False))
        for task in (top, child):
            self.assertEqual(self.get(self.koji.getTaskInfo(task)
                                      ).state_name, 'CANCELED')
