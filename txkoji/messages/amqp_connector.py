"""
Connect to a broker of AMQP 0-9-1 with pika's protocol for Twisted.

pika is imported when a `Connector` is made: pika is optional, and imports
the reactor.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure

from txkoji.exceptions import ListenError

if TYPE_CHECKING:
    from twisted.internet.interfaces import IOpenSSLClientConnectionCreator

#: Reply codes of AMQP 0-9-1 after which another attempt is of no use: 402
#: invalid-path, 403 access-refused, 404 not-found, 405 resource-locked (by
#: another connection), 406 precondition-failed (such as a queue declared with
#: other arguments), 530 not-allowed (such as an unknown virtual host).
PERMANENT_CODES = frozenset([402, 403, 404, 405, 406, 530])


class Connector:
    """
    The address of a broker, and the way to connect to the broker.

    :param url: the URL of the broker.
    :param tls: see `AMQPListener`.
    :param reactor: makes connections.
    :raises ListenError: if pika is missing, or the URL is not valid.

    :ivar address: host, port and virtual host of the broker, for messages to
                   people.
    """

    def __init__(self, url: str, tls: IOpenSSLClientConnectionCreator | None,
                 reactor: Any) -> None:
        self._reactor = reactor
        parts, self._parameters = _parse_url(url)
        host, port = self._parameters.host, self._parameters.port
        self.address = f'{host}:{port}{self._parameters.virtual_host}'
        self._endpoint: Any = HostnameEndpoint(reactor, host, port)
        if parts.scheme == 'amqps':
            if tls is None:
                from twisted.internet.ssl import optionsForClientTLS
                tls = optionsForClientTLS(host)
            elif parts.username is None:
                from pika.credentials import ExternalCredentials
                # The client certificate identifies the user.
                self._parameters.credentials = ExternalCredentials()
            self._endpoint = wrapClientTLS(tls, self._endpoint)

    def connect(self) -> Deferred[Any]:
        """
        Open a connection, before the handshake of AMQP.

        :returns: a Deferred that fires with the protocol of the connection:
                  a ``TwistedProtocolConnection`` with the Deferreds ``open``
                  and ``lost``.
        """
        make_protocol = _protocol_class()
        factory = Factory.forProtocol(
            lambda: make_protocol(self._parameters, self._reactor))
        factory.noisy = False
        connecting: Deferred[Any] = self._endpoint.connect(factory)
        return connecting


def _parse_url(url: str) -> tuple[SplitResult, Any]:
    """
    Parse the URL of a broker.

    :returns: the parts of the URL, and pika's parameters of a connection.
    :raises ListenError: if pika is missing, or the URL is not valid.
    """
    try:
        import pika
    except ImportError:
        raise ListenError("listening to AMQP needs pika: pip install"
                          " 'txkoji[amqp]'") from None
    try:
        parts = urlsplit(url)
        if parts.scheme not in ('amqp', 'amqps') or not parts.hostname:
            raise ValueError
        return parts, pika.URLParameters(url)
    except Exception:
        # pika evaluates options in the URL, which may raise anything. The
        # error text has neither the URL nor pika's error: the URL has a
        # password.
        raise ListenError('this is not the URL of an AMQP broker; give'
                          ' amqps://USER:PASSWORD@HOST/VHOST') from None


def _protocol_class() -> Any:
    """Make a subclass of pika's protocol that reports each open and loss."""
    from pika.adapters.twisted_connection import TwistedProtocolConnection

    class BrokerProtocol(TwistedProtocolConnection):  # type: ignore[misc]
        """
        A connection to a broker.

        pika fires no Deferred if the connection is lost in some phases, and
        does not expect that its Deferreds are canceled.

        :ivar open: a Deferred that fires with None after the handshake, or
                    fails with the reason of the loss.
        :ivar lost: a Deferred that fires with None when the connection is
                    lost.
        """

        def makeConnection(self, transport: Any) -> None:
            """See `IProtocol`."""
            self.open: Deferred[None] = Deferred()
            self.lost: Deferred[None] = Deferred()
            self.ready.addErrback(lambda _: None)
            super().makeConnection(transport)

        def connectionReady(self) -> Any:
            """Report the end of the handshake."""
            self.open.callback(None)
            return super().connectionReady()

        def connectionLost(self, reason: Failure = connectionDone) -> None:
            """See `IProtocol`."""
            try:
                super().connectionLost(reason)
            finally:
                if not self.open.called:
                    self.open.errback(reason)
                self.lost.callback(None)

    return BrokerProtocol


def handshake_refusal(address: str, error: Exception) -> ListenError | None:
    """
    Explain an error of the handshake.

    A broker that refuses a login closes the connection. pika does not keep
    the reply code of the broker.

    :param address: the address of the broker.
    :returns: an error for the program. None if another attempt may succeed.
    """
    from OpenSSL import SSL
    from service_identity import VerificationError

    if isinstance(error, (SSL.Error, VerificationError)):
        return ListenError(f'TLS with the broker {address} failed: {error!r}')
    if isinstance(error, ConnectionDone):
        return ListenError(
            f'the broker {address} closed the connection during the login;'
            ' check the user, the password and the virtual host, and that the'
            ' port is that of AMQP')
    return None


def refusal(address: str, error: Exception) -> ListenError | None:
    """
    Explain an error that closed a channel or a connection.

    :param address: the address of the broker.
    :returns: an error for the program. None if another attempt may succeed.
    """
    if getattr(error, 'reply_code', None) in PERMANENT_CODES:
        closed: Any = error
        return ListenError(f'the broker {address} refused:'
                           f' {closed.reply_text}')
    return None
