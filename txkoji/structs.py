"""
The structs of hub methods that are no rich objects, member by member.

A hub method gives them as plain Munch, with the members as attributes. The
classes here are for annotations, editors and type checkers::

    archives: list[Archive] = await koji.listArchives(buildID=build.id)
    print(archives[0].filename)

An older hub may leave out a member, and a hub with plugins may add one:
``row.get('name')`` takes both into account.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from txkoji.repo import Repo
from txkoji.task import Task

if TYPE_CHECKING:
    # Munch has no types: every attribute would pass.
    Struct = dict[str, Any]
else:
    from munch import Munch as Struct


class QueryOpts(TypedDict, total=False):
    """
    The options of a list: ``queryOpts``.

    ``order`` is a member to sort by; a minus before it reverses the order.
    """

    limit: int | None
    offset: int | None
    order: str | None
    group: str | None
    asList: bool
    countOnly: bool


class _Part(TypedDict, total=False):
    limit: int | None
    offset: int | None


class CountOnly(_Part):
    """The ``queryOpts`` that ask for the length of a list."""

    countOnly: Literal[True]


# Builds, archives, packages

class ArchiveType(Struct):
    """A type of archives, with the endings of their file names."""

    id: int
    name: str
    description: str
    extensions: str
    compression_type: str | None


class Archive(Struct):
    """A file of a build that is no RPM package."""

    id: int
    type_id: int
    type_name: str
    type_description: str
    type_extensions: str
    build_id: int
    buildroot_id: int | None
    filename: str
    size: int
    checksum: str
    #: See the hub's ``koji.CHECKSUM_TYPES``: 0 md5, 1 sha1, 2 sha256.
    checksum_type: int
    #: Such as "image", "maven" or "win".
    btype: str
    btype_id: int
    compression_type: str | None
    extra: dict[str, Any] | None
    metadata_only: bool
    #: Of images only.
    arch: str
    #: Of the archives of a tag only.
    build_name: str
    build_version: str
    build_release: str
    build_epoch: int | None
    package_id: int
    tag_id: int
    tag_name: str
    #: Of the archives of a buildroot only.
    project: bool


class MavenArchive(Archive):
    """An archive of a Maven build."""

    archive_id: int
    group_id: str
    artifact_id: str
    version: str


class ImageArchive(Archive):
    """An image."""

    archive_id: int


class WinArchive(Archive):
    """An archive of a Windows build."""

    archive_id: int
    relpath: str
    platforms: str
    flags: str | None


class ArchiveFile(Struct):
    """A file within an archive."""

    archive_id: int
    name: str
    size: int
    #: Of tar archives only.
    mode: int
    user: str
    group: str
    mtime: int


class BuildLog(Struct):
    """The log file of a build; ``path`` is below the topurl."""

    name: str
    dir: str
    path: str


class BuildrootRPM(Struct):
    """A package in a buildroot."""

    rpm_id: int
    is_update: bool
    name: str
    version: str
    release: str
    epoch: int | None
    arch: str
    draft: bool
    build_id: int | None
    external_repo_id: int
    external_repo_name: str


class MavenBuild(Struct):
    """The Maven coordinates of a build."""

    build_id: int
    group_id: str
    artifact_id: str
    version: str


class ImageBuild(Struct):
    """The mark of a build with images."""

    build_id: int


class WinBuild(Struct):
    """The platform of a Windows build."""

    build_id: int
    platform: str


class ReservedBuild(Struct):
    """A build that a content generator has reserved."""

    build_id: int
    token: str


class BuildReferences(Struct):
    """The things on the hub that need a build."""

    tags: list[IdName]
    rpms: list[dict[str, Any]]
    archives: list[dict[str, Any]]
    component_of: list[int]
    images: list[dict[str, Any]]
    last_used: float | None


class BuildType(Struct):
    """A type of builds, such as "rpm", "maven" or "image"."""

    id: int
    name: str


class ChangelogEntry(Struct):
    """An entry of a changelog."""

    author: str
    date: str
    date_ts: int
    text: str


class PackageName(Struct):
    """A package, by id and name."""

    package_id: int
    package_name: str


class RPMFile(Struct):
    """A file within a package."""

    name: str
    size: int
    digest: str
    digest_algo: str
    md5: str
    flags: int
    mode: int
    mtime: int
    user: str
    group: str


class RPMDependency(Struct):
    """A dependency of a package; ``type`` is 0 for a requirement."""

    name: str
    version: str
    flags: int
    type: int


class RPMSignature(Struct):
    """The signature of a package; of an unsigned header ``sigkey`` is ''."""

    rpm_id: int
    sigkey: str
    sighash: str


class Volume(Struct):
    """A volume that builds are stored on."""

    id: int
    name: str


# Tags

class Inheritance(Struct):
    """A parent of a tag."""

    parent_id: int
    child_id: int
    name: str
    priority: int
    maxdepth: int | None
    intransitive: bool
    noconfig: bool
    pkg_filter: str


class InheritanceStep(Struct):
    """One tag in the whole inheritance of a tag."""

    parent_id: int
    child_id: int
    #: The other tag, if the hub was asked from the parents' side.
    tag_id: int
    name: str
    priority: int
    currdepth: int
    maxdepth: int | None
    nextdepth: int | None
    intransitive: bool
    noconfig: bool
    pkg_filter: str
    filter: list[str]


class GroupPackage(Struct):
    """A package in a group of a tag."""

    group_id: int
    tag_id: int
    package: str
    type: str
    blocked: bool
    basearchonly: bool | None
    requires: str | None


class GroupRequirement(Struct):
    """A group that a group of a tag needs."""

    group_id: int
    req_id: int
    tag_id: int
    name: str
    type: str
    blocked: bool
    is_metapkg: bool


class TagGroup(Struct):
    """A group of packages of a tag, such as "build"."""

    group_id: int
    tag_id: int
    name: str
    display_name: str
    description: str | None
    blocked: bool
    exported: bool
    uservisible: bool
    biarchonly: bool
    is_default: bool | None
    langonly: str | None
    packagelist: list[GroupPackage]
    grouplist: list[GroupRequirement]


class ExternalRepo(Struct):
    """A repository that is not the hub's."""

    id: int
    name: str
    url: str


