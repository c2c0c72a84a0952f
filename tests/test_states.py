"""The states of tasks and builds."""
from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from txkoji import build_states, task_states


class StatesTests(SynchronousTestCase):
    """The states' names and groups."""

    def test_names(self) -> None:
        """Each number has a name, and each name is a number."""
        for states, names in [
                (task_states, ['FREE', 'OPEN', 'CLOSED', 'CANCELED',
                               'ASSIGNED', 'FAILED']),
                (build_states, ['BUILDING', 'COMPLETE', 'DELETED', 'FAILED',
                                'CANCELED'])]:
            for number, name in enumerate(names):
                self.assertEqual(states.to_str(number), name)
                self.assertEqual(getattr(states, name), number)
            for wrong in (-1, 999, None, 'FREE'):
                self.assertEqual(states.to_str(wrong),
                                 f'(unknown state {wrong})')

    def test_groups(self) -> None:
        """A task is active or done."""
        self.assertEqual(sorted(task_states.ACTIVE_GROUP), [0, 1, 4])
        self.assertEqual(sorted(task_states.DONE_GROUP), [2, 3, 5])
