"""
Real servers for tests, on loopback ports.

They are Apache httpd in front of a FakeHub, as hubs are deployed, and MIT's
Kerberos.
"""
from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from typing import Any

import trustme
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from twisted.internet import reactor, ssl
from twisted.internet.defer import inlineCallbacks
from twisted.trial.unittest import TestCase

from tests.support import folder
from txkoji import Connection, Profile
from txkoji.testing import FakeHub

#: Where Debian keeps the modules of httpd.
MODULES = '/usr/lib/apache2/modules'

HTTPD = '''\
ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
ErrorLog /dev/stderr
LogLevel notice
TransferLog {folder}/requests.log
{user}
KeepAlive On

{modules}
SSLSessionCache none
SSLCertificateFile {folder}/server.pem
SSLCertificateKeyFile {folder}/server.pem
SSLCACertificateFile {folder}/ca.pem

# Whom the front server knows is told to the hub; what a client says of it is
# not.
RequestHeader unset Remote-User
RequestHeader set SSL-Client-Verify "%{{SSL_CLIENT_VERIFY}}s"
RequestHeader set SSL-Client-S-DN-CN "%{{SSL_CLIENT_S_DN_CN}}s"
ProxyPass /kojihub {hub}

# As Koji's documentation has it: who comes to log in is asked for a
# certificate, after the handshake.
Listen 127.0.0.1:{stock}
<VirtualHost 127.0.0.1:{stock}>
    SSLEngine on
    <Location /kojihub/ssllogin>
        SSLVerifyClient require
        SSLVerifyDepth 10
    </Location>
</VirtualHost>

# Everybody is asked at once.
Listen 127.0.0.1:{eager}
<VirtualHost 127.0.0.1:{eager}>
    SSLEngine on
    SSLVerifyClient optional
    SSLVerifyDepth 10
</VirtualHost>

# The same, and nothing older than TLS 1.3 is spoken.
Listen 127.0.0.1:{modern}
<VirtualHost 127.0.0.1:{modern}>
    SSLEngine on
    SSLProtocol TLSv1.3
    SSLVerifyClient optional
    SSLVerifyDepth 10
</VirtualHost>

# No way to log in: over TLS 1.3 one cannot be asked after the handshake.
Listen 127.0.0.1:{hopeless}
<VirtualHost 127.0.0.1:{hopeless}>
    SSLEngine on
    SSLProtocol TLSv1.3
    <Location /kojihub/ssllogin>
        SSLVerifyClient require
        SSLVerifyDepth 10
    </Location>
</VirtualHost>
'''

NEGOTIATE = '''
LoadModule auth_gssapi_module {modules}/mod_auth_gssapi.so

Listen 127.0.0.1:{kerberos}
<VirtualHost 127.0.0.1:{kerberos}>
    SSLEngine on
    <Location /kojihub/ssllogin>
        AuthType GSSAPI
        AuthName "Koji"
        GssapiCredStore keytab:{keytab}
        Require user {users}
        RequestHeader set Remote-User "expr=%{{REMOTE_USER}}"
    </Location>
</VirtualHost>
'''


def missing_httpd(*modules: str) -> str | None:
    """What package is missing for httpd with some modules, or None."""
    if shutil.which('apache2') is None:
        return "no httpd here: Debian's package apache2 is missing"
    for module in modules:
        if not os.path.exists(f'{MODULES}/mod_{module}.so'):
            package = 'libapache2-mod-' + module.replace('_', '-')
            return f"Debian's package {package} is missing"
    return None


