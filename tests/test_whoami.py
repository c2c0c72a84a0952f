"""The user of the session, with permissions and groups."""
from __future__ import annotations

from typing import Any

from tests.support import HubTestCase
from txkoji.exceptions import KojiException, KojiLoginException, ServerOffline
from txkoji.rows import User
from txkoji.whoami import CurrentUser

#: As the hub has it.
ALICE = {'id': 2, 'name': 'alice', 'status': 0, 'usertype': 0,
         'krb_principals': ['alice@EXAMPLE.TEST']}


class WhoamiTests(HubTestCase):
    """Connection.whoami."""

    def setUp(self) -> None:
        """Teach the hub permissions and groups."""
        super().setUp()
        self.groups: Any = [{'id': 9, 'name': 'team'}, {'id': 8, 'name': 'qa'}]
        self.hub.respond('getPerms', ['sign', 'tag'])
        self.hub.respond('getUser', self.get_user)

    def get_user(self, userInfo: Any = None, strict: bool = False,
                 krb_princs: bool = True, groups: bool = False) -> Any:
        """Answer as a hub does."""
        return {**ALICE, **({'groups': self.groups} if groups else {})}

    def whoami(self) -> CurrentUser:
        """Ask, when logged in."""
        self.get(self.koji.login())
        return self.get(self.koji.whoami())

    def test_user(self) -> None:
        """User, permissions and groups come in one request."""
        self.get(self.koji.login())
        before = self.hub.requests
        found = self.get(self.koji.whoami())
        self.assertEqual(self.hub.requests - before, 1)
        self.assertIsInstance(found.user, User)
        self.assertEqual((found.name, found.user.id), ('alice', 2))
        self.assertEqual(found.permissions, {'sign', 'tag'})
        self.assertEqual(found.groups, ('qa', 'team'))

    def test_world(self) -> None:
        """The same of a hub that is taught nothing."""
        self.hub.forget('getPerms')
        self.hub.forget('getUser')
        self.hub.add_user('alice', perms=['sign'], groups=['team', 'qa'])
        found = self.whoami()
        self.assertTrue(found.has_permission('sign'))
        self.assertFalse(found.has_permission('admin'))
        self.assertEqual(found.groups, ('qa', 'team'))
        self.get(self.koji.logout())
        self.fail_of(self.koji.whoami(), KojiLoginException)

    def test_permissions(self) -> None:
        """An administrator has the others, too, whatever the hub lists."""
        found = self.whoami()
        self.assertTrue(found.has_permission('sign'))
        self.assertFalse(found.has_permission('target'))
        self.hub.respond('getPerms', ['admin'])
        found = self.whoami()
        self.assertTrue(found.has_permission('target'))

    def test_forms(self) -> None:
        """Groups may be rows or names, or none."""
        for groups, names in [(['b', 'a'], ('a', 'b')), ([], ()),
                              (None, None)]:
            self.groups = groups
            self.assertEqual(self.whoami().groups, names)

    def test_old_hub(self) -> None:
        """A hub that does not know groups of users leaves these unknown."""
        def get_user(userInfo: Any = None, strict: bool = False,
                     krb_princs: bool = True) -> Any:
            return ALICE

        self.hub.respond('getUser', get_user)
        found = self.whoami()
        self.assertIsNone(found.groups)
        self.assertEqual(found.permissions, {'sign', 'tag'})

    def test_anonymous(self) -> None:
        """Without a login there is no user, whatever else the hub says."""
        self.hub.fault('getUser', 1000, 'No user provided')
        self.hub.fault('getPerms', 1004, 'not logged in')
        error = self.fail_of(self.koji.whoami(), KojiLoginException)
        self.assertIn('login()', str(error))

    def test_refused(self) -> None:
        """Any other complaint of the hub's is passed on."""
        self.get(self.koji.login())
        self.hub.fault('getPerms', 1000, 'no permissions today')
        self.fail_of(self.koji.whoami(), KojiException)
        self.hub.misbehave('offline')
        self.fail_of(self.koji.whoami(), ServerOffline)
