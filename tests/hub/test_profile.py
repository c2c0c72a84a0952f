"""Profiles: found, merged and typed as Koji's own client does."""
from __future__ import annotations

import os
import pathlib
import random
from typing import Any
from unittest import mock

import koji
from twisted.trial.unittest import SynchronousTestCase

import txkoji.connection
from tests.support import folder, write
from txkoji import Connection, Profile
from txkoji.exceptions import ConfigurationError, KojiException
from txkoji.hub.config_files import PROFILES, find_files, read_files
from txkoji.hub.profile import read_profile, without_secrets

#: Typical profiles, with comments and options of older clients.
FOUND = [
    (['brew'], """\
[brew]
server = http://brewhub.example.com/brewhub
authtype = kerberos
topdir = /mnt/redhat/brewroot
weburl = http://brewweb.example.com/brew
topurl = http://download.example.com/brewroot
"""),
    (['cbs'], """\
[cbs]

;url of XMLRPC server
server = https://cbs.example.org/kojihub/

;url of web interface
weburl = https://cbs.example.org/koji
topurl = http://cbs.example.org/kojifiles
topdir = /mnt/koji

;client certificate
cert = ~/.sig.cert

;certificate of the CA that issued the client certificate
ca = ~/.sig-server-ca.cert

;certificate of the CA that issued the HTTP server certificate
serverca = /etc/pki/tls/certs/ca-bundle.trust.crt
"""),
    (['koji', 'staging'], """\
[koji]
server = https://koji.example.org/kojihub
weburl = https://koji.example.org/koji
topurl = https://koji.example.org/
authtype = kerberos
krb_rdns = false
use_fast_upload = true

[staging]
server = https://koji.stg.example.org/kojihub
weburl = https://koji.stg.example.org/koji
topurl = https://koji.stg.example.org/
authtype = kerberos
krb_rdns = false
use_fast_upload = true
"""),
    (['koji'], """\
# cat /etc/koji.conf
[koji]
;configuration for koji cli tool
;server = http://hub.example.com/kojihub
server = https://build.example.net/kojihub
weburl = https://build.example.net/koji
topurl = https://build.example.net/kojifiles/

;the principal to auth as for automated clients
principal = $username@EXAMPLE.NET  ## to be filled in by each developer
;keytab = /etc/kojiadmin.keytab
authtype = kerberos
use_fast_upload = yes
"""),
    (['Fedora', 'MyKoji'], """\
[Fedora]
authtype = ssl
server = https://koji.example.org/kojihub
topdir = /mnt/koji
weburl = https://koji.example.org/koji
#pkgurl = https://koji.example.org/packages
cert = ~/.upload.cert
ca = ~/.upload-ca.cert
serverca = ~/.server-ca.cert

[MyKoji]
server = https://koji.example.com/kojihub
authtype = kerberos
topdir = /mnt/koji
weburl = https://koji.example.com/koji
topurl = https://download.example.com/kojifiles
"""),
]

SERVER = 'server = https://koji.example.com/kojihub\n'


class Tree(SynchronousTestCase):
    """A tree of configuration files, and a HOME."""

    def setUp(self) -> None:
        """Make an empty HOME."""
        self.home = folder(self)
        patch = mock.patch.dict(os.environ, HOME=self.home)
        patch.start()
        self.addCleanup(patch.stop)

    def write(self, path: str, text: Any) -> str:
        """Write a file in the tree."""
        return write(os.path.join(self.home, path), text)

    def places(self) -> list[str]:
        """Get the patterns of Koji's files, in the tree."""
        return [os.path.join(self.home, 'etc/koji.conf.d/*.conf'),
                os.path.join(self.home, 'etc/koji.conf'),
                '~/.koji/config.d/*.conf',
                '~/.koji/config']

    def error(self, text: str, name: str = 'p') -> str:
        """Get the error text of a configuration file."""
        self.write('.koji/config', text)
        error = self.assertRaises(ConfigurationError, read_profile, name,
                                  self.places())
        return str(error)


