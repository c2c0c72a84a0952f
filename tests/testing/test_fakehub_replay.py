"""FakeHub against the recordings: what the real hub said, it says."""
from __future__ import annotations

from typing import Any
from xmlrpc.client import Fault

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.recordings import Recording, recordings
from txkoji.exceptions import KojiException
from txkoji.testing import FakeHub
from txkoji.testing.methods import answered

#: Recorded answers that the sample cannot give, and why.
EXCEPTIONS = {
    'listTasks.count': 'a tenth of the tasks was recorded, so no count fits',
    'getBuildConfig': 'no recording of getTag has the extra of f44',
    'getChangelogEntries': 'no file of that build was recorded',
    'getKojiVersion': 'that head was released as 1.36',
    'getLastHostUpdate': 'the host has reported since the list of hosts',
    'getLastHostUpdate.ts': 'the host has reported since the list of hosts',
    'getRPMHeaders': 'no file of that build was recorded',
    '_listapi': 'FakeHub has none of the hub\'s docstrings',
    'system.methodHelp': 'FakeHub has none of the hub\'s docstrings',
    'queryHistory': 'no recording says who tagged what, and when',
}

#: Methods that make sessions and end them: test_fakehub_sessions has these.
SESSIONS = ('login', 'logout', 'sslLogin')

#: Methods that only FakeHub's multicall, not its tables, answers.
ALSO = ('system.multicall', 'multiCall', 'system.listMethods',
        'getKojiVersion', 'getLoggedInUser')


def covered(recording: Recording) -> bool:
    """Whether it is an anonymous request that FakeHub answers by itself."""
    if recording.call is None or recording.answer is None:
        return False
    method, args, _ = recording.call
    if method in ('system.multicall', 'multiCall'):
        # A write in it is refused by the hub, and not known to FakeHub.
        if 'cancelTask' in [call['methodName'] for call in args[0]]:
            return False
    usual = recording.meta['http_status'] == 200 and recording.anonymous
    if method in SESSIONS or getattr(recording.answer, 'faultCode', 0) == 1:
        # FakeHub shows no tracebacks.
        return False
    offline = recording.name.startswith('serverOffline')
    return usual and not offline and (
        method in ALSO or answered(method)
        or recording.name == 'fault.invalid-method')


def comparable(recording: Recording, value: Any) -> Any:
    """
    Remove from a value what may differ.

    This is the order of rows without an ``order``, and the text of tracebacks.
    """
    method, args, kwargs = recording.call
    if method in ('system.multicall', 'multiCall'):
        return [{**entry, 'traceback': 'traceback' in entry}
                if isinstance(entry, dict) else entry for entry in value]
    ordered = 'order' in kwargs.get('queryOpts', {}) or method in (
        'echo', 'listTagged', 'getLatestBuilds', 'getInheritanceData',
        'getFullInheritance', 'getTaskInfo', 'getTaskRequest')
    if isinstance(value, list) and not ordered:
        return sorted(value, key=repr_sorted)
    return value


class ReplayTests(SynchronousTestCase):
    """Each recorded request of a method that FakeHub knows, sent to it."""

    def check(self, recording: Recording) -> None:
        """Check an answer."""
        hub = FakeHub(clock=Clock())
        koji = hub.connection()
        method, args, kwargs = recording.call
        # By _call's plain way, without our own defaults and types.
        asked = koji.call(method, *args, **kwargs)
        expected = recording.answer
        if isinstance(expected, Fault):
            fault = self.failureResultOf(asked, KojiException).value
            self.assertEqual((fault.faultCode, str(fault)),
                             (expected.faultCode, expected.faultString))
            return
        answer = self.successResultOf(asked)
        if method == 'getTaskDescendents':
            children = [row for rows in expected.values() for row in rows]
            self.assertEqual(sorted(answer, key=repr_sorted),
                             sorted(children, key=repr_sorted))
        elif method == 'getAverageBuildDuration':
            self.assertEqual(answer and round(answer.total_seconds(), 5),
                             expected and round(expected, 5))
        else:
            self.assertEqual(comparable(recording, answer),
                             comparable(recording, expected))


def repr_sorted(row: Any) -> str:
    """To sort rows by, whose members may come in another order."""
    return repr(sorted(row.items()) if isinstance(row, dict) else row)


def add_tests() -> None:
    """A test for each, so that each has its own line when it fails."""
    for recording in recordings().values():
        if covered(recording) and recording.name not in EXCEPTIONS:
            def test(self: ReplayTests, recording: Recording = recording
                     ) -> None:
                self.check(recording)
            test.__doc__ = f'The answer to {recording.name} is the same.'
            name = recording.name.replace('.', '_').replace('-', '_')
            setattr(ReplayTests, 'test_' + name, test)


add_tests()
