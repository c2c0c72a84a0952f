"""
How each task method lays out its request, and where in it to find the
package, the target and so on: one table, and how to read it.

The methods are those of Koji itself (koji/tasks.py, ``LEGACY_SIGNATURES``),
of its plugins, and of koji-containerbuild, koji-osbuild and
koji-image-builder.
"""
from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from txkoji.hub.xmlrpc import split_arguments


class Layout(NamedTuple):
    """
    The parameters of a task method in their order, and which of them, as a
    path into it, says what. Where a path leads to a dictionary with a name,
    the name is meant.
    """

    params: str
    source: str = ''
    package: str = ''
    target: str = ''
    tag: str = ''
    arch: str = ''
    arches: str = ''
    build: str = ''
    suffix: str = ''


def _image(params: str) -> Layout:
    return Layout(params, package='name', target='target', arches='arches')


def _image_arch(params: str) -> Layout:
    return Layout(params, package='name', target='target_info',
                  tag='build_tag', arch='arch')


METHODS: Dict[str, Layout] = {
    # Packages.
    'build': Layout('src target opts', source='src', target='target',
                    arches='opts.arch_override'),
    'chainbuild': Layout('srcs target opts', target='target'),
    'buildSRPMFromSCM': Layout('url build_tag opts', source='url',
                               tag='build_tag'),
    'rebuildSRPM': Layout('srpm build_tag opts', source='srpm',
                          tag='build_tag'),
    'buildArch': Layout('pkg root arch keep_srpm opts', source='pkg',
                        tag='root', arch='arch'),
    'maven': Layout('url target opts', source='url', target='target'),
    'buildMaven': Layout('url build_tag opts', source='url', tag='build_tag'),
    'chainmaven': Layout('builds target opts', target='target'),
    'wrapperRPM': Layout('spec_url build_target build task opts',
                         package='build.package_name', target='build_target',
                         build='build.id'),
    'winbuild': Layout('name source_url target opts', source='source_url',
                       target='target'),
    'vmExec': Layout('name task_info opts', source='task_info.0',
                     tag='task_info.1'),
    # Tags and repositories.
    'tagBuild': Layout('tag_id build_id force fromtag ignore_success',
                       tag='tag_id', build='build_id'),
    'tagNotification': Layout('recipients is_successful tag_info from_info'
                              ' build_info user_info ignore_success'
                              ' failure_msg',
                              tag='tag_info', build='build_info'),
    'buildNotification': Layout('recipients build target weburl',
                                package='build.package_name',
                                target='target', build='build.id'),
    'newRepo': Layout('tag event src debuginfo separate_src opts', tag='tag'),
    'createrepo': Layout('repo_id arch oldrepo', arch='arch'),
    'distRepo': Layout('tag repo_id keys task_opts', tag='tag',
                       arches='task_opts.arch'),
    'createdistrepo': Layout('tag repo_id arch keys opts', tag='tag',
                             arch='arch'),
    'waitrepo': Layout('tag newer_than nvrs min_event', tag='tag'),
    # Images.
    'image': _image('name version arches target inst_tree opts'),
    'livemedia': _image('name version arches target ksfile opts'),
    'livecd': _image('name version arch target ksfile opts')._replace(
        arch='arch', arches=''),
    'appliance': _image('name version arch target ksfile opts')._replace(
        arch='arch', arches=''),
    'createImage': _image_arch('name version release arch target_info'
                               ' build_tag repo_info inst_tree opts'),
    'createLiveCD': _image_arch('name version release arch target_info'
                                ' build_tag repo_info ksfile opts'),
    'createAppliance': _image_arch('name version release arch target_info'
                                   ' build_tag repo_info ksfile opts'),
    'createLiveMedia': _image_arch('name version release arch target_info'
                                   ' build_tag repo_info ksfile opts'),
    'indirectionimage': Layout('opts', package='opts.name',
                               target='opts.target', arch='opts.arch'),
    'kiwiBuild': Layout('target arches desc_url desc_path opts',
                        target='target', arches='arches'),
    'createKiwiImage': _image_arch('name version release arch target_info'
                                   ' build_tag repo_info desc_url desc_path'
                                   ' opts'),
    'dudBuild': Layout('dud_name dud_version arches target pkg_list opts',
                       package='dud_name', target='target', arches='arches'),
    'createDudIso': _image_arch('dud_name dud_version dud_release arch'
                                ' target_info build_tag repo_info pkg_list'
                                ' opts')._replace(package='dud_name'),
    'osbuildImage': _image('name version distro image_type target arches'
                           ' opts'),
    'imageBuilderBuild': _image('target arches types name version opts'),
    'imageBuilderBuildArch': Layout('name version release arch types'
                                    ' target_info build_config repo_info'
                                    ' opts', package='name',
                                    target='target_info', tag='build_config',
                                    arch='arch'),
    # Containers.
    'buildContainer': Layout('src target opts', source='src',
                             target='target', arches='opts.arch_override',
                             suffix='-container'),
    'createContainer': Layout('src target_info arches opts', source='src',
                              target='target_info', arches='arches',
                              suffix='-container'),
    'buildSourceContainer': Layout('target opts',
                                   package='opts.koji_build_nvr',
                                   target='target', suffix='-source'),
    # Others.
    'dependantTask': Layout('wait_list task_list'),
    'restart': Layout('host'),
    'restartVerify': Layout('task_id host'),
    'restartHosts': Layout('options'),
    'saveFailedTree': Layout('buildrootID full'),
    'runroot': Layout('root arch command keep packages mounts repo_id'
                      ' skip_setarch weight upload_logs new_chroot',
                      tag='root', arch='arch'),
}