def missing_kerberos() -> str | None:
    """What package is missing for a KDC and for us, or None."""
    for command, package in [('krb5kdc', 'krb5-kdc'),
                             ('kadmin.local', 'krb5-admin-server'),
                             ('kinit', 'krb5-user'),
                             ('faketime', 'faketime')]:
        if shutil.which(command) is None:
            return f"no {command} here: Debian's package {package} is missing"
    for module, package in [('requests_gssapi', 'requests-gssapi'),
                            ('k5test', 'k5test')]:
        try:
            __import__(module)
        except ImportError:
            return f'the Python package {package} is missing'
    return missing_httpd('auth_gssapi')


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(('127.0.0.1', 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def until_said(server: Any, output: Any, words: str) -> None:
    """
    Wait until a server says that it is ready.

    :param output: what it says, line by line.
    :raises RuntimeError: if it ends before, with all that it said. It is
                          stopped then.
    """
    lines = []
    for line in output:
        lines.append(line)
        if words in line:
            return
    server.stop()
    raise RuntimeError(f'{type(server).__name__} does not start:'
                       f' {"".join(lines)}')


def server_context(authority: trustme.CA, *names: str) -> Any:
    """TLS for a server with these names."""
    issued = authority.issue_cert(*names)
    options: Any = ssl.CertificateOptions
    return options(
        privateKey=load_pem_private_key(issued.private_key_pem.bytes(), None),
        certificate=load_pem_x509_certificate(
            issued.cert_chain_pems[0].bytes()))


#: What a certificate is marked as trusted or rejected for -> how OpenSSL is
#: asked to write it.
FORMS: dict[str, list[str]] = {
    'plain': [],
    'any': ['-trustout'],
    'server': ['-trustout', '-addtrust', 'serverAuth'],
    'mail': ['-trustout', '-addtrust', 'emailProtection'],
    'no-server': ['-trustout', '-addreject', 'serverAuth'],
    'no-mail': ['-trustout', '-addreject', 'emailProtection'],
    'both': ['-trustout', '-addtrust', 'serverAuth', '-addreject',
             'serverAuth'],
}


def in_form(certificate: bytes, form: str) -> bytes:
    """A certificate as OpenSSL writes it, in one of the `FORMS`."""
    return subprocess.run(['openssl', 'x509', *FORMS[form]],
                          input=certificate, stdout=subprocess.PIPE,
                          check=True).stdout


class Authority:
    """
    A certificate authority, and files of what it has signed.

    :param folder: where they are kept.
    """

    def __init__(self, folder: str) -> None:
        self.authority = trustme.CA()
        self._folder = folder
        self.path = self.write('ca.pem', self.authority.cert_pem.bytes())

    def issue(self, name: str, *hosts: str, **kwargs: Any) -> str:
        """
        Sign a certificate.

        :param name: of the file, without its ending.
        :param kwargs: ``common_name``, ``not_before``, ``not_after``.
        :returns: the path of a PEM file with it and its key.
        """
        issued = self.authority.issue_cert(
            *(hosts or ('x.example.test',)), **kwargs)
        return self.write(name + '.pem',
                          issued.private_key_and_cert_chain_pem.bytes())

    def write(self, name: str, data: bytes) -> str:
        """Write a file."""
        path = os.path.join(self._folder, name)
        with open(path, 'wb') as file:
            file.write(data)
        return path


class Httpd:
    """
    Apache httpd, in front of a hub.

    :param folder: where its files are.
    :param hub: the hub's URL.
    :param server: a PEM file with its certificate and key.
    :param ca: a PEM file with those whose client certificates it trusts.
    :param keytab: its key for Kerberos; None if it is not to use it.
    :param users: the principals that it lets in by Kerberos.

    :ivar ports: kind -> port: "stock", "eager", "modern", "hopeless" and
                 "kerberos".
    """

    def __init__(self, folder: str, hub: str, *, server: str, ca: str,
                 keytab: str | None = None, users: str = '') -> None:
        kinds = ['stock', 'eager', 'modern', 'hopeless', 'kerberos']
        self._config = os.path.join(folder, 'httpd.conf')
        self._folder = folder
        self.ports: dict[str, int] = dict(zip(kinds, free_ports(len(kinds))))
        shutil.copy(server, os.path.join(folder, 'server.pem'))
        if not os.path.exists(os.path.join(folder, 'ca.pem')):
            shutil.copy(ca, os.path.join(folder, 'ca.pem'))
        text = HTTPD + (NEGOTIATE if keytab else '')
        modules = ''.join(
            f'LoadModule {name}_module {MODULES}/mod_{name}.so\n'
            for name in ['mpm_event', 'authn_core', 'authz_core',
                         'authz_user', 'headers', 'proxy', 'proxy_http',
                         'ssl'])
        user = ''
        if os.getuid() == 0:
            # It does not serve as root, and must reach its files.
            user = 'User www-data\nGroup www-data'
            os.chmod(folder, 0o755)
        if keytab:
            keytab = shutil.copy(keytab, os.path.join(folder, 'keytab'))
            os.chmod(keytab, 0o644)
        with open(self._config, 'w') as file:
            file.write(text.replace('{modules}/', MODULES + '/').format(
                folder=folder, hub=hub, user=user, modules=modules,
                keytab=keytab, users=users, **self.ports))

    def url(self, kind: str, host: str = 'localhost') -> str:
        """The hub's URL on one of the ports."""
        return f'https://{host}:{self.ports[kind]}/kojihub'

    def start(self) -> None:
        """Start it; when this returns, its ports are open."""
        self._process = subprocess.Popen(
            ['apache2', '-f', self._config, '-DFOREGROUND'],
            stderr=subprocess.PIPE, text=True)
        until_said(self, self._process.stderr, 'resuming normal operations')

    def stop(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.communicate()

    @property
    def requests(self) -> str:
        """The requests that it got, a line each."""
        with open(os.path.join(self._folder, 'requests.log')) as file:
            return file.read()


class Tinyproxy:
    """
    A forward proxy.

    :param folder: where its configuration is.
    :param user: who may use it; None for everybody.
    :param connect_port: the only port that it makes tunnels to; None for all.

    :ivar port: its port.
    """

    def __init__(self, folder: str, user: str | None = None,
                 password: str = '', connect_port: int | None = None
                 ) -> None:
        [self.port] = free_ports(1)
        self._config = os.path.join(folder, f'tinyproxy-{self.port}.conf')
        lines = [f'Port {self.port}', 'Listen 127.0.0.1', 'Timeout 60',
                 'MaxClients 100', 'LogLevel Info']
        if user is not None:
            lines.append(f'BasicAuth {user} {password}')
        if connect_port is not None:
            lines.append(f'ConnectPort {connect_port}')
        with open(self._config, 'w') as file:
            file.write('\n'.join(lines) + '\n')

    @property
    def url(self) -> str:
        """Its URL."""
        return f'http://127.0.0.1:{self.port}'

    def start(self) -> None:
        """Start it; when this returns, its port is open."""
        self._process: Any = subprocess.Popen(
            ['tinyproxy', '-d', '-c', self._config], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        until_said(self, self._process.stdout, 'Accepting connections')

    def stop(self) -> str:
        """
        Stop it.

        :returns: what it has said since it was started.
        """
        if self._process is None:
            return ''
        process, self._process = self._process, None
        process.terminate()
        return str(process.communicate()[0])


def missing_tinyproxy() -> str | None:
    """What package is missing for a forward proxy, or None."""
    if shutil.which('tinyproxy') is None:
        return "no tinyproxy here: Debian's package tinyproxy is missing"
    return None


class HttpdTestCase(TestCase):
    """With a hub, and an httpd in front of it whose certificate is good."""

    skip = missing_httpd()

    #: The hosts that the certificate is for, and how else it differs.
    names: Sequence[str] = ('localhost', '127.0.0.1')
    certificate: dict[str, Any] = {}

    #: Of an httpd that uses Kerberos.
    keytab: str | None = None
    users = ''

    @inlineCallbacks
    def setUp(self) -> Any:  # type: ignore[override]
        """Start a hub, and an httpd in front of it."""
        self.folder = folder(self)
        self.authority = Authority(self.folder)
        self.hub = FakeHub(reactor=reactor, front=True)
        behind = yield self.hub.listen()
        self.addCleanup(self.hub.stop)
        self.httpd = Httpd(
            self.folder, behind, ca=self.authority.path,
            server=self.authority.issue('front', *self.names,
                                        **self.certificate),
            keytab=self.keytab, users=self.users)
        self.httpd.start()
        self.addCleanup(self.httpd.stop)

    def connect(self, server: str, proxy: str | None = None,
                **settings: Any) -> Connection:
        """A Connection that trusts httpd, and does not retry."""
        koji = Connection(Profile('test', **{
            'server': server, 'serverca': self.authority.path,
            'max_retries': 0, **settings}), proxy=proxy)
        self.addCleanup(koji.close)
        return koji


def new_realm(**kwargs: Any) -> Any:
    """A realm of Kerberos, with a KDC on ports that are free."""
    import k5test
    [port] = free_ports(1)
    # Names are taken as they are, since this machine's may be anything.
    return k5test.K5Realm(
        portbase=min(port, 65000), get_creds=False, create_host=False,
        krb5_conf={'libdefaults': {'dns_canonicalize_hostname': 'false',
                                   'rdns': 'false', 'kdc_timesync': '0'}},
        **kwargs)


def shifted(days: int) -> dict[str, str]:
    """The environment of a process whose clock goes wrong by some days."""
    done = subprocess.run(['faketime', '-f', f'{days:+d}d', 'env'],
                          stdout=subprocess.PIPE, text=True, check=True)
    return {name: value for name, _, value in
            (line.partition('=') for line in done.stdout.split('\n'))
            if name == 'LD_PRELOAD' or name.startswith('FAKETIME')}


class IRCServer:
    """
    An IRC server.

    :param folder: where its configuration is.

    :ivar port: its port.
    """

    def __init__(self, folder: str) -> None:
        [self.port] = free_ports(1)
        self._config = os.path.join(folder, 'ngircd.conf')
        with open(self._config, 'w') as file:
            file.write(f'''\
[Global]
Name = irc.example.test
Info = for tests
Listen = 127.0.0.1
Ports = {self.port}
[Options]
DNS = no
Ident = no
PAM = no
''')

    def start(self) -> None:
        """Start it; when this returns, its port is open."""
        self._process = subprocess.Popen(
            ['ngircd', '--nodaemon', '--config', self._config],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        until_said(self, self._process.stdout, 'ready')

    def stop(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.communicate()


def missing_irc() -> str | None:
    """What package is missing for an IRC server, or None."""
    if shutil.which('ngircd') is None:
        return "no ngircd here: Debian's package ngircd is missing"
    return None
