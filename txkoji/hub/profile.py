"""
`Profile`: the options of a hub, from Koji's configuration files or by hand.

Four options differ from Koji's client on purpose:

* ``no_ssl_verify`` is a boolean. Koji takes the text "False" for true.
* ``timeout`` is 600 seconds by default. Koji waits for 12 hours.
* ``server`` has no default.
* ``weburl`` has no default.

Numbers out of range, and a ``server`` that is no URL of a hub, are refused.
Koji accepts them, and fails later.
"""
from __future__ import annotations

import configparser
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
from txkoji.hub.config_files import (
    PROFILES,
    Parser,
    location,
    read_files,
    searched,
    setting,
)


@dataclass(frozen=True)
class Profile:
    """
    The options of a hub, with Koji's names and mostly Koji's defaults.

    A program can read a profile from Koji's configuration files, or make one
    without a file::

        Connection(Profile('mykoji', server='https://koji.example.com/hub'))

    Times are in seconds, sizes are in bytes, and an empty path means no path.
    A "/" is added to a `server` without a path. ``pkgurl``, ``topdir``,
    ``debug``, ``debug_xmlrpc``, ``pyver``, ``plugin_paths`` and
    ``force_auth`` are options of Koji's client, and have no effect here.

    ``weburls`` is an option of ours, which Koji ignores: further URLs of
    kojiweb, by which links to it are known, too. In a file they are separated
    by spaces or commas.

    :raises ConfigurationError: if `server` is not a http or https URL, a value
                                has the wrong type, or a number is out of
                                range.
    """

    #: The name of the profile.
    name: str
    #: The URL of the hub.
    server: str
    #: The URL of kojiweb; None if there is none.
    weburl: str | None = None
    #: Further URLs of kojiweb.
    weburls: tuple[str, ...] = ()
    #: The URL of the files of the hub, or None.
    topurl: str | None = None
    #: An old name of the topurl. Has no effect.
    pkgurl: str | None = None
    #: The folder of the hub's files. Has no effect.
    topdir: str = '/mnt/koji'
    #: The number of retries after the first attempt.
    max_retries: int = 30
    #: The most seconds between two attempts.
    retry_interval: int = 20
    #: Whether to retry calls without a login.
    anon_retry: bool = True
    #: Whether to retry while the hub says that it is offline.
    offline_retry: bool = False
    #: Seconds between these retries.
    offline_retry_interval: int = 20
    #: Seconds for one attempt.
    timeout: int = 600
    #: Seconds for a request to log in.
    auth_timeout: int = 60
    #: Whether to upload files as they are, not in calls.
    use_fast_upload: bool = True
    #: Bytes of a chunk of an upload.
    upload_blocksize: int = 1048576
    #: Seconds between two polls of a task.
    poll_interval: int = 6
    #: The Kerberos principal to log in as; None for the default one.
    principal: str | None = None
    #: The path of the keytab of the principal, or None.
    keytab: str | None = None
    #: The path of a PEM file with certificate and key of the user.
    cert: str = ''
    #: The path of the certificates that the hub is verified against.
    serverca: str = ''
    #: Whether not to verify the hub.
    no_ssl_verify: bool = False
    #: "ssl", "kerberos", "password" or "noauth"; None for a fitting one.
    authtype: str | None = None
    #: Has no effect.
    debug: bool = False
    #: Has no effect.
    debug_xmlrpc: bool = False
    #: Has no effect.
    pyver: int | None = None
    #: Has no effect.
    plugin_paths: str | None = None
    #: Has no effect.
    force_auth: bool = False

    def __post_init__(self) -> None:
        for option in _TYPES:
            problem = _value_problem(option, getattr(self, option))
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
    Check whether Twisted can look up and connect to a host.

    :param host: a name in lower case, or an address without brackets.
    """
    if ':' in host:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return False
        return True
    labels = host.removesuffix('.').split('.')
    return (len(host) < 254
            # service_identity takes a plain number for an address.
            and not host.isdecimal()
            and all(map(_good_label, labels)))


def _good_label(label: str) -> bool:
    """
    Check a label of a host name by RFC 5891, as Twisted does.

    An underscore is not allowed, for example.
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
    """Remove user, password, query and fragment from a URL."""
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

    :param name: the name of the profile, which is the section's name.
    :param patterns: glob patterns of the files. Later files override.
    :raises ConfigurationError: if there is no such profile, the profile has
                                no server, an option has a bad value, or a
                                file is malformed.
    """
    parser = read_files(patterns)
    if not parser.has_section(name):
        known = ', '.join(parser.sections())
        there = f'there are: {known}' if known else 'there are no profiles'
        raise ConfigurationError(
            f'no configuration for profile {name!r}; {there}'
            f'{searched(patterns)}')
    return profile_from(parser, name, patterns)


def profile_from(parser: Parser, name: str,
                 patterns: Sequence[str] = PROFILES) -> Profile:
    """
    Make a Profile from a section of the configuration files.

    :param patterns: the patterns of the files, for error texts.
    :raises ConfigurationError: if an option has a bad value.
    """
    if not setting(parser, name, 'server', patterns):
        raise ConfigurationError(
            f'profile {name!r} has no server{searched(patterns)}')
    values: dict[str, Any] = {'name': name}
    for option in _TYPES.keys() - {'name'}:
        text = setting(parser, name, option, patterns)
        if text is not None:
            values[option] = _convert(name, option, text, patterns)
    if not values.get('weburl'):
        values['weburl'] = None
    for option, default in [('cert', '~/.koji/client.crt'),
                            ('serverca', '~/.koji/serverca.crt')]:
        path = os.path.expanduser(default)
        if option not in values and os.path.exists(path):
            values[option] = path
    return Profile(**values)


def _convert(name: str, option: str, text: str, patterns: Sequence[str]
             ) -> Any:
    """Convert the text of an option to its type, and check the value."""
    kind = _TYPES[option]
    value = None
    try:
        value = _CONVERTERS.get(kind, str)(text)
    except (KeyError, ValueError):
        problem: str | None = f'must be {_TYPE_NAMES[kind]}, not {text!r}'
    else:
        problem = _value_problem(option, value)
    if problem is not None:
        raise ConfigurationError(f'{location(patterns, name, option)}profile'
                                 f' {name!r}: {option} {problem}')
    return value


def _boolean(text: str) -> bool:
    return configparser.ConfigParser.BOOLEAN_STATES[text.lower()]


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    'bool': _boolean,
    'int': int,
    'int | None': int,
    'tuple[str, ...]': lambda text: tuple(text.replace(',', ' ').split()),
}

#: The type annotations by option.
_TYPES = {field.name: str(field.type) for field in fields(Profile)}

#: The names of types in error texts.
_TYPE_NAMES = {
    'bool': 'yes or no',
    'int': 'an integer',
    'int | None': 'an integer',
}

#: Numbers that may be 0. Other numbers must be more.
_MAY_BE_ZERO = ('max_retries', 'retry_interval')

#: Numbers that must be integers. Times may have fractions of seconds.
_INTEGERS = ('max_retries', 'upload_blocksize', 'pyver')


def _value_problem(option: str, value: Any) -> str | None:
    """
    Describe what is wrong with a value, such as "must be yes or no, not 5".

    :returns: the description, or None if nothing is wrong.
    """
    kind = _TYPES[option]
    if value is None and kind.endswith('| None'):
        return None
    if 'int' in kind:
        return number_problem(value, whole=option in _INTEGERS,
                              zero=option in _MAY_BE_ZERO)
    if kind == 'bool':
        return (None if isinstance(value, bool)
                else f'must be yes or no, not {value!r}')
    if kind.startswith('tuple'):
        return (None if isinstance(value, tuple) and all(
            isinstance(each, str) for each in value)
            else 'must be a tuple of texts')
    if not isinstance(value, str):
        # Do not show the value: it may hold a password, as a URL may.
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
    Describe what is wrong with the path of a file.

    The description does not show the value, which may be the content of a
    file with a key.

    :returns: the description, or None if nothing is wrong.
    """
    if '\n' in path or '-----BEGIN' in path:
        return 'must be the path of a file, not the content'
    return 'must not hold a NUL character' if '\0' in path else None


