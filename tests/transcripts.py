"""
Transcripts of a real Koji hub, and their replay on a FakeHub.

They are in `transcripts.tar.xz`. All data in them is synthetic.
"""
from __future__ import annotations

import base64
import json
import os
import re
import tarfile
from functools import cache
from typing import Any
from urllib.parse import urlencode
from xmlrpc.client import Fault, loads

from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock

from txkoji.hub.codec.xmlrpc import encode_call
from txkoji.testing import FakeHub
from txkoji.testing.memory import MemoryNetwork
from txkoji.testing.web import HubResource

PATH = os.path.join(os.path.dirname(__file__), 'transcripts.tar.xz')

#: Where a FakeHub says that its files are.
TOPDIR = '/mnt/koji'

#: Transcripts of calls that few programs make.
RARE = frozenset('''
    anonymous-writes build-owner cg-access exclusive external-repos groups
    host-errors hosts-channels mass-tag multicall-lazy notifications
    other-builds powerless-writes repo-at-event repo-auto repo-query
    repo-states scheduler searches session-info signatures'''.split())

#: Users of builders.
HOSTS = {'builder01': 'builder01.example.test'}

#: A placeholder in a text.
IN_TEXT = re.compile(r'\$\{(\w+)(%10000)?\}')

#: Seconds that a transcript may take.
LONG = 86400


class Different(Exception):
    """A step whose answer is another."""


@cache
def archive() -> dict[str, bytes]:
    """The files of the archive, by name."""
    with tarfile.open(PATH) as tar:
        return {member.name: tar.extractfile(member).read()
                for member in tar if member.isfile()}


def transcripts() -> dict[str, dict[str, Any]]:
    """All transcripts, by name."""
    return {name[:-len('.json')]: json.loads(data)
            for name, data in sorted(archive().items())
            if name.endswith('.json')}


