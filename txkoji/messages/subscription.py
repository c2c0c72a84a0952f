"""
`Subscription`: which events a subscriber is called with.

Members that can be matched, besides the ``event`` and ``topic`` of all kinds:

* ``TaskStateChange``: old, new, package; of the task: arch, build_id,
  channel_id, host_id, is_scratch, label, method, nvr, owner, parent, priority,
  source, state, state_name, target, title, weight; of the message: attribute,
  instance, owner, srpm
* ``BuildStateChange``: old, new, package; those of a build; of its task:
  method, target; of the message: attribute, instance
* ``TagUntag``: package, tag; those of a build; of the message: force, instance
* ``PackageListChange``: action, package, tag; of the message: block,
  extra_arches, force, instance, update
* ``Import``: package, type; those of a build; of the message: build_type,
  directory
* ``RPMSign``: package, sighash, sigkey; those of a build; of the RPM: arch; of
  the message: instance
* ``RepoInit``: tag; of the repository: tag_id, tag_name, task_id; of the
  message: instance
* ``RepoDone``: expire, tag; of the repository: create_event, dist, tag_id,
  tag_name, task_id; of the message: instance
* ``BuildPromote``: draft_release, package, target_release; those of a build;
  of the message: instance

Those of a build are build_id, cg_id, cg_name, draft, epoch, gitbuildhash,
name, nvr, owner_id, owner_name, package_id, package_name, release, source,
state, state_name, task_id, version, volume_id, volume_name.

Not every message has all of them: ``instance``, ``srpm`` and the task of a
build come by fedora-messaging only, and what that leaves out of a build
matches nothing. The ``owner`` of a task is the id of a user; in messages of
fedora-messaging the name matches, too.
"""
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

from munch import Munch

from txkoji import build_states, task_states
from txkoji.messages.classes import (
    KINDS,
    BuildPromote,
    BuildStateChange,
    Import,
    Message,
    PackageListChange,
    RepoDone,
    RepoInit,
    RPMSign,
    TagUntag,
    TaskStateChange,
)

#: A name of `messages.KINDS` or of a class, or the class; or several.
Kinds = None | str | type | Iterable[str | type]

#: A class of events, and the only kind of it that is meant, or None.
Kind = tuple[type[Message], str | None]

BUILD = ('build_id cg_id cg_name draft epoch gitbuildhash name nvr owner_id'
         ' owner_name package_id package_name release source state state_name'
         ' task_id version volume_id volume_name')

