"""Signatures of the RPMs of a build, and the copies that are signed."""
from __future__ import annotations

from base64 import b64encode
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, inlineCallbacks
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from tests.support import HubTestCase
from txkoji import Connection, Profile
from txkoji.builds.signatures import Signatures
from txkoji.exceptions import (
    ActionNotAllowed,
    BuildError,
    ConfigurationError,
    DownloadError,
    HTTPError,
    TransportError,
)
from txkoji.files.file import File

CEPH = 'packages/ceph/99.0/1.fc44'


class SignaturesTestCase(HubTestCase):
    """With a build of 13 RPMs, of which number 13 has two keys."""

    def setUp(self) -> None:
        """Sign the RPMs of the build."""
        super().setUp()
        self.build = self.get(self.koji.getBuild('ceph-99.0-1.fc44'))
        for number in range(1, 14):
            self.sign(number, '', '11a1b2c3')
        self.sign(13, 'deadbeef')

    def sign(self, number: int, *keys: str) -> None:
        """Let the hub know signatures; an empty key: of no signature."""
        self.hub.tables.rpmsigs.extend(
            {'id': None, 'rpm_id': number, 'sigkey': key,
             'sighash': '0b0143ce913b335d9d54e4795625ae98'} for key in keys)

    def unsign(self, number: int) -> None:
        """Let the hub forget the signatures of an RPM."""
        self.hub.tables.rpmsigs[:] = [
            row for row in self.hub.tables.rpmsigs if row['rpm_id'] != number]


class SignaturesTests(SignaturesTestCase):
    """Which keys the RPMs are signed with."""

    def test_keys(self) -> None:
        """One multicall tells the keys of each RPM."""
        before = self.hub.requests
        found = self.get(self.build.signatures())
        self.assertEqual(self.hub.requests - before, 2)
        self.assertEqual(len(found.rpms), 13)
        self.assertEqual(found.rpms[0].keys, ('11a1b2c3',))
        self.assertEqual((found.rpms[12].rpm.id, found.rpms[12].keys),
                         (13, ('11a1b2c3', 'deadbeef')))
        self.assertEqual(found.keys, {'11a1b2c3'})
        self.assertEqual(found.unsigned, [])
        self.assertEqual([rpm.id for rpm in found.without('deadbeef')],
                         list(range(1, 13)))
        # Each RPM knows its build, and so its address.
        self.assertIn(f'/{CEPH}/src/ceph-', found.rpms[0].rpm.url)

    def test_unsigned(self) -> None:
        """An RPM with an empty key, or with none, is not signed."""
        self.unsign(3)
        self.unsign(4)
        self.sign(3, '')
        found = self.get(self.build.signatures())
        self.assertEqual([rpm.id for rpm in found.unsigned], [3, 4])
        self.assertEqual(found.keys, frozenset())

    def test_elsewhere(self) -> None:
        """RPMs that the hub has not are left out."""
        self.hub.tables.rpms[2]['metadata_only'] = True
        found = self.get(self.build.signatures())
        self.assertEqual(len(found.rpms), 12)

    def test_none(self) -> None:
        """A build without RPMs has no signatures, and is asked for once."""
        image = self.get(self.koji.getBuild('rhceph-container-8-40'))
        before = self.hub.requests
        found = self.get(image.signatures())
        self.assertEqual(found, Signatures(()))
        self.assertEqual((found.keys, found.unsigned), (frozenset(), []))
        self.assertEqual(self.hub.requests - before, 1)


class CopiesTests(SignaturesTestCase):
    """Whether signed copies are there."""

    def put(self, *names: str) -> None:
        """Put signed copies under the topurl."""
        for name in names:
            self.hub.files.write(
                f'{CEPH}/data/signed/11a1b2c3/{name}', b'signed' * 1000)

    def test_copies(self) -> None:
        """Each RPM is looked for; the bytes of the files are not fetched."""
        self.put('src/ceph-99.0-1.fc44.src.rpm',
                 'x86_64/ceph-libs-99.0-1.fc44.x86_64.rpm')
        copies = self.get(self.build.signed_copies('11a1b2c3'))
        self.assertEqual([file.name for file in copies.present], [
            'ceph-99.0-1.fc44.src.rpm', 'ceph-libs-99.0-1.fc44.x86_64.rpm'])
        self.assertEqual(len(copies.missing), 11)
        self.assertFalse(copies.complete)
        self.assertEqual(copies.key, '11a1b2c3')

    def test_complete(self) -> None:
        """A build all of whose RPMs have copies is complete."""
        for file in self.get(self.build.signed_copies('11a1b2c3')).missing:
            self.hub.files.write(file.path, b'')
        copies = self.get(self.build.signed_copies('11a1b2c3'))
        self.assertTrue(copies.complete)
        self.assertEqual(len(copies.present), 13)

    def test_no_key(self) -> None:
        """An empty key, as of an unsigned RPM, is refused."""
        for key in ('', None, 5):
            self.fail_of(self.build.signed_copies(key), ValueError)
            self.fail_of(self.build.write_signed_copies(key), ValueError)

    def test_offline(self) -> None:
        """A file server that is away is an error, and no answer."""
        self.hub.misbehave('offline', method='GET')
        error = self.fail_of(self.build.signed_copies('11a1b2c3'), HTTPError)
        self.assertEqual(error.status, 503)


