"""
The messages of Koji, as objects: a class for each kind, and `parse`.
"""
from __future__ import annotations

import re
from collections.abc import Mapping
from re import Pattern
from typing import Any, TypeVar

from munch import Munch
from twisted.internet.defer import Deferred, succeed

from txkoji import build_states, task_states
from txkoji.build import Build
from txkoji.exceptions import MessageError
from txkoji.messages.frames import Frame, read_frame
from txkoji.package import Package
from txkoji.repo import Repo
from txkoji.resource import Hub, Resource, hub_of
from txkoji.rows import BuildTarget
from txkoji.task import Task
from txkoji.task_requests.row import package_of

Self = TypeVar('Self', bound='Message')
Rich = TypeVar('Rich', bound=Resource)


class Message:
    """
    Something that happened; of this class, if it is nothing that is known.

    :ivar kind: what happened: the name of the class, or of what it is a case
                of, such as "Tag" or "Untag".
    :ivar properties: the application properties, or headers, that it came
                      with. Numbers in them may be text.
    :ivar body: all that it says, as Munch.
    :ivar topic: where it was sent to, or None.
    :ivar id: what it is known by to the broker, or None.
    :ivar connection: the Connection that its objects go on with, or None.
    """

    #: The name of the tag that it is about, of the package, and of the states
    #: of what it is about, before and after; None where there is none.
    tag: Any = None
    package: str | None = None
    old: str | None = None
    new: str | None = None

    def __init__(self, frame: Frame, connection: Hub | None = None,
                 kind: str | None = None) -> None:
        self.kind = kind or type(self).__name__
        self.properties = frame.properties
        self.body = frame.body
        self.topic = frame.topic
        self.id = frame.id
        self.connection = connection
        self._read()

    @classmethod
    def from_frame(cls: type[Self], frame: Any,
                   connection: Hub | None = None) -> Self:
        """
        Read a message that is of this class.

        :param frame: a frame of a STOMP library, or anything that `parse`
                      takes.
        :param connection: for its objects to go on with.
        :raises MessageError: if it says that it is of another one, or is none
                              of Koji's.
        """
        read = read_frame(frame)
        kind = kind_of(read)
        found: Any = cls if kind is None else KINDS[kind]
        if not issubclass(found, cls):
            raise MessageError(f'a {kind}, and no {cls.__name__}',
                               original=frame)
        made: Self = _make(found, read, connection, kind, frame)
        return made

    def _read(self) -> None:
        """Take what there is, and miss what there is not."""

    @property
    def event(self) -> str:
        """What happened, in a word."""
        if type(self) is Message:
            return str(self.properties.get('type') or self.topic)
        return self.kind

    @property
    def url(self) -> str | None:
        """The page on kojiweb of what it is about, or None."""
        return None

    def user(self) -> Deferred[str | None]:
        """
        Who did it, or whose it is.

        :returns: a Deferred that fires with a user's name, or None.
        """
        return succeed(self._name('user'))

    def __repr__(self) -> str:
        return f'<{self.event} {self.topic or ""}>'

    # For those who read

    def _row(self, name: str) -> Munch:
        """
        A dictionary in the body.

        :raises ValueError: if there is none.
        """
        row = self.body.get(name)
        if not isinstance(row, Munch):
            raise ValueError(f'it has no {name!r}')
        return row

    def _flat_build(self) -> Build:
        """
        Read the build of a body that has its members among others, as
        fedora-messaging sends it.
        """
        body = self.body
        row = {key: body[key] for key in (
            'build_id', 'name', 'version', 'release', 'epoch', 'task_id',
            'creation_time', 'completion_time') if key in body}
        if all(row.get(key) for key in ('name', 'version', 'release')):
            row['nvr'] = '{name}-{version}-{release}'.format(**row)
        if 'owner' in body:
            row['owner_name'] = body['owner']
        if isinstance(body.get('new'), int):
            row['state'] = body['new']
        return self._attached(Build, row)

    def _attached(self, kind: type[Rich], row: Mapping[str, Any]) -> Rich:
        """
        Make a rich object. fedora-messaging leaves out some times, and has
        numbers in the place of others.
        """
        numbers = {f'{key[:-5]}_ts': value for key, value in row.items()
                   if key.endswith('_time')
                   and isinstance(value, (int, float))}
        if numbers:
            row = {key: value for key, value in {**row, **numbers}.items()
                   if f'{key[:-5]}_ts' not in numbers}
        return kind.attached(dict(row), self.connection)

    def _name(self, name: str) -> str | None:
        """The name of what is in the body, in full or only so, or None."""
        for value in (self.body.get(name), self.properties.get(name)):
            if isinstance(value, Munch):
                value = value.get('name')
            if isinstance(value, str):
                return value
        return None

    def _states(self, names: dict[int, str]) -> None:
        """Read the states before and after: numbers or names."""
        self.old, self.new = (
            _state(self.body.get(name, self.properties.get(name)), names)
            for name in ('old', 'new'))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _state(value: Any, names: dict[int, str]) -> str | None:
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, int):
        return names.get(value)
    return value if isinstance(value, str) else None


