"""
Files of a hub: uploads, downloads, logs that grow, imported builds.

The methods of `txkoji.connection.Connection` start the transfers.
"""
from txkoji.files.file import File

__all__ = ['File']
