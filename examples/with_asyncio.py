"""
Ask Koji from a program of asyncio.

Twisted runs on the loop of asyncio. asFuture() makes a future of a call, and
Deferred.fromFuture() makes a Deferred of a future or a coroutine's task.
"""
import asyncio
from argparse import Namespace

from embedded import run
from twisted.internet import asyncioreactor
from twisted.internet.defer import Deferred

from txkoji import Connection


async def ask(koji: Connection, names: list[str]) -> None:
    """Print tags; this may await whatever asyncio can await."""
    loop = asyncio.get_running_loop()
    tags = await asyncio.gather(*(
        koji.getTag(name, strict=True).asFuture(loop) for name in names))
    await asyncio.sleep(0.01)
    for tag in tags:
        print(tag.name, 'is', tag.id)


async def show(koji: Connection, options: Namespace) -> None:
    """Run the part that is asyncio's."""
    await Deferred.fromFuture(asyncio.ensure_future(
        ask(koji, options.tags.split(','))))


# Before anything else imports the reactor. Importing txkoji does not.
asyncioreactor.install()
run(show, __doc__, arguments={'tags': ('f43,f44', 'names of tags')})
