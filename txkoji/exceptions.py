"""
What can go wrong, as one tree::

    KojiException                  all of it; str() is the hub's own text
     +-- GenericError              1000: the hub refused, or did not find
     |    +-- LockError            1001
     |    +-- AuthError            1002
     |    |    +-- AuthLockError   1006
     |    |    +-- AuthExpired     1007
     |    |    +-- SequenceError   1008
     |    |    +-- RetryError      1009: done before, and the answer was lost
     |    |    +-- GSSAPIAuthError 1023, also a KojiLoginException
     |    +-- TagError             1003
     |    +-- ActionNotAllowed     1004
     |    +-- BuildError           1005
     |    |    +-- PreBuildError   1010
     |    |    +-- PostBuildError  1011
     |    |    +-- BuildrootError  1012
     |    +-- FunctionDeprecated   1013
     |    +-- ServerOffline        1014
     |    +-- LiveCDError          1015
     |    +-- PluginError          1016
     |    |    +-- CallbackError   1017
     |    +-- ApplianceError       1018
     |    +-- ParameterError       1019
     |    +-- KojiImportError      1020: "ImportError" in Koji
     |    +-- ConfigurationError   1021, also a ValueError
     |    +-- LiveMediaError       1022
     |    +-- NameValidationError  1024
     +-- KojiLoginException        logging in did not work
     +-- ConnectionClosed          close() was called
     +-- NotSent                   a call that never went out, together with
     |                             the class that says why
     +-- MessageError              no message of Koji's
     +-- ListenError               a broker will not let us listen
     +-- UploadError               a file is not on the hub as it is here
     |    +-- UploadCanceled       also Twisted's CancelledError
     +-- DownloadError             a file is not here as it is on the hub
     +-- TaskFailed                a task failed, not a call
     |    +-- TaskCanceled         it was canceled
     +-- TransportError            no answer, or none that can be read
          +-- ConnectionFailed     also an IOError: refused, dropped, no host
          |    +-- ProxyError      a proxy on the way, which refused
          +-- CallTimeout          also a TimeoutError
          +-- TLSError             the hub is not whom we trust
          +-- HTTPError            a status other than 200
          |    +-- LoginHTTPError  also a KojiLoginException
          +-- AnswerError          200, and yet not an XML-RPC answer

What became of a write is always said:

never sent
    The error is also a `NotSent`: it can be made again.
refused
    The error is a `GenericError` with the hub's ``faultCode``, other than
    RetryError: it was not carried out, whatever became of attempts before.
done, and the answer was lost
    `RetryError`.
unknown
    Any other error: the connection broke, the time was over, the answer could
    not be read, or the Connection was closed, after the request was sent. If
    a later attempt had an answer that says nothing of that one, it is the
    ``__cause__``. (`CancelledError` says nothing either.)

A fault whose code Koji has not given a name (1 is any Python exception on the
hub, 2001 and 2002 are container builds) is a plain `KojiException`.
"""
from __future__ import annotations

import copy
from typing import Any

from twisted.internet.defer import CancelledError


class KojiException(Exception):
    """
    Something that Koji, or the way to it, has to say.

    :ivar faultCode: the hub's number for it; None on what is no fault.
    :ivar method: the hub method that was called, where there was one.
    :ivar url: the hub's URL, without any secret, where that matters.
    """

    def __init__(self, message: str = '', *, faultCode: int | None = None,
                 method: str | None = None,
                 url: str | None = None) -> None:
        super().__init__(message)
        self.faultCode = faultCode
        self.method = method
        self.url = url

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ''


class GenericError(KojiException):
    """The hub refused, or did not find what was asked for (1000)."""


class LockError(GenericError):
    """Somebody else holds the file just now (1001): try again later."""


class AuthError(GenericError):
    """Bad credentials, or a session that the hub does not know (1002)."""


class TagError(GenericError):
    """The build cannot be tagged, or untagged, so (1003)."""


class ActionNotAllowed(GenericError):
    """Not logged in for this, not permitted, or against policy (1004)."""


class BuildError(GenericError):
    """A build failed (1005); mostly met as the result of a task."""


