"""
The layouts of requests: the parameters of each task method.

A layout also tells where in the parameters the package, the target and so on
are. The methods are those of Koji itself (koji/tasks.py,
``LEGACY_SIGNATURES``), of its plugins, and of koji-containerbuild,
koji-osbuild and koji-image-builder.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from txkoji.hub.codec.xmlrpc import split_arguments


class Layout(NamedTuple):
    """
    The parameters of a task method, in their order, and paths into them.

    A parameter with a default ends with a question mark. If a path leads to a
    dictionary with a name, it means the name; for `build`, it means the id. Of
    paths with a ``|`` between them, the first that leads to a value counts.
    """

    #: The names of the parameters, separated by spaces.
    params: str
    #: The path of the source.
    source: str = ''
    #: The path of the name of the package.
    package: str = ''
    #: The path of the build target.
    target: str = ''
    #: The path of the tag.
    tag: str = ''
    #: The path of the architecture.
    arch: str = ''
    #: The path of the architectures, separated by spaces.
    arches: str = ''
    #: The path of the build.
    build: str = ''
    #: Follows the name of the source in the name of the package.
    suffix: str = ''

    @property
    def names(self) -> list[str]:
        """The names of the parameters, in their order."""
        return self.params.replace('?', '').split()

    @property
    def required(self) -> list[str]:
        """The names of the parameters without a default."""
        return [name for name in self.params.split()
                if not name.endswith('?')]


def _image(params: str) -> Layout:
    return Layout(params, package='name', target='target', arches='arches')


def _image_arch(params: str) -> Layout:
    return Layout(params, package='name', target='target_info',
                  tag='build_tag', arch='arch')


#: The layout of each task method.
METHODS: dict[str, Layout] = {
    # Packages.
    'build': Layout('src target opts?', source='src', target='target',
                    arches='opts.arch_override'),
    'chainbuild': Layout('srcs target opts?', target='target'),
    'buildSRPMFromSCM': Layout('url build_tag opts?', source='url',
                               tag='build_tag'),
    'rebuildSRPM': Layout('srpm build_tag opts?', source='srpm',
                          tag='build_tag'),
    'buildArch': Layout('pkg root arch keep_srpm opts?', source='pkg',
                        tag='root', arch='arch'),
    'maven': Layout('url target opts?', source='url', target='target'),
    'buildMaven': Layout('url build_tag opts?', source='url', tag='build_tag'),
    'chainmaven': Layout('builds target opts?', target='target'),
    'wrapperRPM': Layout('spec_url build_target build task opts?',
                         source='spec_url', package='build',
                         target='build_target',
                         tag='build_target.build_tag_name'
                             '|build_target.build_tag', build='build'),
    'winbuild': Layout('name source_url target opts', source='source_url',
                       target='target'),
    'vmExec': Layout('name task_info opts', source='task_info.0',
                     tag='task_info.1'),
    # Tags and repositories.
    'tagBuild': Layout('tag_id build_id force? fromtag? ignore_success?',
                       tag='tag_id', build='build_id'),
    'tagNotification': Layout('recipients is_successful tag_info from_info'
                              ' build_info user_info ignore_success?'
                              ' failure_msg?',
                              package='build_info', tag='tag_info',
                              build='build_info'),
    'buildNotification': Layout('recipients build target weburl',
                                package='build', target='target',
                                build='build'),
    'newRepo': Layout('tag event? src? debuginfo? separate_src? opts?',
                      tag='tag'),
    'createrepo': Layout('repo_id arch oldrepo', arch='arch'),
    'distRepo': Layout('tag repo_id keys task_opts', tag='tag',
                       arches='task_opts.arch'),
    'createdistrepo': Layout('tag repo_id arch keys opts', tag='tag',
                             arch='arch'),
    'waitrepo': Layout('tag newer_than? nvrs? min_event?', tag='tag'),
    # Images.
    'image': _image('name version arches target inst_tree opts?'),
    'livemedia': _image('name version arches target ksfile opts?'),
    'livecd': _image('name version arch target ksfile opts?')._replace(
        arch='arch', arches=''),
    'appliance': _image('name version arch target ksfile opts?')._replace(
        arch='arch', arches=''),
    'createImage': _image_arch('name version release arch target_info'
                               ' build_tag repo_info inst_tree opts?'),
    'createLiveCD': _image_arch('name version release arch target_info'
                                ' build_tag repo_info ksfile opts?'),
    'createAppliance': _image_arch('name version release arch target_info'
                                   ' build_tag repo_info ksfile opts?'),
    'createLiveMedia': _image_arch('name version release arch target_info'
                                   ' build_tag repo_info ksfile opts?'),
    'indirectionimage': Layout('opts', package='opts.name',
                               target='opts.target', arch='opts.arch',
                               arches='opts.arches'),
    'kiwiBuild': Layout('target arches desc_url desc_path opts?',
                        target='target', arches='arches'),
    'createKiwiImage': _image_arch('name version release arch target_info'
                                   ' build_tag repo_info desc_url desc_path'
                                   ' opts?'),
    'dudBuild': Layout('dud_name dud_version arches target pkg_list opts?',
                       package='dud_name', target='target', arches='arches'),
    'createDudIso': _image_arch('dud_name dud_version dud_release arch'
                                ' target_info build_tag repo_info pkg_list'
                                ' opts?')._replace(package='dud_name'),
    'osbuildImage': _image('name version distro image_type target arches'
                           ' opts?'),
    'imageBuilderBuild': _image('target arches types name version opts?'),
    'imageBuilderBuildArch': Layout('name version release arch types'
                                    ' target_info build_config repo_info'
                                    ' opts?', package='name',
                                    target='target_info', tag='build_config',
                                    arch='arch'),
    # Containers.
    'buildContainer': Layout('src target opts?', source='src',
                             target='target', arches='opts.arch_override',
                             suffix='-container'),
    'createContainer': Layout('src target_info arches opts?', source='src',
                              target='target_info', arches='arches',
                              suffix='-container'),
    'buildSourceContainer': Layout('target opts?',
                                   package='opts.koji_build_nvr',
                                   target='target', suffix='-source'),
    # Others.
    'dependantTask': Layout('wait_list task_list'),
    'restart': Layout('host'),
    'restartVerify': Layout('task_id host'),
    'restartHosts': Layout('options?'),
    'saveFailedTree': Layout('buildrootID full?'),
    'runroot': Layout('root arch command keep? packages? mounts? repo_id?'
                      ' skip_setarch? weight? upload_logs? new_chroot?',
                      tag='root', arch='arch'),
}


def parameters(layout: Layout, params: Sequence[Any]) -> dict[str, Any]:
    """
    Map the parameters of a request by name.

    Named parameters are in a last dictionary with a ``__starstar``, or all in
    a single dictionary with a ``__method__``.
    """
    args, named = _split(params)
    return {**dict(zip(layout.names, args)), **named}


def fits(layout: Layout, params: Sequence[Any]) -> bool:
    """
    Tell whether a request has all required parameters, and no others.

    A request with a ``__method__`` names its parameters itself.
    """
    args, named = _split(params)
    if '__method__' in named:
        return True
    given = [*layout.names[:len(args)], *named]
    return (len(args) <= len(layout.names)
            and len(set(given)) == len(given)
            and set(layout.required) <= set(given) <= set(layout.names))


def _split(params: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Split a request into positional and named parameters."""
    args, named = split_arguments(params)
    if len(args) == 1 and isinstance(args[0], Mapping) \
            and '__method__' in args[0]:
        return [], {**args[0], **named}
    return list(args), named


def find(named: Mapping[str, Any], paths: str) -> Any:
    """
    Follow the paths of a `Layout` into named parameters.

    :returns: the value; the name of a dictionary; or None.
    """
    for path in paths.split('|'):
        value = follow(named, path)
        if isinstance(value, Mapping):
            value = value.get('name')
        if value is not None:
            return value
    return None


def follow(value: Any, path: str) -> Any:
    """Follow one path into a value; None if the path leads nowhere."""
    for step in path.split('.'):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit():
            value = dict(enumerate(value)).get(int(step))
        else:
            return None
    return value