class WorldTests(HubTestCase):
    """From an unsigned build to its signed copies."""

    def test_life(self) -> None:
        """Signatures are imported, copies are written, and are there."""
        self.hub.add_user('alice', perms=['sign'])
        self.get(self.koji.login())
        build = self.get(self.koji.getBuild('ceph-99.0-1.fc44'))
        signatures = self.get(build.signatures())
        self.assertEqual(len(signatures.unsigned), 13)
        for rpm, _ in signatures.rpms:
            self.hub.files.write(self.get(rpm.file()).path, b'a package')
            self.get(self.koji.addRPMSig(rpm.id, b64encode(b'x').decode()))
        signatures = self.get(build.signatures())
        [key] = signatures.keys
        self.assertEqual(signatures.unsigned, [])
        copies = self.get(build.signed_copies(key))
        self.assertEqual((len(copies.missing), copies.complete), (13, False))
        self.assertEqual(len(self.get(build.write_signed_copies(key))), 13)
        self.assertTrue(self.get(build.signed_copies(key)).complete)

    def test_not_allowed(self) -> None:
        """Without the permission, nothing is written."""
        self.hub.add_user('releng', perms=['sign'])
        releng = self.hub.connection('releng')
        self.get(releng.login())
        build = self.get(self.koji.getBuild('ceph-99.0-1.fc44'))
        for rpm, _ in self.get(build.signatures()).rpms:
            self.get(releng.addRPMSig(rpm.id, b64encode(b'x').decode()))
        [key] = self.get(build.signatures()).keys
        self.get(self.koji.login())
        self.fail_of(build.write_signed_copies(key), ActionNotAllowed)
        self.assertEqual(self.get(build.signed_copies(key)).present, ())


class ExistsTests(HubTestCase):
    """Whether a file is there."""

    def exists(self, path: str) -> Any:
        """Ask."""
        return File(self.koji, path).exists()

    def test_there(self) -> None:
        """A file is there, of any size, or is not."""
        for name, data in [('empty', b''), ('one', b'1'),
                           ('long', b'x' * 10 ** 6)]:
            self.hub.files.write(f'x/{name}', data)
            self.assertIs(self.get(self.exists(f'x/{name}')), True, name)
        self.assertIs(self.get(self.exists('x/none')), False)

    def test_head(self) -> None:
        """Only the head is asked for, also of a file that is not there."""
        self.hub.files.write('x/one', b'1')
        for name in ('x/one', 'x/none'):
            self.get(self.exists(name))
        self.assertEqual(self.hub.calls, [
            ('HEAD', ('x/one',), {}), ('HEAD', ('x/none',), {})])

    def test_no_topurl(self) -> None:
        """Without a topurl, that is said."""
        koji = self.hub.connection(topurl=None)
        self.fail_of(File(koji, 'x/none').exists(), ConfigurationError)

    def test_broken(self) -> None:
        """A broken connection is no answer."""
        self.hub.misbehave('dropped-before', method='GET')
        self.hub.files.write('x/one', b'1')
        error = self.fail_of(self.exists('x/one'), TransportError)
        self.assertIn('HEAD at https://hub.example.test/', str(error))


class ServerTests(TestCase):
    """Whether a file is there, on a server with a socket."""

    @inlineCallbacks
    def exists(self, site: Site, *paths: str) -> Any:
        """Ask a server of our own for several files."""
        port = reactor.listenTCP(0, site, interface='127.0.0.1')
        self.addCleanup(port.stopListening)
        koji = Connection(Profile(
            'x', server='http://localhost/', max_retries=0,
            topurl=f'http://127.0.0.1:{port.getHost().port}'))
        self.addCleanup(koji.close)
        found = []
        for path in paths:
            found.append((yield File(koji, path).exists()))
        return found

    @inlineCallbacks
    def test_connections(self) -> Any:
        """One connection is enough, whether the files are there or not."""
        site = _CountingSite(_Server())
        found = yield self.exists(site, 'a', 'none', 'a', 'none', 'a')
        self.assertEqual(found, [True, False, True, False, True])
        self.assertEqual(site.connections, 1)

    @inlineCallbacks
    def test_redirects(self) -> Any:
        """A redirect is followed; one to a folder, or without end, is not."""
        found = yield self.exists(Site(_Server()), 'b', 'c')
        self.assertEqual(found, [True, False])
        for path in ('folder', 'circle'):
            yield self.assertFailure(self.exists(Site(_Server()), path),
                                     DownloadError)


