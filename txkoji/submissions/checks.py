"""
Checks before a build is submitted.

A hub makes a task for almost any arguments. Without these checks, the task
would fail minutes later.
"""
from __future__ import annotations

from typing import NamedTuple

from txkoji.client import HubClient
from txkoji.exceptions import ActionNotAllowed, BuildError, GenericError
from txkoji.files.uploads import check_login
from txkoji.multicall import MultiCall
from txkoji.rows import BuildTarget


class Target(NamedTuple):
    """
    The target of a submission.

    :ivar name: its name, or None.
    :ivar priority: the priority of the task, relative to Koji's default.
    :ivar is_tagged: whether the build will be tagged with its destination.
    :ivar may_be_tag: whether the name may be that of a tag, since the
                      repository is given.
    :ivar package: the name of an uploaded source package, or None.
    """

    name: str | None
    priority: int | None
    is_tagged: bool
    may_be_tag: bool
    package: str | None


async def check_target(client: HubClient, target: Target) -> None:
    """
    Check a build.

    :raises ActionNotAllowed: if you are not logged in, the priority needs an
                              administrator, or the tag is locked.
    :raises GenericError: if there is no such target.
    :raises BuildError: if the tag does not list the uploaded package.
    """
    found = await _find_target(client, 'submit_build', target)
    if found is None or not target.is_tagged:
        return
    many = MultiCall(client, strict=True)
    tag = many.getTag(found.dest_tag, strict=True)
    listed = None if target.package is None else many.checkTagPackage(
        found.dest_tag, target.package)
    await many()
    _check_locked('submit_build', bool(tag.result.locked), found)
    if listed is not None and not listed.result:
        raise BuildError(
            f'submit_build: package {target.package} is not listed, or is'
            f' blocked, in tag {found.dest_tag_name} of target {found.name}:'
            ' add it to the tag, or make a scratch build', method='build')


async def check_chain(client: HubClient, target: Target,
                      sources: list[list[str]]) -> None:
    """
    Check a chain build.

    :raises ValueError: if the sources are malformed.
    :raises ActionNotAllowed: as by `check_target`.
    :raises GenericError: if there is no such target, or if its builds would
                          not be in the tag that later groups build with.
    """
    _check_sources(sources)
    found = await _find_target(client, 'submit_chain', target)
    if found is None:
        raise ValueError('submit_chain: a chain build needs a target')
    many = MultiCall(client, strict=True)
    tag = many.getTag(found.dest_tag, strict=True)
    parents = many.getFullInheritance(found.build_tag)
    await many()
    _check_locked('submit_chain', bool(tag.result.locked), found)
    if found.dest_tag not in [found.build_tag, *(
            row['parent_id'] for row in parents.result)]:
        raise GenericError(
            f'submit_chain: target {found.name} is not usable for a chain:'
            f' its build tag {found.build_tag_name} does not inherit from its'
            f' destination {found.dest_tag_name}', method='chainBuild')


def _check_sources(sources: list[list[str]]) -> None:
    if not sources or not all(sources):
        raise ValueError('submit_chain: a chain has at least one group, and'
                         ' each group has at least one source')
    for source in [each for group in sources for each in group]:
        if not isinstance(source, str) or not (
                '://' in source or '/' not in source
                and not source.endswith('.rpm') and source.count('-') >= 2):
            raise ValueError(
                f'submit_chain: {source!r} is neither the URL of a source nor'
                ' the name-version-release of a build (a chain takes no'
                ' uploaded packages)')


async def _find_target(client: HubClient, what: str, target: Target
                       ) -> BuildTarget | None:
    """
    Find the target; check the login and the priority.

    :param what: the method that the program called.
    :returns: None if there is none, or if it may be a tag.
    """
    check_login(client, what)
    if target.name is None:
        return None
    many = MultiCall(client, strict=True)
    found = many.getBuildTarget(target.name)
    allowed = (many.hasPerm('admin')
               if target.priority is not None and target.priority < 0
               else None)
    await many()
    if allowed is not None and not allowed.result:
        raise ActionNotAllowed(
            f'{what}: priority {target.priority} is for administrators; others'
            ' can use 0 and above', method='hasPerm')
    row: BuildTarget | None = found.result
    if row is None and not target.may_be_tag:
        raise GenericError(f'{what}: No such build target: {target.name!r}',
                           method='getBuildTarget')
    return row


def _check_locked(what: str, locked: bool, target: BuildTarget) -> None:
    if locked:
        raise ActionNotAllowed(
            f'{what}: tag {target.dest_tag_name} of target {target.name} is'
            ' locked', method='getTag')
