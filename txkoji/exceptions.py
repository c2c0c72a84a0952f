"""
The exceptions of txkoji, and what to do about them.

If the hub refuses a call, the Deferred fails with `GenericError` or a
subclass, by the fault's code. If no valid answer arrives, it fails with
`TransportError` or a subclass. All of them are `KojiException`:

.. code-block:: python

    from txkoji.exceptions import GenericError, TransportError

    try:
        await koji.getTag('no-such', strict=True)
    except GenericError as error:
        fault = error
    except TransportError:
        print('try again later')
    fault                           # No such tagInfo: 'no-such'
    fault.faultCode                 # 1000
    fault.method                    # getTag

The tree
--------

::

    KojiException                  any error; str() is the text
     +-- GenericError              1000: the hub refused, or did not find
     |    +-- LockError            1001: a file is locked
     |    +-- AuthError            1002: bad credentials, or unknown session
     |    |    +-- AuthLockError   1006: another session is exclusive
     |    |    +-- AuthExpired     1007: the session has expired
     |    |    +-- SequenceError   1008: the callnum is too low
     |    |    +-- RetryError      1009: done before, and the answer was lost
     |    |    +-- GSSAPIAuthError 1023: Kerberos, also a KojiLoginException
     |    +-- TagError             1003: the build cannot be tagged or untagged
     |    +-- ActionNotAllowed     1004: not permitted
     |    +-- BuildError           1005: a build failed
     |    |    +-- PreBuildError   1010: a check before the build failed
     |    |    +-- PostBuildError  1011: a check after the build failed
     |    |    +-- BuildrootError  1012: the buildroot could not be made
     |    +-- FunctionDeprecated   1013: the hub has dropped the method
     |    +-- ServerOffline        1014: the hub is closed for maintenance
     |    +-- LiveCDError          1015: a live CD task failed
     |    +-- PluginError          1016: a plugin of the hub failed
     |    |    +-- CallbackError   1017: a callback of a plugin failed
     |    +-- ApplianceError       1018: an appliance task failed
     |    +-- ParameterError       1019: the arguments do not fit the method
     |    +-- KojiImportError      1020: "ImportError" in Koji
     |    +-- ConfigurationError   1021: a bad setting, also a ValueError
     |    +-- LiveMediaError       1022: a live media task failed
     |    +-- NameValidationError  1024: the hub forbids the name
     +-- KojiLoginException        a login failed, is missing, or has ended
     +-- ConnectionClosed          close() was called
     +-- NotSent                   not sent; also of the class that says why
     +-- MessageError              not a message of Koji
     +-- ListenError               a message broker refused, or is unusable
     +-- StreamOverflow            a loop took its events too slowly
     +-- UploadError               a file was not uploaded
     |    +-- UploadCanceled       canceled; also Twisted's CancelledError
     +-- DownloadError             a file was not downloaded
     +-- TaskFailed                a task failed, and the call did not
     |    +-- TaskCanceled         the task was canceled
     +-- TransportError            no answer, or a malformed one
          +-- ConnectionFailed     no connection, or a lost one; an OSError
          |    +-- ProxyError      the proxy refused
          +-- CallTimeout          the time is over; a TimeoutError
          +-- TLSError             the server's certificate, or TLS, is wrong
          +-- HTTPError            a status other than 200
          |    +-- LoginHTTPError  at a login, also a KojiLoginException
          +-- AnswerError          malformed, incomplete or too large

A fault whose code has no class here is a plain `KojiException`. Code 1 is any
Python exception on the hub; 2001 and 2002 are container builds.

The outcome of a write
----------------------

The error of a write tells the outcome of the write:

not sent
    The error is also a `NotSent`. The program can make the call again.
refused
    The error is a `GenericError` with a `faultCode`, and not a `RetryError`.
    The hub did not carry out any attempt.
carried out, and the answer lost
    The error is a `RetryError`.
unknown
    Any other error: the connection broke, the time was over, the answer was
    malformed, or the Connection was closed, after the request was sent. The
    ``__cause__`` may be a later error, which does not tell the outcome. Nor
    does Twisted's `CancelledError`.

For example:

.. code-block:: python

    from txkoji.exceptions import NotSent, RetryError

    await koji.login()
    hub.respond('createTag', 101)
    try:
        await koji.createTag('f45-mine')
    except RetryError:
        pass                        # the tag exists
    except NotSent:
        print('make the call again')
    except TransportError:
        print('look for the tag')
    except GenericError as refusal:
        print('the hub refused:', refusal)

Limits
------

An attempt times out after the ``timeout`` of the profile or the Connection,
600 seconds by default (for a file under the topurl, after that time without a
byte). The error is a `CallTimeout`. An answer of more than ``max_body`` bytes,
512 MiB by default, is an `AnswerError`; files and the lists of ``iterate()``
have no limit. Canceling a Deferred closes its socket at any time, and closing
a Connection ends all that is left:

.. code-block:: python

    await koji.close()
"""
from __future__ import annotations

