"""
Tell a chat which builds are complete, and which have failed.

With --profile it listens to the broker of --amqp, and needs txkoji[amqp].
"""
from argparse import Namespace

import treq
from embedded import run
from twisted.internet.defer import DeferredQueue
from twisted.internet.error import ConnectError

from txkoji import Connection
from txkoji.messages import BuildStateChange


async def tell(koji: Connection, options: Namespace) -> None:
    """Tell of builds until the program is ended."""
    events: DeferredQueue[BuildStateChange] = DeferredQueue()
    koji.events.subscribe(events.put, kind='BuildStateChange',
                          new=['COMPLETE', 'FAILED'])
    if options.profile:
        await koji.events.listen_amqp(options.amqp)
    while True:
        build = (await events.get()).build
        text = f'{build.nvr} of {build.owner_name} is {build.state_name}'
        print(text, flush=True)
        try:
            if options.hook:
                await treq.content(await treq.post(
                    options.hook, json={'text': text}, persistent=False))
        except ConnectError as error:
            print(f'The hook is away: {error}', flush=True)


run(tell, __doc__,
    prepare=lambda hub: hub.builders.start(duration=1, old=True),
    flags={'--hook': 'the URL of the web hook (default: print only)',
           '--amqp': 'the URL of the broker'})
