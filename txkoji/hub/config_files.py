"""
Koji's configuration files: finding them, and merging them into one parser.

Files are found and merged as Koji's own client does (koji/__init__.py,
``read_config_files``): in the order of the patterns, and by name within a
pattern. If an option is set twice, the later value counts.
"""
from __future__ import annotations

import configparser
import fnmatch
import glob
import os
import re
from collections.abc import Sequence
from typing import Any

from txkoji.exceptions import ConfigurationError

#: Patterns of Koji's configuration files. If an option is set in several
#: files, the last value counts.
PROFILES = ('/etc/koji.conf.d/*.conf',
            '/etc/koji.conf',
            '~/.koji/config.d/*.conf',
            '~/.koji/config')

#: A parser with the merged options of all files.
Parser = configparser.ConfigParser


def read_files(patterns: Sequence[str] = PROFILES) -> Parser:
    """
    Read all configuration files into one parser.

    Files that cannot be opened are skipped, as Koji's client does.

    :raises ConfigurationError: if a file is malformed. The text has the path
                                and the line.
    """
    parser = configparser.ConfigParser()
    for path in find_files(patterns):
        try:
            parser.read_string(_read(path), source=path)
        except configparser.Error as error:
            raise ConfigurationError(_syntax_error(path, error)) from error
    return parser


def _read(path: str) -> str:
    """Read the text of a file; "" if the file cannot be opened."""
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
    """Find the regular files that match, in the order of reading."""
    found = []
    for pattern in _to_list(patterns):
        home, slash, rest = pattern.partition('/')
        if home.startswith('~'):
            home = glob.escape(os.path.expanduser(home))
        folder_pattern, name_pattern = os.path.split(home + slash + rest)
        # glob() skips names that begin with a dot, and Koji does not.
        for folder in sorted(glob.glob(folder_pattern or os.curdir)):
            try:
                names = sorted(os.listdir(folder))
            except OSError:
                continue
            found += [os.path.join(folder, name)
                      for name in fnmatch.filter(names, name_pattern)]
    return [path for path in found if os.path.isfile(path)]


def _to_list(patterns: Any) -> list[str]:
    """Convert a pattern or a path, or several, to a list of patterns."""
    if isinstance(patterns, (str, os.PathLike)):
        patterns = [patterns]
    return [os.fspath(pattern) for pattern in patterns]


def setting(parser: Parser, name: str, option: str,
            patterns: Sequence[str] = PROFILES) -> str | None:
    """
    Get the text of an option of a profile, or None.

    :param name: the name of the profile.
    :param patterns: the patterns of the files, for error texts.
    :raises ConfigurationError: if configparser cannot resolve a ``%``.
    """
    try:
        return parser.get(name, option, fallback=None)
    except configparser.Error as error:
        raise ConfigurationError(
            f'{location(patterns, name, option)}profile {name!r}: bad value'
            f' for {option}: {_one_line(error)}') from error


def location(patterns: Sequence[str], name: str, option: str) -> str:
    """
    Find the line that sets an option of a profile.

    :returns: a prefix for an error text, "FILE, line N: ", or "".
    """
    found = {}
    for path in find_files(patterns):
        section = ''
        for number, line in enumerate(_read(path).split('\n'), 1):
            header = re.match(r'\[(.+)\]', line)
            if header:
                section = header[1]
            elif re.match(rf'{re.escape(option)}\s*[=:]', line,
                          re.IGNORECASE):
                found[section] = f'{path}, line {number}: '
    return found.get(name, found.get('DEFAULT', ''))


def searched(patterns: Sequence[str]) -> str:
    """
    List the patterns that were searched, and the files that are not readable.

    :returns: a suffix for an error text, " (searched: ...)".
    """
    text = ' (searched: ' + ', '.join(_to_list(patterns))
    unreadable = [path for path in find_files(patterns)
                  if not os.access(path, os.R_OK)]
    if unreadable:
        text += '; not readable: ' + ', '.join(unreadable)
    return text + ')'


def _syntax_error(path: str, error: configparser.Error) -> str:
    """Describe a syntax error in one line, with the path and the line."""
    if isinstance(error, configparser.MissingSectionHeaderError):
        line, problem = error.lineno, 'an option is set before any section'
    elif isinstance(error, configparser.ParsingError):
        line, problem = error.errors[0][0], 'neither a section nor an option'
    elif isinstance(error, configparser.DuplicateOptionError):
        line = error.lineno or 0
        problem = f'{error.option} is set twice in [{error.section}]'
    elif isinstance(error, configparser.DuplicateSectionError):
        line = error.lineno or 0
        problem = f'section [{error.section}] is there twice'
    else:
        line, problem = 0, _one_line(error)
    return f'{path}, line {line}: {problem}'


def _one_line(error: configparser.Error) -> str:
    return ' '.join(str(error).split())