import copy
from typing import Any

from twisted.internet.defer import CancelledError, Deferred


class KojiException(Exception):
    """
    An error of Koji, of the connection to Koji, or of this library.

    :ivar faultCode: the code of the hub's fault; None for other errors.
    :ivar method: the hub method that was called, or None.
    :ivar url: the hub's URL without secrets, or None.
    :ivar hint: what may help, such as "did you mean getTag?", or None. It is
                about the name of a hub method, or about its arguments.
    """

    def __init__(self, message: str = '', *, faultCode: int | None = None,
                 method: str | None = None,
                 url: str | None = None) -> None:
        super().__init__(message)
        self.faultCode = faultCode
        self.method = method
        self.url = url
        self.hint: str | None = None

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ''


class GenericError(KojiException):
    """The hub refused a call, or did not find an object (1000)."""


class LockError(GenericError):
    """An uploaded file is locked on the hub (1001). Try again later."""


class AuthError(GenericError):
    """Bad credentials, or a session that the hub does not know (1002)."""


class TagError(GenericError):
    """The build cannot be tagged or untagged like this (1003)."""


class ActionNotAllowed(GenericError):
    """The call needs a login or a permission, or breaks a policy (1004)."""


class BuildError(GenericError):
    """A build failed (1005). Most often this is the result of a task."""


class AuthLockError(AuthError):
    """Another session of this user is exclusive (1006)."""


class AuthExpired(AuthError):
    """The session has expired (1007). Log in again."""


class SequenceError(AuthError):
    """The callnum is lower than an earlier one of the session (1008)."""


class RetryError(AuthError):
    """The call was carried out before, and its answer was lost (1009)."""


class PreBuildError(BuildError):
    """A check before the build failed (1010)."""


class PostBuildError(BuildError):
    """A check after the build failed (1011)."""


class BuildrootError(BuildError):
    """The buildroot could not be made (1012)."""


class FunctionDeprecated(GenericError):
    """The hub no longer has this method (1013)."""


