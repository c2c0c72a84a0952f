"""The dispatch of calls: each is a savepoint of its request's transaction."""
from __future__ import annotations

import copy
import difflib
import inspect
import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from txkoji.exceptions import (
    FAULTS,
    ActionNotAllowed,
    GenericError,
    KojiException,
    ParameterError,
)
from txkoji.hub.codec.xmlrpc import split_arguments
from txkoji.hub.reads import is_read
from txkoji.testing.api import described, help_of
from txkoji.testing.caller import Caller
from txkoji.testing.calls import Export, complaint
from txkoji.testing.lookups import PlainFault
from txkoji.testing.methods import (
    GUARDS,
    SINCE,
    answered,
    exists,
    known_exports,
    known_methods,
)
from txkoji.testing.queries import part
from txkoji.testing.sessions import Credentials
from txkoji.testing.world import World

#: The methods of plugins that other hubs have.
PLUGINS = frozenset((
    'buildContainer', 'buildSourceContainer', 'dudBuild', 'imageBuilderBuild',
    'osbuildImage', 'buildNotification', 'flatpakBuild', 'runroot',
    'kiwiBuild', 'saveFailedTree', 'listSideTags', 'createSideTag'))

#: Change what a hub knows of sessions, or need none.
OF_SESSIONS = ('exclusiveSession', 'login', 'logout', 'logoutChild',
               'sharedSession', 'sslLogin', 'subsession')

#: Rows are read when they are encoded, but not if they are fewer.
FEW = 100

#: The methods that call several others.
MANY = ('multiCall', 'system.multicall')


@dataclass(frozen=True)
class Taught:
    """
    An answer that a hub was taught.

    :ivar anonymous: whether nobody may call it, though it is a write.
    """

    #: Gets the arguments of a call, and returns the answer.
    function: Callable[..., Any]
    anonymous: bool = False

    def __call__(self, caller: Caller, args: Sequence[Any],
                 kwargs: dict[str, Any]) -> Any:
        """Call the hub method."""
        try:
            parameters = inspect.signature(self.function).parameters
        except (TypeError, ValueError):
            parameters = {}  # type: ignore[assignment]
        wanted = parameters.get('caller')
        if wanted is not None and wanted.kind == wanted.KEYWORD_ONLY:
            kwargs = {**kwargs, 'caller': caller}
        try:
            inspect.signature(self.function).bind(*args, **kwargs)
        except TypeError:
            try:
                # For Python's own words, which are the hub's, too.
                return self.function(*args, **kwargs)
            except TypeError as error:
                raise ParameterError(str(error)) from error
        except ValueError:
            pass
        return self.function(*args, **kwargs)