def parameters(layout: Layout, params: Sequence[Any]) -> Dict[str, Any]:
    """
    Give the parameters of a request their names. Named ones may stand in a
    last dictionary marked ``__starstar``, or all of them in a single one
    that has a ``__method__``.
    """
    args, named = split_arguments(params)
    if len(args) == 1 and isinstance(args[0], Mapping) \
            and '__method__' in args[0]:
        named = {**args[0], **named}
        args = []
    return {**dict(zip(layout.params.split(), args)), **named}


def find(named: Mapping[str, Any], path: str) -> Any:
    """
    Follow a path of a `Layout` into named parameters.

    :returns: what is there, its name if it is a dictionary, or None.
    """
    value = _follow(named, path)
    return value.get('name') if isinstance(value, Mapping) else value


def _follow(value: Any, path: str) -> Any:
    for step in path.split('.'):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit():
            value = dict(enumerate(value)).get(int(step))
        else:
            return None
    return value


def find_arches(named: Mapping[str, Any], layout: Layout
                ) -> Optional[List[str]]:
    """The arches of a request: a list, or a text with blanks between."""
    value = find(named, layout.arches)
    if isinstance(value, str):
        value = re.findall(r'[^,\s]+', value)
    if isinstance(value, list) and value and all(
            isinstance(arch, str) for arch in value):
        return value
    arch = find(named, layout.arch)
    return [arch] if isinstance(arch, str) else None


def find_package(named: Mapping[str, Any], layout: Layout) -> Optional[str]:
    """
    The name of the package that a request is about, or None.

    :raises ValueError: if there is a source that cannot be read.
    """
    name = find(named, layout.package)
    if layout.suffix == '-source' and isinstance(name, str):
        name = name.rsplit('-', 2)[0]
    source = _follow(named, layout.source)
    if isinstance(source, str):
        name = source_package(source)
    elif isinstance(source, Mapping):
        name = source.get('name')
    if not isinstance(name, str):
        return None
    if layout.suffix and not name.endswith(layout.suffix):
        name += layout.suffix
    return name


def package_of(task: Any) -> Optional[str]:
    """
    The package that a task is about; None also if its source cannot be read.

    :param task: a `Task`.
    """
    try:
        return task.package  # type: ignore[no-any-return]
    except ValueError:
        return None


def find_source(named: Mapping[str, Any], layout: Layout) -> Optional[str]:
    """What a request builds from: a URL, or the path of a ``.src.rpm``."""
    source = _follow(named, layout.source)
    return source if isinstance(source, str) else None


def find_nvr(named: Mapping[str, Any], layout: Layout) -> Optional[str]:
    """
    The name-version-release that a request is about: that of a ``.src.rpm``,
    of a build that it names, or of an image.
    """
    source = find_source(named, layout)
    if source is not None:
        name = source.rsplit('/', 1)[-1]
        for ending in ('.src.rpm', '.nosrc.rpm'):
            if name.endswith(ending) and name.count('-') > 1:
                return name[:-len(ending)]
        return None
    build = named.get(layout.build.partition('.')[0])
    for found, names in [(build, ('name', 'version', 'release')),
                         (named, ('name', 'version', 'release')),
                         (layout.package == 'opts.name'
                          and named.get('opts'),
                          ('name', 'version', 'release')),
                         (named, ('dud_name', 'dud_version', 'dud_release'))]:
        if isinstance(found, Mapping):
            parts: List[Any] = [found.get(name) for name in names]
            if all(isinstance(part, str) and part for part in parts):
                return '-'.join(parts)
    return None


def find_options(named: Mapping[str, Any]) -> Dict[str, Any]:
    """The options in a request; none where it has none."""
    for name in ('opts', 'task_opts', 'options'):
        if isinstance(named.get(name), Mapping):
            return dict(named[name])
    return {}


def find_scratch(params: Sequence[Any]) -> bool:
    """Whether any options in a request say that the build is not kept."""
    for param in params:
        if isinstance(param, Mapping) and (
                param.get('scratch')
                # Named parameters: the options are one of these.
                or (('__method__' in param or '__starstar' in param)
                    and find_scratch(list(param.values())))):
            return True
    return False


def source_package(source: str) -> str:
    """
    The package that a source is of.

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
        name = path.rsplit('/', 1)[-1]
        if name.endswith('.git'):
            name = name[:-len('.git')]
    else:
        name = ''
    if not name:
        raise ValueError(f'no package can be read from {source!r}')
    return name


def result_build(result: Any) -> Optional[int]:
    """
    The build that a task made, where its result says so: those of
    ``buildContainer`` (a list of ids as text) and ``osbuildImage`` do.
    """
    if isinstance(result, list) and len(result) == 1:
        # As `listTasks` has it.
        [result] = result
    if not isinstance(result, Mapping):
        return None
    builds = result.get('koji_builds')
    if isinstance(builds, list) and builds:
        number = builds[0]
    else:
        number = find(result, 'koji.build')
    return int(number) if str(number).isdecimal() else None
