"""
Container images, by what content generators tell the hub.

A build has the manifest lists (`Image`, of ``build.extra``); its archives have
the image of each architecture (`ArchImage`, of ``archive.extra``).
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from txkoji.builds.extra import (
    mapping_of,
    number_of,
    numbers_of,
    text_of,
    texts_of,
    within,
)

#: The media types of manifest lists, and of manifests, the usual ones first.
LISTS = ('application/vnd.docker.distribution.manifest.list.v2+json',
         'application/vnd.oci.image.index.v1+json')
MANIFESTS = ('application/vnd.docker.distribution.manifest.v2+json',
             'application/vnd.oci.image.manifest.v1+json',
             'application/vnd.docker.distribution.manifest.v1+json')


class ParentBuild(NamedTuple):
    """A build that an image is built upon."""

    #: The id of the build.
    id: int
    #: Its name-version-release.
    nvr: str


class Layer(NamedTuple):
    """
    A layer of an image.

    :ivar digest: its digest, or None.
    :ivar size: its size in bytes, uncompressed; None if unknown.
    """

    digest: str | None
    size: int | None


@dataclass(frozen=True)
class Image:
    """
    The image of a build: its manifest lists, and its parents.

    :ivar pull_specs: the specifications to pull it by, by tag and by digest.
    :ivar tags: the tags of its version, such as "8-40".
    :ivar floating_tags: the tags that move on to later builds, such as
                         "latest".
    :ivar unique_tags: the tags that no other build ever gets.
    :ivar digests: media type -> the digest of the manifest list.
    :ivar media_types: the media types that registries have it in.
    :ivar parent_build_id: the id of the build that it is built upon, or None.
    :ivar parent_images: the pull specifications of all images that its stages
                         are built upon.
    :ivar parent_builds: pull specification -> the `ParentBuild`, for those
                         that the hub has.
    :ivar compose_ids: the ids of the composes (of ODCS) that its packages are
                       from.
    :ivar signing_intent: the signing intent of the composes, such as
                          "release", or None.
    :ivar isolated: whether it is an isolated build, which moves no tags.
    :ivar arch: the architecture, where a build is of a single one and says so
                (those of CoreOS do); else None.
    :ivar operator_manifests: the file name of the archive with the manifests
                              of an operator, or None.
    """

    pull_specs: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    floating_tags: tuple[str, ...] = ()
    unique_tags: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict, hash=False)
    media_types: tuple[str, ...] = ()
    parent_build_id: int | None = None
    parent_images: tuple[str, ...] = ()
    parent_builds: Mapping[str, ParentBuild] = field(
        default_factory=dict, hash=False)
    compose_ids: tuple[int, ...] = ()
    signing_intent: str | None = None
    isolated: bool = False
    arch: str | None = None
    operator_manifests: str | None = None

    @property
    def digest(self) -> str | None:
        """The digest of the manifest list, or None."""
        return _best(self.digests, LISTS)

    @property
    def pull_by_digest(self) -> str | None:
        """The first pull specification with a digest, or None."""
        return next((each for each in self.pull_specs if '@' in each), None)

    @property
    def pull_by_tag(self) -> str | None:
        """The first pull specification with a tag, or None."""
        return next(
            (each for each in self.pull_specs if '@' not in each), None)


@dataclass(frozen=True)
class ArchImage:
    """
    The image of one architecture.

    :ivar arch: the architecture, such as "x86_64".
    :ivar id: the digest of its configuration, or None.
    :ivar parent_id: that of its parent, or None.
    :ivar pull_specs: the specifications to pull it by.
    :ivar tags: its tags.
    :ivar digests: media type -> the digest of the manifest.
    :ivar layers: its layers, each a `Layer`, in the hub's order.
    :ivar config: its configuration, as registries have it.
    """

    arch: str | None = None
    id: str | None = None
    parent_id: str | None = None
    pull_specs: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict, hash=False)
    layers: tuple[Layer, ...] = ()
    config: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def digest(self) -> str | None:
        """
        The digest of its manifest, or None.

        Older archives have it in a pull specification only.
        """
        found = _best(self.digests, MANIFESTS)
        for each in self.pull_specs:
            found = found or each.partition('@')[2] or None
        return found

    @property
    def operator_kind(self) -> Literal['bundle', 'appregistry'] | None:
        """
        The way of delivery if the image is of an operator; else None.

        It is by the labels: an operator's manifests are in the image itself
        ("bundle"), or go to an application registry ("appregistry").
        """
        labels = self.labels
        if labels.get('com.redhat.delivery.operator.bundle') == 'true':
            return 'bundle'
        if labels.get('com.redhat.delivery.appregistry') == 'true':
            return 'appregistry'
        return None

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of its configuration, such as "name" and "vendor"."""
        return mapping_of(within(self.config, 'config', 'Labels'))