class TagExternalRepo(Struct):
    """An external repository of a tag."""

    external_repo_id: int
    external_repo_name: str
    url: str
    tag_id: int
    tag_name: str
    priority: int
    #: Such as "koji" or "bare".
    merge_mode: str
    arches: str | None


# Repositories

class RepoRequest(Struct):
    """A request for a repository."""

    id: int
    tag_id: int
    tag_name: str
    owner: int
    owner_name: str
    priority: int
    active: bool
    tries: int
    min_event: int | None
    at_event: int | None
    opts: dict[str, Any]
    repo_id: int | None
    task_id: int | None
    task_state: int | None
    create_time: str
    create_ts: float
    update_time: str
    update_ts: float


class RepoAnswer(Struct):
    """The answer to a request for a repository."""

    #: The repository, if there is one that will do.
    repo: Repo | None
    request: RepoRequest | None
    #: Whether the request was there before.
    duplicate: bool


class RepoCheck(Struct):
    """The progress of a request for a repository."""

    repo: Repo | None
    request: RepoRequest
    #: Only while a task makes the repository.
    task: Task


# Buildroots

class Buildroot(Struct):
    """A buildroot, in which something was built."""

    id: int
    br_type: int
    arch: str | None
    cg_id: int | None
    cg_name: str | None
    cg_version: str | None
    container_arch: str
    container_type: str
    host_arch: str | None
    host_id: int | None
    host_name: str | None
    host_os: str | None
    repo_id: int | None
    repo_state: int | None
    repo_create_event_id: int | None
    repo_create_event_time: str | None
    tag_id: int | None
    tag_name: str | None
    task_id: int | None
    state: int | None
    create_event_id: int | None
    create_event_time: str | None
    create_ts: float | None
    retire_event_id: int | None
    retire_event_time: str | None
    retire_ts: float | None
    extra: dict[str, Any] | None


# People, sessions, the hub

class IdName(Struct):
    """A thing by its id and its name."""

    id: int
    name: str


class Permission(Struct):
    """A permission."""

    id: int
    name: str
    description: str | None


class ContentGenerator(Struct):
    """A content generator, with the users who may import for it."""

    id: int
    users: list[str]


class BuildNotification(Struct):
    """A subscription to mails on builds; None stands for all of them."""

    id: int
    user_id: int
    package_id: int | None
    tag_id: int | None
    success_only: bool
    email: str


class BuildNotificationBlock(Struct):
    """An exception from the subscriptions to mails on builds."""

    id: int
    user_id: int
    package_id: int | None
    tag_id: int | None


class Session(Struct):
    """A session of a user."""

    id: int
    user_id: int
    authtype: int
    callnum: int | None
    exclusive: bool | None
    expired: bool
    hostip: str
    master: int | None
    start_time: str
    start_ts: float
    update_time: str
    update_ts: float
    renew_time: str | None
    renew_ts: float | None


class Event(Struct):
    """An event of the hub: a change, with its time."""

    id: int
    ts: float


class UploadedFile(Struct):
    """A file among the uploads on the hub."""

    size: int
    mtime: float
    #: Only where a checksum was asked for.
    hexdigest: str
    #: Only where a part of the file was asked for.
    sumlength: int
