"""The texts that say what an estimate rests on."""
from __future__ import annotations

from datetime import datetime

from txkoji import task_states
from txkoji.estimates.durations import METHOD, DurationKey, PastDurations
from txkoji.estimates.estimate import count_text, range_text
from txkoji.estimates.scatter import ENOUGH, Scatter
from txkoji.estimates.snapshot import Snapshot
from txkoji.estimates.subjects import Subject
from txkoji.estimates.tasks import priority_of


def reason(subject: Subject, past: PastDurations, pooled: Scatter | None,
           snapshot: Snapshot, now: datetime) -> str:
    """
    Say what an estimate rests on.

    For example, "12 builds of ceph took 40 to 55 min; 3 tasks before it in
    channel default".

    :param pooled: the scatter of the builds of all packages, or None.
    """
    if subject.has_failed:
        return 'a task of the build has failed'
    texts = [_durations(subject.keys[0], past, pooled)]
    if subject.is_over:
        texts.append('its tasks have ended')
    elif subject.started:
        starts = [part.started for part in subject.started
                  if part.started is not None and part.completed is None]
        if starts:
            seconds = max(0.0, (now - max(starts)).total_seconds())
            texts.append(f'running for {range_text([seconds])}')
    if subject.waiting:
        texts.append(_queue(subject, snapshot))
    return '; '.join(texts)


def _durations(key: DurationKey, past: PastDurations, pooled: Scatter | None
               ) -> str:
    """Say how long earlier builds or tasks took."""
    earlier = past.earlier(key)
    average = past.duration([key])
    noun = f'{key.name} task' if key.kind == METHOD else 'build'
    of = '' if key.kind == METHOD else f' of {key.name}'
    if len(earlier) >= ENOUGH:
        return (f'{count_text(len(earlier), noun)}{of} took'
                f' {range_text(earlier)}')
    text = f'{noun}s{of} take'
    if average is not None:
        text += f' {range_text([average.total_seconds()])} on average'
    if key.kind != METHOD and pooled is not None:
        low, high = pooled.decile_range
        return (f'{text}, and builds of all packages take {low:.0%} to'
                f' {high:.0%} of their average')
    return text


def _queue(subject: Subject, snapshot: Snapshot) -> str:
    """Say how many tasks are before the waiting parts of a task."""
    last = max(subject.waiting, key=priority_of)
    if last.state == task_states.OPEN:
        return 'its buildArch tasks have not been created'
    if last.state == task_states.ASSIGNED:
        return 'assigned to a host'
    before = snapshot.count_before(last)
    name = snapshot.names.get(last.channel_id or 0, str(last.channel_id))
    tasks = count_text(before, 'task') if before else 'no task'
    return f'{tasks} before it in channel {name}'