class _Server(Resource):
    """A file, redirects, and nothing else."""

    isLeaf = True
    redirects = {b'/b': b'/a', b'/c': b'/none', b'/folder': b'/folder/',
                 b'/circle': b'/circle'}

    def render_GET(self, request: Any) -> bytes:
        """Serve one of these."""
        if request.path in self.redirects:
            request.redirect(self.redirects[request.path])
            return b''
        if request.path != b'/a':
            request.setResponseCode(404)
            return b'not here'
        return b'x' * 10**6


class _CountingSite(Site):
    """A site that counts its connections."""

    connections = 0

    def buildProtocol(self, addr: Any) -> Any:
        """Count one."""
        self.connections += 1
        return super().buildProtocol(addr)


class WritingTests(SignaturesTestCase):
    """Writing signed copies."""

    def setUp(self) -> None:
        """Log in as a user who may write copies."""
        super().setUp()
        self.hub.add_user('alice', perms=['sign'])
        self.get(self.koji.login())
        for rpm, _ in self.get(self.build.signatures()).rpms:
            self.hub.files.write(self.get(rpm.file()).path, b'a package')

    @property
    def written(self) -> list[tuple[Any, ...]]:
        """The arguments of the calls that write a copy."""
        return [(*args, *kwargs.values()) for name, args, kwargs
                in self.hub.calls if name == 'writeSignedRPM']

    def present(self) -> int:
        """Count the copies that are there."""
        return len(self.get(self.build.signed_copies('11a1b2c3')).present)

    def test_all(self) -> None:
        """Every RPM is written once, and each is reported."""
        told: list[tuple[int, int]] = []
        rpms = self.get(self.build.write_signed_copies(
            '11a1b2c3', progress=lambda *numbers: told.append(numbers)))
        self.assertEqual([call[:2] for call in self.written], [
            (number, '11a1b2c3') for number in range(1, 14)])
        self.assertEqual([rpm.id for rpm in rpms], list(range(1, 14)))
        self.assertEqual(told, [(number, 13) for number in range(1, 14)])
        self.assertEqual(self.present(), 13)
        self.get(self.build.write_signed_copies('11a1b2c3', force=True))
        self.assertEqual(self.written[-1], (13, '11a1b2c3', True))

    def test_not_signed(self) -> None:
        """If one is not signed with the key, nothing is written."""
        error = self.fail_of(
            self.build.write_signed_copies('deadbeef'), BuildError)
        self.assertIn('12 of 13', str(error))
        self.assertIn('ceph-99.0-1.fc44.src', str(error))
        self.assertEqual(self.written, [])

    def test_no_permission(self) -> None:
        """The hub's refusal is passed on, and nothing is written."""
        [perm] = [row['id'] for row in self.hub.tables.permissions
                  if row['name'] == 'sign']
        self.hub.tables.user_perms[:] = [
            row for row in self.hub.tables.user_perms
            if row['perm_id'] != perm]
        error = self.fail_of(
            self.build.write_signed_copies('11a1b2c3'), ActionNotAllowed)
        self.assertEqual(str(error),
                         'sign permission required (logged in as alice)')
        self.assertEqual((len(self.written), self.present()), (1, 0))

    def test_cancel(self) -> None:
        """Cancelling ends it with the copy that is being written."""
        def progress(done: int, total: int) -> None:
            if done == 3:
                self.hub.misbehave('slow', method='writeSignedRPM')

        writing = self.build.write_signed_copies('11a1b2c3',
                                                 progress=progress)
        self.assertNoResult(writing)
        writing.cancel()
        self.failureResultOf(writing, CancelledError)
        self.hub.clock.advance(100)
        # The fourth one may be carried out; the fifth one is not sent.
        self.assertIn(self.present(), (3, 4))
        self.assertLessEqual(len(self.written), 4)
        self.assertEqual(self.koji.stats.in_flight, 0)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])
        # It can be done again, for the rest.
        self.hub.behave()
        self.get(self.build.write_signed_copies('11a1b2c3'))
        self.assertEqual(self.present(), 13)

    def test_canceled_by_listener(self) -> None:
        """The listener may cancel it, which ends it after that copy."""
        def progress(done: int, total: int) -> None:
            if done == 3:
                writing[0].cancel()

        self.hub.misbehave('slow', method='writeSignedRPM', seconds=1)
        writing = [self.build.write_signed_copies('11a1b2c3',
                                                  progress=progress)]
        self.hub.clock.pump([1] * 10)
        self.failureResultOf(writing[0], CancelledError)
        self.assertEqual((len(self.written), self.present()), (3, 3))

    def test_cancel_looking(self) -> None:
        """Looking for copies can be canceled, and asks no further."""
        self.hub.misbehave('slow', method='GET', seconds=5)
        looking = self.build.signed_copies('11a1b2c3')
        self.assertNoResult(looking)
        looking.cancel()
        self.failureResultOf(looking, CancelledError)
        asked = len(self.hub.calls)
        self.hub.clock.advance(60)
        self.assertEqual(len(self.hub.calls), asked)
