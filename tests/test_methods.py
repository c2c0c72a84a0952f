"""The descriptions of hub methods, and the recorded answers of a hub."""
from __future__ import annotations

import inspect
import io
import json
import lzma
import os
import pydoc
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from xmlrpc.client import Fault

from twisted.internet import reactor
from twisted.internet.defer import inlineCallbacks
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

import txkoji
from tests import generate_methods as generator, methods_table as table
from tests.programs import Program
from tests.recordings import recordings
from tests.support import folder, write
from txkoji import structs
from txkoji.build import Build
from txkoji.compare import compare, described
from txkoji.exceptions import GenericError, KojiException
from txkoji.hub import reads
from txkoji.hub_methods import hint
from txkoji.package import Package
from txkoji.repo import Repo
from txkoji.results import OTHERS, ROWS, typed
from txkoji.rows import BuildTarget, Host, Tag, User
from txkoji.rpm import RPM
from txkoji.task import Channel, Task
from txkoji.testing import FakeHub

ANSWERS = os.path.join(os.path.dirname(__file__), 'answers.json.xz')

ROW_KINDS = [Build, BuildTarget, Channel, Host, Package, Repo, RPM, Tag, Task,
             User]

#: The names in the types of results.
NAMES: dict[str, Any] = {
    **vars(structs), **{kind.__name__: kind for kind in ROW_KINDS},
    'Any': Any, 'Literal': Literal, 'timedelta': timedelta,
    'datetime': datetime}

#: A method, its arguments, its named arguments, and the value.
Answer = tuple[str, list[Any], dict[str, Any], Any]


@cache
def recorded() -> list[Answer]:
    """The recorded answers: method, arguments, named arguments, value."""
    found: list[Answer] = []
    for recording in recordings().values():
        call = recording.call
        if call is None or b'<methodResponse>' not in recording.response:
            continue
        answer = recording.answer
        if not isinstance(answer, Fault):
            found.append((*call, answer))
    return found


@cache
def answers() -> list[Answer]:
    """
    The recorded answers, and those of transcripts.

    Of the latter there is one of each shape, perhaps with some members only.
    """
    with lzma.open(ANSWERS, 'rt', encoding='utf-8') as file:
        return recorded() + [
            (step['method'], step['args'], step['kwargs'], step['answer'])
            for step in json.load(file)]


def result_type(text: str) -> Any:
    """The type that the table has as text."""
    return eval(text, NAMES)


def problems(value: Any, kind: Any, place: str) -> Iterator[str]:
    """What of a value is not as its type says."""
    origin = get_origin(kind)
    if kind is Any:
        return
    if origin in (Union, UnionType):
        found = [list(problems(value, each, place))
                 for each in get_args(kind)]
        if all(found):
            yield min(found, key=len)[0]
    elif origin is Literal:
        if value not in get_args(kind):
            yield f'{place}: {value!r}'
    elif origin is list:
        if not isinstance(value, list):
            yield f'{place}: {type(value).__name__} is no list'
        else:
            for item in value:
                yield from problems(item, get_args(kind)[0], place + '[]')
    elif origin is tuple:
        if not isinstance(value, list) or len(value) != len(get_args(kind)):
            yield f'{place}: no list of so many'
        else:
            for item, each in zip(value, get_args(kind)):
                yield from problems(item, each, place + '[]')
    elif origin is dict:
        if not isinstance(value, dict):
            yield f'{place}: {type(value).__name__} is no dictionary'
        else:
            for key, item in value.items():
                yield from problems(item, get_args(kind)[1],
                                    f'{place}[{key!r}]')
    elif kind is NoneType or kind is None:
        if value is not None:
            yield f'{place}: {value!r} is not None'
    elif issubclass(kind, dict):
        yield from member_problems(value, kind, place)
    elif kind is float:
        if type(value) not in (int, float):
            yield f'{place}: {value!r} is no float'
    elif type(value) is not kind:
        yield f'{place}: {value!r} is no {kind.__name__}'


