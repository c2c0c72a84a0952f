"""
txkoji: Twisted, and the Koji build system.

Most programs need no more than `Connection`, and what it can fail with.
"""
from txkoji.connection import Connection
from txkoji.exceptions import KojiException, KojiLoginException
from txkoji.hub.profile import Profile

__all__ = ['Connection', 'KojiException', 'KojiLoginException', 'Profile']

#: setup.py reads it, too.
__version__ = '1.0.0'