class FindingTests(Tree):
    """The files that are read."""

    def test_four_places(self) -> None:
        """The patterns are Koji's, in Koji's order."""
        self.assertEqual(PROFILES, (
            '/etc/koji.conf.d/*.conf', '/etc/koji.conf',
            '~/.koji/config.d/*.conf', '~/.koji/config'))

    def test_order(self) -> None:
        """Files are sorted by pattern, then by name."""
        wanted = ['etc/koji.conf.d/a.conf', 'etc/koji.conf.d/b.conf',
                  'etc/koji.conf', '.koji/config.d/.hidden.conf',
                  '.koji/config.d/z.conf', '.koji/config']
        for path in reversed(wanted):
            self.write(path, '')
        self.write('.koji/config.d/README', '')
        os.makedirs(os.path.join(self.home, '.koji/config.d/folder.conf'))
        self.assertEqual(find_files(self.places()),
                         [os.path.join(self.home, path) for path in wanted])

    def test_home_with_brackets(self) -> None:
        """A HOME may have the characters of patterns."""
        home = os.path.join(self.home, 'user[1]*')
        self.write('user[1]*/.koji/config', '[p]\n' + SERVER)
        with mock.patch.dict(os.environ, HOME=home):
            self.assertEqual(read_profile('p').name, 'p')

    def test_relative(self) -> None:
        """A pattern without a folder is for the current folder."""
        self.write('here.conf', '[p]\n' + SERVER)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.home)
        self.assertEqual(read_profile('p', ['*.conf']).name, 'p')