@cache
def members_of(kind: type) -> dict[str, Any]:
    """The members of a row or of a struct, with their types."""
    names = {**NAMES, **vars(inspect.getmodule(kind)), 'Hub': Any}
    hints: dict[str, Any] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.startswith('txkoji'):
            hints |= {name: eval(text, names) for name, text
                      in inspect.get_annotations(each).items()
                      if 'ClassVar' not in text
                      and name not in getattr(each, '__slots__', ())}
    return hints


def member_problems(value: Any, kind: type, place: str) -> Iterator[str]:
    """What of a struct is not as its class says."""
    if not isinstance(value, dict):
        yield f'{place}: {type(value).__name__} is no {kind.__name__}'
        return
    known = members_of(kind)
    for name, member in value.items():
        if name in known:
            yield from problems(member, known[name], f'{place}.{name}')
        elif not isinstance(getattr(kind, name, None), property):
            yield f'{place}: {kind.__name__} has no {name}'


def is_as_usual(method: generator.Method, args: list[Any],
                kwargs: dict[str, Any]) -> bool:
    """Whether a call is none of the overloads for special arguments."""
    for value in (*args, *kwargs.values()):
        if isinstance(value, dict) and value.get('countOnly'):
            return False
        if isinstance(value, dict) and value.get('asList'):
            return False
    names = {name for overload in method.special
             for name in ('multi', 'stat', 'all_volumes', 'ts', 'user_id')
             if name in str(overload)}
    if names & set(kwargs) or (method.name == 'getLastHostUpdate'
                               and len(args) > 1):
        return False
    return not (method.name == 'getTaskInfo' and isinstance(args[0], list))


class TableTests(SynchronousTestCase):
    """The table that is kept by hand."""

    def test_complete(self) -> None:
        """Each method of the hub is in the table, or left out on purpose."""
        plugins = {line.partition('(')[0] for line
                   in table.PLUGINS.splitlines() if line[:1].isalpha()}
        known = {name for name in generator.api()
                 if not generator.is_left_out(name)}
        self.assertEqual(set(generator.methods()), known | plugins)
        self.assertEqual(plugins & set(generator.api()), set())
        self.assertEqual(set(table.OURS) - set(generator.api()), set())

    def test_written(self) -> None:
        """The modules are what the generator makes of the table."""
        for path, text in [
                (generator.METHODS, generator.write_methods()),
                (generator.STORED, generator.write_stored()),
                (generator.LISTS, generator.write_lists())]:
            with open(path, encoding='utf-8') as file:
                self.assertEqual(file.read(), text)

    def test_answers(self) -> None:
        """Each recorded answer is of the type that the table says."""
        methods = generator.methods()
        found = []
        compared = 0
        for name, args, kwargs, value in answers():
            method = methods.get(name)
            if method is None or not is_as_usual(method, args, kwargs):
                continue
            kind = result_type(method.usual.result)
            if name == 'getTaskDescendents':
                value = [task for tasks in value.values() for task in tasks]
            elif name == 'getAverageBuildDuration':
                kind = float | None
            found += problems(value, kind, name)
            compared += 1
        self.assertEqual(sorted(set(found)), [])
        self.assertGreater(compared, 500)

    def test_problems(self) -> None:
        """The comparison finds a wrong type, and a member that is unknown."""
        for value, text in [
                ([1], 'list[str]'), (None, 'int'), (1, 'None'),
                ({'id': 'x'}, 'Tag'), ({'nothing': 1}, 'Event'),
                ([[], {}], 'tuple[list[int], list[int]]'), (True, 'int'),
                ('x', 'int | None'), ({'a': 1}, 'dict[str, str]')]:
            self.assertEqual(
                len(list(problems(value, result_type(text), 'x'))), 1, text)
        for value, text in [({'id': 1}, 'Tag'), (1, 'float'),
                            (None, 'Build | None')]:
            self.assertEqual(
                list(problems(value, result_type(text), 'x')), [])

    def test_marks(self) -> None:
        """The star is for methods without a recorded answer, and only them."""
        known = {name for name, *_ in answers()}
        for name, method in generator.methods().items():
            self.assertEqual(method.recorded, name in known, name)

    def test_rows(self) -> None:
        """A method gives rich objects in the table, if it does in fact."""
        rich = {kind.__name__ for kind in ROW_KINDS}
        for name, method in generator.methods().items():
            kinds = set(re.findall(r'\w+', method.usual.result)) & rich
            if name in ROWS:
                self.assertEqual(kinds, {ROWS[name].__name__}, name)
            elif name not in OTHERS:
                self.assertEqual(kinds, set(), name)

    def test_reads(self) -> None:
        """A method that gives nothing but None is a write in our table."""
        for name, method in generator.methods().items():
            if method.usual.result == 'None' and name not in (
                    'error', 'fault'):
                self.assertFalse(reads.is_read(name), name)

    def test_lines(self) -> None:
        """Each method has a line of its own, which is not the hub's."""
        for name, method in generator.methods().items():
            self.assertRegex(method.doc, r'^[A-Z].*\.$', name)
            theirs = (generator.api().get(name) or {}).get('doc') or ''
            self.assertNotEqual(method.doc.rstrip('.'),
                                theirs.strip().split('\n')[0].rstrip('.'))


