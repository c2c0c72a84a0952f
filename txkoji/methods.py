"""
The hub methods, for editors, type checkers and people.

Each has its parameters, its result and a line.

At run time the classes are asked for names, signatures and lines only;
`Connection` and the others call any method, by its name, whether it is here
or not. ``python -m txkoji.methods --compare PROFILE`` compares them with a
hub's own list.
"""
# Made by tests/generate_methods.py: do not edit.
# Overloads of one name overlap where True is a bool: the first one counts.
# Below them is the signature that help() shows, with the usual result.
# There are no bodies: nothing here is called.
# mypy: disable-error-code="overload-overlap, misc, empty-body"
# pyright: reportOverlappingOverload=false, reportInconsistentOverload=false
# pyright: reportReturnType=false
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from datetime import timedelta

    from twisted.internet.defer import Deferred

    from txkoji.build import Build
    from txkoji.package import Package
    from txkoji.repo import Repo
    from txkoji.resource import Resource
    from txkoji.rows import BuildTarget, Host, Tag, User
    from txkoji.rpm import RPM
    from txkoji.structs import (
        Archive,
        ArchiveFile,
        ArchiveType,
        BuildLog,
        BuildNotification,
        BuildNotificationBlock,
        BuildReferences,
        Buildroot,
        BuildrootRPM,
        BuildType,
        ChangelogEntry,
        ContentGenerator,
        CountOnly,
        Event,
        ExternalRepo,
        IdName,
        ImageArchive,
        ImageBuild,
        Inheritance,
        InheritanceStep,
        MavenArchive,
        MavenBuild,
        PackageName,
        Permission,
        QueryOpts,
        RepoAnswer,
        RepoCheck,
        RepoRequest,
        ReservedBuild,
        RPMDependency,
        RPMFile,
        RPMSignature,
        Session,
        TagExternalRepo,
        TagGroup,
        UploadedFile,
        Volume,
        WinArchive,
        WinBuild,
    )
    from txkoji.task import Channel, Task


class DeferredMethodsRepo:
    """The hub methods that begin with "repo."."""

    def autoRequests(self) -> Deferred[None]:
        """Request the repositories that tags want by themselves."""

    def checkQueue(self) -> Deferred[None]:
        """Work on the queue of requests for repositories."""

    def checkRequest(self, req_id: int | Resource) -> Deferred[RepoCheck]:
        """Get a request for a repository, with its progress."""

    def get(self, tag: int | str | Resource, min_event: int | None = None,
            at_event: int | None = None, opts: Mapping[str, Any] | None = None
            ) -> Deferred[Repo | None]:
        """Get the current repository of a tag that fits."""

    def getExternalRepoData(self, erepo: int | str | Resource
            ) -> Deferred[dict[str, Any] | None]:
        """Get what the hub keeps on an external repository."""

    def query(self, clauses: Sequence[Sequence[Any]],
            fields: Sequence[str] | None = None,
            opts: Mapping[str, Any] | None = None) -> Deferred[list[Repo]]:
        """List repositories by clauses."""

    def queryQueue(self, clauses: Sequence[Sequence[Any]] | None = None,
            fields: Sequence[str] | None = None,
            opts: Mapping[str, Any] | None = None
            ) -> Deferred[list[RepoRequest]]:
        """List the requests for repositories by clauses."""

    def references(self, repo_id: int | Resource
            ) -> Deferred[list[dict[str, Any]]]:
        """List the buildroots that use a repository."""

    def request(self, tag: int | str | Resource,
            min_event: int | Literal['last'] | None = None,
            at_event: int | None = None, opts: Mapping[str, Any] | None = None,
            priority: int | None = None, force: bool = False
            ) -> Deferred[RepoAnswer]:
        """Request a repository of a tag."""

    def setExternalRepoData(self, external_repo_id: int | Resource,
            data: Mapping[str, Any]) -> Deferred[None]:
        """Keep data on an external repository."""

    def setRequestPriority(self, req_id: int | Resource, priority: int
            ) -> Deferred[None]:
        """Set the priority of a request for a repository."""

    def setState(self, repo_id: int | Resource, state: int) -> Deferred[None]:
        """Set the state of a repository."""

    def updateEndEvents(self) -> Deferred[None]:
        """Find the events at which repositories became old."""


class DeferredMethodsSystem:
    """The hub methods that begin with "system."."""

    def listMethods(self) -> Deferred[list[str]]:
        """List the names of the hub's methods."""

    def methodHelp(self, method: str) -> Deferred[str]:
        """Get the hub's text on a method."""

    def methodSignature(self, method: str) -> Deferred[str]:
        """Get the text of a method's signature."""