class MergingTests(Tree):
    """Random trees, read by Koji's client and by txkoji."""

    SECTIONS = ['p', 'q', 'DEFAULT']
    OPTIONS = {
        'server': ['https://a.example.com/hub', 'http://b.example.com/hub'],
        'weburl': ['https://a.example.com/koji', ''],
        'topurl': ['https://a.example.com/kojifiles'],
        'topdir': ['~/koji', '/srv'],
        'timeout': ['7', '007'],
        'auth_timeout': ['8'],
        'max_retries': ['3', '0'],
        'retry_interval': ['11'],
        'offline_retry': ['yes', 'off', 'TRUE'],
        'offline_retry_interval': ['4'],
        'anon_retry': ['0', '1'],
        'use_fast_upload': ['no'],
        'upload_blocksize': ['1024'],
        'poll_interval': ['1'],
        'principal': ['bot@EXAMPLE.COM'],
        'keytab': ['~/bot.keytab'],
        'cert': ['~/bot.pem', '/etc/bot.pem'],
        'serverca': ['~/ca.pem', ''],
        'no_ssl_verify': ['True', 'False'],
        'authtype': ['ssl', 'kerberos', 'noauth'],
        'debug': ['true'],
        'debug_xmlrpc': ['true'],
        'pyver': ['3'],
        'plugin_paths': ['~/plugins'],
        'force_auth': ['on'],
        'pkgurl': ['https://a.example.com/packages'],
        'krb_rdns': ['false'],
        'unheard_of': ['1'],
    }
    #: The options that differ from Koji's; see `txkoji.hub.profile`.
    DIFFERENT = {'server', 'weburl', 'timeout', 'no_ssl_verify'}

    def grow(self, seed: int) -> None:
        """Write files with random sections and options."""
        rng = random.Random(seed)
        for path in ['etc/koji.conf.d/00.conf', 'etc/koji.conf.d/b.conf',
                     'etc/koji.conf', '.koji/config.d/1.conf',
                     '.koji/config.d/2.conf', '.koji/config']:
            if rng.random() < 0.7:
                text = ''
                for section in rng.sample(self.SECTIONS, rng.randint(1, 3)):
                    text += f'[{section}]\n'
                    for option in rng.sample(sorted(self.OPTIONS),
                                             rng.randint(0, 25)):
                        value = rng.choice(self.OPTIONS[option])
                        text += f'{option} = {value}\n'
                self.write(path, text)
        for path in ['.koji/client.crt', '.koji/serverca.crt']:
            if rng.random() < 0.3:
                self.write(path, '')

    def test_merging(self) -> None:
        """The text of each option is the same as in Koji's client."""
        for seed in range(60):
            self.setUp()
            self.grow(seed)
            ours = read_files(self.places())
            paths = [os.path.expanduser(path.replace('/*.conf', ''))
                     for path in self.places()]
            theirs = koji.read_config_files([(path, False)
                                             for path in paths])
            self.assertEqual(ours.sections(), theirs.sections())
            for name in theirs.sections():
                self.assertEqual(dict(ours.items(name)),
                                 dict(theirs.items(name)))

    def test_values(self) -> None:
        """Each value has the type and the default of Koji's client."""
        compared = 0
        for seed in range(80):
            self.setUp()
            self.grow(seed)
            path = os.path.join(self.home, '.koji/config')
            if not os.path.exists(path):
                continue
            try:
                ours = read_profile('p', [path])
            except ConfigurationError:
                continue
            theirs = koji.read_config('p', user_config=path)
            self.assertEqual(theirs.pop('profile'), ours.name)
            for option in theirs.keys() - self.DIFFERENT:
                value = getattr(ours, option)
                self.assertEqual((option, type(value), value),
                                 (option, type(theirs[option]),
                                  theirs[option]))
                compared += 1
        self.assertGreater(compared, 200)

    def test_found(self) -> None:
        """Typical profiles have the values of Koji's client."""
        for names, text in FOUND:
            path = self.write('.koji/config', text)
            for name in names:
                ours = vars(read_profile(name, [path]))
                theirs = koji.read_config(name, user_config=path)
                self.assertEqual(theirs.pop('profile'), ours['name'])
                for option in ('timeout', 'no_ssl_verify'):
                    del theirs[option]
                self.assertEqual(
                    {option: ours[option] for option in theirs}, theirs)

    def test_differences(self) -> None:
        """Four options differ from Koji's client."""
        path = self.write('.koji/config', '[p]\n' + SERVER
                          + 'no_ssl_verify = False\n')
        theirs = koji.read_config('p', user_config=path)
        ours = read_profile('p', [path])
        self.assertEqual(theirs['no_ssl_verify'], 'False')
        self.assertIs(ours.no_ssl_verify, False)
        self.assertEqual(theirs['timeout'], 12 * 3600)
        self.assertEqual(ours.timeout, 600)
        self.assertEqual(theirs['weburl'], 'http://localhost/koji')
        self.assertIsNone(ours.weburl)
        path = self.write('.koji/config', '[p]\ntimeout = 5\n')
        theirs = koji.read_config('p', user_config=path)
        self.assertEqual(theirs['server'], 'http://localhost/kojihub')
        self.assertRaises(ConfigurationError, read_profile, 'p', [path])


