"""Unusual answers of web servers, with the result of each."""
from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.task import deferLater

from tests.hub.test_wire_hostile import GOOD, HostileTestCase, http
from txkoji.exceptions import AnswerError, ConnectionFailed, HTTPError
from txkoji.hub.codec.xmlrpc import encode_answer
from txkoji.hub.http import exchange

OK = b'HTTP/1.1 200 OK\r\n'
LENGTH = b'Content-Length: %d\r\n' % len(GOOD)


def chunked(body: bytes, end: bytes = b'0\r\n\r\n') -> bytes:
    """An answer in two chunks."""
    chunks = b''.join(b'%x\r\n%b\r\n' % (len(part), part)
                      for part in (body[:50], body[50:]))
    return OK + b'Transfer-Encoding: chunked\r\n\r\n' + chunks + end


#: What is sent; whether the server hangs up behind it; what comes of it: a
#: value, or an exception with a part of its text; and whether the connection
#: is used again.
ANSWERS: list[tuple[str, bytes, bool, Any, str, bool]] = [
    # Good ones.
    ('plain', http(GOOD), False, 1, '', True),
    ('chunked', chunked(GOOD), False, 1, '', True),
    # Trailers say nothing that we need.
    ('chunked with trailers',
     chunked(GOOD, b'0\r\nX-Sum: 1\r\nKoji-Version: 9\r\n\r\n'), False, 1, '',
     True),
    ('chunk extensions', OK + b'Transfer-Encoding: chunked\r\n\r\n'
     + b'%x;a=b\r\n%b\r\n0\r\n\r\n' % (len(GOOD), GOOD), False, 1, '', True),
    # RFC 9110, 15.2: any number may come before the answer.
    ('100 Continue', b'HTTP/1.1 100 Continue\r\n\r\n' + http(GOOD), False, 1,
     '', True),
    ('three of 1xx', b'HTTP/1.1 102 Processing\r\nX: y\r\n\r\n' * 3
     + http(GOOD), False, 1, '', True),
    # Apache's mod_proxy speaks it to old servers, and tinyproxy to all.
    ('HTTP/1.0 with a length', b'HTTP/1.0 200 OK\r\n' + LENGTH + b'\r\n'
     + GOOD, False, 1, '', False),
    ('HTTP/1.0 until closed', b'HTTP/1.0 200 OK\r\n\r\n' + GOOD, True, 1, '',
     False),
    ('HTTP/1.1 until closed', OK + b'\r\n' + GOOD, True, 1, '', False),
    ('Connection: close', http(GOOD, b'Connection: close'), False, 1, '',
     False),
    ('no reason', http(GOOD, status=b'200 '), False, 1, '', True),
    ('no space behind the status', http(GOOD, status=b'200'), False, 1, '',
     True),
    # Servers of the last century did that; the parser takes it.
    ('a line end behind the answer', http(GOOD) + b'\r\n', False, 1, '',
     True),
    # Broken connections: these are tried again.
    ('nothing', b'', True, ConnectionFailed, 'the connection broke', False),
    ('a half head', OK + b'Content-Le', True, ConnectionFailed,
     'the connection broke', False),
    ('a half body', OK + LENGTH + b'\r\n' + GOOD[:-9], True, ConnectionFailed,
     'the connection broke', False),
    ('a half body until closed', OK + b'\r\n' + GOOD[:-9], True,
     ConnectionFailed, 'the connection broke', False),
    ('no last chunk', chunked(GOOD, b''), True, ConnectionFailed,
     'the connection broke', False),
    # A 1xx is no answer.
    ('100 and no more', b'HTTP/1.1 100 Continue\r\n\r\n', True,
     ConnectionFailed, 'the connection broke', False),
    # Not HTTP, or not what was asked for: nobody knows whose answer it is.
    ('101', b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n'
     b'Connection: upgrade\r\n\r\n', False, AnswerError, 'protocol', False),
    ('bare line feeds', b'HTTP/1.1 200 OK\nContent-Length: 1\n\n1', False,
     AnswerError, 'not HTTP', False),
    ('a folded header', OK + b'X: a\r\n b\r\n' + LENGTH + b'\r\n' + GOOD,
     False, AnswerError, 'not HTTP', False),
    ('a NUL in a header', OK + b'X: a\0b\r\n' + LENGTH + b'\r\n' + GOOD,
     False, AnswerError, '', False),
    ('two lengths', OK + LENGTH * 2 + b'\r\n' + GOOD, False, AnswerError, '',
     False),
    ('two other lengths', OK + LENGTH + b'Content-Length: 5\r\n\r\n' + GOOD,
     False, AnswerError, '', False),
    ('a length and chunks', OK + LENGTH + b'Transfer-Encoding: chunked\r\n'
     b'\r\n1\r\nx\r\n0\r\n\r\n', False, AnswerError, '', False),
    ('a negative length', OK + b'Content-Length: -5\r\n\r\n', False,
     AnswerError, 'not HTTP', False),
    ('an unknown transfer coding', OK + b'Transfer-Encoding: gzip, chunked'
     b'\r\n\r\n', False, AnswerError, 'transfer coding', False),
    ('HTTP/2.0', b'HTTP/2.0 200 OK\r\n' + LENGTH + b'\r\n' + GOOD, False,
     AnswerError, 'not HTTP/1.1', False),
    ('RTSP', b'RTSP/1.0 200 OK\r\n' + LENGTH + b'\r\n' + GOOD, False,
     AnswerError, 'not HTTP/1.1', False),
    ('status 099', http(GOOD, status=b'099 Odd'), False, AnswerError,
     'not HTTP/1.1', False),
    ('junk behind', http(GOOD) + b'junk', False, AnswerError, '', False),
    ('junk behind a last answer',
     http(GOOD, b'Connection: close') + b'junk', False, AnswerError, '',
     False),
    # Of two answers, one is somebody else's.
    ('two answers', http(GOOD) * 2, False, AnswerError,
     'more bytes after the answer', False),
    ('a head without end', OK + b'X: ' + b'x' * 70000, False, AnswerError,
     'headers of more than', False),
    ('TLS', b'\x15\x03\x03\x00\x02\x02\x46', False, AnswerError,
     'the server speaks TLS', False),
    # A status keeps its word, whatever becomes of its page.
    ('403', http(b'<html>no', status=b'403 Forbidden'), False, HTTPError,
     "403 Forbidden: '<html>no'", True),
    ('413, cut off', b'HTTP/1.1 413 Too Large\r\nContent-Length: 999\r\n\r\n'
     b'<html>', True, HTTPError, "413 Too Large: '<html>'", False),
    ('500, odd coding', http(b'x', b'Content-Encoding: br',
                             status=b'500 Odd'), False, HTTPError,
     'status 500', False),
    ('502, junk behind', http(b'x', status=b'502 Odd') + b'junk', False,
     HTTPError, 'status 502', False),
    ('204 without a body', b'HTTP/1.1 204 No Content\r\n\r\n', False,
     HTTPError, 'status 204', True),
]


