"""
Estimates of the durations and completion times of builds and tasks.

This package has the average durations, and `Estimate`. `Connection.estimate`
estimates many tasks at once. `Task.estimate_completion`,
`Task.estimate_descendents` and `Build.estimate_completion` have the completion
times of one.
"""
from txkoji.estimates.averages import (
    average_build_duration,
    average_last_builds,
)
from txkoji.estimates.durations import average_build_durations, task_durations
from txkoji.estimates.estimate import Estimate

__all__ = ['Estimate', 'average_build_duration', 'average_build_durations',
           'average_last_builds', 'task_durations']
