"""
Metrics for Prometheus, with prometheus-client (extra ``txkoji[metrics]``).

Register a `KojiCollector` at a registry of your program. prometheus-client
has a resource for Twisted Web, which serves the registry::

    from prometheus_client import CollectorRegistry
    from prometheus_client.twisted import MetricsResource
    from txkoji.metrics import KojiCollector

    registry = CollectorRegistry()
    registry.register(KojiCollector(koji))
    root.putChild(b'metrics', MetricsResource(registry))

All metrics have the label ``profile``:

* ``txkoji_calls_total``: calls, by ``method``. The first 500 names of methods
  are counted, and all others as ``others``.
* ``txkoji_calls_in_flight``, ``txkoji_calls_waiting``,
  ``txkoji_connections``: the present numbers.
* ``txkoji_retries_total``, ``txkoji_session_renewals_total``
* ``txkoji_last_error_timestamp_seconds``
* ``txkoji_events_total``: events that were handed on, by ``result``:
  "handled", "failed" or "returned". Events that were dropped: "duplicate" or
  "malformed".
* ``txkoji_events_in_progress``: events that subscribers work on.
* ``txkoji_event_lag_seconds``: a histogram of the seconds between events and
  their handing on.
* ``txkoji_last_event_timestamp_seconds``
* ``txkoji_listener_reconnects_total``
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import accumulate

from txkoji.connection import Connection
from txkoji.messages.stats import BOUNDS, EventStats, Lag

try:
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
        Metric,
    )
    from prometheus_client.registry import Collector
except ImportError as _error:
    raise ImportError("txkoji.metrics needs prometheus-client: pip install"
                      " 'txkoji[metrics]'") from _error

#: Profile -> value of the label of a metric -> the number.
Numbers = Mapping[str, Mapping[str, float]]


class KojiCollector(Collector):
    """
    A collector of the statistics of Connections.

    The numbers are read when a registry collects, in any thread.

    :param connections: the Connections, each with another profile.
    :raises ValueError: if no Connection is given, or two have the same
                        profile.
    """

    def __init__(self, *connections: Connection) -> None:
        names = [koji.profile for koji in connections]
        if not names:
            raise ValueError('KojiCollector: no Connection is given')
        if len(set(names)) < len(names):
            raise ValueError('KojiCollector: several Connections have the'
                             f' same profile: {", ".join(sorted(names))}')
        self._connections = connections

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        connections = self._connections
        calls = {koji.profile: koji.stats for koji in connections}
        events = {koji.profile: koji.events.stats for koji in connections}
        yield _by('method', 'txkoji_calls', 'Calls of hub methods.', {
            profile: dict(stats.calls) for profile, stats in calls.items()})
        for name, text, member in [
                ('txkoji_retries', 'Requests that were sent again.',
                 'retries'),
                ('txkoji_session_renewals', 'Renewed or replaced sessions.',
                 'renewals')]:
            yield _counter(name, text, {
                profile: getattr(stats, member)
                for profile, stats in calls.items()})
        for name, text, member in [
                ('txkoji_calls_in_flight', 'Requests in flight.',
                 'in_flight'),
                ('txkoji_calls_waiting', 'Queued calls, and waits.',
                 'waiting'),
                ('txkoji_connections', 'Open connections to the hub.',
                 'connections')]:
            yield _gauge(name, text, {
                profile: getattr(stats, member)
                for profile, stats in calls.items()})
        yield _moment('txkoji_last_error', 'The time of the last error', {
            profile: stats.last_error_time
            for profile, stats in calls.items()})
        yield from _events(events)


def _events(found: Mapping[str, EventStats]) -> Iterator[Metric]:
    """Yield the metrics of events, by profile."""
    yield _by('result', 'txkoji_events', 'Events, by their fate.', {
        profile: {
            'handled': stats.handled, 'failed': stats.failed,
            'returned': stats.returned, 'duplicate': stats.duplicates,
            'malformed': stats.malformed}
        for profile, stats in found.items()})
    yield _gauge('txkoji_events_in_progress',
                 'Events that subscribers work on.', {
                     profile: stats.in_progress
                     for profile, stats in found.items()})
    yield _counter('txkoji_listener_reconnects',
                   'New connections of listeners to their brokers.', {
                       profile: stats.reconnects
                       for profile, stats in found.items()})
    yield _moment('txkoji_last_event', 'When an event was last handed on', {
        profile: stats.last_time for profile, stats in found.items()})
    lag = HistogramMetricFamily(
        'txkoji_event_lag_seconds',
        'Seconds between events and their handing on.', labels=['profile'],
        unit='seconds')
    for profile, stats in found.items():
        lag.add_metric([profile], _buckets(stats.lag), stats.lag.sum)
    yield lag


def _buckets(lag: Lag) -> list[tuple[str, float]]:
    """Get the upper bounds, and how many events are not above them."""
    bounds = [str(float(bound)) for bound in BOUNDS] + ['+Inf']
    return list(zip(bounds, accumulate(lag.counts)))


def _by(label: str, name: str, text: str, numbers: Numbers) -> Metric:
    """Make a counter with another label."""
    metric = CounterMetricFamily(name, text, labels=['profile', label])
    for profile, values in numbers.items():
        for value, number in values.items():
            metric.add_metric([profile, value], number)
    return metric


def _counter(name: str, text: str, numbers: Mapping[str, float]) -> Metric:
    """Make a counter."""
    metric = CounterMetricFamily(name, text, labels=['profile'])
    for profile, number in numbers.items():
        metric.add_metric([profile], number)
    return metric


def _gauge(name: str, text: str, numbers: Mapping[str, float]) -> Metric:
    """Make a gauge."""
    metric = GaugeMetricFamily(name, text, labels=['profile'])
    for profile, number in numbers.items():
        metric.add_metric([profile], number)
    return metric


def _moment(name: str, text: str, times: Mapping[str, datetime | None]
            ) -> Metric:
    """Make a gauge of moments, without those that have not come yet."""
    return _gauge(f'{name}_timestamp_seconds',
                  f'{text}, in seconds since 1970.',
                  {profile: time.timestamp() for profile, time in
                   times.items() if time is not None})
