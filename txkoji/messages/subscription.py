"""
`Subscription`: a callback, and the events that it is called with.

Members that can be matched, besides ``event`` and ``topic`` of all kinds:

* ``TaskStateChange``: old, new, package; of the task: arch, build_id,
  channel_id, host_id, is_scratch, label, method, nvr, owner, parent, priority,
  source, state, state_name, target, title, weight; of the message: attribute,
  instance, owner, srpm
* ``BuildStateChange``: old, new, package; members of a build; of the task:
  method, target; of the message: attribute, instance
* ``TagUntag``: package, tag; members of a build; of the message: force,
  instance
* ``PackageListChange``: action, package, tag; of the message: block,
  extra_arches, force, instance, update
* ``Import``: package, type; members of a build; of the message: build_type,
  directory
* ``RPMSign``: package, sighash, sigkey; members of a build; of the RPM: arch;
  of the message: instance
* ``RepoInit``: tag; of the repository: tag_id, tag_name, task_id; of the
  message: instance
* ``RepoDone``: expire, tag; of the repository: create_event, dist, tag_id,
  tag_name, task_id; of the message: instance
* ``BuildPromote``: draft_release, package, target_release; members of a build;
  of the message: instance

Members of a build are build_id, cg_id, cg_name, draft, epoch, gitbuildhash,
name, nvr, owner_id, owner_name, package_id, package_name, release, source,
state, state_name, task_id, version, volume_id, volume_name.

Some messages lack some members. Only koji-fedoramessaging sends ``instance``,
``srpm``, and the task of a build. The members of a build that
koji-fedoramessaging leaves out match nothing. The ``owner`` of a task is the
id of a user. In messages of koji-fedoramessaging, the name of the owner
matches, too.
"""
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

from munch import Munch

from txkoji import build_states, task_states
from txkoji.messages.builds import (
    BuildPromote,
    BuildStateChange,
    Import,
    RPMSign,
)
from txkoji.messages.message import KINDS, Message
from txkoji.messages.repositories import RepoDone, RepoInit
from txkoji.messages.tags import PackageListChange, TagUntag
from txkoji.messages.tasks import TaskStateChange

#: A kind of events: a key of `KINDS`, a class of messages, or its name; or
#: several kinds.
Kinds = None | str | type | Iterable[str | type]

#: A class of messages; and one kind of the class, or None for all its kinds.
Kind = tuple[type[Message], str | None]

#: Members of a build that can be matched, separated by spaces.
BUILD = ('build_id cg_id cg_name draft epoch gitbuildhash name nvr owner_id'
         ' owner_name package_id package_name release source state state_name'
         ' task_id version volume_id volume_name')

#: Class of messages -> attribute with an object ("event" is the message
#: itself) -> members of the object that can be matched, separated by spaces.
#: Reading a member from the list never sends a request.
MATCHABLE: dict[type[Message], dict[str, str]] = {
    Message: {'event': 'event topic'},
    TaskStateChange: {
        'event': 'event topic old new package',
        'task': 'arch build_id channel_id host_id is_scratch label method nvr'
                ' owner parent priority source state state_name target title'
                ' weight',
        'body': 'attribute instance owner srpm'},
    BuildStateChange: {
        'event': 'event topic old new package', 'build': BUILD,
        'task': 'method target', 'body': 'attribute instance'},
    TagUntag: {
        'event': 'event topic package tag', 'build': BUILD,
        'body': 'force instance'},
    PackageListChange: {
        'event': 'event topic action package tag',
        'body': 'block extra_arches force instance update'},
    Import: {
        'event': 'event topic package type', 'build': BUILD,
        'body': 'build_type directory'},
    RPMSign: {
        'event': 'event topic package sighash sigkey', 'build': BUILD,
        'rpm': 'arch', 'body': 'instance'},
    RepoInit: {
        'event': 'event topic tag', 'repo': 'tag_id tag_name task_id',
        'body': 'instance'},
    RepoDone: {
        'event': 'event topic expire tag',
        'repo': 'create_event dist tag_id tag_name task_id',
        'body': 'instance'},
    BuildPromote: {
        'event': 'event topic draft_release package target_release',
        'build': BUILD, 'body': 'instance'},
}

#: Member that cannot be matched, though one expects that -> the reason.
REASONS = {
    'channel': 'the hub has to be asked for the name of a channel',
    'id': 'the id of the message and of its object have this name',
    'tag': 'the hub may have to be asked for the tag of a task',
    'user': 'the hub may have to be asked for the name of a user',
}


class Subscription:
    """
    A callback, and the events that it is called with.

    :param callback: the function to call with each event.
    :param kinds: the kinds of events. None means all kinds.
    :param match: member -> the value that the member must have, or a
                  collection with this value.
    :param unsubscribe: a function to call with the subscription when the
                        subscription is canceled.
    :raises TypeError: if the callback is not callable.
    :raises ValueError: if a kind is unknown, a member of a kind cannot be
                        matched, or a member never has one of the values.
    """

    def __init__(self, callback: Callable[[Any], Any], kinds: Kinds,
                 match: dict[str, Any],
                 unsubscribe: Callable[[Any], None]) -> None:
        if not callable(callback):
            raise TypeError(f'{callback!r} is not callable; subscribe a'
                            ' function of one argument, the event')
        self.callback = callback
        self._kinds = _classes_of(kinds)
        self._match = {name: _as_collection(wanted)
                       for name, wanted in match.items()}
        self._unsubscribe = unsubscribe
        for name, values in self._match.items():
            _check_name(self._kinds, name)
            _check_values(self._kinds, name, values)

    def cancel(self) -> None:
        """Cancel the subscription. A second call does nothing."""
        self._unsubscribe(self)

    def wants(self, event: Message) -> bool:
        """Tell whether the callback is to be called with an event."""
        return (any(isinstance(event, kind) and name in (None, event.kind)
                    for kind, name in self._kinds)
                # Compare with each value: `in` of a set fails for a value
                # that cannot be hashed.
                and all(any(found == value
                            for found in _values_of(event, name)
                            for value in values)
                        for name, values in self._match.items()))