def number_problem(value: Any, *, whole: bool = False, zero: bool = False
                   ) -> str | None:
    """
    Describe what is wrong with a number, such as "must be more than 0".

    :param whole: whether the number must be an integer.
    :param zero: whether the number may be 0.
    :returns: the description, or None if nothing is wrong.
    """
    if isinstance(value, bool) or not isinstance(
            value, int if whole else (int, float)):
        return (f'must be {"an integer" if whole else "a number"},'
                f' not {value!r}')
    # NaN fails both comparisons.
    if not (value >= 0 if zero else value > 0):
        return f'must be {"0 or more" if zero else "more than 0"}, not {value}'
    if 2**63 <= value < inf:
        return 'is too large'
    return None


def _server_problem(server: str) -> str | None:
    """
    Describe what is wrong with the URL of a hub.

    :returns: the description, or None if nothing is wrong.
    """
    # The text before an @ may be a password, also in a malformed URL.
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
        return (f'{shown} must not hold a user or password: hubs do not read'
                ' them')
    return None


def _good_port(url: SplitResult) -> bool:
    """
    Check that a URL has a port to connect to, or no port.

    :raises ValueError: if the port is not a number, or is too large.
    """
    return url.port != 0 and not url.netloc.endswith(':')


def usable_profiles(patterns: Sequence[str] = PROFILES) -> Iterator[Profile]:
    """
    Read all profiles of Koji's configuration files, except invalid ones.

    :raises ConfigurationError: if a file is malformed.
    """
    parser = read_files(patterns)
    for name in parser.sections():
        with suppress(ConfigurationError):
            yield profile_from(parser, name, patterns)