def image_of(extra: object) -> Image | None:
    """
    Read the image of a build.

    The data is in ``extra.image``, in ``extra.typeinfo.image``, or in both;
    the latter counts where they differ.

    :param extra: the ``extra`` of the build.
    :returns: an `Image`; None if the build is no image, or came without its
              ``extra``.
    """
    places = [place for place in (within(extra, 'typeinfo', 'image'),
                                  within(extra, 'image'))
              if isinstance(place, dict)]
    if not places:
        return None
    image = _merged(places)
    index = _merged([within(place, 'index') for place in places])
    return Image(
        pull_specs=texts_of(index.get('pull')),
        tags=texts_of(index.get('tags')),
        floating_tags=texts_of(index.get('floating_tags')),
        unique_tags=texts_of(index.get('unique_tags')),
        digests=mapping_of(index.get('digests')),
        media_types=texts_of(image.get('media_types')),
        parent_build_id=number_of(image.get('parent_build_id')),
        parent_images=texts_of(image.get('parent_images')),
        parent_builds=_parents(image.get('parent_image_builds')),
        compose_ids=numbers_of(within(image, 'odcs', 'compose_ids')),
        signing_intent=text_of(within(image, 'odcs', 'signing_intent')),
        isolated=image.get('isolated') is True,
        arch=text_of(image.get('arch')),
        operator_manifests=text_of(
            within(extra, 'typeinfo', 'operator-manifests', 'archive'))
        or text_of(within(extra, 'operator_manifests_archive')))


def arch_image_of(extra: object) -> ArchImage | None:
    """
    Read the image of an archive.

    :param extra: the ``extra`` of the archive.
    :returns: an `ArchImage`; None if the archive is no container image.
    """
    docker = within(extra, 'docker')
    if not isinstance(docker, dict):
        return None
    config = docker.get('config')
    return ArchImage(
        arch=text_of(within(extra, 'image', 'arch')),
        id=text_of(docker.get('id')),
        parent_id=text_of(docker.get('parent_id')),
        pull_specs=texts_of(docker.get('repositories')),
        tags=texts_of(docker.get('tags')),
        digests=mapping_of(docker.get('digests')),
        layers=_layers(docker.get('layer_sizes')),
        config=config if isinstance(config, dict) else {})


def digests_by_arch(images: Iterable[ArchImage | None]) -> dict[str, str]:
    """
    Give the digest of the manifest of each architecture.

    :param images: such as ``archive.image`` of each of a build's archives;
                   None, and those without a digest, do not matter.
    :returns: architecture -> digest.
    """
    return {image.arch: image.digest for image in images
            if image is not None and image.arch and image.digest}


def _merged(places: Iterable[object]) -> dict[str, object]:
    """Merge dictionaries, the first of which counts most."""
    found: dict[str, object] = {}
    for place in places:
        if isinstance(place, dict):
            found = {**place, **found}
    return found


def _layers(value: object) -> tuple[Layer, ...]:
    """Read the layers, whose digests have either of two names."""
    rows = value if isinstance(value, list) else []
    return tuple(
        Layer(text_of(row.get('diff_id')) or text_of(row.get('digest')),
              number_of(row.get('uncompressed_size')))
        for row in rows if isinstance(row, dict))


def _parents(value: object) -> dict[str, ParentBuild]:
    found = {}
    for pull_spec, row in (value.items() if isinstance(value, dict) else ()):
        number, nvr = number_of(within(row, 'id')), text_of(within(row, 'nvr'))
        if number is not None and nvr is not None:
            found[str(pull_spec)] = ParentBuild(number, nvr)
    return found


def _best(digests: Mapping[str, str], kinds: Iterable[str]) -> str | None:
    """Give the digest of the first media type that has one."""
    for kind in kinds:
        if kind in digests:
            return digests[kind]
    return None
