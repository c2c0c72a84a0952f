"""
Koji's configuration files -> `Profile`.

Files are found and merged as Koji's own client does it (koji/__init__.py,
``read_config_files``): all of them into one, in the order of the patterns and
by name within each, so that of an option that stands twice the later counts.

We differ on purpose in four options: ``no_ssl_verify`` is a boolean (Koji
takes the text "False" for true), ``timeout`` is 600 seconds where Koji waits
12 hours, a ``server`` must be given, and without a ``weburl`` there is none.
"""
from __future__ import annotations

import configparser
import fnmatch
import glob
import ipaddress
import os
import re
from dataclasses import dataclass, fields
from typing import Any, Callable, Dict, List, Optional, Sequence
from urllib.parse import urlsplit

from txkoji.exceptions import ConfigurationError

#: Where Koji keeps its configuration, as patterns; of an option that stands
#: in several places the last one counts.
PROFILES = ('/etc/koji.conf.d/*.conf',
            '/etc/koji.conf',
            '~/.koji/config.d/*.conf',
            '~/.koji/config')

Parser = configparser.ConfigParser


@dataclass(frozen=True)
class Profile:
    """
    How to reach a hub, and how to behave there. What a profile in Koji's
    files says, with Koji's names and, but for ``timeout``, Koji's defaults;
    or made by hand, so that a program needs no file::

        Connection(Profile('mykoji', server='https://koji.example.com/hub'))

    Times are in seconds, sizes in bytes, and an empty path means "none".
    ``pkgurl``, ``topdir``, ``debug``, ``debug_xmlrpc``, ``pyver``,
    ``plugin_paths`` and ``force_auth`` are Koji's, and mean nothing here.

    :raises ConfigurationError: if `server` is not a http or https URL.
    """

    name: str
    server: str
    weburl: Optional[str] = None
    topurl: Optional[str] = None
    pkgurl: Optional[str] = None
    topdir: str = '/mnt/koji'
    max_retries: int = 30
    retry_interval: int = 20
    anon_retry: bool = True
    offline_retry: bool = False
    offline_retry_interval: int = 20
    timeout: int = 600
    auth_timeout: int = 60
    use_fast_upload: bool = True
    upload_blocksize: int = 1048576
    poll_interval: int = 6
    principal: Optional[str] = None
    keytab: Optional[str] = None
    cert: str = ''
    serverca: str = ''
    no_ssl_verify: bool = False
    authtype: Optional[str] = None
    debug: bool = False
    debug_xmlrpc: bool = False
    pyver: Optional[int] = None
    plugin_paths: Optional[str] = None
    force_auth: bool = False

    def __post_init__(self) -> None:
        for option, kind in _TYPES.items():
            value = getattr(self, option)
            if not _fits(value, kind):
                raise ConfigurationError(
                    f'profile {self.name!r}: {option} must be'
                    f' {_WANTED[kind]}, not {value!r}')
        for option in ('cert', 'serverca'):
            object.__setattr__(self, option,
                               os.path.expanduser(getattr(self, option)))
        try:
            url = urlsplit(self.server)
            good = (url.scheme in ('http', 'https')
                    and _good_host(url.hostname or '')
                    and re.fullmatch('[!-~]+', self.server))
            url.port
        except ValueError:
            good = False
        if not good:
            raise ConfigurationError(
                f'profile {self.name!r}: server must be a http or https URL,'
                f' not {without_secrets(self.server)!r}')
        if url.username is not None:
            raise ConfigurationError(
                f'profile {self.name!r}: server {without_secrets(self.server)}'
                ' must not hold a user or password: hubs do not look there')


def _good_host(host: str) -> bool:
    """
    Whether it is a name that can be looked up, or an address.

    :raises ValueError: if it is a bad address.
    """
    if ':' in host:
        ipaddress.IPv6Address(host)
        return True
    return len(host) < 254 and all(
        re.fullmatch('(?!-)[a-z0-9_-]{1,63}(?<!-)', label)
        for label in host.removesuffix('.').split('.'))


def without_secrets(url: str) -> str:
    """A URL as it may be shown: no user, password, query or fragment."""
    head, slashes, rest = url.partition('#')[0].partition('?')[0].partition(
        '//')
    if not slashes:
        return head
    host, slash, path = rest.partition('/')
    return head + slashes + host.rpartition('@')[2] + slash + path


def read_profile(name: str,
                 patterns: Sequence[str] = PROFILES) -> Profile:
    """
    Read a profile from Koji's configuration files.

    :param name: the section's name.
    :param patterns: where to look, as glob patterns, weakest first.
    :raises ConfigurationError: if there is no such profile, it has no
        server, an option has a bad value, or a file is malformed.
    """
    parser = read_files(patterns)
    if not parser.has_section(name):
        raise ConfigurationError(
            f'no configuration for profile {name!r}{_searched(patterns)}')
    return profile_from(parser, name, patterns)


def read_files(patterns: Sequence[str] = PROFILES) -> Parser:
    """
    Read the files that there are, one after the other, into one parser.
    What cannot be opened is passed over, as Koji does it.

    :raises ConfigurationError: with file and line, if one is malformed.
    """
    parser = configparser.ConfigParser()
    for path in find_files(patterns):
        try:
            parser.read_string(_read(path), source=path)
        except configparser.Error as error:
            raise ConfigurationError(_where(path, error)) from error
    return parser


def _read(path: str) -> str:
    """The text of a file; none of one that cannot be opened."""
    try:
        with open(path, 'rb') as file:
            data = file.read()
    except OSError:
        return ''
    try:
        return data.decode('utf-8')
    except UnicodeDecodeError as error:
        line = data.count(b'\n', 0, error.start) + 1
        raise ConfigurationError(
            f'{path}, line {line}: not UTF-8 text') from error


