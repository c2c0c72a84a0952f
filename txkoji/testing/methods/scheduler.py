"""The hub methods of the scheduler."""
from __future__ import annotations

from typing import Any

from txkoji.testing.calls import Methods, export
from txkoji.testing.clauses import view

#: The fields of a refusal.
REFUSAL = ('id', 'task_id', 'host_id', 'by_host', 'soft', 'msg', 'time')


class SchedulerMethods(Methods):
    """The methods whose names begin with ``scheduler.``."""

    prefix = 'scheduler.'
    says = 'SchedulerExports'

    @export(lazy=True)
    def getTaskRefusals(self, clauses: Any = None, fields: Any = None,
                        opts: Any = None) -> Any:
        return view(self.tables.refusals, clauses or [], fields, opts,
                    REFUSAL, REFUSAL, REFUSAL)

    @export(perm='admin')
    def doRun(self, force: bool = False) -> None:
        """Assign nothing: builders take what is free."""
