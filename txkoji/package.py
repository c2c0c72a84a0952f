"""`Package`, as ``getPackage`` and ``listPackages`` give it."""
from __future__ import annotations

from txkoji.resource import Resource


class Package(Resource):
    """A package, which has builds."""

    __slots__ = ()

    aliases = {'id': 'package_id', 'package_id': 'id',
               'name': 'package_name', 'package_name': 'name'}
    page = 'packageinfo?packageID'

    #: Whether it is blocked, in the list of a tag.
    blocked: bool | None
    #: Its extra architectures, in the list of a tag.
    extra_arches: str | None
    #: The id.
    id: int
    #: The name.
    name: str
    #: The id of its owner, in the list of a tag.
    owner_id: int | None
    #: The name of its owner, in the list of a tag.
    owner_name: str | None
    #: The id, as `id`.
    package_id: int
    #: The name, as `name`.
    package_name: str
    #: The id of the tag, in the list of a tag.
    tag_id: int | None
    #: The name of the tag, in the list of a tag.
    tag_name: str | None