class ErrorTests(Tree):
    """Errors say what is wrong, and where."""

    def test_unknown_profile(self) -> None:
        """The error has the profile's name and the patterns."""
        text = self.error('[p]\n' + SERVER, 'nosuch')
        self.assertIn("'nosuch'", text)
        for place in self.places():
            self.assertIn(place, text)

    def test_connection(self) -> None:
        """Connection() raises a ValueError and KojiException."""
        self.patch(txkoji.connection, 'PROFILES', self.places())
        error = self.assertRaises(ValueError, Connection, 'nosuch')
        self.assertIsInstance(error, KojiException)
        self.assertIsNone(error.faultCode)
        self.assertIn('nosuch', str(error))

    def test_no_server(self) -> None:
        """A profile without a server is an error."""
        for text in ['[p]\n', '[p]\nserver =\n']:
            self.assertIn("'p' has no server", self.error(text))

    def test_malformed(self) -> None:
        """The error of a malformed file has path, line and reason."""
        for text, line, why in [
                ('server = x\n', 1, 'before any section'),
                ('[p]\nserver\n', 2, 'neither a section nor an option'),
                ('[p]\n\n[p]\n', 3, 'section [p] is there twice'),
                ('[p]\na = 1\nb = 2\na = 3\n', 4, 'a is set twice in [p]'),
                (b'[p]\n# f\xfcr\n', 2, 'not UTF-8')]:
            said = self.error(text)
            self.assertIn(
                f'{os.path.join(self.home, ".koji/config")}, line {line}:',
                said)
            self.assertIn(why, said)
            self.assertNotIn('\n', said)

    def test_bad_values(self) -> None:
        """The error of a wrong type has the place and the value."""
        for option, value, wanted in [
                ('timeout', 'soon', 'an integer'),
                ('pyver', '', 'an integer'),
                ('no_ssl_verify', 'perhaps', 'yes or no'),
                ('anon_retry', '2', 'yes or no')]:
            said = self.error(f'[p]\n{SERVER}{option} = {value}\n')
            path = os.path.join(self.home, '.koji/config')
            self.assertEqual(said, f"{path}, line 3: profile 'p': {option}"
                                   f' must be {wanted}, not {value!r}')

    def test_out_of_range(self) -> None:
        """The error of a number has the place and the value."""
        path = os.path.join(self.home, '.koji/config')
        for option, value, problem in [
                ('retry_interval', '-1', 'must be 0 or more, not -1'),
                ('max_retries', '-1', 'must be 0 or more, not -1'),
                ('auth_timeout', '0', 'must be more than 0, not 0'),
                ('timeout', '-600', 'must be more than 0, not -600'),
                ('upload_blocksize', '0', 'must be more than 0, not 0'),
                ('poll_interval', '-5', 'must be more than 0, not -5'),
                ('offline_retry_interval', '0', 'must be more than 0, not 0'),
                ('timeout', '1' + 400 * '0', 'is too large')]:
            self.assertEqual(
                self.error(f'[p]\n{SERVER}{option} = {value}\n'),
                f"{path}, line 3: profile 'p': {option} {problem}")

    def test_where(self) -> None:
        """The error names the file whose value counts."""
        path = self.write('etc/koji.conf', '[p]\n' + SERVER
                          + '[DEFAULT]\n# old\ntimeout = soon\n')
        said = self.error('[q]\nTimeout = 5\n')
        self.assertTrue(said.startswith(f'{path}, line 5: '), said)

    def test_percent(self) -> None:
        """The error of a lone percent sign has profile and option."""
        said = self.error(f'[p]\n{SERVER}topurl = https://x/%20\n')
        self.assertIn("line 3: profile 'p': bad value for topurl", said)

    def test_server_is_no_url(self) -> None:
        """A server that is no http or https URL is refused."""
        for server in ['koji.example.com', 'ftp://koji.example.com/hub',
                       'https://', 'https://[koji/hub', 'http://k:port/',
                       'https://k\xf6ji.example/hub', 'https://koji/h ub',
                       'https://koji:/hub', 'https://koji:0/hub']:
            said = self.error(f'[p]\nserver = {server}\n')
            self.assertIn("line 2: profile 'p': server must be", said)

    def test_query(self) -> None:
        """A query or fragment in the URL is refused, and not shown."""
        for end in ['?', '#', '?token=hunter2', '#hunter2', '/?x#y']:
            said = self.error(f'[p]\nserver = https://k.example/hub{end}\n')
            self.assertIn('server https://k.example/hub', said)
            self.assertIn('must not hold a "?" or "#"', said)
            self.assertNotIn('hunter2', said)

    def test_secret_in_server(self) -> None:
        """A password in the URL is refused, and not shown."""
        for server in ['https://bot:hunter2@k.example/hub',
                       'https://bot:/hunter2@k.example/hub',
                       'https://bot:hunter2?@k.example/hub',
                       'https://bot:hunter2#@k.example/hub',
                       'https://bot:hunter2@x@k.example/hub',
                       'https://bot://hunter2@k.example/hub']:
            said = self.error(f'[p]\nserver = {server}\n')
            self.assertIn('https://k.example/hub', said)
            self.assertNotIn('hunter2', said)
            self.assertNotIn('bot', said)
        for server in ['bot:hunter2@k.example/hub', 'ftp://hunter2@k/hub',
                       'bot:hunter2?@k.example', '//bot:hunter2#@k/hub',
                       b'https://bot:hunter2@k.example/hub']:
            error = self.assertRaises(ConfigurationError, Profile, 'p',
                                      server=server)
            self.assertNotIn('hunter2', str(error))

    def test_unreadable(self) -> None:
        """The error of a missing profile names unreadable files."""
        path = self.write('.koji/config', '[p]\n' + SERVER)
        real = open

        def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
            if name == path:
                raise PermissionError(13, 'Permission denied')
            return real(name, *args, **kwargs)

        # Tests may run as root, and root can read every file.
        with mock.patch('builtins.open', refuse), \
                mock.patch('os.access', return_value=False):
            error = self.assertRaises(ConfigurationError, read_profile, 'p',
                                      self.places())
            self.assertIn(f'not readable: {path}', str(error))
            other = self.write('etc/koji.conf',
                               '[p]\ntimeout = soon\n' + SERVER)
            error = self.assertRaises(ConfigurationError, read_profile, 'p',
                                      self.places())
            self.assertIn(f'{other}, line 2', str(error))


