"""Messages about tasks."""
from __future__ import annotations

from datetime import datetime

from twisted.internet.defer import Deferred

from txkoji import task_states
from txkoji.messages.fields import Fields
from txkoji.messages.message import Message, message_class
from txkoji.resource import hub_of
from txkoji.rows import BuildTarget
from txkoji.task import Task
from txkoji.task_requests.row import package_of


@message_class('TaskStateChange')
class TaskStateChange(Message):
    """
    A change of the state of a task.

    :ivar task: the `Task`. For a new task (FREE) the hub sends few members,
                and not the time when the task was made.
    """

    task: Task

    def _read(self, fields: Fields) -> None:
        self.task = fields.attach(Task, fields.row('info'))
        self.old: str | None
        self.new: str | None
        self.old, self.new = fields.states(task_states.NAMES)

    @property
    def package(self) -> str | None:  # type: ignore[override]
        """The package in the request of the task; None if unknown."""
        return package_of(self.task)

    def _changed_at(self) -> datetime | None:
        if self.new == 'OPEN':
            return self.task.started
        return (self.task.created if self.new == 'FREE'
                else self.task.completed)

    @property
    def event(self) -> str:
        """The name of the new state, such as "FAILED"."""
        return str(self.new)

    @property
    def url(self) -> str | None:
        """The page of the task, or None."""
        return self.task.url or self.task.get('url')

    def user(self) -> Deferred[str | None]:
        """
        Get the name of the owner of the task.

        If the message has only the owner's id, the name is taken from the
        cache of the connection, or from the hub.

        :returns: a Deferred that fires with the name, or with None if the
                  task has no owner.
        """
        return Deferred.fromCoroutine(self._user())

    async def _user(self) -> str | None:
        task = self.task
        owner = task.owner_name or self.body.get('owner')
        if isinstance(owner, str):
            return owner
        number: int | None = task.get('owner')
        if number is None:
            return None
        return await hub_of(task).cache.user_name(number)

    def tag(self) -> Deferred[str | None]:
        """
        Get the name of the task's tag, or of the destination of its target.

        The hub is asked if the request has only the tag's id, or a target.

        :returns: a Deferred that fires with the name, or with None if the
                  task has no tag.
        """
        return Deferred.fromCoroutine(self._tag())

    async def _tag(self) -> str | None:
        tag, target = self.task.tag, self.task.target
        if isinstance(tag, int):
            return await hub_of(self.task).cache.tag_name(tag)
        if tag is None and target is not None:
            found: BuildTarget | None = await hub_of(self.task).call(
                'getBuildTarget', target)
            return None if found is None else found.dest_tag_name
        return tag if isinstance(tag, str) else None
