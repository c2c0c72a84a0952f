"""The user of the session, with permissions and groups."""
from __future__ import annotations

from typing import Any

from tests.support import HubTestCase
from txkoji.exceptions import KojiException, KojiLoginException, ServerOffline
from txkoji.rows import User
from txkoji.whoami import CurrentUser


class WhoamiTests(HubTestCase):
    """Connection.whoami."""

    def setUp(self) -> None:
        """Give the user permissions and groups."""
        super().setUp()
        self.number = self.hub.add_user('alice', perms=['sign', 'tag'],
                                        groups=['team', 'qa'])

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
        self.assertEqual((found.name, found.user.id),
                         ('alice', self.number))
        self.assertLessEqual({'sign', 'tag'}, found.permissions)
        self.assertEqual(found.permissions,
                         set(self.get(self.koji.getPerms())))
        self.assertEqual(found.groups, ('qa', 'team'))

    def test_permissions(self) -> None:
        """An administrator has the others, too, whatever the hub lists."""
        found = self.whoami()
        self.assertTrue(found.has_permission('sign'))
        self.assertFalse(found.has_permission('target'))
        self.hub.add_user('alice', perms=['admin'])
        found = self.whoami()
        self.assertTrue(found.has_permission('target'))

    def test_forms(self) -> None:
        """Groups may be rows or names, or none."""
        for groups, names in [([{'id': 9, 'name': 'b'}, {'id': 8,
                                                         'name': 'a'}],
                               ('a', 'b')),
                              (['b', 'a'], ('a', 'b')), ([], ()),
                              (None, None)]:
            self.hub.respond('getUser', {'id': self.number, 'name': 'alice',
                                         'groups': groups})
            self.assertEqual(self.whoami().groups, names)

    def test_old_hub(self) -> None:
        """A hub that does not know groups of users leaves these unknown."""
        def get_user(userInfo: Any = None, strict: bool = False,
                     krb_princs: bool = True) -> Any:
            return {'id': self.number, 'name': 'alice'}

        self.hub.respond('getUser', get_user)
        found = self.whoami()
        self.assertIsNone(found.groups)
        self.assertLessEqual({'sign', 'tag'}, found.permissions)
        self.assertEqual(found.permissions,
                         set(self.get(self.koji.getPerms())))

    def test_anonymous(self) -> None:
        """Without a login there is no user, whatever else the hub says."""
        error = self.fail_of(self.koji.whoami(), KojiLoginException)
        self.assertIn('login()', str(error))
        self.whoami()
        self.get(self.koji.logout())
        self.fail_of(self.koji.whoami(), KojiLoginException)

    def test_refused(self) -> None:
        """Any other complaint of the hub's is passed on."""
        self.get(self.koji.login())
        self.hub.fault('getPerms', 1000, 'no permissions today')
        self.fail_of(self.koji.whoami(), KojiException)
        self.hub.misbehave('offline')
        self.fail_of(self.koji.whoami(), ServerOffline)
