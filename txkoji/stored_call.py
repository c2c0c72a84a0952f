"""`StoredCall`: one call of a multicall."""
from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

from txkoji.exceptions import AnswerError, NotSent, copy_of, from_fault
from txkoji.resource import Hub
from txkoji.results import typed

Result = TypeVar('Result', covariant=True)


class StoredCall(Generic[Result]):
    """
    A call of a multicall, with its result or its error.

    :ivar method: the hub method.
    :ivar args: its positional arguments.
    :ivar kwargs: its named arguments.
    :ivar body: the encoded call; empty once there is a result.
    """

    def __init__(self, method: str, args: tuple[Any, ...],
                 kwargs: dict[str, Any], body: bytes) -> None:
        self.method = method
        self.args = args
        self.kwargs = kwargs
        self.body = body
        self._value: object = None
        self.error: Exception | None = NotSent(
            f'{method} has no result yet: the multicall was not called, or is'
            ' under way', method=method)

    @property
    def result(self) -> Result:
        """
        The result of the call.

        :raises NotSent: if the call was not sent, or is not answered yet.
        :raises KojiException: if the call failed.
        """
        if self.error is not None:
            # A copy for each access: the traceback of one error would grow.
            raise copy_of(self.error)
        return cast('Result', self._value)

    def succeed(self, value: object) -> None:
        """Set the result."""
        self._value, self.error, self.body = value, None, b''

    def fail(self, error: Exception) -> None:
        """Set the error."""
        self.error, self.body = error, b''

    def take(self, entry: Any, hub: Hub) -> None:
        """Set the result or the error from the hub's answer."""
        try:
            self.succeed(read_entry(self.method, entry, hub))
        except Exception as error:
            self.fail(error)

    def __repr__(self) -> str:
        return f'<{type(self).__name__} {self.method}>'


def read_entry(method: str, entry: Any, hub: Hub) -> Any:
    """
    Read the hub's entry for one of many calls: a result or a fault.

    The format is that of kojihub/kojixmlrpc.py, ``multiCall``.

    :param hub: the connection of rich objects.
    :raises KojiException: the fault.
    """
    if type(entry) is list and len(entry) == 1:
        return typed(method, entry[0], hub)
    if isinstance(entry, dict):
        code, text = entry.get('faultCode'), entry.get('faultString')
        if type(code) is int and isinstance(text, str):
            raise from_fault(code, text, method)
    raise AnswerError(f'{method}: the answer is neither a result nor a fault',
                      method=method)
