"""`Package`, as ``getPackage`` and ``listPackages`` give it."""
from __future__ import annotations

from txkoji.resource import Resource


class Package(Resource):
    """A package, which has builds."""

    __slots__ = ()

    members = frozenset(['id', 'name', 'package_id', 'package_name'])
    aliases = {'id': 'package_id', 'package_id': 'id',
               'name': 'package_name', 'package_name': 'name'}
    page = 'packageinfo?packageID'
