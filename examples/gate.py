"""
Move builds from one tag to another, as they come.

This daemon hears of builds by the broker of --amqp, for which it needs
txkoji[amqp], or of the embedded hub.
"""
from argparse import Namespace

from embedded import run
from twisted.internet.defer import DeferredQueue

from txkoji import Connection
from txkoji.exceptions import KojiException
from txkoji.messages import TagUntag


async def move(koji: Connection, options: Namespace) -> None:
    """Move builds until the program is ended."""
    await koji.getTag(options.old, strict=True)
    events: DeferredQueue[TagUntag] = DeferredQueue()
    koji.events.subscribe(events.put, kind='Tag', tag=options.old)
    if options.profile:
        await koji.events.listen_amqp(options.amqp)
    await koji.login()
    while True:
        build = (await events.get()).build
        try:
            task = await koji.moveBuild(options.old, options.new, build)
            await (await koji.wait(task)).get_result()
            print(build.nvr, 'is in', options.new, flush=True)
        except KojiException as error:
            print(build.nvr, 'was not moved:', error, flush=True)


run(move, __doc__, user='releng', flags={'--amqp': 'the URL of the broker'},
    prepare=lambda hub: hub.builders.start(duration=1, old=True),
    arguments={'old': ('f44-updates-candidate', 'the tag of new builds'),
               'new': ('f44', 'the tag to move them to')})