class AnswersTests(HostileTestCase):
    """Each answer of the table."""

    @inlineCallbacks
    def check(self, name: str, answer: bytes, hang_up: bool, expected: Any,
              text: str, reused: bool) -> Any:
        """Check an answer, and that the next call works."""
        def say(protocol: Any) -> None:
            protocol.transport.write(answer)
            if hang_up:
                protocol.transport.loseConnection()

        koji = yield self.script(say)
        call = koji.tagBuild(1, 2)
        if expected == 1:
            self.assertEqual((yield call), 1, name)
        else:
            error = yield self.assertFailure(call, expected)
            self.assertIn(text, str(error), name)
        # The next call is not confused by the one before.
        yield deferLater(reactor, 0, lambda: None)
        self.assertEqual((yield koji.tagBuild(1, 2)), 1, name)
        self.assertEqual(self.factory.made, 1 if reused else 2, name)
        self.assertEqual(self.factory.asked, 2, name)
        yield koji.close()
        yield self.all_lost()

    @inlineCallbacks
    def test_answers(self) -> Any:
        """Each answer gives the value or the error of the table."""
        for row in ANSWERS:
            yield self.check(*row)

    @inlineCallbacks
    def test_pieces(self) -> Any:
        """The size of the pieces does not change the result."""
        for name, answer, hang_up, expected, _, _ in ANSWERS:
            if not hang_up and len(answer) < 2000:
                yield self.check_pieces(name, answer, expected)

    @inlineCallbacks
    def check_pieces(self, name: str, answer: bytes, expected: Any) -> Any:
        """Check an answer that arrives in pieces of seven bytes."""
        def say(protocol: Any) -> None:
            def put(rest: bytes) -> None:
                protocol.transport.write(rest[:7])
                if len(rest) > 7 and protocol.transport.connected:
                    reactor.callLater(0, put, rest[7:])

            protocol.transport.setTcpNoDelay(True)
            put(answer)

        koji = yield self.script(say)
        call = koji.tagBuild(1, 2)
        # What comes behind an answer, and later, is no part of it.
        if expected == 1 or 'junk behind' in name or name == 'two answers':
            result = yield call.addErrback(lambda failure: failure.value)
            self.assertIn(type(result), (int, expected), name)
        else:
            yield self.assertFailure(call, expected)
        yield koji.close()

    @inlineCallbacks
    def test_stalled_page(self) -> Any:
        """A stalled error page has a time limit of its own."""
        self.patch(exchange, 'ERROR_BODY_TIMEOUT', 0.01)
        stalled: Deferred[Any | None] = Deferred()

        def say(protocol: Any) -> None:
            protocol.transport.write(b'HTTP/1.1 403 Forbidden\r\n'
                                     b'Content-Length: 99\r\n\r\n<html>no')
            stalled.callback(None)

        koji = yield self.script(say)
        call = koji.getAPIVersion()
        yield stalled
        error = yield self.assertFailure(call, HTTPError)
        self.assertIn("403 Forbidden: '<html>no'", str(error))
        yield self.all_lost()

    @inlineCallbacks
    def test_retry_after(self) -> Any:
        """Retry-After is in seconds, or a date by the server's clock."""
        date = b'Date: Wed, 25 Nov 2026 06:00:00 GMT'
        for headers, seconds in [
                ([b'Retry-After: 120'], 120),
                ([date, b'Retry-After: Wed, 25 Nov 2026 06:00:30 GMT'], 30),
                ([date, b'Retry-After: Wed, 25 Nov 2026 05:00:00 GMT'], 0),
                ([b'Retry-After: Wed, 25 Nov 2015 05:00:00 GMT'], 0),
                ([b'Retry-After: soon'], None), ([b'Retry-After: -5'], None),
                ([date, b'Retry-After: 25 Nov'], None), ([date], None)]:
            koji = yield self.script(http(b'', *headers,
                                          status=b'503 Busy'))
            error = yield self.assertFailure(koji.getAPIVersion(), HTTPError)
            self.assertEqual(error.retry_after, seconds, headers)
            yield koji.close()

    @inlineCallbacks
    def test_late_junk(self) -> Any:
        """Bytes over an idle connection close the connection."""
        koji = yield self.script()
        self.assertEqual((yield koji.getAPIVersion()), 1)
        [protocol] = self.factory.open
        protocol.transport.write(http(encode_answer(2)))
        yield self.all_lost()
        self.assertEqual((yield koji.getAPIVersion()), 1)
        self.assertEqual(self.factory.made, 2)
