"""
A parser for HTTP/1.1 answers, built on httptools.

httptools does not limit the size of a head, and reports a 1xx as a whole
answer. It accepts HTTP/2.0, RTSP and the status 099. If bytes follow an
answer, it goes on with the callbacks of the next answer. It wraps exceptions
of callbacks. It has no call for the end of the stream. `AnswerParser` makes up
for all of that.
"""
from __future__ import annotations

from typing import Any

import httptools

#: The most bytes of the status line and the headers of an answer.
MAX_HEAD = 65536

_VERSIONS = (b'HTTP/1.0', b'HTTP/1.1')


class Head:
    """
    The status line and the headers of an answer.

    :ivar status: the status code.
    :ivar reason: the reason phrase.
    :ivar headers: the names, in lower case, and the values.
    """

    __slots__ = ('status', 'reason', 'headers')

    def __init__(self, status: int, reason: str,
                 headers: list[tuple[bytes, bytes]]) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers

    def get(self, name: bytes) -> str:
        """
        Get the value of a header.

        :param name: the name, in lower case.
        :returns: the value, or an empty text. Several values of one name are
                  joined with commas.
        """
        values = [value for found, value in self.headers if found == name]
        return b', '.join(values).decode('latin-1').strip()


class AnswerParser:
    """
    A parser for one answer, fed while the bytes arrive.

    The ``on_`` methods are callbacks of httptools. They must not raise.

    :ivar complete: whether the answer has ended.
    :ivar keep_alive: whether the server keeps the connection open for another
                      request. Known when the answer is complete.
    :ivar until_closed: whether the body ends with the connection, since the
                        head does not say where.
    """

    def __init__(self) -> None:
        self.complete = self.keep_alive = self.until_closed = False
        self._parser: Any = httptools.HttpResponseParser(self)
        self._start = b''
        self._head: Head | None = None
        #: The bytes that may belong to the head; -1 when the head is complete.
        self._head_size = 0
        self._reason = ''
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        #: The text of an error that a callback found.
        self._error = ''

    def feed(self, data: bytes) -> str:
        """
        Parse the next bytes.

        :returns: the text of an error, if the bytes are no HTTP/1.1 answer;
                  else an empty text.
        """
        if len(self._start) < 8:
            self._start += data[:8 - len(self._start)]
            if not any(version.startswith(self._start)
                       for version in _VERSIONS):
                if self._start[:1] in (b'\x15', b'\x16'):
                    return ('the server speaks TLS; its URL must begin with'
                            ' https')
                return 'the answer is not HTTP/1.1'
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return ('the server switches to another protocol, without being'
                    ' asked to')
        except httptools.HttpParserError as error:
            return f'the answer is not HTTP: {error}'
        if self._head_size >= 0:
            self._head_size += len(data)
            if self._head_size > MAX_HEAD:
                return f'headers of more than {MAX_HEAD} bytes'
        return self._error

    def take_head(self) -> Head | None:
        """Take the head, if it is complete and was not taken before."""
        head, self._head = self._head, None
        return head

    def take_body(self) -> list[bytes]:
        """Take the pieces of the body that were not taken before."""
        body, self._body = self._body, []
        return body

    def close(self) -> None:
        """Break the reference cycle with httptools."""
        self._parser = None

    def on_message_begin(self) -> None:
        """Note the start of an answer, or of a 1xx before it."""
        if self.complete:
            self._error = 'there are more bytes after the answer'

    def on_status(self, reason: bytes) -> None:
        """Add a piece of the reason phrase."""
        self._reason += reason.decode('latin-1')

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header. Trailers after a chunked body are not needed."""
        if self._head_size >= 0:
            if b'\0' in value:
                self._error = 'a header with a NUL'
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Note the end of a head; ignore the head of a 1xx."""
        status = self._parser.get_status_code()
        if self._parser.get_http_version() not in ('1.0', '1.1') \
                or not 100 <= status <= 599:
            self._error = 'the answer is not HTTP/1.1'
        elif status >= 200 and not self.complete:
            self._complete_head(status)

    def _complete_head(self, status: int) -> None:
        """Make the head, and refuse a body whose length is ambiguous."""
        head = self._head = Head(status, self._reason, self._headers)
        self._head_size = -1
        names = [name for name, _ in self._headers]
        lengths = names.count(b'content-length')
        chunked = head.get(b'transfer-encoding')
        if lengths > 1 or lengths and chunked:
            self._error = 'a head with two lengths'
        elif chunked and chunked.lower() != 'chunked':
            self._error = f'the transfer coding {chunked[:60]!r}'
        self.until_closed = not (lengths or chunked)

    def on_body(self, data: bytes) -> None:
        """Add a piece of the body."""
        if not self.complete:
            self._body.append(data)

    def on_message_complete(self) -> None:
        """Note the end of the answer, or of a 1xx before it."""
        if self._head_size >= 0:
            # It was a 1xx. The answer follows.
            self._reason, self._headers = '', []
        elif not self.complete:
            self.complete = True
            self.keep_alive = self._parser.should_keep_alive()
