"""The one state of a FakeHub: tables, files and time, with transactions."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from txkoji.testing.files import Files
from txkoji.testing.tables import VERSION, Row, Tables, time_text

#: Seconds by which the times of two events differ at least.
TICK = 1e-6


@dataclass
class Transaction:
    """
    A request.

    :ivar journal: what it changed so far.
    :ivar queue: the messages that it will send.
    :ivar event: the event of the call that is under way, if it has one yet.
    """

    journal: list[tuple[Any, ...]] = field(default_factory=list)
    queue: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    event: int | None = None


class HeldTransaction:
    """
    A transaction that has taken its ids and events, and is not committed.

    `FakeHub.hold_back` makes it.

    :param world: its world.
    :param transaction: what it changed.
    """

    def __init__(self, world: World, transaction: Transaction) -> None:
        self._world = world
        self._queue = transaction.queue
        #: The tables, the added rows, and their values.
        self._added: list[tuple[str, Row, Row]] = []
        #: Rows that were there before, and their new values.
        self._changed: list[tuple[Row, Row]] = []
        olds: dict[int, tuple[Row, Row]] = {}
        for rows, row, old in transaction.journal:
            if rows is None:
                olds.setdefault(id(row), (row, old))
            else:
                table = next(name for name, each in
                             world.tables.loaded().items() if each is rows)
                self._added.append((table, row, dict(row)))
        added = {id(row) for _, row, _ in self._added}
        for key, (row, old) in olds.items():
            if key not in added:
                self._changed.append((row, {
                    name: value for name, value in row.items()
                    if name not in old or old[name] != value}))

    def reserve(self, last: dict[str, int]) -> None:
        """Note the last id that it took of each table."""
        for table, row, _ in self._added:
            last[table] = max(last.get(table, 0), row.get('id', 0))

    def commit(self) -> None:
        """Let all see what it changed, and send its messages."""
        world = self._world
        world.begin()
        for table, row, values in self._added:
            row.clear()
            row.update(values)
            getattr(world.tables, table).append(row)
        for row, values in self._changed:
            row.update(values)
        world.tables.forget()
        world.transaction.queue += self._queue
        world.commit()


class World:
    """
    What a hub knows, and how that changes.

    Changes go through `add`, `change`, `create` and `revoke`, so that those
    of a call that fails can be undone.

    :param tables: the rows.
    :param files: what is below the topdir.
    :param now: gives the hub's time, in seconds since 1970.
    :param version: gives the hub's version, as numbers.

    :ivar transaction: the request that is under way.
    :ivar owners: the user who uploaded first to a folder of a volume; nobody
                  else may.
    :ivar on_commit: is told the kind and the details of what was done.
    """

    def __init__(self, tables: Tables, files: Files,
                 now: Callable[[], float],
                 version: Callable[[], tuple[int, ...]]) -> None:
        self.tables = tables
        self.files = files
        self.now = now
        self.version = version
        self.transaction: Transaction = Transaction()
        self.owners: dict[tuple[str | None, str], int] = {}
        self.on_commit: Callable[[str, dict[str, Any]], None] | None = None
        self._last: dict[str, int] = {}
        #: The last ids that transactions took which were held back.
        self._reserved: dict[str, int] = {}
        self._holding = False

    # Transactions

    def begin(self) -> Transaction:
        """Begin a request."""
        if self._holding:
            return self.transaction
        self._last.clear()
        self.transaction = Transaction()
        return self.transaction

    def commit(self) -> None:
        """End a request: its changes stay, and its messages are sent."""
        if self._holding:
            return
        queue, self.transaction = self.transaction.queue, Transaction()
        for kind, details in queue:
            if self.on_commit is not None:
                self.on_commit(kind, details)

    def hold_back(self, action: Callable[[], Any]) -> HeldTransaction:
        """Do something in a transaction that commits later."""
        self.begin()
        self._holding = True
        try:
            action()
            held = HeldTransaction(self, self.transaction)
            held.reserve(self._reserved)
        finally:
            self._holding = False
            self.undo()
            self.begin()
        return held

    def savepoint(self) -> tuple[int, int]:
        """Begin a call, which has an event of its own, if any."""
        self.transaction.event = None
        return len(self.transaction.journal), len(self.transaction.queue)

    def undo(self, savepoint: tuple[int, int] = (0, 0)) -> None:
        """Undo all changes since a savepoint."""
        place, sent = savepoint
        journal = self.transaction.journal
        del self.transaction.queue[sent:]
        self.transaction.event = None
        if len(journal) == place:
            return
        while len(journal) > place:
            rows, row, old = journal.pop()
            if rows is None:
                row.clear()
                row.update(old)
            elif old is None:
                rows[:] = [each for each in rows if each is not row]
            else:
                rows.insert(old, row)
        self._last.clear()
        self.tables.forget()

    @property
    def changed(self) -> bool:
        """Whether the request has changed anything so far."""
        return bool(self.transaction.journal)

    def announce(self, kind: str, **details: Any) -> None:
        """Say on the bus what the call does, once it is committed."""
        self.transaction.queue.append((kind, details))

    # Changes

    def add(self, table: str, row: Row) -> Row:
        """Add a row, with a new id if it has none."""
        rows = getattr(self.tables, table)
        if 'id' not in row:
            last = self._last.get(table)
            if last is None:
                last = max((each['id'] for each in rows), default=0)
                last = max(last, self._reserved.get(table, 0))
            row = {'id': last + 1, **row}
            self._last[table] = last + 1
        rows.append(row)
        self.transaction.journal.append((rows, row, None))
        self.tables.added(table, row)
        return row

    def change(self, row: Row, **values: Any) -> None:
        """Change a row."""
        self.transaction.journal.append((None, row, dict(row)))
        row.update(values)
        if 'name' in values:
            self.tables.forget()
        else:
            self.tables.regroup(values)

    def remove(self, table: str, row: Row) -> None:
        """Remove a row."""
        rows = getattr(self.tables, table)
        place = next(number for number, each in enumerate(rows)
                     if each is row)
        self.transaction.journal.append((rows, row, place))
        del rows[place]
        self.tables.forget()

    def create(self, table: str, row: Row, user_id: int | None) -> Row:
        """Add a row to a versioned table, at the event of the call."""
        row.update(create_event=self.event(), creator_id=user_id)
        rows = getattr(self.tables, table)
        rows.append(row)
        self.transaction.journal.append((rows, row, None))
        self.tables.added(table, row)
        return row

    def revoke(self, row: Row, user_id: int | None) -> None:
        """End a row of a versioned table, at the event of the call."""
        self.transaction.journal.append((None, row, dict(row)))
        row.update(revoke_event=self.event(), revoker_id=user_id)
        if 'id' in row:
            self.tables.forget()

    def replace(self, table: str, old: Row, user_id: int | None,
                **values: Any) -> Row:
        """End a row of a versioned table, and make another of it."""
        new = {name: value for name, value in old.items()
               if name not in VERSION}
        new.update(values)
        self.revoke(old, user_id)
        return self.create(table, new, user_id)

    # Time

    def event(self) -> int:
        """Get the event of the call that is under way: a new one at first."""
        if self.transaction.event is None:
            self.transaction.event = self.new_event()
        return self.transaction.event

    def new_event(self) -> int:
        """Make an event, later than all others."""
        rows = self.tables.events
        last = max(rows, key=lambda row: int(row['id']))
        moment = max(self.now(), last['ts'] + TICK)
        self.transaction.event = int(self.add('events', {'ts': moment})['id'])
        return self.transaction.event

    def event_time(self, number: int | None) -> float | None:
        """When an event was, if it is known."""
        if number is None:
            return None
        row = self.tables.by_id('events').get(number)
        return None if row is None else row['ts']

    def moment(self) -> str:
        """Get the time of now, as the hub's database gives it."""
        return time_text(self.now())