#: Class of events -> object in it -> members of that which can be matched.
#: None of them sends a request.
MATCHED: dict[type[Message], dict[str, str]] = {
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

#: Why members that one would look for cannot be matched.
REASONS = {
    'channel': 'it has to be asked for',
    'id': 'it may be that of the message, or of its object',
    'tag': 'that of a task has to be asked for',
    'user': 'users may have to be asked for',
}


class Subscription:
    """
    A callback, and the events that it is called with.

    :param callback: is called with each event.
    :param kinds: the kinds of events; None for all.
    :param match: members -> the value that each must have, or a collection
                  of values, of which it must have one.
    :param leave: is called with the subscription when it is cancelled.
    :raises TypeError: if the callback is not callable.
    :raises ValueError: if there is no such kind of event, or it has no such
                        member, or that never has such a value.
    """

    def __init__(self, callback: Callable[[Any], Any], kinds: Kinds,
                 match: dict[str, Any], leave: Callable[[Any], None]) -> None:
        if not callable(callback):
            raise TypeError(f'{callback!r} is not callable: subscribe a'
                            ' function of one argument, the event')
        self.callback = callback
        self._kinds = _classes(kinds)
        self._match = {name: _values(wanted)
                       for name, wanted in match.items()}
        self._leave = leave
        for name, values in self._match.items():
            _check_name(self._kinds, name)
            _check_values(self._kinds, name, values)

    def cancel(self) -> None:
        """Call it no more. Cancelling twice does no harm."""
        self._leave(self)

    def wants(self, event: Message) -> bool:
        """Tell whether an event is one of those."""
        return (any(isinstance(event, kind) and name in (None, event.kind)
                    for kind, name in self._kinds)
                # Values that cannot be hashed may come, too.
                and all(any(found == value for found in _members(event, name)
                            for value in values)
                        for name, values in self._match.items()))


def _classes(kinds: Kinds) -> list[Kind]:
    """
    Find the classes of kinds of events.

    :raises ValueError: if there is no such kind, or none is given.
    """
    if kinds is None:
        return [(Message, None)]
    if isinstance(kinds, (str, type)) or not isinstance(kinds, Iterable):
        kinds = [kinds]
    classes = {known.__name__: known for known in MATCHED}
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
            raise ValueError(f'{each!r} is no kind of event; the nearest is'
                             f' {_nearest(each, known)!r}, of:'
                             f' {", ".join(known)}')
    if not found:
        raise ValueError('no kind of event is given; None means all')
    return found


def _values(wanted: Any) -> Collection[Any]:
    """
    Give the values that are wanted as a collection. One that the program
    gave is kept, so that the program may add to it.
    """
    if isinstance(wanted, (str, bytes, Mapping)) or not isinstance(
            wanted, Iterable):
        return [wanted]
    return wanted if isinstance(wanted, Collection) else list(wanted)


def _matched(kind: type[Message]) -> dict[str, str]:
    """Find what can be matched of a class, which may be a program's own."""
    return next(MATCHED[each] for each in kind.__mro__ if each in MATCHED)


def _names(kind: type[Message]) -> list[str]:
    """List the members of a class that can be matched; of Message, all."""
    classes = MATCHED.values() if kind is Message else [_matched(kind)]
    return sorted({name for places in classes
                   for names in places.values() for name in names.split()})


def _check_name(kinds: list[Kind], name: str) -> None:
    """
    Check that each kind has a member that can be matched.

    :raises ValueError: if one has not.
    """
    for kind, _ in kinds:
        known = _names(kind)
        if name not in known:
            reason = f' ({REASONS[name]})' if name in REASONS else ''
            raise ValueError(
                f'{name!r} of {kind.__name__} cannot be matched{reason};'
                f' the nearest is {_nearest(name, known)!r}, of:'
                f' {", ".join(known)}')


def _check_values(kinds: list[Kind], name: str, values: Collection[Any]
                  ) -> None:
    """
    Check values of states; those of other members may be anything.

    :raises ValueError: if one of the values is no such state.
    """
    possible: list[Any] = []
    for kind, _ in kinds:
        for each in KINDS.values() if kind is Message else [kind]:
            if name in _names(each):
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
    """List the values of a member that is a state; None for another one."""
    changes = issubclass(kind, (BuildStateChange, TaskStateChange))
    states = (build_states if 'build' in _matched(kind) else task_states).NAMES
    if name == 'state':
        return [*states, None]
    if name == 'state_name' or changes and name in ('old', 'new'):
        return [*states.values(), None]
    return [*states.values()] if changes and name == 'event' else None


def _nearest(name: Any, known: Collection[Any]) -> Any:
    """Find the most similar of several values."""
    by_text = {str(each).lower(): each for each in known}
    [found] = get_close_matches(str(name).lower(), by_text, 1, 0)
    return by_text[found]


def _members(event: Message, name: str) -> Iterator[Any]:
    """Give the values that a member has in an event and in its objects."""
    for place, names in _matched(type(event)).items():
        owner: Any = getattr(event, place, None)
        if place == 'event':
            owner = event
        if name not in names.split() or owner is None:
            continue
        if type(owner) is Munch:
            # Its attributes may be those of a dictionary.
            if name in owner:
                yield owner[name]
        else:
            with suppress(AttributeError, ValueError):
                yield getattr(owner, name)
