"""
Tell why a task or a build failed, and post that to a web hook.

The argument is the id of a task, or the name-version-release of a build. Many
chat servers take the post: JSON with a text.
"""
from __future__ import annotations

from argparse import Namespace

import treq
from embedded import run

from txkoji import Connection
from txkoji.testing import FakeHub


async def explain(koji: Connection, options: Namespace) -> None:
    """Print the reasons, and post them."""
    if options.thing.isdigit():
        failure = await koji.find_failure(int(options.thing))
    else:
        build = await koji.getBuild(options.thing, strict=True)
        failure = await build.failure()
    if failure is None:
        print(options.thing, 'has not failed.')
        return
    text = await failure.summary()
    print(text, end='')
    if options.hook:
        answer = await treq.post(options.hook, json={'text': text},
                                 timeout=30, persistent=False)
        await answer.content()
        print('The hook says', answer.code)


def prepare(hub: FakeHub) -> None:
    """Let the failed step of the embedded hub have logs."""
    hub.put_out(6477, 'build.log', b'+ make\n')
    hub.put_out(6477, 'root.log', b'DEBUG: Installed\n' * 100
                + b'ERROR: nothing provides libuv-devel\n')


run(explain, __doc__, prepare=prepare,
    arguments={'thing': ('6474', 'a task or a build')},
    flags={'--hook': 'the URL of a web hook to post the text to'})
