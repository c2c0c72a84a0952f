"""Undoing a write whose caller was canceled."""
from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger

from txkoji.client import HubClient
from txkoji.exceptions import GenericError, KojiException, NotSent, RetryError
from txkoji.hub.deferreds import shield

#: Seconds for the answer to a canceled write, and again for undoing it.
LIMIT = 30

T = TypeVar('T')

_log = Logger()


async def call_or_undo(client: HubClient, work: Deferred[T],
                       undo: Callable[[T], Awaitable[object]], name: str,
                       describe: Callable[[T], str]) -> T:
    """
    Wait for a write, and undo it if the caller is canceled meanwhile.

    A canceled request may be carried out all the same. So the request goes on
    for up to `LIMIT` seconds, and the object that it made is removed.

    :param work: the write under way. It fires with the object that it made.
    :param undo: removes the object.
    :param name: of the write, for the log.
    :param describe: tells the name of the object, for the log.
    :returns: the object.
    :raises CancelledError: if the caller was canceled, after the undoing. An
                            object that may be left is logged.
    """
    relay: Deferred[T] = Deferred()

    def pass_on(result: Any) -> Any:
        if relay.called:
            # It was canceled: the result is for _undo.
            return result
        relay.callback(result)
        return None

    work.addBoth(pass_on)
    try:
        return await relay
    except CancelledError:
        if not work.called:
            await shield(Deferred.fromCoroutine(
                _undo(client, work, undo, name, describe)))
        raise


async def _undo(client: HubClient, work: Deferred[T],
                undo: Callable[[T], Awaitable[object]], name: str,
                describe: Callable[[T], str]) -> None:
    timer = client.reactor.callLater(LIMIT, work.cancel)
    try:
        made = await work
    except (CancelledError, KojiException) as error:
        if not _refused(error):
            _log.warn('{name} was canceled; the hub may have carried it out,'
                      ' since the outcome is unknown: {error}', name=name,
                      error=str(error) or type(error).__name__)
        return
    finally:
        if timer.active():
            timer.cancel()
    await attempt(undo(made),
                  f'{name} was canceled, and {describe(made)} is left')


async def attempt(removal: Awaitable[object], text: str) -> bool:
    """
    Try to remove an object, and log if that fails.

    :param text: for the log, with the name of the object.
    :returns: whether the object was removed.
    """
    try:
        await removal
    except (CancelledError, KojiException) as error:
        _log.error('{text}: {error}', text=text,
                   error=str(error) or type(error).__name__)
        return False
    return True


def _refused(error: Exception) -> bool:
    """Tell whether an error means that the hub carried nothing out."""
    return isinstance(error, NotSent) or (
        isinstance(error, GenericError) and not isinstance(error, RetryError))
