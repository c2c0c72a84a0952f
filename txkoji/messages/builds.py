"""Messages about builds: changes of state, imports, signatures, promotion."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from munch import Munch
from twisted.internet.defer import Deferred, succeed

from txkoji import build_states
from txkoji.build import Build
from txkoji.messages.fields import Fields, text_or_none
from txkoji.messages.message import Message, message_class
from txkoji.task import Task


class BuildMessage(Message):
    """The base of messages about a build."""

    build: Any

    #: The member of the body that describes the build.
    _build_member = 'build'

    #: Whether a message that identifies no build is malformed.
    _build_required = True

    def _read(self, fields: Fields) -> None:
        build = self._find_build(fields)
        if build is None and self._build_required:
            raise ValueError('the body has no build')
        self.build = build
        self.package: str | None = (
            None if build is None else text_or_none(build.name))

    def _find_build(self, fields: Fields) -> Build | None:
        """Find the build that the message is about."""
        return fields.build(self._build_member)

    @property
    def url(self) -> str | None:
        """The page of the build, or None."""
        if self.build is None:
            return None
        return self.build.url or text_or_none(self.body.get('url'))


@message_class('BuildStateChange')
class BuildStateChange(BuildMessage):
    """
    A change of the state of a build. ``old`` is None if the build is new.

    :ivar build: the `Build`. koji-fedoramessaging sends no ``source``. The
                 source is then read from the request of the task.
    :ivar task: the `Task` that makes the build, or None.
                koji-fedoramessaging sends the task of a finished build, with
                all descendents in ``children``. Koji's own plugin sends none.
    """

    build: Build
    task: Task | None
    _build_member = 'info'

    def _read(self, fields: Fields) -> None:
        super()._read(fields)
        self.old: str | None
        self.new: str | None
        self.old, self.new = fields.states(build_states.NAMES)
        body = self.body
        self.task = None
        if isinstance(body.get('task'), Munch):
            self.task = fields.attach(Task, {
                'request': body.get('request'), **body['task']})
        source = self._find_source()
        if 'source' not in self.build and source is not None:
            self.build['source'] = source

    def _find_source(self) -> str | None:
        """
        Find the URL of the source in the request of the task.

        The message has no task, and so no method, while the build is in
        progress. In the requests of all methods that make builds, a URL at
        the first place is that of the source.
        """
        request = self.body.get('request')
        found = self.task.source if self.task is not None else None
        if found is None and isinstance(request, list) and request:
            found = text_or_none(request[0])
        return found if found is not None and '://' in found else None

    def _changed_at(self) -> datetime | None:
        # A build that is deleted keeps the time of its completion.
        return (self.build.started if self.new == 'BUILDING' else
                None if self.new == 'DELETED' else self.build.completed)

    @property
    def event(self) -> str:
        """The name of the new state, such as "COMPLETE"."""
        return str(self.new)

    def user(self) -> Deferred[str | None]:
        """
        Get the name of the owner of the build.

        :returns: a Deferred that fires with the name, or with None if the
                  message has none.
        """
        return succeed(text_or_none(self.build.owner_name))


@message_class('Import')
class Import(BuildMessage):
    """
    The import of a build, or of a file of a build, into the hub.

    :ivar type: the type of the import: "build", "rpm", "archive", "image", or
                "cg" for a content generator's build with all its files.
    :ivar build: the `Build`.
    """

    build: Build
    type: str | None

    def _read(self, fields: Fields) -> None:
        self.type = text_or_none(self.body.get(
            'type', self.properties.get('importType')))
        super()._read(fields)

    def _find_build(self, fields: Fields) -> Build | None:
        found = super()._find_build(fields)
        if found is None and self.type == 'cg':
            # The content generator's metadata describe the build, without id.
            row = fields.row('metadata').get('build')
            if isinstance(row, Munch):
                found = fields.attach(Build, row)
        return found


@message_class('RPMSign')
class RPMSign(BuildMessage):
    """
    The signing of an RPM.

    :ivar sigkey: Koji's name of the key.
    :ivar sighash: the checksum of the signature's header.
    :ivar rpm: the RPM, as Munch.
    :ivar build: the `Build` of the RPM. koji-fedoramessaging may send only
                 its id, or nothing of the build: then it is None.
    """

    build: Build | None
    _build_required = False

    def _read(self, fields: Fields) -> None:
        self.rpm: Any = fields.row('rpm')
        super()._read(fields)
        self.sigkey: str | None = fields.name('sigkey')
        self.sighash: str | None = fields.name('sighash')


@message_class('BuildPromote')
class BuildPromote(BuildMessage):
    """
    The promotion of a draft build.

    :ivar build: the `Build`. None in messages of koji-fedoramessaging.
    :ivar draft_release: the release of the draft.
    :ivar target_release: the release after the promotion.
    """

    build: Build | None
    _build_required = False

    def _read(self, fields: Fields) -> None:
        super()._read(fields)
        self.draft_release: str | None = fields.name('draft_release')
        self.target_release: str | None = fields.name('target_release')
