"""
What a task is about, in the line that Koji's own tools show of it: ``build
(f44, /rpms/bash.git:1a2b3c)``.
"""
from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from txkoji.task_methods import find

#: What stands between the brackets, in order: paths into the request by name
#: (see `txkoji.task_methods.find`), some to be shown in a special way, which
#: stands before a colon. What may be left out has a question mark.
TITLES: Dict[str, Tuple[str, ...]] = {
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


def title(method: str, arch: Any, named: Mapping[str, Any]) -> str:
    """
    Make the line of a task.

    :param method: its method.
    :param arch: the architecture of the host that it is for, which is shown
                 where nothing else is known.
    :param named: its parameters by their names.
    """
    shown: List[str] = []
    parts = TITLES.get(method, ())
    for part in parts:
        way, colon, path = part.partition(':')
        if not colon:
            way, path = '', part
        value = _SHOW[way](named, path.rstrip('?'))
        if value is None and (path.endswith('?') or len(parts) == 1):
            continue
        shown.append(str(value))
    return f'{method} ({", ".join(shown) or arch})'


def _plain(named: Mapping[str, Any], path: str) -> Any:
    return find(named, path)


def _file(named: Mapping[str, Any], path: str) -> Optional[str]:
    value = find(named, path)
    return value.rpartition('/')[2] if isinstance(value, str) else None


def _module(named: Mapping[str, Any], path: str) -> Optional[str]:
    """The path, the subdirectory and the revision in a source's URL."""
    value = find(named, path)
    if not isinstance(value, str):
        return None
    place, scheme, rest = value.partition('://')
    if not scheme:
        return value.rpartition('/')[2]
    url, _, revision = rest.partition('#')
    url, _, inner = url.partition('?')
    host, slash, path = url.partition('/')
    return ':'.join(filter(None, [slash + path, inner])) + ':' + revision


def _nvr(named: Mapping[str, Any], path: str) -> Optional[str]:
    build = named.get(path)
    if not isinstance(build, Mapping):
        return None
    return '-'.join(str(build.get(name))
                    for name in ('name', 'version', 'release'))


def _dashed(named: Mapping[str, Any], path: str) -> str:
    return '-'.join(str(named.get(name)) for name in path.split())


def _all(named: Mapping[str, Any], path: str) -> Optional[str]:
    value = named.get(path)
    return (', '.join(map(str, value)) or None
            if isinstance(value, list) else None)


def _firsts(named: Mapping[str, Any], path: str) -> Optional[str]:
    """The methods of tasks that are to be made."""
    value = named.get(path)
    if not isinstance(value, list):
        return None
    return ', '.join(str(item[0]) for item in value
                     if isinstance(item, list) and item) or None


_SHOW: Dict[str, Callable[[Mapping[str, Any], str], Any]] = {
    '': _plain, 'all': _all, 'dashed': _dashed, 'file': _file,
    'firsts': _firsts, 'module': _module, 'nvr': _nvr,
}
