"""
A real message broker for tests: RabbitMQ, on loopback ports, with its plugins
for STOMP and AMQP 1.0.
"""
from __future__ import annotations

import glob
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pika

from tests.servers import free_ports, until_said
from tests.support import write

#: Where Debian has it, without the script that changes the user.
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
    """What package is missing for a broker, or None."""
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
    RabbitMQ. What it keeps is kept when it is stopped and started.

    :param folder: where its files are, with ``server.pem`` and ``ca.pem``.

    :ivar ports: kind -> port: "amqp", "amqps" and "stomp".
    """

    def __init__(self, folder: str) -> None:
        kinds = ['amqp', 'amqps', 'stomp', 'erlang', 'epmd']
        self.ports: dict[str, int] = dict(zip(kinds, free_ports(len(kinds))))
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
        """Its URL."""
        return f'{scheme}://{user}@localhost:{self.ports[scheme]}{path}'

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel of pika's, which holds up its thread."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url()))
        try:
            yield connection.channel()
        finally:
            connection.close()

    def start(self) -> None:
        """Start it; when this returns, its ports are open."""
        self._process = subprocess.Popen(
            [SERVER], env=self._environ, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        until_said(self, self._process.stdout, 'Server startup complete')

    def stop(self) -> None:
        """Stop it at once, as if the machine was lost."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = None

    def close(self) -> None:
        """Stop it for good, with the name server that it started."""
        self.stop()
        subprocess.run(['epmd', '-kill'], env=self._environ,
                       stdout=subprocess.DEVNULL, check=False)
