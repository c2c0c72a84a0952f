"""`FakeHub`: a Koji hub within a Twisted process."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater

from txkoji.exceptions import KojiException
from txkoji.files.paths import task_path
from txkoji.hub.codec.xmlrpc import (
    encode_answer,
    encode_fault,
    split_arguments,
)
from txkoji.testing.builders import Builders
from txkoji.testing.bus import PROTON, Bus, BusMessage
from txkoji.testing.caller import Caller
from txkoji.testing.clocks import LazyReactor
from txkoji.testing.dispatch import Dispatcher, Taught, check_method, code_of
from txkoji.testing.files import Files
from txkoji.testing.history import History
from txkoji.testing.life import Life
from txkoji.testing.making import Making
from txkoji.testing.methods.files import check_task_folder
from txkoji.testing.misbehaviour import MISBEHAVIOURS, Misbehaviour
from txkoji.testing.repos import Repos
from txkoji.testing.saved import load, save
from txkoji.testing.serving import Serving
from txkoji.testing.sessions import ClientIdentity, Credentials, Sessions
from txkoji.testing.slices import Slice
from txkoji.testing.tables import RECORDED, Tables
from txkoji.testing.uploads import Uploads
from txkoji.testing.world import HeldTransaction, Transaction, World

#: A log of the sample; of all other files, it knows the names only.
LOG = 'packages/rhceph-container/8/40/data/logs/orchestrator.log'

#: What it calls itself: the development head of the transcripts was released
#: as this.
VERSION = '1.36.0'


class FakeHub(Serving, Making, Life):
    """
    A Koji hub for tests.

    It answers as a hub does, from tables that hold a sample of a real one; it
    can be taught other answers; and it writes down what it was asked::

        hub = FakeHub()
        koji = hub.connection()
        build = self.successResultOf(koji.getBuild(5356))
        self.assertEqual(hub.calls, [('getBuild', (5356,), {})])

    :param sample: whether it knows the sample, or nothing.
    :param clock: its time; None for Twisted's reactor, imported at the first
                  wait. A test that moves the time gives a
                  `Clock <twisted.internet.task.Clock>`.
    :param reactor: the same by an older name.
    :param front: whether it is behind a front server, whose headers
                  ``Remote-User`` (of Kerberos), and ``SSL-Client-Verify``
                  with ``SSL-Client-S-DN-CN`` (of a certificate) it believes.
    :param folder: where it keeps its files; None for in memory.
    :param version: what it calls itself, and does; see ``version`` below.

    :ivar world: its state: each call is a transaction in it.
    :ivar tables: what it knows; a test may change the rows.
    :ivar files: its tree of files (`txkoji.testing.files.Files`): what was
                 uploaded, put out, imported, or put there by a test; served
                 under ``/kojifiles``.
    :ivar takes_files: whether it takes files as they are, not in calls only.
    :ivar calls: what it was asked, as (method, args, kwargs), each call of a
                 multicall as one, after the ``system.multicall`` itself.
    :ivar requests: how many requests it got.
    :ivar clock: its reactor.
    :ivar history: its events: puts builds into tags, and takes them out
                   (`txkoji.testing.history.History`).
    :ivar repos: its repositories, and the requests for them, which a test
                 fulfills with ``hub.repos.make(tag_id)``
                 (`txkoji.testing.repos.Repos`).
    :ivar builders: let tasks begin and end by themselves, once they are
                    started (`txkoji.testing.builders.Builders`); without
                    them, a test does with `Life.open_task` and
                    `Life.finish_task`.
    :ivar messages: what it said on the bus
                    (`txkoji.testing.bus.BusMessage`); see `publish_to`.
    :ivar sessions: who is logged in, and who may (`Sessions`).
    :ivar version: what it calls itself, and does: hubs before 1.17 have no
                   ``strict`` in getTaskInfo, before 1.31 they look for
                   sessions in the URL only, before 1.32 they do not renew,
                   before 1.35 their answers have no ``Koji-Version``, and
                   they know no requests for repositories.
    :ivar resource: its Twisted Web resource, to serve it in another way than
                    `Serving.listen` does.
    """

    def __init__(self, *, sample: bool = True, clock: Any = None,
                 reactor: Any = None, front: bool = False,
                 folder: str | None = None, version: str = VERSION) -> None:
        self.clock: Any = clock or reactor or LazyReactor()
        Serving.__init__(self)
        self._started = self.clock.seconds()
        self._began = RECORDED
        self.version = version
        self.front = front
        self.tables: Tables = Tables(sample)
        self.files: Files = Files(folder)
        if sample:
            self.files.write(LOG, b'It was built.\n')
        self.world: World = World(
            self.tables, self.files, self.now, self._version)
        self.world.on_commit = self._committed
        self.sessions: Sessions = Sessions(
            self.tables, self.now, self._version)
        self.history: History = History(self.world)
        self.repos: Repos = Repos(self.world)
        self._dispatcher = Dispatcher(self.world)
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = (
            self._dispatcher.calls)
        self.requests: int = 0
        self.takes_files = True
        self.builders: Builders = Builders(self.world, self.clock)
        self._bus = Bus(self.tables)
        self.messages: list[BusMessage] = self._bus.messages
        self._misbehaviours: list[Misbehaviour] = []

    def now(self) -> float:
        """Its time, in seconds since 1970: that of the recording, and on."""
        if self.builders.moment is not None:
            return self.builders.moment
        return self._began + float(self.clock.seconds() - self._started)

    def save(self, path: str) -> None:
        """Save what it knows to a file, for `load`."""
        save(path, self.tables, self.files, self.sessions, self.now())

    @classmethod
    def load(cls, path: str, **options: Any) -> FakeHub:
        """
        Make a hub of a file that `save` has written.

        :param options: as of `FakeHub`.
        """
        hub = cls(sample=False, **options)
        state = load(path, hub.files)
        hub.tables.take(state['tables'])
        hub.sessions.rows[:] = state['sessions']
        hub.sessions.passwords.update(state['passwords'])
        hub._began = state['time']
        return hub

    @classmethod
    def from_hub(cls, koji: Any, tags: Iterable[str], **options: Any
                 ) -> Deferred[FakeHub]:
        """
        Make a hub of a slice of a real one, which can be saved to a file.

        The slice has some tags and their parents, with packages, builds, RPMs,
        targets and users.

        :param koji: a Connection to the real hub.
        :param tags: the names of the tags.
        :param options: as of `FakeHub`.
        :returns: a Deferred that fires with the hub.
        """
        async def make() -> FakeHub:
            tables = await Slice(koji).read(tags)
            hub = cls(sample=False, **options)
            hub.tables.take(tables)
            hub._began = max(hub._began, tables.events[-1]['ts'])
            return hub

        return Deferred.fromCoroutine(make())

    def _version(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split('.'))

    def _committed(self, kind: str, details: dict[str, Any]) -> None:
        """Hear of what was done."""
        if kind == 'TaskStateChange':
            self.builders.hear(details)
        self._bus.say(kind, details)

    def on_port(self) -> None:
        """Hear that it is served on a port."""
        self.builders.live()

    def publish_to(self, events: Any, style: str = PROTON) -> None:
        """
        Let somebody hear what it says on the bus from now on.

        :param events: a Connection's ``events``, or a callable that takes
                       each message as `txkoji.messages.parse` does.
        :param style: "protonmsg", or "fedora" for messages as of
                      koji-fedoramessaging, which are fewer.
        """
        self._bus.publish_to(getattr(events, 'feed', events), style)
        self.builders.live()

    def hold_back(self, action: Callable[[], Any]) -> HeldTransaction:
        """
        Do something in a transaction that commits later.

        A hub gives ids and the number of an event before it commits. So an
        event may become visible after events with higher numbers::

            held = hub.hold_back(lambda: hub.history.tag_build(40, 5356))
            hub.history.tag_build(40, 5357)
            held.commit()

        :param action: changes the hub, by methods of `FakeHub` and its parts.
        :returns: the transaction, which nobody sees until its ``commit()``.
        """
        self.builders.catch_up()
        self.tables.refresh()
        return self.world.hold_back(action)

    def put_out(self, task_id: int, name: str, data: bytes,
                volume: str | None = None) -> None:
        """
        Let a task put out a file, or add to one that it has.

        :param task_id: the task's id.
        :param name: the file's, with the folders that it is in.
        :param data: what comes at its end.
        :param volume: where it is; None for the usual volume.
        """
        path = task_path(task_id, name)
        self.files.write(path, data, volume,
                         self.files.size(path, volume) or 0)

    # To be taught

    def respond(self, method: str, answer: Any, *, anonymous: bool = False,
                plugin: bool = False) -> None:
        """
        Teach it a hub method.

        A write is for those only who are logged in, as on a hub.

        :param method: the name.
        :param answer: a value, or a callable that takes the arguments of the
                       call and gives a value, or a Deferred of one; with a
                       parameter ``caller`` that is keyword-only, it gets the
                       `txkoji.testing.caller.Caller`, too. A
                       `KojiException` that it raises goes out as a fault.
                       (So does any other exception, with code 1, as on a hub;
                       it is also logged, and fails a test of trial's.)
        :param anonymous: whether nobody may call it, too, if it is a write.
        :param plugin: whether it may be of a plugin that only some hubs have.
        :raises ValueError: if no hub has a method of this name.
        """
        if not plugin:
            check_method(method)
        self._dispatcher.taught[method] = Taught(
            answer if callable(answer) else lambda *args, **kwargs: answer,
            anonymous)

    def fault(self, method: str, code: int, text: str, *,
              plugin: bool = False) -> None:
        """
        Teach it to answer a hub method with a fault, also to nobody.

        :raises TypeError: if the code is no number, or the text no text.
        :raises ValueError: if no hub has a method of this name.
        """
        if not isinstance(code, int) or not isinstance(text, str):
            raise TypeError('a fault has a number and a text, not'
                            f' {code!r} and {text!r}')

        def refuse(*args: Any, **kwargs: Any) -> None:
            raise KojiException(text, faultCode=code)
        self.respond(method, refuse, anonymous=True, plugin=plugin)

    def forget(self, method: str) -> None:
        """Answer a hub method as before it was taught."""
        self._dispatcher.taught.pop(method, None)

    def misbehave(self, kind: str, *, method: str | None = None,
                  times: int | None = None, chance: float = 1,
                  seconds: float | Callable[[], float] = 60,
                  text: str = 'server is offline',
                  data: bytes = b'<html>502 \xff</html>',
                  random: Random | None = None) -> None:
        """
        Be a bad hub from now on.

        :param kind: ``offline`` (a fault 1014 with ``text``), ``slow`` (an
            answer after ``seconds``, a number or what gives one; a call with a
            callnum holds up its session meanwhile), ``dropped-before`` and
            ``dropped-after`` (the connection breaks before, or after, the
            call was carried out), ``truncated`` (it breaks in the middle of
            the answer), or
            ``garbage`` (``data`` for an answer).
        :param method: only in requests of this method; "upload" is for
                       pieces of files that come as they are, "GET" for files
                       under the topurl.
        :param times: only so many times; None for until `behave`.
        :param chance: in how many of these, from 0 to 1.
        :param random: decides that; None for one that always decides alike.
        :raises ValueError: if there is no such kind.
        """
        if kind not in MISBEHAVIOURS:
            raise ValueError(f'{kind!r} is none of {", ".join(MISBEHAVIOURS)}')
        self._misbehaviours.append(
            Misbehaviour(kind, method, times, chance, seconds, text, data,
                    random or Random(1)))

    def behave(self) -> None:
        """Be a good hub again."""
        self._misbehaviours.clear()

    # To answer

    def trouble(self, kind: str, method: str) -> Misbehaviour | None:
        """Whether, and how, to misbehave in this request."""
        for misbehaviour in self._misbehaviours:
            if misbehaviour.strikes(kind, method):
                return misbehaviour
        return None

    async def answer(self, method: str, params: list[Any],
                     peer: ClientIdentity = ClientIdentity(),
                     data: bytes | None = None) -> bytes:
        """
        Carry out a request.

        :param data: of a file that is uploaded, in the place of a call.
        :returns: the body of the answer, or of the fault.
        """
        self.requests += 1
        self.builders.catch_up()
        self.tables.refresh()
        offline = self.trouble('offline', method)
        if offline:
            return encode_fault(1014, offline.text)
        args, kwargs = split_arguments(params)
        try:
            credentials = await self.sessions.enter(peer, method)
        except KojiException as fault:
            return encode_fault(code_of(fault), str(fault))
        changed = False
        try:
            slow = self.trouble('slow', method)
            if slow:
                await deferLater(self.clock, slow.seconds, lambda: None)
            answer, changed = await self._carry_out(
                method, args, kwargs, credentials, data)
            return answer
        finally:
            credentials.leave(changed)

    async def _carry_out(self, method: str, args: Any, kwargs: Any,
                         credentials: Credentials, data: bytes | None
                         ) -> tuple[bytes, bool]:
        """Get the body of an answer, and whether something was changed."""
        transaction = self.world.begin()
        try:
            if data is None:
                found = await self._dispatcher.request(
                    method, args, kwargs, credentials)
            else:
                found = self._take_file(credentials, args[0], data)
            self.world.transaction = transaction
            answer = encode_answer(found)
            changed = self._dispatcher.changes(method, args, kwargs)
            self.world.commit()
            self.builders.look()
            return answer, changed
        except KojiException as fault:
            self._roll_back(transaction)
            return encode_fault(code_of(fault), str(fault)), False
        except CancelledError:
            raise
        except Exception as error:
            self._roll_back(transaction)
            self._dispatcher.log_failure(method)
            return encode_fault(1, f'{type(error)}: {error}'), False

    def _roll_back(self, transaction: Transaction) -> None:
        self.world.transaction = transaction
        self.world.undo()
        self.world.begin()

    def _take_file(self, credentials: Credentials, fields: dict[str, str],
                   data: bytes) -> Any:
        self.calls.append(('upload', (fields,), {}))
        check_task_folder(
            self.world, Caller(self.tables, credentials.user_id, credentials),
            fields.get('filepath', ''))
        return Uploads(self.world).take(credentials.user_id, fields, data)
