"""The text of a failure, for people."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from twisted.internet.defer import Deferred

from txkoji.client import HubClient
from txkoji.exceptions import AnswerError, GenericError, KojiException
from txkoji.files.downloads import read_piece
from txkoji.files.file import File
from txkoji.files.listings import OutputFile
from txkoji.files.paths import DEFAULT
from txkoji.hub.deferreds import gather
from txkoji.task import Task

#: Maximum bytes that are read of the end of a log.
TAIL = 2**14

#: Number of steps whose logs are shown. All others have only their errors, so
#: that the text stays a page.
SHOWN = 5

#: Number of logs of a step that are listed.
LISTED = 5


class Part(NamedTuple):
    """
    A failed step, with its place in the text.

    :ivar output: the log to show the end of, or None.
    """

    #: The task.
    task: Task
    #: The error of the task, or None.
    error: KojiException | None
    #: The architecture, or None.
    arch: str | None
    #: The name of the builder, or None.
    host: str | None
    #: The logs, in the order to look at them.
    logs: list[File]
    output: OutputFile | None


async def summarize(client: HubClient, task: Task,
                    error: KojiException | None, parts: list[Part],
                    canceled: list[Task], lines: int) -> str:
    """Make the text; see `TaskFailure.summary`."""
    ends = await gather([Deferred.fromCoroutine(_end(client, part, lines))
                         for part in parts[:SHOWN]])
    text = [*_heading(task), *_indented(error)]
    for part in parts:
        if part.task.id != task.id:
            text += ['', *_heading(part.task)]
            if str(part.error) != str(error):
                text += _indented(part.error)
        if part.host is not None:
            text.append(f'    on {part.host} ({part.arch})')
        for log in part.logs[:LISTED]:
            text.append(f'    {log.name}: {log.url or log.path}')
        if ends:
            text += ends.pop(0)
    if canceled:
        text.append('')
    for each in canceled:
        if each.id != task.id:
            text += _heading(each)
    return '\n'.join(text) + '\n'


def _heading(task: Task) -> Iterator[str]:
    yield f'Task {task.id} {task.state_name}: {task.title}'
    if task.completed is not None:
        took = task.duration
        yield (f'    ended at {_time(task.completed)}'
               + ('' if took is None
                  else f', after {str(took).partition(".")[0]}'))
    if task.url is not None:
        yield f'    {task.url}'


def _time(time: datetime) -> str:
    return f'{time:%Y-%m-%d %H:%M:%S} UTC'


def _indented(error: KojiException | None) -> Iterator[str]:
    if error is not None:
        # Of a Python exception on a builder, it is the whole traceback.
        for line in str(error).rstrip().split('\n')[-10:]:
            yield f'    {line}'


async def _end(client: HubClient, part: Part, lines: int) -> list[str]:
    """Read the last lines of a step's log."""
    log = part.output
    if log is None or lines <= 0:
        return []
    offset = max(0, log.size - TAIL)
    try:
        data = await read_piece(
            client, part.task.id, log.name, offset, TAIL,
            **({} if log.volume == DEFAULT else {'volume': log.volume}))
    except (GenericError, AnswerError) as error:
        return ['', f'    ({log.name} cannot be read: {error})']
    found = data.decode('utf-8', 'replace').splitlines()
    if offset:
        # The first one may be a part of a line.
        found = found[1:]
    return ['', f'    The end of {log.name}:',
            *(f'    | {line}' for line in _printable(found[-lines:]))]


def _printable(lines: Iterable[str]) -> Iterator[str]:
    """Leave out control characters, which a chat or a terminal would obey."""
    for line in lines:
        yield ''.join(each for each in line.expandtabs()
                      if each.isprintable())