class AuthLockError(AuthError):
    """Another session of this user is exclusive (1006)."""


class AuthExpired(AuthError):
    """The session is too old (1007): log in again."""


class SequenceError(AuthError):
    """A call number is lower than one already seen (1008)."""


class RetryError(AuthError):
    """The call was carried out before, and its answer was lost (1009)."""


class PreBuildError(BuildError):
    """A check before the build failed (1010)."""


class PostBuildError(BuildError):
    """A check after the build failed (1011)."""


class BuildrootError(BuildError):
    """The buildroot could not be made (1012)."""


class FunctionDeprecated(GenericError):
    """The hub no longer does this (1013)."""


class ServerOffline(GenericError):
    """The hub is closed for maintenance (1014): try again later."""


class LiveCDError(GenericError):
    """A live CD task failed (1015)."""


class PluginError(GenericError):
    """A plugin of the hub failed (1016)."""


class CallbackError(PluginError):
    """A callback of a plugin failed, and the call with it (1017)."""


class ApplianceError(GenericError):
    """An appliance task failed (1018)."""


class ParameterError(GenericError):
    """The arguments do not fit the method (1019)."""


class KojiImportError(GenericError):
    """Builds, archives or packages could not be imported (1020)."""


class ConfigurationError(GenericError, ValueError):
    """
    A profile, a configuration file or a certificate file is not usable; the
    text says which and where. A fault with code 1021, or (with no code) our
    own finding.
    """


class LiveMediaError(GenericError):
    """A live media task failed (1022)."""


class NameValidationError(GenericError):
    """A name is too long, or has characters that the hub forbids (1024)."""


class KojiLoginException(KojiException):
    """Logging in failed, or the session that it gave is gone."""


class GSSAPIAuthError(AuthError, KojiLoginException):
    """Logging in with Kerberos failed (1023); the text says what to do."""


class ConnectionClosed(KojiException):
    """The Connection was closed, before the call or while it ran."""


class NotSent(KojiException):
    """
    A call that was never sent, so that the hub cannot have carried it out: it
    can be made again.

    A call of a multicall is a plain `NotSent` until there is a result, and if
    a request before its own failed. Every other error of this class is of
    another class, too, which says why: `CallTimeout` or `ConnectionClosed` (it
    was still queued), `ConnectionFailed` or `TLSError` (no attempt had a
    connection), or the error of a login, a renewal or a second session that
    it needed.
    """


class TaskFailed(KojiException):
    """
    A task failed: what was asked for its result is fine. Its ``__cause__`` is
    what the task failed with, such as a `BuildError`.

    :ivar task: the `Task`.
    """

    def __init__(self, message: str = '', *, task: Any = None,
                 method: str | None = None) -> None:
        super().__init__(message, method=method)
        self.task = task


class TaskCanceled(TaskFailed):
    """A task was canceled, and so has no result."""


class MessageError(KojiException):
    """
    What came from a message bus is no message of Koji, or lacks what such a
    message has.

    :ivar original: what came.
    """

    def __init__(self, message: str = '', *, original: Any = None) -> None:
        super().__init__(message)
        self.original = original


class ListenError(KojiException):
    """
    There is no listening to a message broker: it does not let us in, there is
    no such queue, or a library is missing; see what it says.
    """


class UploadError(KojiException):
    """
    A file was not uploaded.

    :ivar uploaded: how many bytes of it are on the hub.
    """

    def __init__(self, message: str = '', *, uploaded: int = 0) -> None:
        super().__init__(message)
        self.uploaded = uploaded


class DownloadError(KojiException):
    """A file was not downloaded, or not all of it."""


class UploadCanceled(UploadError, CancelledError):
    """Uploading was cancelled."""


class TransportError(KojiException):
    """There is no answer of the hub, or none that can be read."""


class ConnectionFailed(TransportError, ConnectionError):
    """
    The hub, or the server of its files, was not reached, or the connection
    broke; also an IOError.
    """