class Dispatcher:
    """
    Carries out calls.

    :param world: what the hub knows.

    :ivar calls: what it was asked.
    :ivar taught: what it was taught, by method.
    """

    _log = Logger()

    def __init__(self, world: World) -> None:
        self._world = world
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.taught: dict[str, Taught] = {}

    async def request(self, method: str, args: Sequence[Any],
                      kwargs: dict[str, Any],
                      credentials: Credentials | None) -> Any:
        """Carry out a call of a request; its changes are kept by others."""
        if method in MANY and method not in self.taught:
            self._note(method, args, kwargs)
            calls = self._many_arguments(args, kwargs)
            return await self._many(calls, credentials)
        return await self.perform(method, args, kwargs, credentials)

    def changes(self, method: str, args: Any, kwargs: Any) -> bool:
        """Whether the request under way has changed anything."""
        if self._world.changed:
            return True
        if is_read(method, *[args, kwargs]):
            return False
        if method in MANY:
            return any(self._writes(entry.get('methodName'))
                       for entry in args[0] if isinstance(entry, dict))
        return self._writes(method)

    def _writes(self, method: Any) -> bool:
        """Whether a call is a write that the tables do not show."""
        if method in self.taught:
            return not is_read(method, [], {})
        return method in (*OF_SESSIONS, 'upload', 'uploadFile')

    async def perform(self, method: str, args: Sequence[Any],
                      kwargs: dict[str, Any],
                      credentials: Credentials | None) -> Any:
        """
        Carry out one call.

        :raises KojiException: if it fails; nothing of it stays then.
        """
        self._note(method, args, kwargs)
        world = self._world
        transaction = world.transaction
        savepoint = world.savepoint()
        try:
            value = self._call(method, args, kwargs, credentials)
            while inspect.isawaitable(value):
                value = await value
                world.transaction = transaction
        except BaseException:
            world.transaction = transaction
            world.undo(savepoint)
            raise
        return value

    def _note(self, method: str, args: Sequence[Any], kwargs: Any) -> None:
        self.calls.append(copy.deepcopy((method, tuple(args), kwargs)))

    def _call(self, method: str, args: Sequence[Any], kwargs: dict[str, Any],
              credentials: Credentials | None) -> Any:
        caller = Caller(self._world.tables,
                        None if credentials is None else credentials.user_id,
                        credentials)
        taught = self.taught.get(method)
        if taught is not None:
            if (caller.user_id is None and not taught.anonymous
                    and method not in OF_SESSIONS
                    and not is_read(method, args, kwargs)):
                raise ActionNotAllowed('you must be logged in for this'
                                       ' operation')
            return taught(caller, args, kwargs)
        if not exists(method, self._world.version()):
            raise GenericError(f'Invalid method: {method}')
        own = self._own(method, credentials)
        if own is not None:
            self._check_own(method, own, args, kwargs)
            return own(*args, **kwargs)
        export = known_exports().get(method)
        if export is None:
            raise self._unanswered(method, caller)
        self._refuse_news(export, kwargs)
        return export.call(self._world, caller, args, kwargs)

    def _unanswered(self, method: str, caller: Caller) -> KojiException:
        if method in GUARDS:
            caller.require(GUARDS[method])
        if method.startswith('host.') and method in known_methods():
            caller.host()
        if method in known_methods():
            return KojiException(
                f'this fake hub has no answer for {method}: teach it one'
                ' with respond()', faultCode=1)
        return GenericError(f'Invalid method: {method or None}')

    def _refuse_news(self, export: Export, kwargs: dict[str, Any]) -> None:
        """
        Refuse arguments that hubs of this version do not have.

        :raises ParameterError: as for any name that a method does not have.
        """
        for name in kwargs:
            if self._world.version() < SINCE.get((export.name, name), ()):
                raise ParameterError(
                    f'{export.says}() got an unexpected keyword argument'
                    f' {name!r}')

    # Methods that call others

    def _own(self, method: str, credentials: Credentials | None
             ) -> Callable[..., Any] | None:
        async def counted(methodName: str, *args: Any, **kw: Any) -> Any:
            options = kw.pop('filterOpts', None) or {}
            found = await self.perform(methodName, args, kw, credentials)
            return [len(found), part(found, options)]

        async def count(methodName: str, *args: Any, **kw: Any) -> Any:
            return len(await self.perform(methodName, args, kw, credentials))

        async def filtered(methodName: str, *args: Any, **kw: Any) -> Any:
            return (await counted(methodName, *args, **kw))[1]

        async def many(calls: Any) -> Any:
            return await self._many(calls, credentials)

        own: dict[str, Callable[..., Any]] = {
            'count': count, 'countAndFilterResults': counted,
            'filterResults': filtered, 'multiCall': many,
            'system.multicall': many, 'system.listMethods': self._names,
            '_listapi': lambda: described(self._names()),
            'system.methodSignature': lambda method:
                'signatures not supported',
            'system.methodHelp': help_of}
        return own.get(method)

    def _check_own(self, method: str, own: Callable[..., Any],
                   args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        signature = inspect.signature(own)
        try:
            signature.bind(*args, **kwargs)
        except TypeError:
            raise ParameterError(complaint(
                signature, f'RootExports.{method}', args, kwargs)) from None

    def _names(self) -> list[str]:
        version = self._world.version()
        return sorted(name for name in known_methods()
                      if exists(name, version))

    def _many_arguments(self, args: Sequence[Any], kwargs: dict[str, Any]
                        ) -> Any:
        def multiCall(calls: Any) -> Any:
            return calls

        signature = inspect.signature(multiCall)
        try:
            return signature.bind(*args, **kwargs).arguments['calls']
        except TypeError:
            raise ParameterError(complaint(
                signature, 'ModXMLRPCRequestHandler.multiCall', args, kwargs
            )) from None

    async def _many(self, calls: Any, credentials: Credentials | None
                    ) -> list[Any]:
        results: list[Any] = []
        late: list[tuple[int, str, Any, Any]] = []
        for entry in calls:
            try:
                if isinstance(entry, str):
                    # The text of Python 3.11 and later.
                    raise TypeError(
                        "string indices must be integers, not 'str'")
                method = entry['methodName']
                args, kwargs = split_arguments(entry['params'])
            except Exception as error:
                results.append(entry_fault(error))
                continue
            lazy = self._lazy(method, args, kwargs)
            try:
                results.append([await self.perform(method, args, kwargs,
                                                   credentials)])
                if lazy:
                    late.append((len(results) - 1, method, args, kwargs))
            except CancelledError:
                raise
            except Exception as error:
                if lazy and code_of(error) == 1:
                    # The database complains when the answer is encoded.
                    raise
                if not isinstance(error, KojiException):
                    self.log_failure(method)
                results.append(entry_fault(error))
        if self._world.changed:
            for place, method, args, kwargs in late:
                results[place] = [self._call(method, args, kwargs,
                                             credentials)]
        return results

    def _lazy(self, method: Any, args: Any, kwargs: dict[str, Any]) -> bool:
        """Whether the rows of a call are read when they are encoded."""
        export = known_exports().get(method)
        if export is None or method in self.taught or not export.rule.lazy:
            return False
        try:
            given = export.signature.bind(*args, **kwargs).arguments
        except TypeError:
            return False
        options = given.get('queryOpts' if 'queryOpts' in
                            export.signature.parameters else 'opts') or {}
        if not isinstance(options, dict) or options.get('countOnly'):
            return False
        limit = options.get('limit')
        return not (isinstance(limit, int) and 0 < limit < FEW)

    def log_failure(self, method: str) -> None:
        """Log an exception of Python's, which a test of trial's fails of."""
        self._log.failure('{method} failed on the fake hub', method=method)


def check_method(method: str) -> None:
    """
    Check the name of a hub method.

    :raises ValueError: if no hub has one of that name.
    """
    known = known_methods() | PLUGINS | {'multiCall', 'system.multicall'}
    if method in known or answered(method):
        return
    alike = difflib.get_close_matches(method, known, 1)
    hint = f'; did you mean {alike[0]}?' if alike else ''
    raise ValueError(f'{method!r} is no method of a hub{hint} (for one of a'
                     ' plugin: respond(..., plugin=True))')


#: exception -> code
_CODES: dict[type, int] = {kind: code for code, kind in FAULTS.items()}


def entry_fault(error: Exception) -> dict[str, Any]:
    """Make the hub's entry for a failed call of a multicall."""
    text = ', '.join(map(str, error.args))
    entry = {'faultCode': code_of(error),
             'faultString': re.sub(r"^<class '[\w.]+'>: ", '', text)}
    if not isinstance(error, PlainFault):
        entry['traceback'] = traceback.format_exception(
            type(error), error, error.__traceback__)
    return entry


def code_of(error: Exception) -> int:
    """Get the fault code of an exception, or else of its class."""
    code: int | None = getattr(error, 'faultCode', None)
    return _CODES.get(type(error), 1) if code is None else code
