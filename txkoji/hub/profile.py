"""
Koji's configuration files -> `Profile`.

Files are found and merged as Koji's own client does it (koji/__init__.py,
``read_config_files``): all of them into one, in the order of the patterns and
by name within each, so that of an option that stands twice the later counts.

We differ on purpose in four options: ``no_ssl_verify`` is a boolean (Koji
takes the text "False" for true), ``timeout`` is 600 seconds where Koji waits
12 hours, a ``server`` must be given, and without a ``weburl`` there is none.
And we refuse values that Koji takes and then stumbles over: numbers out of
range, and a ``server`` that is no address of a hub.
"""
from __future__ import annotations

import configparser
import fnmatch
import glob
import ipaddress
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from math import inf
from typing import Any
from urllib.parse import SplitResult, urlsplit

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

    Times are in seconds, sizes in bytes, and an empty path means "none". A
    `server` without a path is the root of its host: a "/" is added to it.
    ``pkgurl``, ``topdir``, ``debug``, ``debug_xmlrpc``, ``pyver``,
    ``plugin_paths`` and ``force_auth`` are Koji's, and mean nothing here.

    :raises ConfigurationError: if `server` is not a http or https URL, a value
                                has the wrong type, or a number is out of
                                range.
    """

    name: str
    server: str
    weburl: str | None = None
    topurl: str | None = None
    pkgurl: str | None = None
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
    principal: str | None = None
    keytab: str | None = None
    cert: str = ''
    serverca: str = ''
    no_ssl_verify: bool = False
    authtype: str | None = None
    debug: bool = False
    debug_xmlrpc: bool = False
    pyver: int | None = None
    plugin_paths: str | None = None
    force_auth: bool = False

    def __post_init__(self) -> None:
        for option in _TYPES:
            problem = _problem(option, getattr(self, option))
            if problem is not None:
                raise ConfigurationError(
                    f'profile {self.name!r}: {option} {problem}')
        for option in ('cert', 'serverca'):
            object.__setattr__(self, option,
                               os.path.expanduser(getattr(self, option)))
        if not urlsplit(self.server).path:
            object.__setattr__(self, 'server', self.server + '/')


def good_host(host: str) -> bool:
    """
    Tell whether Twisted can look up and connect to a host.

    :param host: a name in lower case, or an address, without brackets.
    """
    if ':' in host:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return False
        return True
    labels = host.removesuffix('.').split('.')
    return (len(host) < 254
            # service_identity takes one number for an address.
            and not host.isdecimal()
            and all(map(_good_label, labels)))


def _good_label(label: str) -> bool:
    """
    Whether it may be a part of a host name by RFC 5891, which is what
    Twisted holds all names against: without an underscore, for one.
    """
    if not re.fullmatch('(?!-)[a-z0-9-]{1,63}(?<!-)', label):
        return False
    if label[2:4] != '--':
        return True
    import idna
    try:
        idna.decode(label)
    except idna.IDNAError:
        return False
    return True


def without_secrets(url: str) -> str:
    """A URL as it may be shown: no user, password, query or fragment."""
    head, slashes, rest = url.partition('#')[0].partition('?')[0].partition(
        '//')
    if not slashes:
        return head.rpartition('@')[2]
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


def find_files(patterns: Sequence[str] = PROFILES) -> list[str]:
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


def _each(patterns: Any) -> list[str]:
    """Patterns may be paths, and a single one may stand for all."""
    if isinstance(patterns, (str, os.PathLike)):
        patterns = [patterns]
    return [os.fspath(pattern) for pattern in patterns]


def setting(parser: Parser, name: str, option: str,
            patterns: Sequence[str] = PROFILES) -> str | None:
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
    if not setting(parser, name, 'server', patterns):
        raise ConfigurationError(
            f'profile {name!r} has no server{_searched(patterns)}')
    values: dict[str, Any] = {'name': name}
    for option in _TYPES.keys() - {'name'}:
        text = setting(parser, name, option, patterns)
        if text is not None:
            values[option] = _typed(name, option, text, patterns)
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


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    'bool': _boolean,
    'int': int,
    'int | None': int,
}

#: option -> its type, as it stands in the class.
_TYPES = {field.name: str(field.type) for field in fields(Profile)}

#: What the text of an option must be in a file, for people.
_WANTED = {
    'bool': 'yes or no',
    'int': 'an integer',
    'int | None': 'an integer',
}


#: Numbers that may be 0; others must be more.
_MAY_BE_ZERO = ('max_retries', 'retry_interval')

#: Numbers that are no times: only seconds may be fractions.
_WHOLE = ('max_retries', 'upload_blocksize', 'pyver')


def _problem(option: str, value: Any) -> str | None:
    """
    Say what is wrong with the value of an option, such as "must be yes or no,
    not 5"; None if it is good.
    """
    kind = _TYPES[option]
    if value is None and kind.endswith('| None'):
        return None
    if 'int' in kind:
        return number_problem(value, whole=option in _WHOLE,
                              zero=option in _MAY_BE_ZERO)
    if kind == 'bool':
        return (None if isinstance(value, bool)
                else f'must be yes or no, not {value!r}')
    if not isinstance(value, str):
        # It may hold a password, as URLs may.
        return f'must be text, not of type {type(value).__name__}'
    if option == 'server':
        return _server_problem(value)
    if option in ('cert', 'serverca', 'keytab'):
        return path_problem(value)
    if option != 'name' and '\0' in value:
        return 'must not hold a NUL character'
    return None


def path_problem(path: str) -> str | None:
    """
    Say what is wrong with the path of a file, without showing it: it may be
    what is in the file instead, with a key; None if it is good.
    """
    if '\n' in path or '-----BEGIN' in path:
        return 'must be the path of a file, not what is in it'
    return 'must not hold a NUL character' if '\0' in path else None


def number_problem(value: Any, *, whole: bool = False, zero: bool = False
                   ) -> str | None:
    """
    Say what is wrong with a number, such as "must be more than 0, not -1";
    None if it is good.

    :param whole: whether it must be an integer.
    :param zero: whether it may be 0.
    """
    if isinstance(value, bool) or not isinstance(
            value, int if whole else (int, float)):
        return (f'must be {"an integer" if whole else "a number"},'
                f' not {value!r}')
    # NaN is neither.
    if not (value >= 0 if zero else value > 0):
        return f'must be {"0 or more" if zero else "more than 0"}, not {value}'
    if 2**63 <= value < inf:
        return 'is too large'
    return None


def _server_problem(server: str) -> str | None:
    """Say what is wrong with the URL of a hub; None if it is good."""
    # All before an @ may be a password, also where this is no good URL.
    shown = without_secrets(re.sub('^(https?://)?.*@', r'\1', server,
                                   flags=re.DOTALL | re.IGNORECASE))
    hint = ''
    try:
        url = urlsplit(server)
        good = (url.scheme in ('http', 'https') and bool(url.hostname)
                and _good_port(url) and re.fullmatch('[!-~]+', server))
        if good and not good_host(url.hostname or ''):
            good, hint = None, ': a host name has letters, digits and hyphens'
    except ValueError:
        good = None
    if re.search('[?#]', server):
        return f'{shown} must not hold a "?" or "#": hubs take no query'
    if not good:
        return f'must be a http or https URL, not {shown!r}{hint}'
    if '@' in url.netloc:
        return (f'{shown} must not hold a user or password: hubs do not look'
                ' there')
    return None


def _good_port(url: SplitResult) -> bool:
    """
    Whether a URL has a port to connect to, or none at all.

    :raises ValueError: if it is no number, or too large.
    """
    return url.port != 0 and not url.netloc.endswith(':')


def _typed(name: str, option: str, text: str, patterns: Sequence[str]
           ) -> Any:
    kind = _TYPES[option]
    value = None
    try:
        value = _CONVERTERS.get(kind, str)(text)
    except (KeyError, ValueError):
        problem: str | None = f'must be {_WANTED[kind]}, not {text!r}'
    else:
        problem = _problem(option, value)
    if problem is not None:
        raise ConfigurationError(f'{_place(patterns, name, option)}profile'
                                 f' {name!r}: {option} {problem}')
    return value


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


def usable_profiles(patterns: Sequence[str] = PROFILES) -> Iterator[Profile]:
    """
    Read all profiles of Koji's configuration files, without those that have
    a bad value.

    :raises ConfigurationError: if a file is malformed.
    """
    parser = read_files(patterns)
    for name in parser.sections():
        with suppress(ConfigurationError):
            yield profile_from(parser, name, patterns)
