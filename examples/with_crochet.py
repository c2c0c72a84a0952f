"""
Ask Koji from a program that blocks, with crochet.

Twisted runs in a thread of its own. A function with wait_for() blocks until
the result is there, or until the time is over.
"""
import logging
from typing import Any

from crochet import setup, wait_for
from embedded import connect, parse, plainly

from txkoji import Connection


@wait_for(timeout=60)
def get_tag(koji: Connection, name: str) -> Any:
    """Get a tag; crochet makes the result of the Deferred."""
    return koji.getTag(name, strict=True)


@wait_for(timeout=60)
def close(koji: Connection) -> Any:
    """Close the connection."""
    return koji.close()


options = parse(__doc__, {'tags': ('f43,f44', 'names of tags')})
setup()
# crochet logs the error of a call that Ctrl-C has interrupted.
logging.getLogger('twisted').addHandler(logging.NullHandler())
with plainly():
    koji = connect(options)
    try:
        for name in options.tags.split(','):
            tag = get_tag(koji, name)
            print(tag.name, 'is', tag.id)
    finally:
        close(koji)