class Replay:
    """
    One replay of a transcript on a FakeHub.

    :ivar bound: the values of its placeholders.
    """

    def __init__(self, hub: FakeHub) -> None:
        self._hub = hub
        self.bound: dict[str, Any] = {'topdir': TOPDIR}
        self._sessions: dict[str, dict[str, Any]] = {}
        self._networks: dict[str | None, MemoryNetwork] = {}

    def step(self, step: dict[str, Any]) -> None:
        """Replay a step."""
        """
        Carry out a step.

        :raises Different: if the hub does not answer as it should.
        """
        who = step.get('as')
        if who == 'database':
            self._sql(self._filled(step['args'][0]))
            return
        args = [self._filled(arg) for arg in step.get('args', [])]
        kwargs = {name: self._filled(value) for name, value
                  in (step.get('kwargs') or {}).items()}
        method = step['method']
        if method == 'as session':
            self._sessions[who] = {'id': args[0], 'key': args[1]}
            return
        if who and '#' not in who and who not in self._sessions:
            self._log_in(who)
        if method == 'rawUpload':
            answer = self._send(who, kwargs, self._filled(step['body']))
        else:
            if kwargs:
                args.append({**kwargs, '__starstar': True})
            answer = self._send(who, None, encode_call(method, args),
                                step.get('callnum'),
                                login=method == 'sslLogin')
        if method == 'sslLogin' and isinstance(answer, dict):
            self._sessions.setdefault(who, {'callnum': 0}).update(
                id=answer['session-id'], key=answer['session-key'])
        self._compare(step, answer)

    def _sql(self, statement: str) -> None:
        """The one statement that transcripts have: a session gets old."""
        [number] = re.findall(r'start_time = .* where id = (\d+)', statement)
        for row in self._hub.sessions.rows:
            if row.id == int(number):
                row.start_time -= 25 * 3600
                row.renew_time = None

    def _log_in(self, who: str) -> None:
        answer = self._send(who, None, encode_call('sslLogin', []),
                            login=True)
        self._sessions[who] = {'id': answer['session-id'], 'callnum': 0,
                               'key': answer['session-key']}

    def _send(self, who: str | None, query: dict[str, Any] | None,
              body: bytes, callnum: int | None = None,
              login: bool = False) -> Any:
        headers = {'Host': 'hub.example.test', 'Content-Type': 'text/xml',
                   'Content-Length': str(len(body))}
        session = self._sessions.get(who or '', {})
        if session:
            headers['Koji-Session-Id'] = str(session['id'])
            headers['Koji-Session-Key'] = session['key']
            if callnum is None and 'callnum' in session:
                callnum = session['callnum']
                session['callnum'] += 1
            if callnum is not None:
                headers['Koji-Session-Callnum'] = str(callnum)
        path = '/kojihub/ssllogin' if login else '/kojihub'
        if query is not None:
            headers['Content-Type'] = 'application/octet-stream'
            path += '?' + urlencode(query)
        head = ''.join(f'{name}: {value}\r\n'
                       for name, value in headers.items())
        client = _Client()
        self._network(who).endpoint('hub', 80).connect(_Factory(client))
        client.transport.write(
            f'POST {path} HTTP/1.1\r\n{head}\r\n'.encode() + body)
        answer = client.body()
        try:
            return loads(answer, use_builtin_types=True)[0][0]
        except Fault as fault:
            return fault

    def _network(self, who: str | None) -> MemoryNetwork:
        name = who and who.split('#')[0]
        if name not in self._networks:
            self._networks[name] = MemoryNetwork(
                HubResource(self._hub, name and HOSTS.get(name, name)),
                self._hub.clock)
        return self._networks[name]

    # Placeholders

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            kind = next(iter(value), '')
            if len(value) == 1 and re.match(r'\$\w', kind):
                if kind == '$base64':
                    return base64.b64decode(value[kind])
                if kind == '$file':
                    return archive()['files/' + value[kind]]
                return self.bound[value[kind]]
            return {self._text(name): self._filled(each)
                    for name, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each) for each in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        def fill(match: re.Match[str]) -> str:
            value = self.bound[match[1]]
            return str(value % 10000 if match[2] else value)
        return IN_TEXT.sub(fill, text)

    # Comparing

    def _compare(self, step: dict[str, Any], answer: Any) -> None:
        if 'fault' in step:
            self._compare_fault(step['fault'], answer)
            return
        if isinstance(answer, Fault):
            raise Different(f'fault {answer.faultCode}: {answer.faultString}')
        if 'only' in step:
            only = step['only']
            if isinstance(answer, dict):
                answer = {name: answer[name] for name in answer
                          if name in only}
            elif isinstance(answer, list):
                answer = [{name: row[name] for name in row if name in only}
                          if isinstance(row, dict) else row
                          for row in answer]
        expected = step['answer']
        if step.get('unordered') and isinstance(answer, list):
            self._match_bag(expected, answer)
        else:
            self._match(expected, answer, '')

    def _compare_fault(self, expected: dict[str, Any], answer: Any) -> None:
        if not isinstance(answer, Fault):
            raise Different(f'no fault: {answer!r}')
        if answer.faultCode != expected['code']:
            raise Different(f'fault {answer.faultCode}: {answer.faultString}')
        if 'last_line' in expected:
            wanted = self._text(expected['last_line'])
            lines = answer.faultString.replace("<class '", '').replace(
                "'>: ", ': ').splitlines()
            if wanted not in lines:
                raise Different(f'fault 1: {answer.faultString}')
        elif self._text(expected['text']) != answer.faultString:
            raise Different(f'text: {answer.faultString}')

    def _match_bag(self, expected: list[Any], answer: list[Any]) -> None:
        if len(expected) != len(answer):
            raise Different(f'{len(answer)} in place of {len(expected)}:'
                            f' {answer}')
        rest = list(answer)
        for each in expected:
            for number, other in enumerate(rest):
                before = dict(self.bound)
                try:
                    self._match(each, other, '')
                except Different:
                    self.bound = before
                else:
                    del rest[number]
                    break
            else:
                raise Different(f'nothing like {each}: {rest}')

    def _match(self, expected: Any, answer: Any, where: str) -> None:
        if isinstance(expected, dict):
            kind = next(iter(expected), '')
            if len(expected) == 1 and re.match(r'\$\w', kind):
                self._placeholder(kind, expected[kind], answer, where)
                return
            wanted = {self._text(name): value
                      for name, value in expected.items()}
            if not isinstance(answer, dict) or set(answer) != set(wanted):
                raise Different(f'{where}: {answer!r}')
            for name, value in wanted.items():
                self._match(value, answer[name], f'{where}.{name}')
        elif isinstance(expected, list):
            if not isinstance(answer, list) or len(answer) != len(expected):
                raise Different(f'{where}: {answer!r}')
            for number, value in enumerate(expected):
                self._match(value, answer[number], f'{where}[{number}]')
        else:
            if isinstance(expected, str):
                expected = self._text(expected)
            if answer != expected or type(answer) is not type(expected):
                raise Different(f'{where}: {answer!r}')

    def _placeholder(self, kind: str, name: Any, answer: Any, where: str
                     ) -> None:
        if kind == '$any':
            return
        if kind == '$base64':
            if isinstance(answer, str):
                answer = base64.b64decode(answer)
            if answer != base64.b64decode(name):
                raise Different(f'{where}: {answer!r}')
            return
        if kind == '$time':
            self._check_time(name, answer, where)
            return
        kinds = {'$text': str, '$ts': float}
        if not isinstance(answer, kinds.get(kind, int)) or isinstance(
                answer, bool):
            raise Different(f'{where}: {answer!r}')
        if self.bound.setdefault(name, answer) != answer:
            raise Different(f'{where}: {answer!r} is not'
                            f' {name} ({self.bound[name]!r})')

    def _check_time(self, name: str, answer: Any, where: str) -> None:
        now = self._hub.now()
        if name == 'text':
            good = isinstance(answer, str) and re.fullmatch(
                r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00:00', answer)
        else:
            good = (isinstance(answer, (int, float))
                    and abs(answer - now) < LONG)
        if not good:
            raise Different(f'{where}: {answer!r} is no time of now')


class ClientReplay(Replay):
    """
    A replay with Koji's own client, over a port, of what that can say.

    :param connect: gives a `koji.ClientSession`, logged in as a user of a
                    name, or for None as nobody.
    """

    def __init__(self, hub: FakeHub, connect: Any) -> None:
        super().__init__(hub)
        self._connect = connect
        self._clients: dict[str | None, Any] = {}

    def can(self, step: dict[str, Any]) -> bool:
        """Whether that client can say this, and tells its answer as it is."""
        who = step.get('as') or ''
        return not ('#' in who or 'callnum' in step or who == 'database'
                    or not step['method'] or step['method'].startswith('_')
                    or step['method'] in ('sslLogin', 'login', 'logout',
                                          'rawUpload', 'as session'))

    def step(self, step: dict[str, Any]) -> None:
        """Replay a step."""
        who = step.get('as')
        if who not in self._clients:
            self._clients[who] = self._connect(who and HOSTS.get(who, who))
        args = [self._filled(arg) for arg in step.get('args', [])]
        kwargs = {name: self._filled(value) for name, value
                  in (step.get('kwargs') or {}).items()}
        try:
            answer = self._clients[who].callMethod(
                step['method'], *args, **kwargs)
        except Fault as fault:
            answer = fault
        except Exception as error:
            if not hasattr(error, 'faultCode'):
                raise
            answer = Fault(error.faultCode, str(error))
        self._compare(step, answer)

    def close(self) -> None:
        """Close the connections of the clients."""
        for client in self._clients.values():
            client.rsession.close()


class _Client(Protocol):
    """Reads one answer over memory."""

    def __init__(self) -> None:
        self._data = b''

    def dataReceived(self, data: bytes) -> None:
        self._data += data

    def body(self) -> bytes:
        head, _, body = self._data.partition(b'\r\n\r\n')
        if b' 200 ' not in head.splitlines()[0]:
            raise Different(f'HTTP: {self._data!r}')
        self.transport.loseConnection()
        return body


class _Factory:
    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol

    def buildProtocol(self, address: Any) -> Protocol:
        return self._protocol


def replay(transcript: dict[str, Any], **options: Any) -> list[str | None]:
    """
    Replay a transcript.

    :param options: of the FakeHub.
    :returns: for each step None, or how it differs.
    """
    run = Replay(FakeHub(**{'clock': Clock(), **options}))
    found: list[str | None] = []
    for step in transcript['steps']:
        try:
            run.step(step)
            found.append(None)
        except KeyError as error:
            found.append(f'unbound: {error}')
        except Different as error:
            found.append(str(error))
    return found
