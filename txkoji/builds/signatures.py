"""
Signatures of the packages of a build, and the copies that are signed.

The hub keeps the headers of signatures apart from the packages. From a header
it writes a signed copy of a package, on request, and does not know later
whether the copy is still there.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from twisted.internet.defer import Deferred

from txkoji.exceptions import BuildError
from txkoji.files.file import File
from txkoji.hub.deferreds import gather
from txkoji.progress import ByteListener, transfer
from txkoji.resource import Resource, hub_of, id_of
from txkoji.rpm import RPM

#: Questions to the file server under way at once.
CONCURRENCY = 8

#: Is told how many copies are written, and how many there will be.
WriteListener = Callable[[int, int], object]


class SignedRPM(NamedTuple):
    """
    A package, and the keys that it is signed with.

    :ivar rpm: the package.
    :ivar keys: the ids of the keys, as the hub has them; empty if the package
                is not signed.
    """

    rpm: RPM
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Signatures:
    """
    The signatures of the packages of a build.

    :ivar rpms: each package with its keys.
    """

    rpms: tuple[SignedRPM, ...]

    @property
    def keys(self) -> frozenset[str]:
        """The ids of the keys that every package is signed with."""
        return frozenset.intersection(
            *(frozenset(each.keys) for each in self.rpms)
        ) if self.rpms else frozenset()

    @property
    def unsigned(self) -> list[RPM]:
        """The packages that are not signed with any key."""
        return [each.rpm for each in self.rpms if not each.keys]

    def without(self, key: str) -> list[RPM]:
        """
        List the packages that are not signed with a key.

        :param key: the id of the key.
        """
        return [each.rpm for each in self.rpms if key not in each.keys]


@dataclass(frozen=True)
class SignedCopies:
    """
    The signed copies of the packages of a build.

    :ivar key: the id of the key.
    :ivar present: the files that are there.
    :ivar missing: the files that are not there.
    """

    key: str
    present: tuple[File, ...]
    missing: tuple[File, ...]

    @property
    def complete(self) -> bool:
        """Whether there is a copy of every package."""
        return bool(self.present) and not self.missing


async def signatures_of(build: Resource) -> Signatures:
    """
    Ask for the keys that a build's packages are signed with.

    :param build: the build.
    """
    hub, rpms = hub_of(build), await _packages(build)
    many = hub.MultiCall(strict=True)
    for rpm in rpms:
        many.call('queryRPMSigs', rpm.id)
    rows = await many() if rpms else []
    return Signatures(tuple(
        # The header of an unsigned package has an empty key.
        SignedRPM(rpm, tuple(sorted(
            {row.sigkey for row in found if row.sigkey})))
        for rpm, found in zip(rpms, rows)))


async def signed_copies_of(build: Resource, key: str) -> SignedCopies:
    """
    Look for the signed copies of a build's packages under the topurl.

    :param build: the build.
    :param key: the id of the key.
    """
    _check(key)
    pending = [rpm.file_of(build, key) for rpm in await _packages(build)]
    files, there = tuple(pending), set()

    async def look() -> None:
        while pending:
            file = pending.pop()
            if await file.exists():
                there.add(file)

    await gather([Deferred.fromCoroutine(look())
                  for _ in range(min(CONCURRENCY, len(files)))])
    return SignedCopies(key,
                        tuple(file for file in files if file in there),
                        tuple(file for file in files if file not in there))


def write_signed_copies(build: Resource, key: str, force: bool,
                        progress: WriteListener | None
                        ) -> Deferred[list[RPM]]:
    """
    Let the hub write the signed copies of a build's packages.

    :param build: the build.
    :param key: the id of the key.
    :param force: whether to write those again that are there.
    :param progress: is told, after each copy, how many are written and of how
                     many; or None. It may cancel the Deferred.
    :returns: a Deferred that fires with the packages.
    :raises BuildError: if a package is not signed with the key. Nothing is
                        written then.
    """
    def tell(done: int, total: int | None) -> None:
        if progress is not None:
            progress(done, total or 0)

    return transfer(tell, lambda report: _write(build, key, force, report))


async def _write(build: Resource, key: str, force: bool, report: ByteListener
                 ) -> list[RPM]:
    _check(key)
    signatures = await signatures_of(build)
    unsigned = signatures.without(key)
    if unsigned:
        raise BuildError(
            f'{build.get("nvr")}: {len(unsigned)} of'
            f' {len(signatures.rpms)} packages are not signed with key {key}:'
            f' {unsigned[0].nvr}.{unsigned[0].arch}, for one; import the'
            ' signatures first')
    written: list[RPM] = []
    for rpm, _ in signatures.rpms:
        await hub_of(build).call('writeSignedRPM', rpm.id, key,
                                 force=force)
        written.append(rpm)
        report(len(written), len(signatures.rpms))
    return written


async def _packages(build: Resource) -> list[RPM]:
    """List the packages of a build, without those only described."""
    rows = await hub_of(build).call('listRPMs', buildID=id_of(build))
    return [rpm for rpm in rows if not rpm.of(build).is_elsewhere]


def _check(key: str) -> None:
    """
    Check the id of a key.

    :raises ValueError: if it is empty, as that of an unsigned package.
    """
    if not key or not isinstance(key, str):
        raise ValueError(f'key must be the id of a key, not {key!r}')