class RowTests(SynchronousTestCase):
    """The members of rows."""

    def test_derived(self) -> None:
        """The members that may be missing are those with an annotation."""
        for kind in ROW_KINDS:
            self.assertEqual(kind.members, set(members_of(kind)), kind)
            self.assertIsNone(kind().id)

        class Mine(Tag):
            mine: int

        self.assertEqual(Mine.members, Tag.members | {'mine'})
        self.assertIsNone(Mine().mine)

    def test_hints(self) -> None:
        """The annotations of structs can be resolved at run time."""
        for kind in vars(structs).values():
            if isinstance(kind, type) and kind.__module__ == structs.__name__:
                self.assertTrue(get_type_hints(kind))

    def test_more_members(self) -> None:
        """A member that the class does not know is there by its name."""
        tag = Tag.attached({'id': 1, 'flavor': 'sweet'}, None)
        self.assertEqual(tag['flavor'], 'sweet')
        self.assertRaises(AttributeError, getattr, tag, 'flavour')

    def test_present(self) -> None:
        """A member that is never None in its type is in the usual rows."""
        whole = {'getBuild': Build, 'listBuilds': Build, 'listTagged': Build,
                 'getTag': Tag, 'getTaskInfo': Task, 'listTasks': Task,
                 'getUser': User, 'getHost': Host, 'listHosts': Host,
                 'listRPMs': RPM, 'getBuildTarget': BuildTarget,
                 'listPackages': Package, 'getPackage': Package}
        for name, _, kwargs, value in recorded():
            kind = whole.get(name)
            rows = value if isinstance(value, list) else [value]
            for row in rows if kind is not None else ():
                if not isinstance(row, dict) or 'queryOpts' in kwargs:
                    continue
                made = typed(name, dict(row), txkoji.Connection(
                    txkoji.Profile('x', server='http://localhost/hub')))
                for member, its in members_of(kind).items():
                    if NoneType not in get_args(its) and its is not Any:
                        self.assertIsNotNone(getattr(made, member),
                                             f'{name}: {member}')