class ProfileTests(SynchronousTestCase):
    """Profiles that are made without a file."""

    def test_defaults(self) -> None:
        """Only name and server are required."""
        profile = Profile('mine', server='https://koji.example.com/hub')
        self.assertEqual(profile.max_retries, 30)
        self.assertIs(profile.anon_retry, True)
        self.assertIsNone(profile.weburl)

    def test_checked(self) -> None:
        """The server is checked."""
        self.assertRaises(ConfigurationError, Profile, 'mine', server='x')

    def test_types(self) -> None:
        """A value of the wrong type is refused."""
        for options in [
                dict(no_ssl_verify='False'), dict(timeout='5'),
                dict(timeout=True), dict(weburl=5), dict(serverca=None),
                dict(server=None), dict(server=b'https://h/'),
                dict(max_retries=None), dict(name=5)]:
            error = self.assertRaises(ConfigurationError, Profile, **{
                'name': 'mine', 'server': 'https://h/hub', **options})
            self.assertIn(f'{[*options][0]} must be', str(error))
        profile = Profile('mine', server='https://h/hub', serverca='~/ca')
        self.assertEqual(profile.serverca, os.path.expanduser('~/ca'))

    def test_hosts(self) -> None:
        """Invalid host names are refused, and valid ones are not."""
        for host in ['a' * 64, 'a..b', '-', 'a-.b', '[::1', '[:::]', 'a' * 300,
                     '', 'a_b.example.com', '_koji.example', 'ab--cd.example',
                     'xn--a.example', '1']:
            error = self.assertRaises(ConfigurationError, Profile, 'mine',
                                      server=f'https://{host}/hub')
            self.assertIn("'mine': server must be", str(error))
        for host in ['localhost', 'a-b.example.com', '10.0.0.1', '[::1]:8443',
                     'KOJI.example.com.:443', 'xn--kji-sna.example',
                     '1.example', '[fe80::1%eth0]']:
            Profile('mine', server=f'https://{host}/hub')

    def test_no_path(self) -> None:
        """A "/" is added to a server without a path."""
        for server in ['https://koji.example', 'https://koji.example:8443',
                       'http://[::1]', 'HTTPS://koji.example']:
            profile = Profile('mine', server=server)
            self.assertEqual(profile.server, server + '/')
            self.assertEqual(Connection(profile).url, server + '/')

    def test_numbers(self) -> None:
        """Numbers out of range are refused."""
        nan, inf = float('nan'), float('inf')
        for option, values in [
                ('timeout', [nan, 0, -0.5, 10**400, '5', None]),
                ('auth_timeout', [nan, 0, -inf]),
                ('retry_interval', [nan, -1, True]),
                ('offline_retry_interval', [nan, 0]),
                ('poll_interval', [nan, 0, -5]),
                ('upload_blocksize', [nan, 0, 0.5, 1e6, inf]),
                ('max_retries', [nan, -1, 1.5, inf]),
                ('pyver', [2.7, nan])]:
            for value in values:
                error = self.assertRaises(
                    ConfigurationError, Profile, 'mine', server='https://h/',
                    **{option: value})
                self.assertRegex(str(error), f"^profile 'mine': {option} (must"
                                             ' be|is too)')
        Profile('mine', server='https://h/', timeout=0.5, auth_timeout=inf,
                retry_interval=0, max_retries=0, poll_interval=0.1)

    def test_nul(self) -> None:
        """Text with a NUL character is refused."""
        for option in ('cert', 'serverca', 'keytab', 'principal', 'topurl'):
            error = self.assertRaises(
                ConfigurationError, Profile, 'mine', server='https://h/',
                **{option: 'a\0b'})
            self.assertIn(f'{option} must not hold a NUL', str(error))

    def test_without_secrets(self) -> None:
        """A URL is shown without user, password and query."""
        for url, shown in [
                ('https://u:p@h:1/hub?session-key=1#f', 'https://h:1/hub'),
                ('https://h/hub', 'https://h/hub'),
                ('https://h', 'https://h'),
                ('/hub?x', '/hub')]:
            self.assertEqual(without_secrets(url), shown)


