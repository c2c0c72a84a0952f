"""
Estimates of the durations and completion times of builds and tasks.

This package has the average durations. `Task.estimate_completion`,
`Task.estimate_descendents` and `Build.estimate_completion` have the
completion times.
"""
from txkoji.estimates.averages import (
    average_build_duration,
    average_build_durations,
    average_last_builds,
    task_durations,
)

__all__ = ['average_build_duration', 'average_build_durations',
           'average_last_builds', 'task_durations']
