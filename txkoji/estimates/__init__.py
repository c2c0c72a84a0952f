"""
How long builds and tasks take, and when they will be done. This package
shows the averages; `Task.estimate_completion` and its like begin the others.
"""
from txkoji.estimates.averages import (
    average_build_duration,
    average_build_durations,
    average_last_builds,
    task_durations,
)

__all__ = ['average_build_duration', 'average_build_durations',
           'average_last_builds', 'task_durations']
