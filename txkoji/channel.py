"""The import path of `Channel`."""
from txkoji.task import Channel

__all__ = ['Channel']