def find_files(patterns: Sequence[str] = PROFILES) -> List[str]:
    """The regular files that match, in the order they are to be read."""
    found = []
    for pattern in _each(patterns):
        home, slash, rest = pattern.partition('/')
        if home.startswith('~'):
            home = glob.escape(os.path.expanduser(home))
        folder, name = os.path.split(home + slash + rest)
        # Not by glob(): to Koji, names that begin with a dot are names, too.
        for place in sorted(glob.glob(folder or os.curdir)):
            try:
                names = sorted(os.listdir(place))
            except OSError:
                continue
            found += [os.path.join(place, found_name)
                      for found_name in fnmatch.filter(names, name)]
    return [path for path in found if os.path.isfile(path)]


def _each(patterns: Any) -> List[str]:
    """Patterns may be paths, and a single one may stand for all."""
    if isinstance(patterns, (str, os.PathLike)):
        patterns = [patterns]
    return [os.fspath(pattern) for pattern in patterns]


def setting(parser: Parser, name: str, option: str,
            patterns: Sequence[str] = PROFILES) -> Optional[str]:
    """
    The text of an option of a profile, or None.

    :param patterns: where the files were found, for the text of an error.
    :raises ConfigurationError: on a ``%`` that configparser cannot resolve.
    """
    try:
        return parser.get(name, option, fallback=None)
    except configparser.Error as error:
        raise ConfigurationError(
            f'{_place(patterns, name, option)}profile {name!r}: bad value for'
            f' {option}: {_one_line(error)}') from error


def profile_from(parser: Parser, name: str,
                 patterns: Sequence[str] = PROFILES) -> Profile:
    """
    Make a Profile of a section of files that were read.

    :param patterns: where they were found, for the text of an error.
    :raises ConfigurationError: if an option has a bad value.
    """
    values: Dict[str, Any] = {'name': name}
    for field in fields(Profile):
        text = None
        if field.name != 'name':
            text = setting(parser, name, field.name, patterns)
        if text is not None:
            values[field.name] = _typed(name, field.name, text, patterns)
    if not values.get('server'):
        raise ConfigurationError(
            f'profile {name!r} has no server{_searched(patterns)}')
    if not values.get('weburl'):
        values['weburl'] = None
    for option, default in [('cert', '~/.koji/client.crt'),
                            ('serverca', '~/.koji/serverca.crt')]:
        path = os.path.expanduser(default)
        if option not in values and os.path.exists(path):
            values[option] = path
    return Profile(**values)


def _boolean(text: str) -> bool:
    return configparser.ConfigParser.BOOLEAN_STATES[text.lower()]


_CONVERTERS: Dict[str, Callable[[str], Any]] = {
    'bool': _boolean,
    'int': int,
    'Optional[int]': int,
}

#: option -> its type, as it stands in the class.
_TYPES = {field.name: str(field.type) for field in fields(Profile)}

#: What an option must be, for people.
_WANTED = {
    'bool': 'yes or no',
    'int': 'an integer',
    'Optional[int]': 'an integer',
    'str': 'text',
    'Optional[str]': 'text',
}


def _fits(value: Any, kind: str) -> bool:
    if value is None:
        return kind.startswith('Optional')
    if 'int' in kind:
        # Times may be fractions, where they are not of a file.
        return isinstance(value, (int, float)) and type(value) is not bool
    return isinstance(value, bool if kind == 'bool' else str)


def _typed(name: str, option: str, text: str, patterns: Sequence[str]
           ) -> Any:
    kind = _TYPES[option]
    try:
        return _CONVERTERS.get(kind, str)(text)
    except (KeyError, ValueError):
        raise ConfigurationError(
            f'{_place(patterns, name, option)}profile {name!r}: {option} must'
            f' be {_WANTED[kind]}, not {text!r}') from None


def _place(patterns: Sequence[str], name: str, option: str) -> str:
    """Where an option stands that counts, as "FILE, line N: "."""
    found = {}
    for path in find_files(patterns):
        section = ''
        for number, line in enumerate(_read(path).split('\n'), 1):
            head = re.match(r'\[(.+)\]', line)
            if head:
                section = head[1]
            elif re.match(rf'{re.escape(option)}\s*[=:]', line,
                          re.IGNORECASE):
                found[section] = f'{path}, line {number}: '
    return found.get(name, found.get('DEFAULT', ''))


def _searched(patterns: Sequence[str]) -> str:
    text = ' (searched: ' + ', '.join(_each(patterns))
    hidden = [path for path in find_files(patterns)
              if not os.access(path, os.R_OK)]
    if hidden:
        text += '; not readable: ' + ', '.join(hidden)
    return text + ')'


def _where(path: str, error: configparser.Error) -> str:
    if isinstance(error, configparser.MissingSectionHeaderError):
        line, what = error.lineno, 'an option stands before any section'
    elif isinstance(error, configparser.ParsingError):
        line, what = error.errors[0][0], 'neither a section nor an option'
    elif isinstance(error, configparser.DuplicateOptionError):
        line = error.lineno or 0
        what = f'{error.option} stands twice in [{error.section}]'
    elif isinstance(error, configparser.DuplicateSectionError):
        line = error.lineno or 0
        what = f'[{error.section}] stands twice'
    else:
        line, what = 0, _one_line(error)
    return f'{path}, line {line}: {what}'


def _one_line(error: configparser.Error) -> str:
    return ' '.join(str(error).split())