class ProxyError(ConnectionFailed):
    """
    A proxy did not connect us to the hub, or to the server of its files.

    :ivar status: the number that it answered with, or None.
    """

    def __init__(self, message: str = '', *, status: int | None = None,
                 method: str | None = None, url: str | None = None
                 ) -> None:
        super().__init__(message, method=method, url=url)
        self.status = status


class CallTimeout(TransportError, TimeoutError):
    """The hub took longer than the time limit; also a TimeoutError."""


class TLSError(TransportError):
    """The hub could not prove who it is, or speaks no TLS that we speak."""


class HTTPError(TransportError):
    """
    A status other than 200, which comes from a front server, from a hub that
    could not read the request, or from the server of its files.

    :ivar status: the number.
    :ivar location: where the server refers to, or empty.
    :ivar retry_after: the seconds after which the server wants to be asked
                       again, or None.
    """

    def __init__(self, message: str = '', *, status: int | None = None,
                 method: str | None = None, url: str | None = None,
                 location: str = '', retry_after: float | None = None
                 ) -> None:
        super().__init__(message, method=method, url=url)
        self.status = status
        self.location = location
        self.retry_after = retry_after


class LoginHTTPError(HTTPError, KojiLoginException):
    """
    A status other than 200 when logging in: the front server does not let us
    in, or is out of order.
    """


class AnswerError(TransportError):
    """The answer is not XML-RPC, is not whole, or is not to be trusted."""


FAULTS: dict[int, type[KojiException]] = {
    1000: GenericError,
    1001: LockError,
    1002: AuthError,
    1003: TagError,
    1004: ActionNotAllowed,
    1005: BuildError,
    1006: AuthLockError,
    1007: AuthExpired,
    1008: SequenceError,
    1009: RetryError,
    1010: PreBuildError,
    1011: PostBuildError,
    1012: BuildrootError,
    1013: FunctionDeprecated,
    1014: ServerOffline,
    1015: LiveCDError,
    1016: PluginError,
    1017: CallbackError,
    1018: ApplianceError,
    1019: ParameterError,
    1020: KojiImportError,
    1021: ConfigurationError,
    1022: LiveMediaError,
    1023: GSSAPIAuthError,
    1024: NameValidationError,
}


def from_fault(code: int, text: str,
               method: str | None = None) -> KojiException:
    """
    Make the exception for a fault.

    :param code: the ``faultCode``.
    :param text: the ``faultString``; the exception's `str()`.
    :param method: the hub method that was called.
    """
    return FAULTS.get(code, KojiException)(text, faultCode=code,
                                           method=method)


def copy_of(error: Any) -> Any:
    """
    An exception like this one, for somebody else: what is raised once more
    would get a longer traceback each time.
    """
    try:
        found = copy.copy(error)
    except Exception:
        # Not all exceptions can be copied.
        return error
    found.__cause__ = error.__cause__
    return found.with_traceback(error.__traceback__)


def not_sent(error: KojiException) -> KojiException:
    """
    Make an error also a `NotSent`.

    :param error: the reason why a call was not sent.
    :returns: an exception of the same class with the same members, which is a
              `NotSent`, too.
    """
    if isinstance(error, NotSent):
        return error
    found: KojiException = copy_of(error)
    found.__class__ = _unsent(type(error))
    return found


#: For each class of errors, the one whose errors are also a `NotSent`.
_UNSENT: dict[type[KojiException], type[KojiException]] = {}


def _unsent(kind: type[KojiException]) -> type[KojiException]:
    if issubclass(NotSent, kind):
        return NotSent
    if kind in _UNSENT:
        return _UNSENT[kind]

    def reduce(self: KojiException) -> tuple[Any, ...]:
        # Pickle finds classes by name, and there is none for this one.
        return _restore, (kind, self.args, self.__dict__)

    _UNSENT[kind] = type(kind.__name__, (kind, NotSent), {
        '__module__': kind.__module__, '__doc__': kind.__doc__,
        '__reduce__': reduce})
    return _UNSENT[kind]


def _restore(kind: type[KojiException], args: Any, members: Any
             ) -> KojiException:
    error = _unsent(kind)(*args)
    error.__dict__.update(members)
    return error