class ShellTests(SynchronousTestCase):
    """What a shell shows of a Connection."""

    def setUp(self) -> None:
        """Make a connection to nowhere."""
        self.koji = txkoji.Connection(
            txkoji.Profile('x', server='http://localhost/hub'))

    def test_dir(self) -> None:
        """dir() lists hub methods, and those with a dotted prefix."""
        self.assertLessEqual({'getBuild', 'repo', 'wait', 'buildContainer'},
                             set(dir(self.koji)))
        self.assertIn('request', dir(self.koji.repo))
        self.assertIn('getTag', dir(self.koji.batched()))
        self.assertIn('getTag', dir(self.koji.MultiCall()))
        self.assertNotIn('getTag', dir(self.koji.getTag))

    def test_help(self) -> None:
        """help() shows the signature and the line of a hub method."""
        shown = io.StringIO()
        with redirect_stdout(shown):
            pydoc.Helper(output=shown)(self.koji.getBuild)
        self.assertIn(
            'getBuild(buildInfo: int | str | Mapping[str, Any],'
            ' strict: bool = False) -> Deferred[Build | None]',
            shown.getvalue())
        self.assertIn('Get a build', shown.getvalue())
        self.assertTrue(self.koji.repo.request.__doc__.startswith(
            'repo.request(tag: int | str'))
        self.assertIn('begin with "repo."', self.koji.repo.__doc__)

    def test_signature(self) -> None:
        """The signature of a hub method is the hub's, with its defaults."""
        signature = inspect.signature(self.koji.listTags)
        self.assertEqual(list(signature.parameters),
                         ['build', 'package', 'perms', 'queryOpts', 'pattern'])
        self.assertIs(signature.parameters['perms'].default, True)

    def test_unknown(self) -> None:
        """A method without a description can be called, and says little."""
        call = self.koji.noSuch
        self.assertEqual(call.__doc__, type(call).__doc__)
        self.assertEqual(list(inspect.signature(call).parameters),
                         ['args', 'kwargs'])
        self.assertEqual(list(inspect.signature(type(call)).parameters),
                         ['caller', 'method'])

    def test_repr(self) -> None:
        """The repr of a hub method is short."""
        self.assertEqual(repr(self.koji.repo.get),
                         f'<repo.get of {self.koji!r}>')

    def test_same_signatures(self) -> None:
        """The signature of each method that is described is the hub's."""
        self.assertEqual(list(compare(list(generator.api().values()))), [
            f'{name}: the hub does not have it' for name in sorted(
                set(described()) - set(generator.api()))] + [
            f'{name}: it is not described' for name in sorted(table.OURS)])


class HintTests(SynchronousTestCase):
    """Hints on faults."""

    def hint(self, text: str, method: str, code: int = 1) -> str | None:
        """The hint on a fault."""
        return hint(KojiException(text, faultCode=code), method)

    def test_name(self) -> None:
        """A method that is nearly another one gets the other one's name."""
        for wrong, right in [('getTga', 'getTag'), ('repo.reqest',
                                                    'repo.request')]:
            self.assertEqual(
                self.hint(f'Invalid method: {wrong}', wrong, 1000),
                f'did you mean {right}?')

    def test_far(self) -> None:
        """A name like no other gets no hint, nor do other faults."""
        self.assertIsNone(self.hint('Invalid method: xyzzy', 'xyzzy', 1000))
        self.assertIsNone(self.hint('No such tag: x', 'getTag', 1000))
        self.assertIsNone(hint(GenericError('Invalid method: getTga'),
                               'getTga'))

    def test_old_hub(self) -> None:
        """A known method that the hub lacks is said to be newer."""
        self.assertIn('older', self.hint('Invalid method: repo.get',
                                         'repo.get', 1000) or '')

    def test_arguments(self) -> None:
        """Each recorded fault on arguments gets the signature."""
        for name, method in [
                ('fault.bad-params-unknown-kw', 'getBuild'),
                ('fault.bad-params-missing', 'getBuild'),
                ('fault.bad-params-too-many', 'getAPIVersion')]:
            fault = recordings()[name].answer
            self.assertRegex(
                self.hint(fault.faultString, method) or '',
                rf'^the signature is {method}\(.*\)$', name)


