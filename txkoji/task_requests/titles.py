"""
The titles of tasks, as Koji's own tools show them.

An example is ``build (f44, /rpms/bash.git:1a2b3c)``.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from txkoji.task_requests.layouts import METHODS, find, fits, parameters
from txkoji.task_requests.subjects import build_package

#: The parts between the brackets, in order: paths into the request (see
#: `txkoji.task_requests.layouts.find`), some with a way to show the value
#: before a colon. Optional parts have a question mark.
TITLES: dict[str, tuple[str, ...]] = {
    'appliance': ('arch', 'dashed:name version', 'ksfile'),
    'build': ('target', 'module:src'),
    'buildArch': ('file:pkg', 'arch'),
    'buildMaven': ('build_tag',),
    'buildNotification': ('nvr:build',),
    'buildSRPMFromSCM': ('module:url',),
    'chainbuild': ('target',),
    'chainmaven': ('target',),
    'createAppliance': ('target_info', 'dashed:name version release',
                        'ksfile', 'arch'),
    'createImage': ('target_info', 'dashed:name version release',
                    'inst_tree', 'arch'),
    'createLiveCD': ('target_info', 'dashed:name version release', 'ksfile',
                     'arch'),
    'createLiveMedia': ('target_info', 'dashed:name version release',
                        'ksfile', 'arch'),
    'createdistrepo': ('repo_id', 'arch'),
    'createrepo': ('arch',),
    'dependantTask': ('firsts:task_list',),
    'distRepo': ('tag',),
    'image': ('arches', 'dashed:name version', 'inst_tree'),
    'indirectionimage': ('opts.name', 'opts.version', 'opts.release?'),
    'livecd': ('arch', 'dashed:name version', 'ksfile'),
    'livemedia': ('arches', 'dashed:name version', 'ksfile'),
    'maven': ('target', 'module:url'),
    'newRepo': ('tag',),
    'restart': ('host',),
    'restartVerify': ('host',),
    'vmExec': ('name',),
    'waitrepo': ('tag', 'all:nvrs?'),
    'winbuild': ('target', 'module:source_url'),
    'wrapperRPM': ('build_target', 'nvr:build?'),
}


def title(method: str, arch: Any, params: Sequence[Any] | None) -> str:
    """
    Make the title of a task.

    :param method: the method of the task.
    :param arch: the architecture of its host, which is shown if nothing else
                 is known.
    :param params: its request, or None.
    """
    layout = METHODS.get(method)
    if layout is None or params is None:
        return f'{method} ({arch})'
    try:
        shown = (_shown(method, parameters(layout, params))
                 if fits(layout, params) else None)
    except _Unreadable:
        shown = None
    if shown is None:
        return f'{method} ({arch}, unknown args)'
    return f'{method} ({", ".join(shown) or arch})'


class _Unreadable(Exception):
    """A parameter has an unexpected type."""


def _shown(method: str, named: Mapping[str, Any]) -> list[str]:
    """Make the parts between the brackets."""
    shown: list[str] = []
    parts = TITLES.get(method, ())
    for part in parts:
        way, colon, path = part.partition(':')
        if not colon:
            way, path = '', part
        value = _SHOW[way](named, path.rstrip('?'))
        if value is None and (path.endswith('?') or len(parts) == 1):
            continue
        shown.append(str(value))
    return shown


def _plain(named: Mapping[str, Any], path: str) -> Any:
    return find(named, path)


def _file(named: Mapping[str, Any], path: str) -> str:
    return _text(named, path).rpartition('/')[2]


def _module(named: Mapping[str, Any], path: str) -> str:
    """Read the path, the subdirectory and the revision in a source's URL."""
    value = _text(named, path)
    place, scheme, rest = value.partition('://')
    if not scheme:
        return value.rpartition('/')[2]
    url, _, revision = rest.partition('#')
    url, _, inner = url.partition('?')
    host, slash, path = url.partition('/')
    return ':'.join(filter(None, [slash + path, inner])) + ':' + revision


def _text(named: Mapping[str, Any], path: str) -> str:
    value = find(named, path)
    if not isinstance(value, str):
        raise _Unreadable
    return value


def _nvr(named: Mapping[str, Any], path: str) -> str | None:
    build = named.get(path)
    if not build:
        return None
    if not isinstance(build, Mapping):
        raise _Unreadable
    return (f'{build_package(build)}-{build.get("version")}'
            f'-{build.get("release")}')


def _dashed(named: Mapping[str, Any], path: str) -> str:
    return '-'.join(str(named.get(name)) for name in path.split())


def _all(named: Mapping[str, Any], path: str) -> str | None:
    value = named.get(path)
    return (', '.join(map(str, value)) or None
            if isinstance(value, list) else None)


def _firsts(named: Mapping[str, Any], path: str) -> str | None:
    """Read the methods of tasks that a task will start."""
    value = named.get(path)
    if not isinstance(value, list):
        return None
    return ', '.join(str(item[0]) for item in value
                     if isinstance(item, list) and item) or None


_SHOW: dict[str, Callable[[Mapping[str, Any], str], Any]] = {
    '': _plain, 'all': _all, 'dashed': _dashed, 'file': _file,
    'firsts': _firsts, 'module': _module, 'nvr': _nvr,
}
