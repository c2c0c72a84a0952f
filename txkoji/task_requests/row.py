"""`TaskRow`: a task as the hub describes it, with its subject."""
from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from txkoji import task_states
from txkoji.exceptions import AnswerError
from txkoji.hub.codec.xmlrpc import decode_call
from txkoji.resource import Timed, time_of
from txkoji.task_requests import layouts, subjects, titles
from txkoji.task_requests.layouts import Layout


class TaskRow(Timed):
    """
    A task as the hub describes it.

    `txkoji.task.Task` adds the methods that ask the hub.

    The subject of the task (`package`, `target`, `tag`, `arch` and so on) is
    read from its request. A property is None if the request is missing or
    malformed, if the method is unknown, or if the request does not say. Only a
    source without a package name makes `package` raise ValueError.
    """

    __slots__ = ()

    page = 'taskinfo?taskID'
    states: ClassVar[dict[int, str]] = task_states.NAMES
    running = task_states.OPEN

    #: Whether its parent waits for it.
    awaited: bool | None
    #: The id of its channel.
    channel_id: int | None
    #: The text of ``completed``.
    completion_time: str | None
    #: ``completed`` in seconds since 1970.
    completion_ts: float | None
    #: The text of ``created``.
    create_time: str
    #: ``created`` in seconds since 1970.
    create_ts: float | None
    #: The id of the builder that it is assigned to.
    host_id: int | None
    #: The id.
    id: int
    #: The label that its parent has for it, such as "x86_64".
    label: str | None
    #: The task method, such as "buildArch".
    method: str
    #: The id of its owner.
    owner: int
    #: The name of its owner, in lists.
    owner_name: str | None
    #: The type of its owner, in lists; 1 is a host.
    owner_type: int | None
    #: The id of the task that started it.
    parent: int | None
    #: The priority; a lower number is earlier.
    priority: int
    #: The request; see `params`.
    request: list[Any] | str | None
    #: The result, in lists.
    result: Any
    #: The text of ``started``.
    start_time: str | None
    #: ``started`` in seconds since 1970.
    start_ts: float | None
    #: The state; see `txkoji.task_states`.
    state: int
    #: Whether it waits for other tasks.
    waiting: bool | None
    #: The load on its builder.
    weight: float | None

    @property
    def created(self) -> datetime | None:
        """The time of its creation, in UTC, or None."""
        return time_of(self, 'create')

    @property
    def params(self) -> list[Any] | None:
        """
        The parameters of its request, as a list.

        Named parameters are in a last dictionary with a ``__starstar``, as on
        the hub.
        """
        request = self.get('request')
        if isinstance(request, str):
            try:
                _, request = decode_call(request.encode())
            except (AnswerError, ValueError):
                return None
        return request if isinstance(request, list) else None

    @property
    def package(self) -> str | None:
        """
        The name of its package.

        :raises ValueError: if its source cannot be read.
        """
        layout, named = self._request()
        return subjects.find_package(named, layout)

    @property
    def source(self) -> str | None:
        """The source: a repository's URL, or the path of a ``.src.rpm``."""
        layout, named = self._request()
        return subjects.find_source(named, layout)

    @property
    def nvr(self) -> str | None:
        """
        The name-version-release of its subject, if the request has one.

        That of a ``.src.rpm`` may differ from that of the build in its dist
        tag.
        """
        layout, named = self._request()
        return subjects.find_nvr(named, layout)

    @property
    def options(self) -> dict[str, Any] | None:
        """The options of its request, such as ``scratch``."""
        layout, named = self._request()
        return subjects.find_options(named) if layout.params else None

    @property
    def title(self) -> str | None:
        """
        The title: the method and the most important parameters.

        Koji's own tools show the same. The hub's column is ``label``.
        """
        method = self.get('method')
        if not isinstance(method, str):
            return None
        return titles.title(method, self.get('arch'), self.params)

    @property
    def target(self) -> str | None:
        """The name of its target."""
        return _text(self._find('target'))

    @property
    def tag(self) -> Any:
        """Its tag: the name, or the id if the request has no name."""
        tag = self._find('tag')
        return tag if isinstance(tag, (str, int)) else None

    @property
    def arch(self) -> str | None:
        """
        The architecture, by its request.

        The hub's column, which selects the builder, is ``task['arch']``.
        """
        return _text(self._find('arch'))

    @property
    def arches(self) -> list[str] | None:
        """The architectures, by its request."""
        layout, named = self._request()
        return subjects.find_arches(named, layout)

    @property
    def build_id(self) -> int | None:
        """The id of its build, from the request or else from the result."""
        layout, named = self._request()
        number = subjects.find_build(named, layout)
        if number is None:
            number = subjects.result_build(self.get('result'))
        return number

    @property
    def is_scratch(self) -> bool | None:
        """
        Whether it is a scratch build, which is not kept.

        None if its request does not say so, as that of a ``buildArch``, whose
        ``parent`` knows; see `Task.find_scratch`.
        """
        params = self.params
        if params is None:
            return None
        if subjects.find_scratch(params):
            return True
        if self._is_told_by_parent and 'scratch' not in (self.options or {}):
            return None
        return False

    @property
    def _is_told_by_parent(self) -> bool:
        """Whether the parent's request says whether it is a scratch build."""
        method = self.get('method')
        return method in ('buildArch', 'vmExec') or (
            method == 'wrapperRPM' and self.parent is not None)

    def _request(self) -> tuple[Layout, dict[str, Any]]:
        """Get the layout of its request, and its parameters by name."""
        method = self.get('method')
        params = self.params
        layout = (layouts.METHODS.get(method)
                  if isinstance(method, str) else None)
        if layout is None or params is None:
            return Layout(''), {}
        return layout, layouts.parameters(layout, params)

    def _find(self, what: str) -> Any:
        layout, named = self._request()
        return layouts.find(named, getattr(layout, what))


def _text(value: Any) -> str | None:
    """Return a text; None for any other value."""
    return value if isinstance(value, str) else None


def package_of(task: TaskRow) -> str | None:
    """Get the package of a task; None also if its source cannot be read."""
    try:
        return task.package
    except ValueError:
        return None