class DeferredMethods:
    """The hub methods. They give Deferreds."""

    @property
    def repo(self) -> DeferredMethodsRepo:
        """The hub methods that begin with "repo."."""

    @property
    def system(self) -> DeferredMethodsSystem:
        """The hub methods that begin with "system."."""

    @overload
    def call(
            self, method: Literal[
                'findBuildID', 'getBuildTargets', 'getChangelogEntries',
                'getPackageID', 'getRPMDeps', 'getTagID',
                'listArchiveFiles', 'listArchives', 'listBTypes',
                'listBuildroots', 'listBuilds', 'listExternalRepos',
                'listHosts', 'listPackages', 'listPackagesSimple',
                'listRPMFiles', 'listRPMs', 'listSideTags', 'listTags',
                'listTasks', 'listUsers', 'queryRPMSigs', 'search',
                'untaggedBuilds'], /,
            *args: Any, queryOpts: CountOnly, **kwargs: Any
            ) -> Deferred[int]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchive'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[Archive]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchiveFile'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[ArchiveFile]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchiveType'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[ArchiveType]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuild'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[Build]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildNotification'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[BuildNotification]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildNotificationBlock'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[BuildNotificationBlock]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildTarget'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[BuildTarget]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildroot'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[Buildroot]: ...
    @overload
    def call(
            self, method: Literal[
                'getChannel'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[Channel]: ...
    @overload
    def call(
            self, method: Literal[
                'getEvent', 'getLastEvent'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[Event]: ...
    @overload
    def call(
            self, method: Literal[
                'getExternalRepo'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[ExternalRepo]: ...
    @overload
    def call(
            self, method: Literal[
                'getHost'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[Host]: ...
    @overload
    def call(
            self, method: Literal[
                'getImageArchive'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[ImageArchive]: ...
    @overload
    def call(
            self, method: Literal[
                'getImageBuild'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[ImageBuild]: ...
    @overload
    def call(
            self, method: Literal[
                'getMavenArchive'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[MavenArchive]: ...
    @overload
    def call(
            self, method: Literal[
                'getMavenBuild'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[MavenBuild]: ...
    @overload
    def call(
            self, method: Literal[
                'getPackage'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[Package]: ...
    @overload
    def call(
            self, method: Literal[
                'getRPM'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[RPM]: ...
    @overload
    def call(
            self, method: Literal[
                'getRPMFile'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[RPMFile]: ...
    @overload
    def call(
            self, method: Literal[
                'getTag'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[Tag]: ...
    @overload
    def call(
            self, method: Literal[
                'getTaskInfo'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[Task]: ...
    @overload
    def call(
            self, method: Literal[
                'getUser'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[User]: ...
    @overload
    def call(
            self, method: Literal[
                'getVolume'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[Volume]: ...
    @overload
    def call(
            self, method: Literal[
                'getWinArchive'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[WinArchive]: ...
    @overload
    def call(
            self, method: Literal[
                'getWinBuild'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[WinBuild]: ...
    @overload
    def call(
            self, method: Literal[
                'repoInfo'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> Deferred[Repo]: ...
    @overload
    def call(
            self, method: Literal[
                'CGImport', 'promoteBuild'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[Build]: ...
    @overload
    def call(
            self, method: Literal[
                'CGInitBuild'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[ReservedBuild]: ...
    @overload
    def call(
            self, method: Literal[
                'CGRefundBuild', 'addArchiveType', 'addBType',
                'addExternalRPM', 'addExternalRepoToTag',
                'addGroupMember', 'addHostToChannel', 'addRPMSig',
                'applyVolumePolicy', 'cancelTask', 'cancelTaskChildren',
                'cancelTaskFull', 'changeBuildVolume',
                'createBuildTarget', 'createImageBuild',
                'createMavenBuild', 'createNotification',
                'createNotificationBlock', 'createWinBuild',
                'deleteBuildTarget', 'deleteExternalRepo',
                'deleteNotification', 'deleteNotificationBlock',
                'deleteRPMSig', 'deleteTag', 'disableChannel',
                'disableHost', 'disableUser', 'dropGroupMember',
                'editBuildTarget', 'editExternalRepo', 'editPermission',
                'editSideTag', 'editTag', 'editTag2', 'editUser',
                'enableChannel', 'enableHost', 'enableUser', 'error',
                'fault', 'freeTask', 'grantCGAccess', 'grantPermission',
                'groupListAdd', 'groupListBlock', 'groupListRemove',
                'groupListUnblock', 'groupPackageListAdd',
                'groupPackageListBlock', 'groupPackageListRemove',
                'groupPackageListUnblock', 'groupReqListAdd',
                'groupReqListBlock', 'groupReqListRemove',
                'groupReqListUnblock', 'importArchive', 'logoutChild',
                'massTag', 'packageListAdd', 'packageListBlock',
                'packageListRemove', 'packageListSetArches',
                'packageListSetOwner', 'packageListUnblock',
                'removeExternalRepoFromTag', 'removeHostFromChannel',
                'removeSideTag', 'removeVolume', 'renameChannel',
                'repo.autoRequests', 'repo.checkQueue',
                'repo.setExternalRepoData', 'repo.setRequestPriority',
                'repo.setState', 'repo.updateEndEvents', 'repoExpire',
                'repoProblem', 'resetBuild', 'revokeCGAccess',
                'revokePermission', 'setBuildOwner', 'setBuildTimestamp',
                'setInheritanceData', 'setTaskPriority', 'snapshotTag',
                'snapshotTagModify', 'tagBuildBypass', 'untagBuild',
                'untagBuildBypass', 'updateNotification', 'writeSignedRPM'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[None]: ...
    @overload
    def call(
            self, method: Literal[
                'addChannel', 'addHost', 'addUserKrbPrincipal', 'build',
                'buildContainer', 'buildImage', 'buildImageIndirection',
                'buildImageOz', 'buildSourceContainer', 'chainBuild',
                'chainMaven', 'count', 'createEmptyBuild', 'createTag',
                'createUser', 'distRepo', 'dudBuild', 'getAPIVersion',
                'kiwiBuild', 'makeTask', 'mavenBuild', 'mergeScratch',
                'moveBuild', 'newGroup', 'newRepo', 'osbuildImage',
                'removeUserKrbPrincipal', 'repoDelete', 'restartHosts',
                'resubmitTask', 'runroot', 'saveFailedTree', 'tagBuild',
                'winBuild', 'wrapperRPM'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[int]: ...
    @overload
    def call(
            self, method: Literal[
                'addVolume'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[Volume]: ...
    @overload
    def call(
            self, method: Literal[
                'assignTask', 'cancelBuild', 'checkTagPackage',
                'deleteBuild', 'editChannel', 'editHost',
                'editTagExternalRepo', 'hasPerm', 'mavenEnabled',
                'tagChangedSinceEvent', 'taskFinished', 'uploadFile',
                'winEnabled'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[bool]: ...
    @overload
    def call(
            self, method: Literal[
                'buildReferences'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[BuildReferences]: ...
    @overload
    def call(
            self, method: Literal[
                'checkTagAccess'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[tuple[bool, bool, str]]: ...
    @overload
    def call(
            self, method: Literal[
                'checkUpload'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[UploadedFile | None]: ...
    @overload
    def call(
            self, method: Literal[
                'countAndFilterResults'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[tuple[int, list[Any]]]: ...
    @overload
    def call(
            self, method: Literal[
                'createExternalRepo'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[ExternalRepo]: ...
    @overload
    def call(
            self, method: Literal[
                'createSideTag', 'getBuildConfig'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[Tag]: ...
    @overload
    def call(
            self, method: Literal[
                'downloadTaskOutput', 'evalPolicy', 'getKojiVersion',
                'getNextRelease', 'hello', 'showSession',
                'system.methodHelp', 'system.methodSignature'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[str]: ...
    @overload
    def call(
            self, method: Literal[
                'echo', 'filterResults', 'getTaskRequest'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[Any]]: ...
    @overload
    def call(
            self, method: Literal[
                'findBuildID', 'getPackageID', 'getTagID',
                'tagFirstChangeEvent', 'tagLastChangeEvent'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[int | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getActiveRepos', 'repo.query'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[Repo]]: ...
    @overload
    def call(
            self, method: Literal[
                'getAllArches', 'getPerms', 'getUserPerms',
                'system.listMethods'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[str]]: ...
    @overload
    def call(
            self, method: Literal[
                'getAllPerms'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[Permission]]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchive'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[Archive | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchiveFile'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[ArchiveFile | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchiveType'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[ArchiveType | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchiveTypes'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[ArchiveType]]: ...
    @overload
    def call(
            self, method: Literal[
                'getAverageBuildDuration'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[timedelta | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuild'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[Build | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildLogs'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[BuildLog]]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildNotification'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[BuildNotification | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildNotificationBlock'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[BuildNotificationBlock | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildNotificationBlocks'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[BuildNotificationBlock]]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildNotifications'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[BuildNotification]]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildTarget'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[BuildTarget | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildTargets'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[BuildTarget]]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildType'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[dict[str, dict[str, Any]]]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildroot'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[Buildroot | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildrootListing'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[BuildrootRPM]]: ...
    @overload
    def call(
            self, method: Literal[
                'getChangelogEntries'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[ChangelogEntry]]: ...
    @overload
    def call(
            self, method: Literal[
                'getChannel'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[Channel | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getEvent', 'getLastEvent'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[Event | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getExternalRepo'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[ExternalRepo | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getExternalRepoList', 'getTagExternalRepos'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[TagExternalRepo]]: ...
    @overload
    def call(
            self, method: Literal[
                'getFullInheritance'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[InheritanceStep]]: ...
    @overload
    def call(
            self, method: Literal[
                'getGroupMembers', 'listUsers'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[User]]: ...
    @overload
    def call(
            self, method: Literal[
                'getHost'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[Host | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getImageArchive'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[ImageArchive | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getImageBuild'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[ImageBuild | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getInheritanceData'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[Inheritance]]: ...
    @overload
    def call(
            self, method: Literal[
                'getLatestBuilds', 'listBuilds', 'listTagged',
                'untaggedBuilds'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[Build]]: ...
    @overload
    def call(
            self, method: Literal[
                'getLatestMavenArchives'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[MavenArchive]]: ...
    @overload
    def call(
            self, method: Literal[
                'getLatestRPMS', 'listTaggedRPMS'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[tuple[list[RPM], list[Build]]]: ...
    @overload
    def call(
            self, method: Literal[
                'getLoggedInUser', 'getUser'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[User | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getMavenArchive'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[MavenArchive | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getMavenBuild'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[MavenBuild | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getPackage', 'getPackageConfig'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[Package | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getRPMChecksums'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[dict[str, dict[str, str | None]]]: ...
    @overload
    def call(
            self, method: Literal[
                'getRPMDeps'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[RPMDependency]]: ...
    @overload
    def call(
            self, method: Literal[
                'getRPMFile'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[RPMFile | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getRPMHeaders', 'importRPM'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[dict[str, Any]]: ...
    @overload
    def call(
            self, method: Literal[
                'getRepo', 'repo.get', 'repoInfo'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[Repo | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getTag'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[Tag | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getTagGroups'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[TagGroup]]: ...
    @overload
    def call(
            self, method: Literal[
                'getTaskChildren', 'getTaskDescendents', 'listTasks'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[Task]]: ...
    @overload
    def call(
            self, method: Literal[
                'getUserGroups', 'search'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[IdName]]: ...
    @overload
    def call(
            self, method: Literal[
                'getUserPermsInheritance'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[dict[str, list[str | None]]]: ...
    @overload
    def call(
            self, method: Literal[
                'getVolume'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[Volume | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getWinArchive'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[WinArchive | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getWinBuild'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[WinBuild | None]: ...
    @overload
    def call(
            self, method: Literal[
                'listArchiveFiles'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[ArchiveFile]]: ...
    @overload
    def call(
            self, method: Literal[
                'listArchives'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[Archive]]: ...
    @overload
    def call(
            self, method: Literal[
                'listBTypes'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[BuildType]]: ...
    @overload
    def call(
            self, method: Literal[
                'listBuildRPMs', 'listRPMs'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[RPM]]: ...
    @overload
    def call(
            self, method: Literal[
                'listBuildroots'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[Buildroot]]: ...
    @overload
    def call(
            self, method: Literal[
                'listCGs'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[dict[str, ContentGenerator]]: ...
    @overload
    def call(
            self, method: Literal[
                'listChannels'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[Channel]]: ...
    @overload
    def call(
            self, method: Literal[
                'listExternalRepos'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[ExternalRepo]]: ...
    @overload
    def call(
            self, method: Literal[
                'listHosts'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[Host]]: ...
    @overload
    def call(
            self, method: Literal[
                'listPackages'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[Package]]: ...
    @overload
    def call(
            self, method: Literal[
                'listPackagesSimple'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[PackageName]]: ...
    @overload
    def call(
            self, method: Literal[
                'listRPMFiles'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[RPMFile]]: ...
    @overload
    def call(
            self, method: Literal[
                'listSideTags', 'listTags'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[Tag]]: ...
    @overload
    def call(
            self, method: Literal[
                'listTaggedArchives'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[tuple[list[Archive], list[Build]]]: ...
    @overload
    def call(
            self, method: Literal[
                'listVolumes'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[Volume]]: ...
    @overload
    def call(
            self, method: Literal[
                'moveAllBuilds'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[int]]: ...
    @overload
    def call(
            self, method: Literal[
                'queryHistory'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[dict[str, list[dict[str, Any]]]]: ...
    @overload
    def call(
            self, method: Literal[
                'queryRPMSigs'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[RPMSignature]]: ...
    @overload
    def call(
            self, method: Literal[
                'repo.checkRequest'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[RepoCheck]: ...
    @overload
    def call(
            self, method: Literal[
                'repo.getExternalRepoData'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[dict[str, Any] | None]: ...
    @overload
    def call(
            self, method: Literal[
                'repo.queryQueue'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[RepoRequest]]: ...
    @overload
    def call(
            self, method: Literal[
                'repo.references'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[list[dict[str, Any]]]: ...
    @overload
    def call(
            self, method: Literal[
                'repo.request'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[RepoAnswer]: ...
    @overload
    def call(
            self, method: Literal[
                'showOpts'], /,
            *args: Any, **kwargs: Any
            ) -> Deferred[str | dict[str, Any]]: ...
    @overload
    def call(self, method: str, /, *args: Any, **kwargs: Any
            ) -> Deferred[Any]: ...
    def call(self, method: str, /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        """Call a hub method by its name."""

    def CGImport(self, metadata: str | Mapping[str, Any],
            directory: str | Mapping[str, Any], token: str | None = None
            ) -> Deferred[Build]:
        """Import a build of a content generator."""

    def CGInitBuild(self, cg: int | str | Resource, data: Mapping[str, Any]
            ) -> Deferred[ReservedBuild]:
        """Reserve a build for an import."""

    def CGRefundBuild(self, cg: int | str | Resource, build_id: int | Resource,
            token: str, state: int = 3) -> Deferred[None]:
        """Give up a build that was reserved for an import."""

    def addArchiveType(self, name: str, description: str, extensions: str,
            compression_type: str | None = None) -> Deferred[None]:
        """Add a type of archives."""

    def addBType(self, name: str) -> Deferred[None]:
        """Add a type of builds."""

    def addChannel(self, channel_name: str, description: str | None = None
            ) -> Deferred[int]:
        """Add a channel, and get its id."""

    def addExternalRPM(self, rpminfo: int | str | Mapping[str, Any],
            external_repo: int | str | Resource, strict: bool = True
            ) -> Deferred[None]:
        """Add a package of an external repository."""

    def addExternalRepoToTag(self, tag_info: int | str | Resource,
            repo_info: int | str | Resource, priority: int,
            merge_mode: str = 'koji', arches: str | None = None
            ) -> Deferred[None]:
        """Add an external repository to a tag."""

    def addGroupMember(self, group: int | str | Resource,
            user: int | str | Resource, strict: bool = True) -> Deferred[None]:
        """Add a user to a group."""

    def addHost(self, hostname: str, arches: str | Sequence[str],
            krb_principal: str | None = None, force: bool = False
            ) -> Deferred[int]:
        """Add a builder, and get its id."""

    def addHostToChannel(self, hostname: str, channel_name: str,
            create: bool = False, force: bool = False) -> Deferred[None]:
        """Add a builder to a channel."""

    def addRPMSig(self, an_rpm: int | str | Mapping[str, Any], data: str
            ) -> Deferred[None]:
        """Add the signature of a package, in base64."""

    def addUserKrbPrincipal(self, user: int | str | Resource,
            krb_principal: str) -> Deferred[int]:
        """Add a Kerberos principal to a user."""

    def addVolume(self, name: str, strict: bool = True) -> Deferred[Volume]:
        """Add a volume to store builds on."""

    def applyVolumePolicy(self, build: int | str | Mapping[str, Any],
            strict: bool = False) -> Deferred[None]:
        """Move a build to the volume that the hub's policy says."""

    def assignTask(self, task_id: int | Resource, host: int | str | Resource,
            force: bool = False, override: bool = False) -> Deferred[bool]:
        """Assign a task to a builder."""

    def build(self, src: str, target: int | str | Resource | None,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str | None = None) -> Deferred[int]:
        """Build a package from source, and get the id of the task."""

    def buildContainer(self, src: str, target: int | str | Resource,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str = 'container') -> Deferred[int]:
        """Build a container, and get the id of the task."""

    def buildImage(self, name: str, version: str, arch: str,
            target: int | str | Resource, ksfile: str, img_type: str,
            opts: Mapping[str, Any] | None = None, priority: int | None = None
            ) -> Deferred[int]:
        """Build an image from a kickstart, and get the id of the task."""

    def buildImageIndirection(self, opts: Mapping[str, Any] | None = None,
            priority: int | None = None) -> Deferred[int]:
        """Build an image out of another, and get the id of the task."""

    def buildImageOz(self, name: str, version: str, arches: Sequence[str],
            target: int | str | Resource, inst_tree: str,
            opts: Mapping[str, Any] | None = None, priority: int | None = None
            ) -> Deferred[int]:
        """Build an image by Oz, and get the id of the task."""

    def buildReferences(self, build: int, limit: int | None = None,
            lazy: bool = False) -> Deferred[BuildReferences]:
        """Get the things on the hub that need a build."""

    def buildSourceContainer(self, target: int | str | Resource,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str = 'container') -> Deferred[int]:
        """Build a container with sources, and get the id of the task."""

    def cancelBuild(self, buildID: int | str | Mapping[str, Any],
            strict: bool = False) -> Deferred[bool]:
        """Cancel a build and its task."""

    def cancelTask(self, task_id: int | Resource, recurse: bool = True
            ) -> Deferred[None]:
        """Cancel a task, with its children."""

    def cancelTaskChildren(self, task_id: int | Resource) -> Deferred[None]:
        """Cancel the children of a task."""

    def cancelTaskFull(self, task_id: int | Resource, strict: bool = True
            ) -> Deferred[None]:
        """Cancel a task with all tasks around it."""

    def chainBuild(self, srcs: Sequence[Sequence[str]],
            target: int | str | Resource,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str | None = None) -> Deferred[int]:
        """Build packages in a chain, and get the id of the task."""

    def chainMaven(self, builds: Mapping[str, Any],
            target: int | str | Resource,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str = 'maven') -> Deferred[int]:
        """Build Maven packages in a chain, and get the id of the task."""

    def changeBuildVolume(self, build: int | str | Mapping[str, Any],
            volume: int | str | Resource, strict: bool = True
            ) -> Deferred[None]:
        """Move a build to another volume."""

    def checkTagAccess(self, tag_id: int | str | Resource,
            user_id: int | str | Resource | None = None
            ) -> Deferred[tuple[bool, bool, str]]:
        """Tell whether a user may change a tag, whether by force, and why."""

    def checkTagPackage(self, tag: int | str | Resource,
            pkg: int | str | Resource) -> Deferred[bool]:
        """Tell whether a package is in the list of a tag, and not blocked."""

    def checkUpload(self, path: str, name: str, verify: str | None = None,
            tail: int | None = None, volume: str | None = None
            ) -> Deferred[UploadedFile | None]:
        """Get the size of an uploaded file, and its checksum."""

    def count(self, methodName: str, *args: Any, **kw: Any) -> Deferred[int]:
        """Count the items that another method gives."""

    def countAndFilterResults(self, methodName: str, *args: Any, **kw: Any
            ) -> Deferred[tuple[int, list[Any]]]:
        """Get a part of the list of another method, after its whole length."""

    def createBuildTarget(self, name: str, build_tag: int | str | Resource,
            dest_tag: int | str | Resource) -> Deferred[None]:
        """Create a build target."""

    def createEmptyBuild(self, name: str, version: str, release: str,
            epoch: int, owner: int | str | Resource | None = None,
            draft: bool = False) -> Deferred[int]:
        """Create a build without files, and get its id."""

    def createExternalRepo(self, name: str, url: str
            ) -> Deferred[ExternalRepo]:
        """Create an external repository."""

    def createImageBuild(self, build_info: int | str | Mapping[str, Any]
            ) -> Deferred[None]:
        """Mark a build as one with images."""

    def createMavenBuild(self, build_info: int | str | Mapping[str, Any],
            maven_info: Mapping[str, Any]) -> Deferred[None]:
        """Give a build its Maven coordinates."""

    def createNotification(self, user_id: int | Resource,
            package_id: int | Resource, tag_id: int | Resource | None,
            success_only: bool) -> Deferred[None]:
        """Subscribe a user to mails on builds."""

    def createNotificationBlock(self, user_id: int | Resource,
            package_id: int | Resource | None = None,
            tag_id: int | Resource | None = None) -> Deferred[None]:
        """Except builds from a user's mails."""

    def createSideTag(self, basetag: int | str | Resource,
            debuginfo: bool = False, suffix: str | None = None
            ) -> Deferred[Tag]:
        """Create a side tag, a tag of one user's own."""

    def createTag(self, name: str, parent: int | str | Resource | None = None,
            arches: str | None = None,
            perm: int | str | Resource | None = None, locked: bool = False,
            maven_support: bool = False, maven_include_all: bool = False,
            extra: Mapping[str, Any] | None = None) -> Deferred[int]:
        """Create a tag, and get its id."""

    def createUser(self, username: str, status: int | None = None,
            krb_principal: str | None = None) -> Deferred[int]:
        """Create a user, and get the id."""

    def createWinBuild(self, build_info: int | str | Mapping[str, Any],
            win_info: Mapping[str, Any]) -> Deferred[None]:
        """Give a build its Windows platform."""

    def deleteBuild(self, build: int | str | Mapping[str, Any],
            strict: bool = True, min_ref_age: int = 604800) -> Deferred[bool]:
        """Delete the files of a build."""

    def deleteBuildTarget(self, buildTargetInfo: int | str | Resource
            ) -> Deferred[None]:
        """Delete a build target."""

    def deleteExternalRepo(self, info: int | str | Resource) -> Deferred[None]:
        """Delete an external repository."""

    def deleteNotification(self, id: int | Resource) -> Deferred[None]:
        """End a subscription to mails on builds."""

    def deleteNotificationBlock(self, id: int | Resource) -> Deferred[None]:
        """End an exception from mails on builds."""

    def deleteRPMSig(self, rpminfo: int | str | Mapping[str, Any],
            sigkey: str | None = None, all_sigs: bool = False
            ) -> Deferred[None]:
        """Delete the signatures of a package."""

    def deleteTag(self, tagInfo: int | str | Resource) -> Deferred[None]:
        """Delete a tag."""

    def disableChannel(self, channelname: str, comment: str | None = None
            ) -> Deferred[None]:
        """Disable a channel."""

    def disableHost(self, hostname: str) -> Deferred[None]:
        """Disable a builder."""

    def disableUser(self, username: str) -> Deferred[None]:
        """Disable a user."""

    def distRepo(self, tag: int | str | Resource, keys: Sequence[str],
            **task_opts: Any) -> Deferred[int]:
        """Make a repository to distribute, and get the id of the task."""

    def downloadTaskOutput(self, taskID: int | Resource, fileName: str,
            offset: int = 0, size: int = -1, volume: str | None = None
            ) -> Deferred[str]:
        """Get a part of a file of a task's output, in base64."""

    def dropGroupMember(self, group: int | str | Resource,
            user: int | str | Resource) -> Deferred[None]:
        """Remove a user from a group."""

    def dudBuild(self, name: str, version: str, arches: Sequence[str],
            target: int | str | Resource, pkgs: Sequence[str],
            optional_arches: str | Sequence[str] | None = None,
            scratch: bool = False, alldeps: bool = False,
            scmurl: str | None = None) -> Deferred[int]:
        """Build a driver update disk, and get the id of the task."""

    def echo(self, *args: Any) -> Deferred[list[Any]]:
        """Get the arguments back."""

    def editBuildTarget(self, buildTargetInfo: int | str | Resource, name: str,
            build_tag: int | str | Resource, dest_tag: int | str | Resource
            ) -> Deferred[None]:
        """Change a build target."""

    def editChannel(self, channelInfo: int | str | Resource, **kw: Any
            ) -> Deferred[bool]:
        """Change the name, description or comment of a channel."""

    def editExternalRepo(self, info: int | str | Resource,
            name: str | None = None, url: str | None = None) -> Deferred[None]:
        """Change an external repository."""

    def editHost(self, hostInfo: int | str | Resource, **kw: Any
            ) -> Deferred[bool]:
        """Change a builder."""

    def editPermission(self, permission: int | str | Resource, description: str
            ) -> Deferred[None]:
        """Change the description of a permission."""

    def editSideTag(self, sidetag: int | str | Resource,
            debuginfo: bool | None = None,
            rpm_macros: Mapping[str, Any] | None = None,
            remove_rpm_macros: Sequence[str] | None = None,
            extra: Mapping[str, Any] | None = None,
            remove_extra: Sequence[str] | None = None) -> Deferred[None]:
        """Change a side tag."""

    def editTag(self, tagInfo: int | str | Resource, name: str | None,
            arches: str | None, locked: bool | None,
            permissionID: int | Resource | None,
            extra: Mapping[str, Any] | None = None) -> Deferred[None]:
        """Change a tag; editTag2 can do more."""

    def editTag2(self, tagInfo: int | str | Resource, **kwargs: Any
            ) -> Deferred[None]:
        """Change a tag."""

    def editTagExternalRepo(self, tag_info: int | str | Resource,
            repo_info: int | str | Resource, priority: int | None = None,
            merge_mode: str | None = None, arches: str | None = None
            ) -> Deferred[bool]:
        """Change how a tag uses an external repository."""

    def editUser(self, userInfo: int | str | Mapping[str, Any],
            name: str | None = None,
            krb_principal_mappings: Sequence[Mapping[str, str | None]] | None =
                None
            ) -> Deferred[None]:
        """Rename a user, or change Kerberos principals."""

    def enableChannel(self, channelname: str, comment: str | None = None
            ) -> Deferred[None]:
        """Enable a channel."""

    def enableHost(self, hostname: str) -> Deferred[None]:
        """Enable a builder."""

    def enableUser(self, username: str) -> Deferred[None]:
        """Enable a user."""

    def error(self) -> Deferred[None]:
        """Fail with an exception, for tests of clients."""

    def evalPolicy(self, name: str, data: Mapping[str, Any]) -> Deferred[str]:
        """Get the result of a policy of the hub for data."""

    def fault(self) -> Deferred[None]:
        """Fail with a fault, for tests of clients."""

    def filterResults(self, methodName: str, *args: Any, **kw: Any
            ) -> Deferred[list[Any]]:
        """Get a part of the list of another method."""

    @overload
    def findBuildID(self, X: int | str | Mapping[str, Any],
            strict: Literal[True]) -> Deferred[int]: ...
    @overload
    def findBuildID(self, X: int | str | Mapping[str, Any],
            strict: bool = False) -> Deferred[int | None]: ...
    def findBuildID(self, X: int | str | Mapping[str, Any],
            strict: bool = False) -> Deferred[int | None]:
        """Get the id of a build."""

    def freeTask(self, task_id: int | Resource) -> Deferred[None]:
        """Give a task back to the queue."""

    def getAPIVersion(self) -> Deferred[int]:
        """Get the version of the hub's interface."""

    def getActiveRepos(self) -> Deferred[list[Repo]]:
        """List the repositories that are ready or in the making."""

    def getAllArches(self) -> Deferred[list[str]]:
        """List the architectures of all builders."""

    def getAllPerms(self) -> Deferred[list[Permission]]:
        """List all permissions."""

    @overload
    def getArchive(self, archive_id: int | Resource, strict: Literal[True]
            ) -> Deferred[Archive]: ...
    @overload
    def getArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> Deferred[Archive | None]: ...
    def getArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> Deferred[Archive | None]:
        """Get an archive."""

    @overload
    def getArchiveFile(self, archive_id: int | Resource, filename: str,
            strict: Literal[True]) -> Deferred[ArchiveFile]: ...
    @overload
    def getArchiveFile(self, archive_id: int | Resource, filename: str,
            strict: bool = False) -> Deferred[ArchiveFile | None]: ...
    def getArchiveFile(self, archive_id: int | Resource, filename: str,
            strict: bool = False) -> Deferred[ArchiveFile | None]:
        """Get a file within an archive."""

    @overload
    def getArchiveType(self, filename: str | None = None,
            type_name: str | None = None,
            type_id: int | Resource | None = None, *, strict: Literal[True]
            ) -> Deferred[ArchiveType]: ...
    @overload
    def getArchiveType(self, filename: str | None = None,
            type_name: str | None = None,
            type_id: int | Resource | None = None, strict: bool = False
            ) -> Deferred[ArchiveType | None]: ...
    def getArchiveType(self, filename: str | None = None,
            type_name: str | None = None,
            type_id: int | Resource | None = None, strict: bool = False
            ) -> Deferred[ArchiveType | None]:
        """Get a type of archives, by file name, name or id."""

    def getArchiveTypes(self) -> Deferred[list[ArchiveType]]:
        """List the types of archives."""

    def getAverageBuildDuration(self, package: int | str | Resource,
            age: int | None = None) -> Deferred[timedelta | None]:
        """Get the average duration of the builds of a package."""

    @overload
    def getBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: Literal[True]) -> Deferred[Build]: ...
    @overload
    def getBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> Deferred[Build | None]: ...
    def getBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> Deferred[Build | None]:
        """Get a build by id, name-version-release or dictionary."""

    def getBuildConfig(self, tag: int | str | Resource,
            event: int | None = None) -> Deferred[Tag]:
        """Get a tag as a build sees it, with what it inherits."""

    def getBuildLogs(self, build: int | str | Mapping[str, Any]
            ) -> Deferred[list[BuildLog]]:
        """List the log files of a build."""

    @overload
    def getBuildNotification(self, id: int | Resource, strict: Literal[True]
            ) -> Deferred[BuildNotification]: ...
    @overload
    def getBuildNotification(self, id: int | Resource, strict: bool = False
            ) -> Deferred[BuildNotification | None]: ...
    def getBuildNotification(self, id: int | Resource, strict: bool = False
            ) -> Deferred[BuildNotification | None]:
        """Get a subscription to mails on builds."""

    @overload
    def getBuildNotificationBlock(self, id: int | Resource,
            strict: Literal[True]) -> Deferred[BuildNotificationBlock]: ...
    @overload
    def getBuildNotificationBlock(self, id: int | Resource,
            strict: bool = False
            ) -> Deferred[BuildNotificationBlock | None]: ...
    def getBuildNotificationBlock(self, id: int | Resource,
            strict: bool = False) -> Deferred[BuildNotificationBlock | None]:
        """Get an exception from mails on builds."""

    def getBuildNotificationBlocks(self,
            userID: int | str | Resource | None = None
            ) -> Deferred[list[BuildNotificationBlock]]:
        """List the exceptions from a user's mails on builds."""

    def getBuildNotifications(self, userID: int | str | Resource | None = None
            ) -> Deferred[list[BuildNotification]]:
        """List a user's subscriptions to mails on builds."""

    @overload
    def getBuildTarget(self, info: int | str | Resource,
            event: int | None = None, *, strict: Literal[True]
            ) -> Deferred[BuildTarget]: ...
    @overload
    def getBuildTarget(self, info: int | str | Resource,
            event: int | None = None, strict: bool = False
            ) -> Deferred[BuildTarget | None]: ...
    def getBuildTarget(self, info: int | str | Resource,
            event: int | None = None, strict: bool = False
            ) -> Deferred[BuildTarget | None]:
        """Get a build target."""

    @overload
    def getBuildTargets(self, info: int | str | Resource | None = None,
            event: int | None = None,
            buildTagID: int | str | Resource | None = None,
            destTagID: int | str | Resource | None = None, *,
            queryOpts: CountOnly) -> Deferred[int]: ...
    @overload
    def getBuildTargets(self, info: int | str | Resource | None = None,
            event: int | None = None,
            buildTagID: int | str | Resource | None = None,
            destTagID: int | str | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> Deferred[list[BuildTarget]]: ...
    def getBuildTargets(self, info: int | str | Resource | None = None,
            event: int | None = None,
            buildTagID: int | str | Resource | None = None,
            destTagID: int | str | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> Deferred[list[BuildTarget]]:
        """List the build targets."""

    def getBuildType(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> Deferred[dict[str, dict[str, Any]]]:
        """Get the types of a build, with what is known of each."""

    @overload
    def getBuildroot(self, buildrootID: int | Resource, strict: Literal[True]
            ) -> Deferred[Buildroot]: ...
    @overload
    def getBuildroot(self, buildrootID: int | Resource, strict: bool = False
            ) -> Deferred[Buildroot | None]: ...
    def getBuildroot(self, buildrootID: int | Resource, strict: bool = False
            ) -> Deferred[Buildroot | None]:
        """Get a buildroot."""

    def getBuildrootListing(self, id: int | Resource
            ) -> Deferred[list[BuildrootRPM]]:
        """List the packages of a buildroot."""

    @overload
    def getChangelogEntries(self,
            buildID: int | str | Mapping[str, Any] | None = None,
            taskID: int | Resource | None = None, filepath: str | None = None,
            author: str | None = None, before: float | str | None = None,
            after: float | str | None = None, *, queryOpts: CountOnly,
            strict: bool = False) -> Deferred[int]: ...
    @overload
    def getChangelogEntries(self,
            buildID: int | str | Mapping[str, Any] | None = None,
            taskID: int | Resource | None = None, filepath: str | None = None,
            author: str | None = None, before: float | str | None = None,
            after: float | str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            strict: bool = False) -> Deferred[list[ChangelogEntry]]: ...
    def getChangelogEntries(self,
            buildID: int | str | Mapping[str, Any] | None = None,
            taskID: int | Resource | None = None, filepath: str | None = None,
            author: str | None = None, before: float | str | None = None,
            after: float | str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            strict: bool = False) -> Deferred[list[ChangelogEntry]]:
        """List the changelog of a build, of a task's package, or of a file."""

    @overload
    def getChannel(self, channelInfo: int | str | Resource,
            strict: Literal[True]) -> Deferred[Channel]: ...
    @overload
    def getChannel(self, channelInfo: int | str | Resource,
            strict: bool = False) -> Deferred[Channel | None]: ...
    def getChannel(self, channelInfo: int | str | Resource,
            strict: bool = False) -> Deferred[Channel | None]:
        """Get a channel."""

    @overload
    def getEvent(self, id: int | Resource, strict: Literal[True] = True
            ) -> Deferred[Event]: ...
    @overload
    def getEvent(self, id: int | Resource, strict: bool = True
            ) -> Deferred[Event | None]: ...
    def getEvent(self, id: int | Resource, strict: bool = True
            ) -> Deferred[Event | None]:
        """Get an event of the hub, with its time."""

    @overload
    def getExternalRepo(self, info: int | str | Resource,
            strict: Literal[True], event: int | None = None
            ) -> Deferred[ExternalRepo]: ...
    @overload
    def getExternalRepo(self, info: int | str | Resource, strict: bool = False,
            event: int | None = None) -> Deferred[ExternalRepo | None]: ...
    def getExternalRepo(self, info: int | str | Resource, strict: bool = False,
            event: int | None = None) -> Deferred[ExternalRepo | None]:
        """Get an external repository."""

    def getExternalRepoList(self, tag_info: int | str | Resource,
            event: int | None = None) -> Deferred[list[TagExternalRepo]]:
        """List the external repositories of a tag, with those it inherits."""

    def getFullInheritance(self, tag: int | str | Resource,
            event: int | None = None, reverse: bool = False, **kwargs: Any
            ) -> Deferred[list[InheritanceStep]]:
        """List the whole inheritance of a tag, in order."""

    def getGroupMembers(self, group: int | str | Resource
            ) -> Deferred[list[User]]:
        """List the users in a group."""

    @overload
    def getHost(self, hostInfo: int | str | Resource, strict: Literal[True],
            event: int | None = None) -> Deferred[Host]: ...
    @overload
    def getHost(self, hostInfo: int | str | Resource, strict: bool = False,
            event: int | None = None) -> Deferred[Host | None]: ...
    def getHost(self, hostInfo: int | str | Resource, strict: bool = False,
            event: int | None = None) -> Deferred[Host | None]:
        """Get a builder."""

    @overload
    def getImageArchive(self, archive_id: int | Resource, strict: Literal[True]
            ) -> Deferred[ImageArchive]: ...
    @overload
    def getImageArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> Deferred[ImageArchive | None]: ...
    def getImageArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> Deferred[ImageArchive | None]:
        """Get an image."""

    @overload
    def getImageBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: Literal[True]) -> Deferred[ImageBuild]: ...
    @overload
    def getImageBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> Deferred[ImageBuild | None]: ...
    def getImageBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> Deferred[ImageBuild | None]:
        """Get the mark of a build with images."""

    def getInheritanceData(self, tag: int | str | Resource,
            event: int | None = None) -> Deferred[list[Inheritance]]:
        """List the parents of a tag."""

    def getKojiVersion(self) -> Deferred[str]:
        """Get the version of the hub."""

    @overload
    def getLastEvent(self, before: float | None = None,
            strict: Literal[True] = True) -> Deferred[Event]: ...
    @overload
    def getLastEvent(self, before: float | None = None, strict: bool = True
            ) -> Deferred[Event | None]: ...
    def getLastEvent(self, before: float | None = None, strict: bool = True
            ) -> Deferred[Event | None]:
        """Get the last event of the hub, or the last one before a time."""

    @overload
    def getLastHostUpdate(self, hostID: int | Resource, *, ts: Literal[True]
            ) -> Deferred[float | None]: ...
    @overload
    def getLastHostUpdate(self, hostID: int | Resource,
            ts: Literal[False] = False) -> Deferred[str | None]: ...
    @overload
    def getLastHostUpdate(self, hostID: int | Resource, ts: bool = False
            ) -> Deferred[float | str | None]: ...
    def getLastHostUpdate(self, hostID: int | Resource, ts: bool = False
            ) -> Deferred[float | str | None]:
        """Get the time of the last report of a builder."""

    def getLatestBuilds(self, tag: int | str | Resource,
            event: int | None = None,
            package: int | str | Resource | None = None,
            type: str | None = None, draft: bool | None = None
            ) -> Deferred[list[Build]]:
        """List the latest build of each package in a tag."""

    def getLatestMavenArchives(self, tag: int | str | Resource,
            event: int | None = None, inherit: bool = True
            ) -> Deferred[list[MavenArchive]]:
        """List the latest Maven archives of a tag."""

    def getLatestRPMS(self, tag: int | str | Resource,
            package: str | None = None,
            arch: str | Sequence[str] | None = None, event: int | None = None,
            rpmsigs: bool = False, type: str | None = None,
            draft: bool | None = None
            ) -> Deferred[tuple[list[RPM], list[Build]]]:
        """List the package files of the latest builds in a tag, and these."""

    def getLoggedInUser(self) -> Deferred[User | None]:
        """Get the user of the session."""

    @overload
    def getMavenArchive(self, archive_id: int | Resource, strict: Literal[True]
            ) -> Deferred[MavenArchive]: ...
    @overload
    def getMavenArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> Deferred[MavenArchive | None]: ...
    def getMavenArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> Deferred[MavenArchive | None]:
        """Get a Maven archive."""

    @overload
    def getMavenBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: Literal[True]) -> Deferred[MavenBuild]: ...
    @overload
    def getMavenBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> Deferred[MavenBuild | None]: ...
    def getMavenBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> Deferred[MavenBuild | None]:
        """Get the Maven coordinates of a build."""

    def getNextRelease(self, build_info: Mapping[str, Any], incr: int = 1
            ) -> Deferred[str]:
        """Get the next free release of a name and version."""

    @overload
    def getPackage(self, info: int | str | Resource, strict: Literal[True],
            create: bool = False) -> Deferred[Package]: ...
    @overload
    def getPackage(self, info: int | str | Resource, strict: bool = False,
            create: bool = False) -> Deferred[Package | None]: ...
    def getPackage(self, info: int | str | Resource, strict: bool = False,
            create: bool = False) -> Deferred[Package | None]:
        """Get a package."""

    def getPackageConfig(self, tag: int | str | Resource,
            pkg: int | str | Resource, event: int | None = None
            ) -> Deferred[Package | None]:
        """Get the entry of a package in a tag."""

    @overload
    def getPackageID(self, name: str, strict: Literal[True]
            ) -> Deferred[int]: ...
    @overload
    def getPackageID(self, name: str, strict: bool = False
            ) -> Deferred[int | None]: ...
    def getPackageID(self, name: str, strict: bool = False
            ) -> Deferred[int | None]:
        """Get the id of a package."""

    def getPerms(self) -> Deferred[list[str]]:
        """List the permissions of the session's user."""

    @overload
    def getRPM(self, rpminfo: int | str | Mapping[str, Any],
            strict: bool = False, *, multi: Literal[True]
            ) -> Deferred[list[RPM]]: ...
    @overload
    def getRPM(self, rpminfo: int | str | Mapping[str, Any],
            strict: Literal[True], multi: bool = False) -> Deferred[RPM]: ...
    @overload
    def getRPM(self, rpminfo: int | str | Mapping[str, Any],
            strict: bool = False, multi: bool = False
            ) -> Deferred[RPM | None]: ...
    def getRPM(self, rpminfo: int | str | Mapping[str, Any],
            strict: bool = False, multi: bool = False) -> Deferred[RPM | None]:
        """Get a package file."""

    def getRPMChecksums(self, rpm_id: int | Resource,
            checksum_types: Sequence[str] | None = None,
            cacheonly: bool = False
            ) -> Deferred[dict[str, dict[str, str | None]]]:
        """Get the checksums of a package file, by signature and kind."""

    @overload
    def getRPMDeps(self, rpmID: int | Resource, depType: int | None = None, *,
            queryOpts: CountOnly, strict: bool = False) -> Deferred[int]: ...
    @overload
    def getRPMDeps(self, rpmID: int | Resource, depType: int | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            strict: bool = False) -> Deferred[list[RPMDependency]]: ...
    def getRPMDeps(self, rpmID: int | Resource, depType: int | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            strict: bool = False) -> Deferred[list[RPMDependency]]:
        """List the dependencies of a package file."""

    @overload
    def getRPMFile(self, rpmID: int | Resource, filename: str,
            strict: Literal[True]) -> Deferred[RPMFile]: ...
    @overload
    def getRPMFile(self, rpmID: int | Resource, filename: str,
            strict: bool = False) -> Deferred[RPMFile | None]: ...
    def getRPMFile(self, rpmID: int | Resource, filename: str,
            strict: bool = False) -> Deferred[RPMFile | None]:
        """Get a file within a package file."""

    def getRPMHeaders(self, rpmID: int | Resource | None = None,
            taskID: int | Resource | None = None, filepath: str | None = None,
            headers: Sequence[str] | None = None, strict: bool = False
            ) -> Deferred[dict[str, Any]]:
        """Get headers of a package file."""

    def getRepo(self, tag: int | str | Resource, state: int | None = None,
            event: int | None = None, dist: bool = False,
            min_event: int | None = None) -> Deferred[Repo | None]:
        """Get the current repository of a tag."""

    @overload
    def getSessionInfo(self, details: bool = False, user_id: None = None
            ) -> Deferred[Session | None]: ...
    @overload
    def getSessionInfo(self, details: bool = False, *, user_id: int | str
            ) -> Deferred[list[Session]]: ...
    @overload
    def getSessionInfo(self, details: bool = False,
            user_id: int | str | Resource | None = None
            ) -> Deferred[Session | list[Session] | None]: ...
    def getSessionInfo(self, details: bool = False,
            user_id: int | str | Resource | None = None
            ) -> Deferred[Session | list[Session] | None]:
        """Get the session, or the sessions of a user."""

    @overload
    def getTag(self, tagInfo: int | str | Resource, strict: Literal[True],
            event: int | Literal['auto'] | None = None, blocked: bool = False
            ) -> Deferred[Tag]: ...
    @overload
    def getTag(self, tagInfo: int | str | Resource, strict: bool = False,
            event: int | Literal['auto'] | None = None, blocked: bool = False
            ) -> Deferred[Tag | None]: ...
    def getTag(self, tagInfo: int | str | Resource, strict: bool = False,
            event: int | Literal['auto'] | None = None, blocked: bool = False
            ) -> Deferred[Tag | None]:
        """Get a tag."""

    def getTagExternalRepos(self, tag_info: int | str | Resource | None = None,
            repo_info: int | str | Resource | None = None,
            event: int | None = None) -> Deferred[list[TagExternalRepo]]:
        """List the external repositories of a tag itself."""

    def getTagGroups(self, tag: int | str | Resource, event: int | None = None,
            inherit: bool = True, incl_pkgs: bool = True,
            incl_reqs: bool = True, incl_blocked: bool = False
            ) -> Deferred[list[TagGroup]]:
        """List the groups of packages of a tag."""

    @overload
    def getTagID(self, info: int | str | Resource, strict: Literal[True],
            create: bool = False) -> Deferred[int]: ...
    @overload
    def getTagID(self, info: int | str | Resource, strict: bool = False,
            create: bool = False) -> Deferred[int | None]: ...
    def getTagID(self, info: int | str | Resource, strict: bool = False,
            create: bool = False) -> Deferred[int | None]:
        """Get the id of a tag."""

    def getTaskChildren(self, task_id: int | Resource, request: bool = True,
            strict: bool = False) -> Deferred[list[Task]]:
        """List the tasks that a task has started, with their requests."""

    def getTaskDescendents(self, task_id: int | Resource, request: bool = True
            ) -> Deferred[list[Task]]:
        """List the tasks below a task, as one list, with their requests."""

    @overload
    def getTaskInfo(self, task_id: Sequence[int], request: bool = True, *,
            strict: Literal[True]) -> Deferred[list[Task]]: ...
    @overload
    def getTaskInfo(self, task_id: Sequence[int], request: bool = True,
            strict: bool = False) -> Deferred[list[Task | None]]: ...
    @overload
    def getTaskInfo(self, task_id: int | Resource, request: bool = True, *,
            strict: Literal[True]) -> Deferred[Task]: ...
    @overload
    def getTaskInfo(self, task_id: int | Resource, request: bool = True,
            strict: bool = False) -> Deferred[Task | None]: ...
    def getTaskInfo(self, task_id: int | Resource | Sequence[int],
            request: bool = True, strict: bool = False
            ) -> Deferred[Task | None]:
        """Get a task with its request, or a list of tasks."""

    def getTaskRequest(self, taskId: int | Resource) -> Deferred[list[Any]]:
        """Get the parameters of a task."""

    def getTaskResult(self, taskId: int | Resource, raise_fault: bool = True
            ) -> Deferred[Any]:
        """Get the result of a task; its method decides what that is."""

    @overload
    def getUser(self, userInfo: int | str | Mapping[str, Any] | None = None, *,
            strict: Literal[True], krb_princs: bool = True,
            groups: bool = False) -> Deferred[User]: ...
    @overload
    def getUser(self, userInfo: int | str | Mapping[str, Any] | None = None,
            strict: bool = False, krb_princs: bool = True, groups: bool = False
            ) -> Deferred[User | None]: ...
    def getUser(self, userInfo: int | str | Mapping[str, Any] | None = None,
            strict: bool = False, krb_princs: bool = True, groups: bool = False
            ) -> Deferred[User | None]:
        """Get a user by id, name or principal; None for the session's own."""

    def getUserGroups(self, user: int | str | Resource
            ) -> Deferred[list[IdName]]:
        """List the groups of a user."""

    def getUserPerms(self, userID: int | str | Resource | None = None,
            with_groups: bool = True) -> Deferred[list[str]]:
        """List the permissions of a user."""

    def getUserPermsInheritance(self, userID: int | str | Resource
            ) -> Deferred[dict[str, list[str | None]]]:
        """Get the permissions of a user, with the groups they come by."""

    @overload
    def getVolume(self, volume: int | str | Resource, strict: Literal[True]
            ) -> Deferred[Volume]: ...
    @overload
    def getVolume(self, volume: int | str | Resource, strict: bool = False
            ) -> Deferred[Volume | None]: ...
    def getVolume(self, volume: int | str | Resource, strict: bool = False
            ) -> Deferred[Volume | None]:
        """Get a volume."""

    @overload
    def getWinArchive(self, archive_id: int | Resource, strict: Literal[True]
            ) -> Deferred[WinArchive]: ...
    @overload
    def getWinArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> Deferred[WinArchive | None]: ...
    def getWinArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> Deferred[WinArchive | None]:
        """Get an archive of a Windows build."""

    @overload
    def getWinBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: Literal[True]) -> Deferred[WinBuild]: ...
    @overload
    def getWinBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> Deferred[WinBuild | None]: ...
    def getWinBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> Deferred[WinBuild | None]:
        """Get the platform of a Windows build."""

    def grantCGAccess(self, user: int | str | Resource,
            cg: int | str | Resource, create: bool = False) -> Deferred[None]:
        """Let a user import for a content generator."""

    def grantPermission(self, userinfo: int | str | Resource,
            permission: int | str | Resource, create: bool = False,
            description: str | None = None) -> Deferred[None]:
        """Give a user a permission."""

    def groupListAdd(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, block: bool = False,
            force: bool = False, **opts: Any) -> Deferred[None]:
        """Add a group of packages to a tag, or change it."""

    def groupListBlock(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource) -> Deferred[None]:
        """Block a group in a tag."""

    def groupListRemove(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, force: bool = False
            ) -> Deferred[None]:
        """Remove a group from a tag."""

    def groupListUnblock(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource) -> Deferred[None]:
        """Unblock a group in a tag."""

    def groupPackageListAdd(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, pkg_name: str, block: bool = False,
            force: bool = False, **opts: Any) -> Deferred[None]:
        """Add a package to a group of a tag."""

    def groupPackageListBlock(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, pkg_name: str) -> Deferred[None]:
        """Block a package in a group of a tag."""

    def groupPackageListRemove(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, pkg_name: str) -> Deferred[None]:
        """Remove a package from a group of a tag."""

    def groupPackageListUnblock(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, pkg_name: str) -> Deferred[None]:
        """Unblock a package in a group of a tag."""

    def groupReqListAdd(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, reqinfo: int | str | Resource,
            block: bool = False, force: bool = False, **opts: Any
            ) -> Deferred[None]:
        """Add a required group to a group of a tag."""

    def groupReqListBlock(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, reqinfo: int | str | Resource
            ) -> Deferred[None]:
        """Block a required group in a group of a tag."""

    def groupReqListRemove(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, reqinfo: int | str | Resource,
            force: bool | None = None) -> Deferred[None]:
        """Remove a required group from a group of a tag."""

    def groupReqListUnblock(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, reqinfo: int | str | Resource
            ) -> Deferred[None]:
        """Unblock a required group in a group of a tag."""

    def hasPerm(self, perm: str, strict: bool = False) -> Deferred[bool]:
        """Tell whether the session's user has a permission."""

    def hello(self, *args: Any) -> Deferred[str]:
        """Get a greeting."""

    def importArchive(self, filepath: str, buildinfo: Mapping[str, Any],
            type: str, typeInfo: Mapping[str, Any]) -> Deferred[None]:
        """Import an uploaded archive into a build."""

    def importRPM(self, path: str, basename: str) -> Deferred[dict[str, Any]]:
        """Import an uploaded package file."""

    def kiwiBuild(self, target: int | str | Resource, arches: Sequence[str],
            desc_url: str, desc_path: str,
            optional_arches: str | Sequence[str] | None = None,
            profile: str | None = None, scratch: bool = False,
            priority: int | None = None, make_prep: bool = False,
            repos: Sequence[str] | None = None, release: str | None = None,
            type: str | None = None, type_attr: Sequence[str] | None = None,
            result_bundle_name_format: str | None = None,
            use_buildroot_repo: bool = True, version: str | None = None,
            repo_releasever: str | None = None) -> Deferred[int]:
        """Build an image by KIWI, and get the id of the task."""

    @overload
    def listArchiveFiles(self, archive_id: int | Resource,
            queryOpts: CountOnly, strict: bool = False) -> Deferred[int]: ...
    @overload
    def listArchiveFiles(self, archive_id: int | Resource,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            strict: bool = False) -> Deferred[list[ArchiveFile]]: ...
    def listArchiveFiles(self, archive_id: int | Resource,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            strict: bool = False) -> Deferred[list[ArchiveFile]]:
        """List the files within an archive."""

    @overload
    def listArchives(self, buildID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            componentBuildrootID: int | Resource | None = None,
            hostID: int | Resource | None = None, type: str | None = None,
            filename: str | None = None, size: int | None = None,
            checksum: str | None = None, checksum_type: int | None = None,
            typeInfo: Mapping[str, Any] | None = None, *, queryOpts: CountOnly,
            imageID: int | Resource | None = None,
            archiveID: int | Resource | None = None, strict: bool = False
            ) -> Deferred[int]: ...
    @overload
    def listArchives(self, buildID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            componentBuildrootID: int | Resource | None = None,
            hostID: int | Resource | None = None, type: str | None = None,
            filename: str | None = None, size: int | None = None,
            checksum: str | None = None, checksum_type: int | None = None,
            typeInfo: Mapping[str, Any] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            imageID: int | Resource | None = None,
            archiveID: int | Resource | None = None, strict: bool = False
            ) -> Deferred[list[Archive]]: ...
    def listArchives(self, buildID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            componentBuildrootID: int | Resource | None = None,
            hostID: int | Resource | None = None, type: str | None = None,
            filename: str | None = None, size: int | None = None,
            checksum: str | None = None, checksum_type: int | None = None,
            typeInfo: Mapping[str, Any] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            imageID: int | Resource | None = None,
            archiveID: int | Resource | None = None, strict: bool = False
            ) -> Deferred[list[Archive]]:
        """List archives, such as those of a build."""

    @overload
    def listBTypes(self, query: Mapping[str, Any] | None = None, *,
            queryOpts: CountOnly) -> Deferred[int]: ...
    @overload
    def listBTypes(self, query: Mapping[str, Any] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> Deferred[list[BuildType]]: ...
    def listBTypes(self, query: Mapping[str, Any] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> Deferred[list[BuildType]]:
        """List the types of builds."""

    def listBuildRPMs(self, build: int | str | Mapping[str, Any]
            ) -> Deferred[list[RPM]]:
        """List the package files of a build."""

    @overload
    def listBuildroots(self, hostID: int | Resource | None = None,
            tagID: int | str | Resource | None = None,
            state: int | None = None, rpmID: int | Resource | None = None,
            archiveID: int | Resource | None = None,
            taskID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            repoID: int | Resource | None = None, *, queryOpts: CountOnly
            ) -> Deferred[int]: ...
    @overload
    def listBuildroots(self, hostID: int | Resource | None = None,
            tagID: int | str | Resource | None = None,
            state: int | None = None, rpmID: int | Resource | None = None,
            archiveID: int | Resource | None = None,
            taskID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            repoID: int | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> Deferred[list[Buildroot]]: ...
    def listBuildroots(self, hostID: int | Resource | None = None,
            tagID: int | str | Resource | None = None,
            state: int | None = None, rpmID: int | Resource | None = None,
            archiveID: int | Resource | None = None,
            taskID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            repoID: int | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> Deferred[list[Buildroot]]:
        """List buildroots."""

    @overload
    def listBuilds(self, packageID: int | str | Resource | None = None,
            userID: int | str | Resource | None = None,
            taskID: int | Resource | None = None, prefix: str | None = None,
            state: int | Sequence[int] | None = None,
            volumeID: int | str | Resource | None = None,
            source: str | None = None,
            createdBefore: float | str | None = None,
            createdAfter: float | str | None = None,
            completeBefore: float | str | None = None,
            completeAfter: float | str | None = None, type: str | None = None,
            typeInfo: Mapping[str, Any] | None = None, *, queryOpts: CountOnly,
            pattern: str | None = None,
            cgID: int | str | Resource | None = None,
            draft: bool | None = None,
            promotedBefore: float | str | None = None,
            promotedAfter: float | str | None = None,
            promoter: int | str | Resource | None = None) -> Deferred[int]: ...
    @overload
    def listBuilds(self, packageID: int | str | Resource | None = None,
            userID: int | str | Resource | None = None,
            taskID: int | Resource | None = None, prefix: str | None = None,
            state: int | Sequence[int] | None = None,
            volumeID: int | str | Resource | None = None,
            source: str | None = None,
            createdBefore: float | str | None = None,
            createdAfter: float | str | None = None,
            completeBefore: float | str | None = None,
            completeAfter: float | str | None = None, type: str | None = None,
            typeInfo: Mapping[str, Any] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            pattern: str | None = None,
            cgID: int | str | Resource | None = None,
            draft: bool | None = None,
            promotedBefore: float | str | None = None,
            promotedAfter: float | str | None = None,
            promoter: int | str | Resource | None = None
            ) -> Deferred[list[Build]]: ...
    def listBuilds(self, packageID: int | str | Resource | None = None,
            userID: int | str | Resource | None = None,
            taskID: int | Resource | None = None, prefix: str | None = None,
            state: int | Sequence[int] | None = None,
            volumeID: int | str | Resource | None = None,
            source: str | None = None,
            createdBefore: float | str | None = None,
            createdAfter: float | str | None = None,
            completeBefore: float | str | None = None,
            completeAfter: float | str | None = None, type: str | None = None,
            typeInfo: Mapping[str, Any] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            pattern: str | None = None,
            cgID: int | str | Resource | None = None,
            draft: bool | None = None,
            promotedBefore: float | str | None = None,
            promotedAfter: float | str | None = None,
            promoter: int | str | Resource | None = None
            ) -> Deferred[list[Build]]:
        """List builds, such as those of a package."""

    def listCGs(self) -> Deferred[dict[str, ContentGenerator]]:
        """Get the content generators by name."""

    def listChannels(self, hostID: int | Resource | None = None,
            event: int | None = None, enabled: bool | None = None
            ) -> Deferred[list[Channel]]:
        """List the channels, or those of a builder."""

    @overload
    def listExternalRepos(self, info: int | str | Resource | None = None,
            url: str | None = None, event: int | None = None, *,
            queryOpts: CountOnly) -> Deferred[int]: ...
    @overload
    def listExternalRepos(self, info: int | str | Resource | None = None,
            url: str | None = None, event: int | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> Deferred[list[ExternalRepo]]: ...
    def listExternalRepos(self, info: int | str | Resource | None = None,
            url: str | None = None, event: int | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> Deferred[list[ExternalRepo]]:
        """List the external repositories."""

    @overload
    def listHosts(self, arches: str | Sequence[str] | None = None,
            channelID: int | str | Resource | None = None,
            ready: bool | None = None, enabled: bool | None = None,
            userID: int | str | Resource | None = None, *, queryOpts: CountOnly
            ) -> Deferred[int]: ...
    @overload
    def listHosts(self, arches: str | Sequence[str] | None = None,
            channelID: int | str | Resource | None = None,
            ready: bool | None = None, enabled: bool | None = None,
            userID: int | str | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> Deferred[list[Host]]: ...
    def listHosts(self, arches: str | Sequence[str] | None = None,
            channelID: int | str | Resource | None = None,
            ready: bool | None = None, enabled: bool | None = None,
            userID: int | str | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> Deferred[list[Host]]:
        """List the builders."""

    @overload
    def listPackages(self, tagID: int | str | Resource | None = None,
            userID: int | str | Resource | None = None,
            pkgID: int | str | Resource | None = None,
            prefix: str | None = None, inherited: bool = False,
            with_dups: bool = False, event: int | None = None, *,
            queryOpts: CountOnly, with_owners: bool = True,
            with_blocked: bool = True) -> Deferred[int]: ...
    @overload
    def listPackages(self, tagID: int | str | Resource | None = None,
            userID: int | str | Resource | None = None,
            pkgID: int | str | Resource | None = None,
            prefix: str | None = None, inherited: bool = False,
            with_dups: bool = False, event: int | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            with_owners: bool = True, with_blocked: bool = True
            ) -> Deferred[list[Package]]: ...
    def listPackages(self, tagID: int | str | Resource | None = None,
            userID: int | str | Resource | None = None,
            pkgID: int | str | Resource | None = None,
            prefix: str | None = None, inherited: bool = False,
            with_dups: bool = False, event: int | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            with_owners: bool = True, with_blocked: bool = True
            ) -> Deferred[list[Package]]:
        """List packages, such as those of a tag."""

    @overload
    def listPackagesSimple(self, prefix: str | None = None, *,
            queryOpts: CountOnly) -> Deferred[int]: ...
    @overload
    def listPackagesSimple(self, prefix: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> Deferred[list[PackageName]]: ...
    def listPackagesSimple(self, prefix: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> Deferred[list[PackageName]]:
        """List packages by id and name only."""

    @overload
    def listRPMFiles(self, rpmID: int | Resource, queryOpts: CountOnly
            ) -> Deferred[int]: ...
    @overload
    def listRPMFiles(self, rpmID: int | Resource,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> Deferred[list[RPMFile]]: ...
    def listRPMFiles(self, rpmID: int | Resource,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> Deferred[list[RPMFile]]:
        """List the files within a package file."""

    @overload
    def listRPMs(self, buildID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            imageID: int | Resource | None = None,
            componentBuildrootID: int | Resource | None = None,
            hostID: int | Resource | None = None,
            arches: str | Sequence[str] | None = None, *, queryOpts: CountOnly,
            draft: bool | None = None) -> Deferred[int]: ...
    @overload
    def listRPMs(self, buildID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            imageID: int | Resource | None = None,
            componentBuildrootID: int | Resource | None = None,
            hostID: int | Resource | None = None,
            arches: str | Sequence[str] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            draft: bool | None = None) -> Deferred[list[RPM]]: ...
    def listRPMs(self, buildID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            imageID: int | Resource | None = None,
            componentBuildrootID: int | Resource | None = None,
            hostID: int | Resource | None = None,
            arches: str | Sequence[str] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            draft: bool | None = None) -> Deferred[list[RPM]]:
        """List package files, such as those of a build."""

    @overload
    def listSideTags(self, basetag: int | str | Resource | None = None,
            user: int | str | Resource | None = None, *, queryOpts: CountOnly
            ) -> Deferred[int]: ...
    @overload
    def listSideTags(self, basetag: int | str | Resource | None = None,
            user: int | str | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> Deferred[list[Tag]]: ...
    def listSideTags(self, basetag: int | str | Resource | None = None,
            user: int | str | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> Deferred[list[Tag]]:
        """List the side tags."""

    def listTagged(self, tag: int | str | Resource, event: int | None = None,
            inherit: bool = False, prefix: str | None = None,
            latest: bool | int = False,
            package: int | str | Resource | None = None,
            owner: int | str | Resource | None = None, type: str | None = None,
            strict: bool = True, extra: bool = False, draft: bool | None = None
            ) -> Deferred[list[Build]]:
        """List the builds in a tag."""

    def listTaggedArchives(self, tag: int | str | Resource,
            event: int | None = None, inherit: bool = False,
            latest: bool | int = False,
            package: int | str | Resource | None = None,
            type: str | None = None, strict: bool = True, extra: bool = True
            ) -> Deferred[tuple[list[Archive], list[Build]]]:
        """List the archives of the builds in a tag, and these builds."""

    def listTaggedRPMS(self, tag: int | str | Resource,
            event: int | None = None, inherit: bool = False,
            latest: bool | int = False,
            package: int | str | Resource | None = None,
            arch: str | Sequence[str] | None = None, rpmsigs: bool = False,
            owner: int | str | Resource | None = None, type: str | None = None,
            strict: bool = True, extra: bool = True, draft: bool | None = None
            ) -> Deferred[tuple[list[RPM], list[Build]]]:
        """List the package files of the builds in a tag, and the builds."""

    @overload
    def listTags(self, build: int | str | Mapping[str, Any] | None = None,
            package: int | str | Resource | None = None, perms: bool = True, *,
            queryOpts: CountOnly, pattern: str | None = None
            ) -> Deferred[int]: ...
    @overload
    def listTags(self, build: int | str | Mapping[str, Any] | None = None,
            package: int | str | Resource | None = None, perms: bool = True,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            pattern: str | None = None) -> Deferred[list[Tag]]: ...
    def listTags(self, build: int | str | Mapping[str, Any] | None = None,
            package: int | str | Resource | None = None, perms: bool = True,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            pattern: str | None = None) -> Deferred[list[Tag]]:
        """List tags, such as those of a build."""

    @overload
    def listTaskOutput(self, taskID: int | Resource, *, stat: Literal[True],
            all_volumes: Literal[True], strict: bool = False
            ) -> Deferred[dict[str, dict[str, dict[str, Any]]]]: ...
    @overload
    def listTaskOutput(self, taskID: int | Resource, *, stat: Literal[True],
            all_volumes: Literal[False] = False, strict: bool = False
            ) -> Deferred[dict[str, dict[str, Any]]]: ...
    @overload
    def listTaskOutput(self, taskID: int | Resource, *,
            all_volumes: Literal[True], strict: bool = False
            ) -> Deferred[dict[str, list[str]]]: ...
    @overload
    def listTaskOutput(self, taskID: int | Resource, stat: bool = False,
            all_volumes: bool = False, strict: bool = False
            ) -> Deferred[list[str]]: ...
    def listTaskOutput(self, taskID: int | Resource, stat: bool = False,
            all_volumes: bool = False, strict: bool = False
            ) -> Deferred[list[str]]:
        """List the files of a task's output."""

    @overload
    def listTasks(self, opts: Mapping[str, Any] | None = None, *,
            queryOpts: CountOnly) -> Deferred[int]: ...
    @overload
    def listTasks(self, opts: Mapping[str, Any] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> Deferred[list[Task]]: ...
    def listTasks(self, opts: Mapping[str, Any] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> Deferred[list[Task]]:
        """List tasks, with their requests."""

    @overload
    def listUsers(self, userType: int | Sequence[int] | None = 0,
            prefix: str | None = None, *, queryOpts: CountOnly,
            perm: int | str | Resource | None = None,
            inherited_perm: bool = False) -> Deferred[int]: ...
    @overload
    def listUsers(self, userType: int | Sequence[int] | None = 0,
            prefix: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            perm: int | str | Resource | None = None,
            inherited_perm: bool = False) -> Deferred[list[User]]: ...
    def listUsers(self, userType: int | Sequence[int] | None = 0,
            prefix: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            perm: int | str | Resource | None = None,
            inherited_perm: bool = False) -> Deferred[list[User]]:
        """List users."""

    def listVolumes(self) -> Deferred[list[Volume]]:
        """List the volumes."""

    def logoutChild(self, session_id: int | Resource) -> Deferred[None]:
        """End a subsession."""

    def makeTask(self, *args: Any, **opts: Any) -> Deferred[int]:
        """Create a task of any method, and get its id."""

    def massTag(self, tag: int | str | Resource, builds: Sequence[int | str]
            ) -> Deferred[None]:
        """Tag many builds at once, without tasks."""

    def mavenBuild(self, url: str, target: int | str | Resource,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str = 'maven') -> Deferred[int]:
        """Build a Maven package, and get the id of the task."""

    def mavenEnabled(self) -> Deferred[bool]:
        """Tell whether the hub has Maven builds."""

    def mergeScratch(self, task_id: int | Resource) -> Deferred[int]:
        """Import a scratch build into a build."""

    def moveAllBuilds(self, tag1: int | str | Resource,
            tag2: int | str | Resource, package: int | str | Resource,
            force: bool = False) -> Deferred[list[int]]:
        """Move all builds of a package, and get the ids of tasks."""

    def moveBuild(self, tag1: int | str | Resource, tag2: int | str | Resource,
            build: int | str | Mapping[str, Any], force: bool = False
            ) -> Deferred[int]:
        """Move a build between tags, and get the id of the task."""

    def newGroup(self, name: str) -> Deferred[int]:
        """Create a group of users, and get its id."""

    def newRepo(self, tag: int | str | Resource, event: int | None = None,
            src: bool = False, debuginfo: bool = False,
            separate_src: bool = False) -> Deferred[int]:
        """Make a repository of a tag, and get the id of the task."""

    def osbuildImage(self, name: str, version: str, distro: str,
            image_types: Sequence[str], target: int | str | Resource,
            arches: Sequence[str], opts: Mapping[str, Any] | None = None,
            priority: int | None = None) -> Deferred[int]:
        """Build an image by osbuild, and get the id of the task."""

    def packageListAdd(self, taginfo: int | str | Resource,
            pkginfo: int | str | Resource,
            owner: int | str | Resource | None = None,
            block: bool | None = None, extra_arches: str | None = None,
            force: bool = False, update: bool = False) -> Deferred[None]:
        """Add a package to the list of a tag."""

    def packageListBlock(self, taginfo: int | str | Resource,
            pkginfo: int | str | Resource, force: bool = False
            ) -> Deferred[None]:
        """Block a package in the list of a tag."""

    def packageListRemove(self, taginfo: int | str | Resource,
            pkginfo: int | str | Resource, force: bool = False
            ) -> Deferred[None]:
        """Remove a package from the list of a tag."""

    def packageListSetArches(self, taginfo: int | str | Resource,
            pkginfo: int | str | Resource, arches: str, force: bool = False
            ) -> Deferred[None]:
        """Set the extra architectures of a package in a tag."""

    def packageListSetOwner(self, taginfo: int | str | Resource,
            pkginfo: int | str | Resource, owner: int | str | Resource,
            force: bool = False) -> Deferred[None]:
        """Set the owner of a package in a tag."""

    def packageListUnblock(self, taginfo: int | str | Resource,
            pkginfo: int | str | Resource, force: bool = False
            ) -> Deferred[None]:
        """Unblock a package in the list of a tag."""

    def promoteBuild(self, build: int | str | Mapping[str, Any],
            force: bool = False) -> Deferred[Build]:
        """Make a regular build of a draft."""

    def queryHistory(self, tables: Sequence[str] | None = None, **kwargs: Any
            ) -> Deferred[dict[str, list[dict[str, Any]]]]:
        """Get changes on the hub, by table."""

    @overload
    def queryRPMSigs(self, rpm_id: int | str | Mapping[str, Any] | None = None,
            sigkey: str | None = None, *, queryOpts: CountOnly
            ) -> Deferred[int]: ...
    @overload
    def queryRPMSigs(self, rpm_id: int | str | Mapping[str, Any] | None = None,
            sigkey: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> Deferred[list[RPMSignature]]: ...
    def queryRPMSigs(self, rpm_id: int | str | Mapping[str, Any] | None = None,
            sigkey: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> Deferred[list[RPMSignature]]:
        """List the signatures of package files."""

    def removeExternalRepoFromTag(self, tag_info: int | str | Resource,
            repo_info: int | str | Resource) -> Deferred[None]:
        """Remove an external repository from a tag."""

    def removeHostFromChannel(self, hostname: str, channel_name: str
            ) -> Deferred[None]:
        """Remove a builder from a channel."""

    def removeSideTag(self, sidetag: int | str | Resource) -> Deferred[None]:
        """Remove a side tag of one's own."""

    def removeUserKrbPrincipal(self, user: int | str | Resource,
            krb_principal: str) -> Deferred[int]:
        """Remove a Kerberos principal from a user."""

    def removeVolume(self, volume: int | str | Resource) -> Deferred[None]:
        """Remove a volume without builds."""

    def renameChannel(self, old: int | str | Resource, new: str
            ) -> Deferred[None]:
        """Change the name of a channel."""

    def repoDelete(self, repo_id: int | Resource) -> Deferred[int]:
        """Mark a repository as deleted, unless it is in use."""

    def repoExpire(self, repo_id: int | Resource) -> Deferred[None]:
        """Mark a repository as expired."""

    @overload
    def repoInfo(self, repo_id: int | Resource, strict: Literal[True]
            ) -> Deferred[Repo]: ...
    @overload
    def repoInfo(self, repo_id: int | Resource, strict: bool = False
            ) -> Deferred[Repo | None]: ...
    def repoInfo(self, repo_id: int | Resource, strict: bool = False
            ) -> Deferred[Repo | None]:
        """Get a repository."""

    def repoProblem(self, repo_id: int | Resource) -> Deferred[None]:
        """Mark a repository as one with a problem."""

    def resetBuild(self, build: int | str | Mapping[str, Any]
            ) -> Deferred[None]:
        """Take a build apart, so that it can be built anew."""

    def restartHosts(self, priority: int = 5,
            options: Mapping[str, Any] | None = None) -> Deferred[int]:
        """Restart the builders, and get the id of the task."""

    def resubmitTask(self, taskID: int | Resource) -> Deferred[int]:
        """Ask for a canceled or failed task anew, and get the new id."""

    def revokeCGAccess(self, user: int | str | Resource,
            cg: int | str | Resource) -> Deferred[None]:
        """Stop a user's imports for a content generator."""

    def revokePermission(self, userinfo: int | str | Resource,
            permission: int | str | Resource) -> Deferred[None]:
        """Revoke a permission of a user."""

    def runroot(self, tagInfo: int | str | Resource, arch: str,
            command: str | Sequence[str], channel: str | None = None,
            **opts: Any) -> Deferred[int]:
        """Run a command in a buildroot, and get the id of the task."""

    def saveFailedTree(self, buildrootID: int | Resource, full: bool = False,
            **opts: Any) -> Deferred[int]:
        """Save the tree of a failed buildroot, and get the id of the task."""

    @overload
    def search(self, terms: str, type: str,
            matchType: Literal['glob', 'regexp', 'exact'], queryOpts: CountOnly
            ) -> Deferred[int]: ...
    @overload
    def search(self, terms: str, type: str,
            matchType: Literal['glob', 'regexp', 'exact'],
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> Deferred[list[IdName]]: ...
    def search(self, terms: str, type: str,
            matchType: Literal['glob', 'regexp', 'exact'],
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> Deferred[list[IdName]]:
        """Find things by name."""

    def setBuildOwner(self, build: int | str | Mapping[str, Any],
            user: int | str | Resource) -> Deferred[None]:
        """Set the owner of a build."""

    def setBuildTimestamp(self, build: int | str | Mapping[str, Any],
            ts: float | str) -> Deferred[None]:
        """Set the completion time of a build."""

    def setInheritanceData(self, tag: int | str | Resource,
            data: Sequence[Mapping[str, Any]], clear: bool = False
            ) -> Deferred[None]:
        """Set the parents of a tag."""

    def setTaskPriority(self, task_id: int | Resource, priority: int,
            recurse: bool = True) -> Deferred[None]:
        """Set the priority of a task, with its children."""

    def showOpts(self, as_string: bool = True
            ) -> Deferred[str | dict[str, Any]]:
        """Get the options of the hub."""

    def showSession(self) -> Deferred[str]:
        """Get the session as text."""

    def snapshotTag(self, src: int | str | Resource, dst: int | str | Resource,
            config: bool = True, pkgs: bool = True, builds: bool = True,
            groups: bool = True, latest_only: bool = True,
            inherit_builds: bool = True, event: int | None = None,
            force: bool = False) -> Deferred[None]:
        """Copy a tag as it is, or as it was at an event."""

    def snapshotTagModify(self, src: int | str | Resource,
            dst: int | str | Resource, config: bool = True, pkgs: bool = True,
            builds: bool = True, groups: bool = True, latest_only: bool = True,
            inherit_builds: bool = True, event: int | None = None,
            force: bool = False, remove: bool = False) -> Deferred[None]:
        """Make a tag a copy of another."""

    def tagBuild(self, tag: int | str | Resource,
            build: int | str | Mapping[str, Any], force: bool = False,
            fromtag: int | str | Resource | None = None) -> Deferred[int]:
        """Tag a build, and get the id of the task."""

    def tagBuildBypass(self, tag: int | str | Resource,
            build: int | str | Mapping[str, Any], force: bool = False,
            notify: bool = False) -> Deferred[None]:
        """Tag a build at once, without a task."""

    def tagChangedSinceEvent(self, event: int, taglist: Sequence[int]
            ) -> Deferred[bool]:
        """Tell whether one of the tags has changed since an event."""

    def tagFirstChangeEvent(self, tag: int | str | Resource,
            after: int | None = None, inherit: bool = True
            ) -> Deferred[int | None]:
        """Get the first event that changed a tag."""

    def tagLastChangeEvent(self, tag: int | str | Resource,
            before: int | None = None, inherit: bool = True
            ) -> Deferred[int | None]:
        """Get the last event that changed a tag."""

    def taskFinished(self, taskId: int | Resource) -> Deferred[bool]:
        """Tell whether a task is finished."""

    def untagBuild(self, tag: int | str | Resource,
            build: int | str | Mapping[str, Any], strict: bool = True,
            force: bool = False) -> Deferred[None]:
        """Untag a build at once."""

    def untagBuildBypass(self, tag: int | str | Resource,
            build: int | str | Mapping[str, Any], strict: bool = True,
            force: bool = False, notify: bool = False) -> Deferred[None]:
        """Untag a build at once, past the hub's policy."""

    @overload
    def untaggedBuilds(self, name: str | None = None, *, queryOpts: CountOnly,
            draft: bool | None = None) -> Deferred[int]: ...
    @overload
    def untaggedBuilds(self, name: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            draft: bool | None = None) -> Deferred[list[Build]]: ...
    def untaggedBuilds(self, name: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            draft: bool | None = None) -> Deferred[list[Build]]:
        """List the builds without a tag."""

    def updateNotification(self, id: int | Resource,
            package_id: int | Resource, tag_id: int | Resource | None,
            success_only: bool) -> Deferred[None]:
        """Change a subscription to mails on builds."""

    def uploadFile(self, path: str, name: str, size: int, md5sum: str,
            offset: int | str | Resource, data: str, volume: str | None = None,
            checksum: str | None = None) -> Deferred[bool]:
        """Upload a part of a file; ``upload`` does all of it."""

    def winBuild(self, vm: str, url: str, target: int | str | Resource,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str = 'vm') -> Deferred[int]:
        """Build a Windows package, and get the id of the task."""

    def winEnabled(self) -> Deferred[bool]:
        """Tell whether the hub has Windows builds."""

    def wrapperRPM(self, build: int | str | Mapping[str, Any], url: str,
            target: int | str | Resource, priority: int | None = None,
            channel: str = 'maven', opts: Mapping[str, Any] | None = None
            ) -> Deferred[int]:
        """Wrap a build into a package, and get the id of the task."""

    def writeSignedRPM(self, an_rpm: int | str | Mapping[str, Any],
            sigkey: str, force: bool = False) -> Deferred[None]:
        """Write the signed copy of a package file."""


if __name__ == '__main__':
    # It connects to a hub, and so stands above the descriptions.
    from runpy import run_module

    run_module('txkoji.compare', run_name='__main__', alter_sys=True)
