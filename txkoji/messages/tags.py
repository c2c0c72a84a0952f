"""Messages about tags: tagged and untagged builds, lists of packages."""
from __future__ import annotations

from munch import Munch

from txkoji.build import Build
from txkoji.messages.builds import BuildMessage
from txkoji.messages.fields import Fields
from txkoji.messages.message import Message, message_class
from txkoji.package import Package


@message_class('Tag', 'Untag')
class TagUntag(BuildMessage):
    """
    The tagging or untagging of a build: ``event`` is "Tag" or "Untag".

    :ivar build: the `Build`.
    :ivar tag: the name of the tag.
    """

    build: Build

    def _read(self, fields: Fields) -> None:
        super()._read(fields)
        self.tag = fields.name('tag')
        if self.kind == 'TagUntag':
            self.kind = str(self.properties.get('type', 'Tag'))


@message_class('PackageListChange')
class PackageListChange(Message):
    """
    A change in the list of packages of a tag.

    :ivar action: "add", "update", "block", "unblock" or "remove".
    :ivar tag: the name of the tag.
    :ivar package: the name of the package.
    """

    action: str | None

    def _read(self, fields: Fields) -> None:
        self.tag, self.package = fields.name('tag'), fields.name('package')
        self.action = fields.name('action')
        if self.tag is None or self.package is None:
            raise ValueError('the message has no tag or no package')

    @property
    def url(self) -> str | None:
        """The page of the package, or None."""
        row = self.body.get('package')
        # The page of a package takes an id or a name.
        key = row.get('id') if isinstance(row, Munch) else self.package
        return Package.attached({'id': key}, self.connection).url