class _OfBuild(Message):
    """An event that is about a build."""

    build: Any

    #: The member of the body that is the build.
    place = 'build'

    #: Whether a message that names no build is malformed.
    required = True

    def _read(self) -> None:
        build = self._find_build()
        if build is None and self.required:
            raise ValueError('it has no build')
        self.build = build
        self.package = None if build is None else _text(build.name)

    def _find_build(self) -> Build | None:
        """
        Read the build. Where the message does not describe it, the RPM or
        the archive may still have its id.
        """
        body = self.body
        if isinstance(body.get(self.place), Munch):
            return self._attached(Build, body[self.place])
        if isinstance(body.get('build_id'), int):
            return self._flat_build()
        for name in ('rpm', 'archive'):
            row = body.get(name)
            if isinstance(row, Munch) and isinstance(
                    row.get('build_id'), int):
                return self._attached(Build, {'build_id': row['build_id']})
        return None

    @property
    def url(self) -> str | None:
        """The page of the build, or None."""
        if self.build is None:
            return None
        return self.build.url or _text(self.body.get('url'))


class BuildStateChange(_OfBuild):
    """
    A build is in another state: begun (``old`` is None), complete, failed,
    canceled or deleted.

    :ivar build: the `Build`. A message of fedora-messaging has no
                 ``source``: it is read from the request of the task.
    :ivar task: the `Task` that makes it, if the message has it: those of
                fedora-messaging do when the build is finished, with all of
                its descendents in ``children``. Otherwise None.
    """

    build: Build
    task: Task | None
    place = 'info'

    def _read(self) -> None:
        super()._read()
        self._states(build_states.NAMES)
        body = self.body
        self.task = None
        if isinstance(body.get('task'), Munch):
            self.task = self._attached(Task, {
                'request': body.get('request'), **body['task']})
        source = self._source()
        if 'source' not in self.build and source is not None:
            self.build['source'] = source

    def _source(self) -> str | None:
        """
        Find the URL that the build is made from, in the request of its task.
        The method of the task is unknown while the build goes on, but all
        that begin with a URL mean their source.
        """
        request = self.body.get('request')
        found = self.task.source if self.task is not None else None
        if found is None and isinstance(request, list) and request:
            found = _text(request[0])
        return found if found is not None and '://' in found else None

    @property
    def event(self) -> str:
        """The name of the new state, such as "COMPLETE"."""
        return str(self.new)

    def user(self) -> Deferred[str | None]:
        """
        Whose build it is.

        :returns: a Deferred that fires with a user's name, or None.
        """
        return succeed(_text(self.build.owner_name))


class TaskStateChange(Message):
    """
    A task is in another state.

    :ivar task: the `Task`. Of one that is FREE the hub tells little: not when
                it was made, for one.
    """

    task: Task

    def _read(self) -> None:
        self.task = self._attached(Task, self._row('info'))
        self._states(task_states.NAMES)

    @property
    def package(self) -> str | None:  # type: ignore[override]
        """The package that the task is about, if that can be read."""
        return package_of(self.task)

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
        Whose task it is; the name that goes with the id is in the cache of
        the connection, or is asked for.

        :returns: a Deferred that fires with a user's name, or None.
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
        The tag that the task is about, or to which its target leads.

        :returns: a Deferred that fires with the tag's name, or None.
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


class TagUntag(_OfBuild):
    """
    A build was put into a tag, or taken out: ``event`` is "Tag" or "Untag".

    :ivar build: the `Build`.
    :ivar tag: the name of the tag.
    """

    build: Build

    def _read(self) -> None:
        super()._read()
        self.tag = self._name('tag')
        if self.kind == 'TagUntag':
            self.kind = str(self.properties.get('type', 'Tag'))


class PackageListChange(Message):
    """
    The packages of a tag are others.

    :ivar action: "add", "update", "block", "unblock" or "remove".
    :ivar tag: the name of the tag.
    :ivar package: the name of the package.
    """

    action: str | None

    def _read(self) -> None:
        self.tag, self.package = self._name('tag'), self._name('package')
        self.action = self._name('action')
        if self.tag is None or self.package is None:
            raise ValueError('it has no tag, or no package')

    @property
    def url(self) -> str | None:
        """The page of the package, or None."""
        row = self.body.get('package')
        # Its page takes a name, too.
        key = row.get('id') if isinstance(row, Munch) else self.package
        return Package.attached({'id': key}, self.connection).url


