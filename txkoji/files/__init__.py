"""
Files on their way to a hub, and from it: uploads, downloads, logs that grow,
imports. Which methods of a Connection begin these is in `txkoji.connection`.
"""
from txkoji.files.file import File

__all__ = ['File']
