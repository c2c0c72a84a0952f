"""
`Broker`: a real message broker, and a test case with one.

The broker is RabbitMQ, on loopback ports, with its plugins for STOMP and AMQP
1.0.
"""
from __future__ import annotations

import glob
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pika
from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from tests.servers import Authority, free_ports, until_said
from tests.support import write
from txkoji.messages import listening
from txkoji.testing import FakeHub

#: The path of RabbitMQ's own program in Debian. Debian's program in the
#: system's path changes the user.
SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'

CONFIG = '''\
listeners.tcp.1 = 127.0.0.1:{amqp}
stomp.listeners.tcp.1 = 127.0.0.1:{stomp}
listeners.ssl.1 = 127.0.0.1:{amqps}
ssl_options.cacertfile = {folder}/ca.pem
ssl_options.certfile = {folder}/server.pem
ssl_options.keyfile = {folder}/server.pem
log.console = true
log.console.level = info
'''


def missing_broker() -> str | None:
    """Name the package that is missing for a broker; None if none is."""
    if not os.path.exists(SERVER):
        return ("no RabbitMQ here: Debian's package rabbitmq-server is"
                ' missing')
    plugins = glob.glob('/usr/lib/rabbitmq/lib/*/plugins/*')
    for plugin in ('rabbitmq_stomp', 'rabbitmq_amqp1_0'):
        if not any(plugin in path for path in plugins):
            return f"RabbitMQ's plugin {plugin} is missing"
    return None


class Broker:
    """
    A RabbitMQ server. A restart keeps durable queues and their messages.

    :param folder: the folder for the files of the server. ``server.pem`` and
                   ``ca.pem`` must be there.

    :ivar ports: protocol ("amqp", "amqps" or "stomp") -> port.
    """

    def __init__(self, folder: str) -> None:
        names = ['amqp', 'amqps', 'stomp', 'erlang', 'epmd']
        self.ports: dict[str, int] = dict(zip(names, free_ports(len(names))))
        self._folder = folder
        config = write(f'{folder}/rabbitmq.conf',
                       CONFIG.format(folder=folder, **self.ports))
        plugins = write(f'{folder}/enabled_plugins',
                        '[rabbitmq_stomp,rabbitmq_amqp1_0].')
        self._environ = {
            'PATH': os.environ['PATH'], 'HOME': folder, 'LANG': 'C.UTF-8',
            'RABBITMQ_NODENAME': f'test{self.ports["amqp"]}@localhost',
            'RABBITMQ_MNESIA_BASE': f'{folder}/mnesia',
            'RABBITMQ_LOG_BASE': f'{folder}/log',
            'RABBITMQ_PID_FILE': f'{folder}/pid',
            'RABBITMQ_CONFIG_FILE': config,
            'RABBITMQ_ENABLED_PLUGINS_FILE': plugins,
            'RABBITMQ_CONF_ENV_FILE': '/dev/null',
            'RABBITMQ_DIST_PORT': str(self.ports['erlang']),
            'ERL_EPMD_PORT': str(self.ports['epmd'])}
        self._process: Any = None

    def url(self, *, scheme: str = 'amqp', user: str = 'guest:guest',
            path: str = '/') -> str:
        """Make a URL of the server."""
        return f'{scheme}://{user}@localhost:{self.ports[scheme]}{path}'

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """Open a channel of pika that blocks its thread."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url()))
        try:
            yield connection.channel()
        finally:
            connection.close()

    def start(self) -> None:
        """Start the server, and wait until its ports are open."""
        self._process = subprocess.Popen(
            [SERVER], env=self._environ, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        until_said(self, self._process.stdout, 'Server startup complete')

    def stop(self) -> None:
        """Kill the server, as in a crash of its machine."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = None

    def close(self) -> None:
        """Kill the server, and Erlang's name server of the server."""
        self.stop()
        subprocess.run(['epmd', '-kill'], env=self._environ,
                       stdout=subprocess.DEVNULL, check=False)