class Import(_OfBuild):
    """
    Something was imported into the hub.

    :ivar type: what: "build", "rpm", "archive", "image" or "cg" (all of a
                content generator's).
    :ivar build: the `Build` that it is of.
    """

    build: Build
    type: str | None

    def _read(self) -> None:
        kind = self.body.get('type', self.properties.get('importType'))
        self.type = _text(kind)
        super()._read()

    def _find_build(self) -> Build | None:
        found = super()._find_build()
        if found is None and self.type == 'cg':
            # The generator's description, which has no id.
            row = self._row('metadata').get('build')
            if isinstance(row, Munch):
                found = self._attached(Build, row)
        return found


class RPMSign(_OfBuild):
    """
    An RPM was signed.

    :ivar sigkey: the key, as Koji names it.
    :ivar sighash: the checksum of the signature's header.
    :ivar rpm: the RPM, as Munch.
    :ivar build: the `Build` that it is of. fedora-messaging may leave it out:
                 then only its id is known, or nothing at all (None).
    """

    build: Build | None
    required = False

    def _read(self) -> None:
        self.rpm = self._row('rpm')
        super()._read()
        self.sigkey = self._name('sigkey')
        self.sighash = self._name('sighash')


class RepoInit(Message):
    """
    A repository is being made.

    :ivar repo: the `Repo`, of which little is known yet.
    :ivar tag: the name of its tag.
    """

    repo: Repo

    def _read(self) -> None:
        body = self.body
        if body.get('repo_id') is None:
            raise ValueError('it has no repository')
        tag = body.get('tag')
        self.tag = self._name('tag')
        self.repo = self._attached(Repo, {
            'id': body['repo_id'], 'tag_name': self.tag,
            'tag_id': tag.get('id') if isinstance(tag, Munch)
            else body.get('tag_id'), 'task_id': body.get('task_id')})

    @property
    def url(self) -> str | None:
        """The page of the repository, or None."""
        return self.repo.url


class RepoDone(RepoInit):
    """
    A repository is ready (or, with ``expire``, was not needed any more).

    :ivar repo: the `Repo`.
    :ivar tag: the name of its tag.
    :ivar expire: whether it is expired at once.
    """

    expire: bool

    def _read(self) -> None:
        if isinstance(self.body.get('repo'), Munch):
            self.repo = self._attached(Repo, self._row('repo'))
            self.tag = _text(self.repo.tag_name)
        else:
            super()._read()
        self.expire = bool(self.body.get('expire'))


class BuildPromote(_OfBuild):
    """
    A draft build was made a real one.

    :ivar build: the `Build`; None where fedora-messaging brought it, which
                 does not say.
    :ivar draft_release: what its release was.
    :ivar target_release: what it is.
    """

    build: Build | None
    required = False

    def _read(self) -> None:
        super()._read()
        self.draft_release = self._name('draft_release')
        self.target_release = self._name('target_release')


#: The ``type`` of a message -> its class.
KINDS: dict[str, type[Message]] = {
    'TaskStateChange': TaskStateChange,
    'BuildStateChange': BuildStateChange,
    'Tag': TagUntag,
    'Untag': TagUntag,
    'PackageListChange': PackageListChange,
    'Import': Import,
    'RPMSign': RPMSign,
    'RepoInit': RepoInit,
    'RepoDone': RepoDone,
    'BuildPromote': BuildPromote,
}

#: The ends of the topics of koji-fedoramessaging -> the kind. Its messages
#: do not say what they are in any other way.
FEDORA_TOPICS: list[tuple[Pattern[str], str]] = [
    (re.compile(rf'(^|[./])buildsys\.{pattern}$'), kind)
    for pattern, kind in [
        (r'task\.state\.change', 'TaskStateChange'),
        (r'build\.state\.change', 'BuildStateChange'),
        (r'tag', 'Tag'),
        (r'untag', 'Untag'),
        (r'package\.list\.change', 'PackageListChange'),
        (r'build\.promote', 'BuildPromote'),
        (r'repo\.init', 'RepoInit'),
        (r'repo\.done', 'RepoDone'),
        (r'rpm\.sign', 'RPMSign'),
    ]]