class ServerOffline(GenericError):
    """The hub is closed for maintenance (1014). Try again later."""


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
    A profile, an option, an argument or a certificate file is not usable.

    The text says which one. The error is a fault of the hub (1021), or has no
    `faultCode` and comes from this library.
    """


class LiveMediaError(GenericError):
    """A live media task failed (1022)."""


class NameValidationError(GenericError):
    """A name is too long, or has characters that the hub forbids (1024)."""


class KojiLoginException(KojiException):
    """A login failed, is missing, or has ended."""


class GSSAPIAuthError(AuthError, KojiLoginException):
    """The login with Kerberos failed (1023). The text says what to do."""


class ConnectionClosed(KojiException):
    """The Connection was closed before the call, or during the call."""


class NotSent(KojiException):
    """
    A call was not sent, so the hub cannot have carried it out.

    The program can make the call again. The error is also of another class,
    which says why the call was not sent: `CallTimeout` or `ConnectionClosed`
    for a call that was queued, `ConnectionFailed` or `TLSError` if there was
    no connection, or the class of the error of a login, a renewal or a
    subsession. Only a call of a multicall is a plain `NotSent`: before the
    multicall is made, and if an earlier request of the multicall failed.
    """


class TaskFailed(KojiException):
    """
    A task failed. The ``__cause__`` is the task's error, as a `BuildError`.

    :ivar task: the `Task`.
    """

    def __init__(self, message: str = '', *, task: Any = None,
                 method: str | None = None) -> None:
        super().__init__(message, method=method)
        self.task = task

    def failure(self) -> Deferred[Any]:
        """
        Find out why the task failed.

        :returns: a Deferred that fires as that of `Task.failure`.
        """
        found: Deferred[Any] = self.task.failure()
        return found


class TaskCanceled(TaskFailed):
    """A task was canceled, so it has no result."""


class MessageError(KojiException):
    """
    A message of a message bus is not a message of Koji, or lacks a field.

    :ivar original: the message.
    """

    def __init__(self, message: str = '', *, original: Any = None) -> None:
        super().__init__(message)
        self.original = original


class StreamOverflow(KojiException):
    """More events came than may wait for the loop that reads them."""


class ListenError(KojiException):
    """
    A message broker cannot be listened to.

    The text says why: a wrong URL, a missing library, or a refusal.
    """


class UploadError(KojiException):
    """
    A file was not uploaded.

    :ivar uploaded: the number of bytes that are on the hub.
    """

    def __init__(self, message: str = '', *, uploaded: int = 0) -> None:
        super().__init__(message)
        self.uploaded = uploaded


class DownloadError(KojiException):
    """A file was not downloaded, or only in part."""


class UploadCanceled(UploadError, CancelledError):
    """An upload was canceled."""


class TransportError(KojiException):
    """The hub did not answer, or the answer is malformed."""


class ConnectionFailed(TransportError, ConnectionError):
    """
    A server was not reached, or the connection broke; also an OSError.

    The server is the hub, or the server of the hub's files.
    """


class ProxyError(ConnectionFailed):
    """
    A proxy did not connect to the hub, or to the server of the hub's files.

    :ivar status: the HTTP status of the proxy's answer, or None.
    """

    def __init__(self, message: str = '', *, status: int | None = None,
                 method: str | None = None, url: str | None = None
                 ) -> None:
        super().__init__(message, method=method, url=url)
        self.status = status


class CallTimeout(TransportError, TimeoutError):
    """A time limit is over. The error is also a TimeoutError."""


class TLSError(TransportError):
    """The server's certificate is not trusted, or a TLS handshake failed."""


class HTTPError(TransportError):
    """
    A server answered with a status other than 200.

    The server is a front server, a hub that could not read the request, or
    the server of the hub's files.

    :ivar status: the status.
    :ivar location: the URL of a redirect, or "".
    :ivar retry_after: the seconds of a ``Retry-After`` header, or None.
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
    """A front server answered a login with a status other than 200."""


class AnswerError(TransportError):
    """The answer is malformed, incomplete or too large."""


#: The classes of faults by code.
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
    Make the exception of a fault.

    :param code: the ``faultCode``.
    :param text: the ``faultString``, which is the `str()` of the exception.
    :param method: the hub method that was called.
    """
    return FAULTS.get(code, KojiException)(text, faultCode=code,
                                           method=method)


def copy_of(error: Any) -> Any:
    """Copy an exception, since each raise makes its traceback longer."""
    try:
        copied = copy.copy(error)
    except Exception:
        # Some exceptions cannot be copied.
        return error
    copied.__cause__ = error.__cause__
    return copied.with_traceback(error.__traceback__)