class CallHintTests(SynchronousTestCase):
    """Hints on calls of a hub."""

    def setUp(self) -> None:
        """Make a hub, with connections to it."""
        self.hub = FakeHub(clock=Clock())
        self.koji = self.hub.connection()

    def error(self, deferred: Any) -> KojiException:
        """The error that a Deferred has failed with."""
        self.hub.clock.advance(0)
        error = self.failureResultOf(deferred, KojiException).value
        assert isinstance(error, KojiException)
        return error

    def test_call(self) -> None:
        """A single call, a batched one and a streamed one have hints."""
        for deferred in [self.koji.getTga('f44'),
                         self.koji.call('getTga', 'f44'),
                         self.koji.batched().getTga('f44'),
                         self.koji.iterate('getTga', 'f44').next_item()]:
            error = self.error(deferred)
            self.assertEqual(error.hint, 'did you mean getTag?')
            self.assertEqual(str(error), 'Invalid method: getTga')

    def test_multicall(self) -> None:
        """So has a call of a multicall, each time it is asked for."""
        many = self.koji.MultiCall()
        stored = many.getTga('f44')
        self.successResultOf(many())
        for _ in range(2):
            error = self.assertRaises(KojiException, lambda: stored.result)
            self.assertEqual(error.hint, 'did you mean getTag?')

    def test_arguments(self) -> None:
        """A wrong keyword is answered with the signature."""
        error = self.error(self.koji.getTag('f44', strickt=True))
        self.assertEqual(error.hint, 'the signature is getTag(tagInfo,'
                         ' strict=False, event=None, blocked=False)')

    def test_traceback(self) -> None:
        """The traceback shows the hint, if Python knows of notes."""
        error = self.error(self.koji.getTga('f44'))
        shown = ''.join(traceback.format_exception(error))
        self.assertEqual('hint: did you mean getTag?' in shown,
                         sys.version_info >= (3, 11))

    def test_none(self) -> None:
        """Another fault has none, nor has an error that is no fault."""
        self.assertIsNone(self.error(
            self.koji.getTag('no-such', strict=True)).hint)
        self.assertIsNone(KojiException('x').hint)


class CompareTests(SynchronousTestCase):
    """The comparison with another hub."""

    def test_differences(self) -> None:
        """A parameter or a method more or less, and an order, are found."""
        entries = {name: dict(entry)
                   for name, entry in generator.api().items()}
        del entries['getTag']
        entries['getBuild']['argspec'] = [['buildInfo'], None, None, None]
        entries['getHost']['argspec'] = [
            ['hostInfo', 'event', 'strict', 'new'], None, None, None]
        entries['getUser']['argspec'] = [
            ['userInfo', 'krb_princs', 'strict', 'groups'], None, None, None]
        entries['newMethod'] = {'name': 'newMethod'}
        found = list(compare(list(entries.values())))
        for line in ['getTag: the hub does not have it',
                     'getBuild: the hub lacks strict',
                     'getHost: the hub has more: new',
                     'getUser: the hub has another order: userInfo,'
                     ' krb_princs, strict, groups',
                     'newMethod: it is not described']:
            self.assertIn(line, found)


class CommandTests(TestCase):
    """``python -m txkoji.methods``."""

    timeout = 60

    @inlineCallbacks
    def test_command(self) -> Any:
        """The differences between the hub of a profile and ours are listed."""
        home = folder(self)
        hub = FakeHub(reactor=reactor)
        server = yield hub.listen()
        self.addCleanup(hub.stop)
        write(f'{home}/.koji/config', f'[mykoji]\nserver = {server}\n')
        entries = {name: dict(entry)
                   for name, entry in generator.api().items()}
        del entries['getTag']
        entries['getBuild']['argspec'] = [['buildInfo'], None, None, None]
        hub.respond('_listapi', list(entries.values()))
        program = Program(self, '-m', 'txkoji.methods', '--compare', 'mykoji',
                          HOME=home)
        yield program.ended
        self.assertIn('getBuild: the hub lacks strict', program.lines)
        self.assertIn('getTag: the hub does not have it', program.lines)