#: The ends of the topics of Koji's own plugin -> the kind, for messages that
#: have lost their ``type`` on the way.
PLUGIN_TOPICS: list[tuple[Pattern[str], str]] = [
    (re.compile(rf'(^|[./]){pattern}$'), kind) for pattern, kind in [
        (r'task\.(free|assigned|open|closed|canceled|failed)',
         'TaskStateChange'),
        (r'build\.(building|complete|deleted|failed|canceled)',
         'BuildStateChange'),
        (r'build\.tag', 'Tag'),
        (r'build\.untag', 'Untag'),
        (r'build\.promote', 'BuildPromote'),
        (r'import\.(build|rpm|archive|image|cg|maven|win)', 'Import'),
        (r'sign\.rpm', 'RPMSign'),
        (r'package\.(add|update|block|unblock|remove)',
         'PackageListChange'),
        (r'repo\.init', 'RepoInit'),
        (r'repo\.done', 'RepoDone'),
    ]]

#: The kind -> a member that is a dictionary in each message of Koji's own
#: plugins. Other programs have topics that end as theirs do.
PLUGIN_MEMBERS = {
    'TaskStateChange': 'info',
    'BuildStateChange': 'info',
    'Tag': 'build',
    'Untag': 'build',
    'BuildPromote': 'build',
    'Import': 'build',
    'RPMSign': 'rpm',
    'PackageListChange': 'package',
    'RepoInit': 'tag',
    'RepoDone': 'repo',
}

#: How topics of fedora-messaging begin: a domain, the environment, and the
#: program that sent it, such as "org.fedoraproject.prod.coreos".
FEDORA_PROGRAM = re.compile(r'(^|/)[\w-]+\.[\w-]+\.(prod|stg|dev)\.[\w-]')


def parse(message: Any = None, connection: Hub | None = None, *,
          properties: Mapping[str, Any] | None = None, body: Any = None,
          topic: str | None = None) -> Message:
    """
    Read a message.

    :param message: what a broker library hands over: a frame of stompest or
        stomp.py, a message of qpid-proton or fedora-messaging, (method,
        properties, body) of pika, also with the channel before them. Or
        (properties, body, topic), of which the topic may be left out; or a
        dictionary of these, and an "id"; or of the headers and body of STOMP;
        or of "topic", "headers" and "msg", as datagrepper answers.
    :param connection: for its objects to go on with.
    :param properties: in the place of a message: its application properties
                       or headers,
    :param body: its body: bytes or text of JSON, or that decoded,
    :param topic: and where it was sent to.
    :returns: an object of the class for what happened, such as
              `BuildStateChange`; a plain `Message` for an event that is not
              known, and for what other programs send. (Of the topics of
              fedora-messaging only those below ``buildsys`` are Koji's.)
    :raises MessageError: if it is no message of Koji, or lacks what such a
                          message has; it keeps the original.
    """
    if message is None:
        message = {'properties': properties, 'body': body, 'topic': topic}
    frame = read_frame(message)
    kind = kind_of(frame)
    if kind is None and frame.topic is None and not isinstance(
            frame.properties.get('type'), str):
        raise MessageError('this is no message of Koji: neither a type nor a'
                           ' topic says what happened', original=message)
    return _make(Message if kind is None else KINDS[kind], frame, connection,
                 kind, message)


def kind_of(frame: Frame) -> str | None:
    """
    Tell what a message says that happened.

    :returns: a name in `KINDS`; None for an event that is not known here, and
              for the messages of other programs.
    """
    kind = frame.properties.get('type')
    if isinstance(kind, str) and kind != 'amqp-1.0':
        # (That is RabbitMQ's, of messages that it has not decoded.)
        return kind if kind in KINDS else None
    topic = frame.topic or ''
    found = _ending(topic, FEDORA_TOPICS)
    if found is not None:
        return found
    found = _ending(topic, PLUGIN_TOPICS)
    if found is None and not FEDORA_PROGRAM.search(topic):
        # Koji's older plugin, for qpid, has the kind in the middle of it.
        found = next((word for word in topic.split('.') if word in KINDS),
                     None)
    if found is None or not isinstance(
            frame.body.get(PLUGIN_MEMBERS[found]), Munch):
        return None
    return found


def _ending(topic: str, endings: list[tuple[Pattern[str], str]]
            ) -> str | None:
    """Find the kind by the end of a topic, unless it is of another program."""
    for pattern, kind in endings:
        found = pattern.search(topic)
        if found is not None:
            other = FEDORA_PROGRAM.search(topic[:found.start()])
            return None if other else kind
    return None


def _make(cls: type[Self], frame: Frame, connection: Hub | None,
          kind: str | None, original: Any) -> Self:
    try:
        return cls(frame, connection, kind)
    except (ValueError, TypeError, AttributeError) as error:
        raise MessageError(f'a {kind or cls.__name__} that is malformed:'
                           f' {error}', original=original) from error
