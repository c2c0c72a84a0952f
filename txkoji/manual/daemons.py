"""
Daemons: programs that run for months.

One Connection
--------------

Make one `Connection` at the start, and close it at the end. Its network
connections are kept open and made again; its session is renewed when it
expires. `asyncio, threads and twistd <txkoji.manual.event_loops>` has a daemon
under ``twistd``. `Events <txkoji.messages>` has the message bus, and `Waiting
<txkoji.waiting>` the polling.

Outages
-------

A read is retried if its connection breaks, if it times out, or if a front
server reports an outage (HTTP 408, 429, 500, 502, 503 or 504). A write is
retried if that cannot do it twice. The first retry after a broken connection
is immediate; later pauses grow. During an outage, one call probes the hub, and
all others wait. A ``Retry-After`` header is obeyed, up to ten minutes.

The options ``max_retries``, ``retry_interval``, ``anon_retry`` and
``offline_retry`` of the `Profile` limit the retries. An attempt takes at most
``timeout`` seconds, and a call with all attempts at most ``deadline`` seconds,
an hour by default. A call that has failed fails with an error of
`txkoji.exceptions`: catch `KojiException`, and go on.

Waits for tasks, builds and logs go on through an outage.

The log
-------

The library logs with ``twisted.logger``, and prints nothing. The first retry
of a call is logged as a warning, with the reason and the limits. To see
Twisted's log in a terminal::

    import sys
    from twisted.logger import globalLogBeginner, textFileLogObserver

    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)])

Statistics
----------

``koji.stats``, a `Stats <txkoji.hub.stats.Stats>`, has numbers for a status
page: calls by method, calls under way, queued calls, connections, retries, and
the last error:

.. code-block:: python

    await koji.getTag('f44')
    koji.stats.calls['getTag']      # 1
    koji.stats.retries              # 0
    koji.stats.last_error           # None

``koji.events.stats``, an `EventStats <txkoji.messages.stats.EventStats>`, has
those of events: handled, failed and dropped events, events in progress,
reconnects to brokers, and a histogram of the lag, the seconds between an event
and its handing on.

`txkoji.metrics` has all of them for Prometheus, with ``pip install
'txkoji[metrics]'``.

A whole daemon
--------------

``examples/daemon.py`` passes events on to a web hook. It hears of them by
polling or from a broker, reads a configuration file, serves ``/health`` and
``/metrics``, and ends in order. Its docstring has a unit for systemd. ``tox -e
soak -- 3600`` runs the daemon for an hour with a bad network and a hub that is
away at times, and kills a second daemon again and again. The result is a table
of memory, descriptors, Deferreds, and events that were missed or came twice.

The end
-------

Canceling a Deferred closes its socket at any time. `Connection.close` ends all
that is left: pending and later calls fail with `ConnectionClosed`, and
listeners on the message bus have 30 seconds for the events they work on. A
Connection that is dropped without ``close()`` leaves its session to the hub,
which ends it later.
"""
