"""
Tell a chat which builds are complete, and which have failed.

The bot posts to the web hook of the chat. With --profile it listens to the
message broker of --amqp, and needs txkoji[amqp].
"""
import sys
from argparse import Namespace

import treq
from embedded import run
from twisted.internet.defer import DeferredQueue

from txkoji import Connection
from txkoji.messages import BuildStateChange


async def tell(koji: Connection, options: Namespace) -> None:
    """Tell of builds until the program is ended."""
    events: DeferredQueue[BuildStateChange] = DeferredQueue()
    koji.events.subscribe(events.put, kind='BuildStateChange',
                          new=['COMPLETE', 'FAILED'])
    if options.amqp:
        await koji.events.listen_amqp(options.amqp)
    elif options.profile:
        sys.exit('--profile needs --amqp amqps://USER:PASSWORD@HOST/')
    while True:
        build = (await events.get()).build
        text = f'{build.nvr} of {build.owner_name} is {build.state_name}'
        print(text, flush=True)
        if options.hook:
            answer = await treq.post(options.hook, json={'text': text},
                                     timeout=30, persistent=False)
            await answer.content()


run(tell, __doc__,
    prepare=lambda hub: hub.builders.start(duration=1, old=True),
    flags={'--hook': 'the URL of the web hook (default: print only)',
           '--amqp': 'the URL of the broker'})
