"""
Recordings of a real Koji hub.

They are in `recordings.tar.xz`, with a README. All data in it is synthetic.
"""
from __future__ import annotations

import json
import os
import tarfile
from functools import cache
from typing import Any, NamedTuple
from xml.parsers.expat import ExpatError
from xmlrpc.client import Fault, ResponseError, loads

PATH = os.path.join(os.path.dirname(__file__), 'recordings.tar.xz')


class Recording(NamedTuple):
    """One request, with its answer."""

    name: str
    request: bytes
    response: bytes
    meta: dict[str, Any]

    @property
    def call(self) -> Any:
        """The method, the positional and the named arguments, or None."""
        try:
            params, method = loads(self.request, use_builtin_types=True)
        except (ExpatError, ResponseError):
            return None
        args: list[Any] = list(params)
        kwargs: dict[str, Any] = {}
        if args and isinstance(args[-1], dict) and '__starstar' in args[-1]:
            kwargs = args.pop()
            del kwargs['__starstar']
        return method, args, kwargs

    @property
    def answer(self) -> Any:
        """The value or the Fault, as Python's library reads it, or None."""
        try:
            return loads(self.response, use_builtin_types=True)[0][0]
        except Fault as fault:
            return fault
        except (ExpatError, ResponseError):
            return None

    @property
    def anonymous(self) -> bool:
        """Whether it came without anything of a session."""
        return ('?' not in self.meta['url'] and not any(
            header.startswith('Koji-')
            for header in self.meta['request_headers']))


@cache
def files() -> dict[str, bytes]:
    """Every file of the archive, by its path there."""
    with tarfile.open(PATH) as archive:
        opened = [(member.name, archive.extractfile(member))
                  for member in archive]
        return {name: file.read() for name, file in opened
                if file is not None}


@cache
def recordings() -> dict[str, Recording]:
    """All recordings, by name ("getBuild.id")."""
    found = {}
    for path, data in files().items():
        if path.endswith('.meta.json'):
            name = path[:-len('.meta.json')]
            found[name] = Recording(
                name, files().get(name + '.request.xml', b''),
                files().get(name + '.response.xml', b''), json.loads(data))
    return found
