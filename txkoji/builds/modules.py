"""Modules, by what the module build service tells the hub."""
from __future__ import annotations

from dataclasses import dataclass, field

from txkoji.builds.extra import number_of, text_of, within


@dataclass(frozen=True)
class Module:
    """
    The module of a build.

    :ivar name: its name.
    :ivar stream: its stream, such as "3.6" or "rhel8".
    :ivar version: its version, such as "820190326154135".
    :ivar context: its context, such as "5f2e8b71".
    :ivar modulemd: the modulemd document, as YAML, or None.
    :ivar content_tag: the name of the tag with its packages, or None.
    :ivar service_id: its id in the module build service, or None.
    """

    name: str
    stream: str
    version: str
    context: str
    modulemd: str | None = field(default=None, repr=False)
    content_tag: str | None = None
    service_id: int | None = None

    def __str__(self) -> str:
        """Give the text that dnf knows it by."""
        return f'{self.name}:{self.stream}:{self.version}:{self.context}'


def module_of(extra: object) -> Module | None:
    """
    Read the module of a build.

    :param extra: the ``extra`` of the build.
    :returns: a `Module`; None if the build is none, or came without its
              ``extra``.
    """
    data = within(extra, 'typeinfo', 'module')
    name, stream = _part(data, 'name'), _part(data, 'stream')
    version, context = _part(data, 'version'), _part(data, 'context')
    if name is None or stream is None or version is None or context is None:
        return None
    return Module(
        name, stream, version, context,
        modulemd=text_of(within(data, 'modulemd_str')),
        content_tag=text_of(within(data, 'content_koji_tag')),
        service_id=number_of(within(data, 'module_build_service_id')))


def _part(data: object, member: str) -> str | None:
    """Give a member; versions, and streams such as 8, may be numbers."""
    value = within(data, member)
    return str(value) if type(value) is int else text_of(value)