def _classes_of(kinds: Kinds) -> list[Kind]:
    """
    Find the classes of kinds of events.

    :raises ValueError: if a kind is unknown, or no kind is given.
    """
    if kinds is None:
        return [(Message, None)]
    if isinstance(kinds, (str, type)) or not isinstance(kinds, Iterable):
        kinds = [kinds]
    classes = {known.__name__: known for known in MATCHABLE}
    found: list[Kind] = []
    each: Any
    for each in kinds:
        if isinstance(each, type) and issubclass(each, Message):
            found.append((each, None))
        elif each in classes:
            found.append((classes[each], None))
        elif each in KINDS:
            found.append((KINDS[each], each))
        else:
            known = sorted({*classes, *KINDS})
            raise ValueError(f'{each!r} is not a kind of event; the nearest'
                             f' is {_nearest(each, known)!r}, of:'
                             f' {", ".join(known)}')
    if not found:
        raise ValueError('no kind of event is given; pass None for all kinds')
    return found


def _as_collection(wanted: Any) -> Collection[Any]:
    """
    Make a collection of a wanted value, or of several.

    A collection of the program stays the same object, since the program may
    add values to the collection later.
    """
    if isinstance(wanted, (str, bytes, Mapping)) or not isinstance(
            wanted, Iterable):
        return [wanted]
    return wanted if isinstance(wanted, Collection) else list(wanted)


def _matchable(kind: type[Message]) -> dict[str, str]:
    """Find the entry of a class, or of its nearest base, in `MATCHABLE`."""
    return next(MATCHABLE[each] for each in kind.__mro__ if each in MATCHABLE)


def _member_names(kind: type[Message]) -> list[str]:
    """
    List the members of a class that can be matched.

    For `Message`, list the members of all classes.
    """
    entries = MATCHABLE.values() if kind is Message else [_matchable(kind)]
    return sorted({name for entry in entries
                   for names in entry.values() for name in names.split()})


def _check_name(kinds: list[Kind], name: str) -> None:
    """
    Check that a member can be matched in each kind of events.

    :raises ValueError: if a kind has no such member, or the member cannot be
                        matched.
    """
    for kind, _ in kinds:
        known = _member_names(kind)
        if name not in known:
            reason = f' ({REASONS[name]})' if name in REASONS else ''
            raise ValueError(
                f'{name!r} of {kind.__name__} cannot be matched{reason};'
                f' the nearest is {_nearest(name, known)!r}, of:'
                f' {", ".join(known)}')


def _check_values(kinds: list[Kind], name: str, values: Collection[Any]
                  ) -> None:
    """
    Check the wanted values of a member that is a state.

    Values of other members are not checked.

    :raises ValueError: if the member never has one of the values.
    """
    possible: list[Any] = []
    for kind, _ in kinds:
        for each in KINDS.values() if kind is Message else [kind]:
            if name in _member_names(each):
                states = _states(each, name)
                if states is None:
                    return
                possible += states
    for value in values:
        if value in possible:
            continue
        if name == 'state' and isinstance(value, str):
            raise ValueError(f"'state' is a number, never {value!r}; match"
                             f' state_name={value.upper()!r}')
        raise ValueError(f'{name!r} is never {value!r}; the nearest is'
                         f' {_nearest(value, possible)!r}, of:'
                         f' {", ".join(map(repr, dict.fromkeys(possible)))}')


def _states(kind: type[Message], name: str) -> list[Any] | None:
    """
    List the possible values of a member that is a state.

    :returns: the values. None if the member is not a state.
    """
    changes = issubclass(kind, (BuildStateChange, TaskStateChange))
    states = (build_states if 'build' in _matchable(kind)
              else task_states).NAMES
    if name == 'state':
        return [*states, None]
    if name == 'state_name' or changes and name in ('old', 'new'):
        return [*states.values(), None]
    return [*states.values()] if changes and name == 'event' else None


def _nearest(name: Any, known: Collection[Any]) -> Any:
    """Find the value that is most similar to a name."""
    by_text = {str(each).lower(): each for each in known}
    [found] = get_close_matches(str(name).lower(), by_text, 1, 0)
    return by_text[found]


def _values_of(event: Message, name: str) -> Iterator[Any]:
    """Yield the values of a member in an event and in its objects."""
    for attribute, names in _matchable(type(event)).items():
        owner: Any = getattr(event, attribute, None)
        if attribute == 'event':
            owner = event
        if name not in names.split() or owner is None:
            continue
        if type(owner) is Munch:
            # An attribute may be a method of dict, such as `update`.
            if name in owner:
                yield owner[name]
        else:
            with suppress(AttributeError, ValueError):
                yield getattr(owner, name)