class BrokerTestCase(TestCase):
    """
    A test case with one broker for all tests of the class.

    :ivar heard: the events that the subscriber of the test case got.
    """

    skip = missing_broker()
    timeout = 60

    broker: Broker
    folder: str
    authority: Authority

    @classmethod
    def setUpClass(cls) -> None:
        """Start the broker."""
        cls.folder = os.path.realpath(tempfile.mkdtemp())
        cls.authority = Authority(cls.folder)
        cls.authority.issue('server', 'localhost')
        cls.broker = Broker(cls.folder)
        cls.broker.start()

    @classmethod
    def tearDownClass(cls) -> None:
        """Kill the broker."""
        cls.broker.close()
        shutil.rmtree(cls.folder)

    def setUp(self) -> None:
        """Subscribe to all events of a new Connection."""
        self.hub = FakeHub(reactor=reactor)
        self.koji = self.hub.connection()
        TestCase.patch(self, listening, 'GRACE', 1)
        self.addCleanup(self.koji.close)
        self.heard: list[Any] = []
        self._wanted = 0
        self._enough: Any = None
        self.koji.events.subscribe(self.hear)

    def hear(self, event: Any) -> Any:
        """Append an event to `heard`."""
        self.heard.append(event)
        if self._enough is not None and len(self.heard) >= self._wanted:
            enough, self._enough = self._enough, None
            enough.callback(None)

    def until(self, number: int) -> Deferred[None]:
        """Wait until the subscriber got a number of events."""
        self._wanted, self._enough = number, Deferred()
        enough: Deferred[None] = self._enough
        if len(self.heard) >= number:
            self._enough = None
            enough.callback(None)
        return enough

    def listen(self, queue: str = '', **kwargs: Any) -> Deferred[Any]:
        """Listen to the broker."""
        return self.koji.events.listen_amqp(self.broker.url(), queue,
                                            **kwargs)

    def publish(self, each: list[Any], queue: str = '') -> Deferred[None]:
        """
        Publish persistent messages.

        :param each: topic, properties, body and identifier of each message.
        :param queue: a queue to declare before that, or an empty name.
        """
        def run() -> None:
            with self.broker.channel() as channel:
                channel.confirm_delivery()
                if queue:
                    channel.queue_declare(queue, durable=True)
                    channel.queue_bind(queue, 'amq.topic', '#')
                for topic, properties, body, name in each:
                    channel.basic_publish(
                        'amq.topic', topic, json.dumps(body).encode(),
                        pika.BasicProperties(
                            headers=properties, message_id=name,
                            delivery_mode=2))

        return deferToThread(run)

    def paused(self) -> Deferred[None]:
        """Wait until a listener has lost its connection, and pauses."""
        pausing: Deferred[None] = Deferred()

        def pause(failures: int) -> float:
            if not pausing.called:
                reactor.callLater(0, pausing.callback, None)
            return 0.1

        TestCase.patch(self, listening, 'backoffPolicy', lambda: pause)
        return pausing

    def delete(self, queue: str) -> Deferred[None]:
        """Delete a queue."""
        def run() -> None:
            with self.broker.channel() as channel:
                channel.queue_delete(queue)

        return deferToThread(run)

    def waiting(self, queue: str) -> Deferred[int]:
        """Count the messages of a queue that no consumer has got."""
        def run() -> int:
            with self.broker.channel() as channel:
                found = channel.queue_declare(queue, passive=True)
                return int(found.method.message_count)

        return deferToThread(run)

    @inlineCallbacks
    def until_waiting(self, queue: str, number: int) -> Any:
        """
        Wait until a queue has a number of messages that no consumer has got.

        The broker returns messages to the queue a little later than a
        listener ends, when the broker notices the loss of the connection.
        """
        while (yield self.waiting(queue)) != number:
            pass
