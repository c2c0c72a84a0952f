"""
Side tags: tags of a user's own for a while.

They need a plugin of the hub, ``sidetag_hub``, which comes with Koji.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.client import HubClient
from txkoji.exceptions import GenericError, KojiException
from txkoji.files.uploads import check_login
from txkoji.hub.deferreds import shield
from txkoji.rows import Tag
from txkoji.undo import LIMIT, attempt, call_or_undo
from txkoji.waiting.polling import key_of
from txkoji.waiting.repositories import wait_for_repo


class SideTags:
    """
    The side tags of a hub; see `Connection.side_tags`.

    If the hub has no plugin for side tags, each method fails with a
    `GenericError` that says so.

    :param client: makes the calls.
    """

    def __init__(self, client: HubClient) -> None:
        self._client = client

    def list(self, base: int | str | None = None,
             user: int | str | None = None) -> Deferred[list[Tag]]:
        """
        List side tags.

        :param base: the id or the name of the tag that they are made of; None
                     for any.
        :param user: the id or the name of their owner; None for any.
        :returns: a Deferred that fires with a list of `Tag` with ``id``,
                  ``name``, ``user_id`` and ``user_name``.
        :raises GenericError: if there is no such tag or user.
        """
        return self._call('listSideTags', base, user)

    def create(self, base: int | str, *, debuginfo: bool = False,
               suffix: str | None = None) -> Deferred[Tag]:
        """
        Create a side tag, with a build target of the same name.

        If this is canceled, a tag that the hub has made is removed. See also
        `Connection.side_tag`.

        :param base: the id or the name of the tag that it inherits from.
        :param debuginfo: whether its repositories have packages with debugging
                          information.
        :param suffix: the end of its name, one that the hub allows.
        :returns: a Deferred that fires with a `Tag`, with all its members.
        :raises ActionNotAllowed: if you are not logged in, or a policy of the
                                  hub is against it.
        :raises GenericError: if there is no such tag, or the suffix is not
                              allowed.
        """
        return Deferred.fromCoroutine(self._create(base, debuginfo, suffix))

    async def _create(self, base: int | str, debuginfo: bool,
                      suffix: str | None) -> Tag:
        check_login(self._client, 'side_tag')
        options: dict[str, Any] = {}
        if debuginfo:
            options['debuginfo'] = True
        if suffix is not None:
            options['suffix'] = suffix

        async def create() -> Tag:
            made: Tag = await self._call('createSideTag', base, **options)
            try:
                whole: Tag | None = await self._client.getTag(made.id)
            except KojiException:
                # The tag is there: the caller must get to know it.
                whole = None
            return whole or made

        return await call_or_undo(
            self._client, Deferred.fromCoroutine(create()), self.remove,
            f'createSideTag of {base}', lambda tag: f'side tag {tag.name}')

    def edit(self, tag: Any, *, debuginfo: bool | None = None,
             rpm_macros: Mapping[str, Any] | None = None,
             remove_rpm_macros: Sequence[str] | None = None
             ) -> Deferred[None]:
        """
        Change a side tag. The tag that it is made of has to allow that.

        :param tag: the `Tag`, its id or its name.
        :param debuginfo: whether its repositories have packages with debugging
                          information; None to leave that as it is.
        :param rpm_macros: macros for RPM to set, by name.
        :param remove_rpm_macros: names of macros to remove.
        :returns: a Deferred that fires with None.
        :raises ActionNotAllowed: if the tag is another user's.
        :raises GenericError: if it is no side tag, or may not be changed.
        """
        given = {'debuginfo': debuginfo, 'rpm_macros': rpm_macros,
                 'remove_rpm_macros': remove_rpm_macros}
        return self._call('editSideTag', key_of(tag), **{
            name: value for name, value in given.items()
            if value is not None})

    def remove(self, tag: Any) -> Deferred[None]:
        """
        Remove a side tag, with its build target. Its builds stay.

        :param tag: the `Tag`, its id or its name.
        :returns: a Deferred that fires with None. A removal under way is not
                  canceled, and has 30 seconds.
        :raises ActionNotAllowed: if the tag is another user's.
        :raises GenericError: if it is no side tag.
        """
        client = self._client.with_options(deadline=LIMIT)
        return Deferred.fromCoroutine(shield(
            SideTags(client)._call('removeSideTag', key_of(tag))))

    def _call(self, method: str, *args: Any, **kwargs: Any) -> Deferred[Any]:
        return self._client.call(method, *args, **kwargs).addErrback(_explain)


class SideTag:
    """
    A side tag for a while; see `Connection.side_tag`.

    :param client: makes the calls.
    """

    _log = Logger()

    def __init__(self, client: HubClient, base: int | str, *,
                 debuginfo: bool, suffix: str | None, wait_repo: bool,
                 timeout: float | None) -> None:
        self._client = client
        self._base = base
        self._options: dict[str, Any] = {'debuginfo': debuginfo,
                                         'suffix': suffix}
        self._wait_repo = wait_repo
        self._timeout = timeout
        self._tag: Tag | None = None
        self._tags = SideTags(client)

    async def __aenter__(self) -> Tag:
        if self._tag is not None:
            raise RuntimeError(f'side tag {self._tag.name} is in use: a second'
                               ' one is another side_tag()')
        tag: Tag = await self._tags.create(self._base, **self._options)
        self._tag = tag
        if self._wait_repo:
            try:
                await wait_for_repo(self._client, tag.id, (), None,
                                    self._timeout, None, None)
            except Exception:
                await self._try_removal(tag)
                raise
        return tag

    async def __aexit__(self, kind: type[BaseException] | None,
                        error: BaseException | None, trace: Any) -> None:
        tag = self._tag
        assert tag is not None
        if isinstance(error, GeneratorExit):
            # Python is destroying the coroutine, which must not await now.
            self._log.error('side tag {name} is left', name=tag.name)
        elif error is not None:
            # The program has to see its own error.
            await self._try_removal(tag)
        else:
            try:
                await self._remove(tag)
            except KojiException as failed:
                self._log.error('side tag {name} is left: {error}',
                                name=tag.name, error=str(failed))
                raise

    async def _try_removal(self, tag: Tag) -> None:
        await shield(Deferred.fromCoroutine(attempt(
            self._remove(tag), f'side tag {tag.name} is left')))

    async def _remove(self, tag: Tag) -> None:
        try:
            await self._tags.remove(tag)
        except GenericError as error:
            # Some hubs remove a side tag with its last build.
            if 'No such tag' not in str(error):
                raise
        finally:
            self._tag = None


def _explain(failure: Failure) -> Failure:
    """Say what it means that the hub lacks a method for side tags."""
    error = failure.value
    if isinstance(error, GenericError) and 'Invalid method' in str(error):
        raise GenericError(
            f'this hub has no side tags: its plugin sidetag_hub is missing'
            f' ({error})', faultCode=error.faultCode, method=error.method,
            url=error.url) from error
    return failure