class LookupTests(Tree):
    """Connection.lookup and Connection.PROFILES."""

    def setUp(self) -> None:
        """Write two files, and look for profiles there."""
        super().setUp()
        self.patch(txkoji.connection, 'PROFILES', self.places())
        values: dict[str, str] = {
            'etc/koji.conf': '[DEFAULT]\ntopurl = https://d\n[p]\n' + SERVER
                             + 'retry_interval = 9\n',
            '.koji/config': '[p]\nretry_interval = 010\nodd = value\n'}
        for path, text in values.items():
            self.write(path, text)

    def test_lookup(self) -> None:
        """lookup() gives the text of any option, or None."""
        connection = Connection('p')
        for name, option, text in [
                ('p', 'retry_interval', '010'), ('p', 'odd', 'value'),
                ('p', 'topurl', 'https://d'), ('p', 'weburl', None),
                ('nosuch', 'weburl', None)]:
            self.assertEqual(connection.lookup(name, option), text)
        self.assertEqual(connection.settings.retry_interval, 10)

    def test_odd_option(self) -> None:
        """An option's name may have the characters of patterns."""
        self.write('.koji/config', '[p]\na(b = %\n' + SERVER)
        error = self.assertRaises(ConfigurationError, Connection('p').lookup,
                                  'p', 'a(b')
        self.assertIn('line 2', str(error))

    def test_profiles_replaced(self) -> None:
        """A program can replace PROFILES after the import."""
        self.patch(txkoji.connection, 'PROFILES',
                   [pathlib.Path(self.home) / 'etc/koji.conf'])
        self.assertEqual(Connection('p').settings.retry_interval, 9)
        self.assertRaises(ValueError, Connection, 'nosuch')
        self.patch(txkoji.connection, 'PROFILES', self.places()[1])
        self.assertEqual(Connection('p').settings.retry_interval, 9)
        self.patch(txkoji.connection, 'PROFILES', ())
        self.assertRaises(ValueError, Connection, 'p')
