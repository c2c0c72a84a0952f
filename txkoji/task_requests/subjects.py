"""The subject of a task, read from its request."""
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from txkoji.task_requests.layouts import Layout, find, follow


def find_build(named: Mapping[str, Any], layout: Layout) -> int | None:
    """Find the id of the build in a request."""
    build = follow(named, layout.build)
    if isinstance(build, Mapping):
        build = build.get('id', build.get('build_id'))
    return build if type(build) is int else None


def find_arches(named: Mapping[str, Any], layout: Layout
                ) -> list[str] | None:
    """Find the architectures in a request: a list, or a text with blanks."""
    value = find(named, layout.arches)
    if isinstance(value, str):
        value = re.findall(r'[^,\s]+', value)
    if isinstance(value, list) and value and all(
            isinstance(arch, str) for arch in value):
        return value
    arch = find(named, layout.arch)
    return [arch] if isinstance(arch, str) else None


def find_package(named: Mapping[str, Any], layout: Layout) -> str | None:
    """
    Find the name of the package in a request, or None.

    :raises ValueError: if there is a source that cannot be read.
    """
    if layout.package:
        name = follow(named, layout.package)
        if layout.suffix == '-source' and isinstance(name, str):
            name = name.rsplit('-', 2)[0]
    else:
        name = follow(named, layout.source)
        if isinstance(name, str):
            name = source_package(name)
    if isinstance(name, Mapping):
        name = build_package(name)
    if not isinstance(name, str):
        return None
    suffix = layout.suffix
    if suffix == '-container' and find_options(named).get('flatpak'):
        # A flatpak has the name of its repository.
        suffix = ''
    return name if name.endswith(suffix) else name + suffix


def build_package(build: Mapping[str, Any]) -> Any:
    """Get the name of the package from the row of a build, or None."""
    # Rows of hub methods have one of the two, or both.
    return build.get('package_name') or build.get('name')


def find_source(named: Mapping[str, Any], layout: Layout) -> str | None:
    """Find the source in a request: a URL, or the path of a ``.src.rpm``."""
    source = follow(named, layout.source)
    return source if isinstance(source, str) else None


def find_nvr(named: Mapping[str, Any], layout: Layout) -> str | None:
    """
    Find the name-version-release in a request.

    It is that of a build in the request, of a ``.src.rpm``, or of an image.
    """
    build = follow(named, layout.build)
    if isinstance(build, Mapping):
        return _dashed(build_package(build), build.get('version'),
                       build.get('release'))
    source = find_source(named, layout)
    if source is not None:
        name = source.rsplit('/', 1)[-1]
        for ending in ('.src.rpm', '.nosrc.rpm'):
            if name.endswith(ending) and name.count('-') > 1:
                return name[:-len(ending)]
        return None
    image = {**find_options(named), **named}
    for prefix in ('', 'dud_'):
        nvr = _dashed(*[image.get(prefix + part, image.get(part)) for part
                        in ('name', 'version', 'release')])
        if nvr is not None:
            return nvr
    return None


def _dashed(*parts: Any) -> str | None:
    """Join name, version and release; None if one is missing."""
    if all(isinstance(part, str) and part for part in parts):
        return '-'.join(parts)
    return None


def find_options(named: Mapping[str, Any]) -> dict[str, Any]:
    """Find the options in a request; an empty dictionary if it has none."""
    for name in ('opts', 'task_opts', 'options'):
        if isinstance(named.get(name), Mapping):
            return dict(named[name])
    return {}


def find_scratch(params: Sequence[Any]) -> bool:
    """Tell whether options in a request say that it is a scratch build."""
    for param in params:
        if isinstance(param, Mapping) and (
                param.get('scratch')
                # Named parameters, the options among them.
                or (('__method__' in param or '__starstar' in param)
                    and find_scratch(list(param.values())))):
            return True
    return False


def source_package(source: str) -> str:
    """
    Read the name of the package from a source.

    :param source: the path of a ``.src.rpm``, or the URL of a source
                   repository, ``scheme://host/path?subdirectory#revision``.
    :raises ValueError: if it is neither.
    """
    place, _, _ = source.partition('#')
    if place.endswith(('.src.rpm', '.nosrc.rpm')):
        name = place.rsplit('/', 1)[-1].rsplit('-', 2)[0]
    elif '://' in place:
        path, _, subdirectory = place.partition('://')[2].partition('?')
        path = subdirectory.strip('/') or path.partition('/')[2].rstrip('/')
        if re.match('rpms/[^/]+/', subdirectory):
            # A module of CVS or Subversion, and its branch.
            path = path.rpartition('/')[0]
        name = path.rsplit('/', 1)[-1]
        if name.endswith('.git'):
            name = name[:-len('.git')]
    else:
        name = ''
    if not name:
        raise ValueError(f'no package can be read from {source!r}')
    return name


def canonical_arch(arch: str) -> str:
    """
    Convert the architecture of a package to that of its builders.

    It is that of Koji's own ``canonArch``: i386 for i686, armhfp for armv7hl.
    """
    for pattern, canonical in _CANONICAL:
        if re.fullmatch(pattern, arch):
            return canonical
    return arch


#: Patterns of package architectures, and the builders' architecture.
_CANONICAL = [
    ('i.86|athlon', 'i386'),
    ('ia32e', 'x86_64'),
    ('ppc64le', 'ppc64le'),
    ('ppc64.*', 'ppc64'),
    ('sparc64.*', 'sparc64'),
    ('sparc.*', 'sparc'),
    ('alpha.*', 'alpha'),
    ('arm.*h.*', 'armhfp'),
    ('arm.*', 'arm'),
]


def result_build(result: Any) -> int | None:
    """
    Find the id of the build in the result of a task.

    Results of ``buildContainer`` (a list of ids as text) and ``osbuildImage``
    have it.
    """
    if isinstance(result, list) and len(result) == 1:
        # As in results of ``listTasks``.
        [result] = result
    if not isinstance(result, Mapping):
        return None
    builds = result.get('koji_builds')
    if isinstance(builds, list) and builds:
        number = builds[0]
    else:
        number = find(result, 'koji.build')
    return int(number) if str(number).isdecimal() else None
