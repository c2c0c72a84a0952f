"""Comparing the builds of two tags."""
from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from txkoji.hub.deferreds import gather
from txkoji.nvr import NVR, VersionKey
from txkoji.resource import Hub

#: Number of packages that are sorted in one turn of the reactor.
PACKAGES = 1000


class TaggedBuild(NamedTuple):
    """
    A build in a tag, as far as a comparison needs it.

    (A row of the hub is many times as large, and a tag has thousands.)

    :ivar id: the id of the build.
    :ivar nvr: its name-version-release.
    :ivar epoch: its epoch, or None.
    :ivar version: its version.
    :ivar release: its release.
    :ivar tag_name: the tag that it is in: the compared one, or a parent of it.
    """

    id: int
    nvr: str
    epoch: int | None
    version: str
    release: str
    tag_name: str

    @property
    def version_key(self) -> VersionKey:
        """A value to sort by, whose order is that of rpm."""
        return NVR('', self.version, self.release, self.epoch).version_key


class PackageDiff(NamedTuple):
    """
    The different builds of a package.

    :ivar package: the name of the package.
    :ivar here: the builds that only the first tag has, in the hub's order: the
                last tagged one first.
    :ivar there: the builds that only the other tag has.
    """

    package: str
    here: list[TaggedBuild]
    there: list[TaggedBuild]


class TagDiff:
    """
    The difference of two tags.

    :ivar same: the number of builds that both tags have.
    :ivar packages: the packages with different builds, by name, each a
                    `PackageDiff`.
    :ivar here: the builds that only the first tag has, by package.
    :ivar there: the builds that only the other tag has, by package.
    """

    def __init__(self) -> None:
        self.same: int = 0
        self.packages: list[PackageDiff] = []
        self.here: list[TaggedBuild] = []
        self.there: list[TaggedBuild] = []
        #: The different builds of each package: of each tag, by id.
        self._packages: dict[str, list[dict[int, TaggedBuild]]] = {}
        #: The ids of the builds of each tag, for those that come twice.
        self._ids: tuple[set[int], set[int]] = set(), set()

    def __repr__(self) -> str:
        return (f'<TagDiff: {self.same} builds the same,'
                f' {len(self.packages)} packages different>')

    def __bool__(self) -> bool:
        return bool(self.packages)

    def add(self, side: int, row: Any) -> None:
        """
        Take a build into account. Builds of both tags come in any order.

        :param side: 0 for the first tag, 1 for the other.
        :param row: the build, as ``listTagged`` gives it.
        """
        number, package = row['build_id'], row['package_name']
        ours, others = self._ids[side], self._ids[1 - side]
        if number in ours:
            # With inheritance, a build may be in several tags.
            return
        ours.add(number)
        found = self._packages.setdefault(package, [{}, {}])
        if number in others:
            self.same += 1
            # Until now, it was a difference.
            del found[1 - side][number]
            if not any(found):
                del self._packages[package]
            return
        found[side][number] = TaggedBuild(
            number, row['nvr'], row.get('epoch'), row['version'],
            row['release'], row['tag_name'])

    def sort(self) -> Iterator[None]:
        """
        Make the lists, when all builds have been added.

        The iteration has steps only between parts of long work.
        """
        self._ids = set(), set()
        found, self._packages = self._packages, {}
        names = list(found)
        parts = []
        for start in range(0, len(names), PACKAGES):
            if start:
                yield
            parts.append(sorted(names[start:start + PACKAGES]))
        for count, name in enumerate(merge(*parts)):
            if count and count % PACKAGES == 0:
                yield
            package = PackageDiff(name, *(
                list(builds.values()) for builds in found.pop(name)))
            self.packages.append(package)
            self.here += package.here
            self.there += package.there


async def diff_tags(hub: Hub, here: int | str, there: int | str, *,
                    inherit: bool, latest: bool, event: int | None,
                    other_event: int | None) -> TagDiff:
    """Compare two tags; see `Tag.diff`."""
    diff = TagDiff()

    async def read(side: int, tag: int | str, at: int | None) -> None:
        options: dict[str, Any] = {} if at is None else {'event': at}
        async with hub.iterate('listTagged', tag, inherit=inherit,
                               latest=latest, **options) as rows:
            async for row in rows:
                diff.add(side, row)

    # At the same time: then most builds do not wait for their like, and the
    # memory is that of the difference.
    await gather([Deferred.fromCoroutine(read(0, here, event)),
                  Deferred.fromCoroutine(read(1, there, other_event))])
    for _ in diff.sort():
        # Thousands of packages would hold the reactor.
        await deferLater(hub.reactor, 0)
    return diff
