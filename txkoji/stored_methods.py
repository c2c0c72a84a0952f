"""The hub methods of a multicall, for editors and type checkers."""
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

    from txkoji.build import Build
    from txkoji.package import Package
    from txkoji.repo import Repo
    from txkoji.resource import Resource
    from txkoji.rows import BuildTarget, Host, Tag, User
    from txkoji.rpm import RPM
    from txkoji.stored_call import StoredCall
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


class StoredMethodsRepo:
    """The hub methods that begin with "repo."."""

    def autoRequests(self) -> StoredCall[None]:
        """Request the repositories that tags want by themselves."""

    def checkQueue(self) -> StoredCall[None]:
        """Work on the queue of requests for repositories."""

    def checkRequest(self, req_id: int | Resource) -> StoredCall[RepoCheck]:
        """Get a request for a repository, with its progress."""

    def get(self, tag: int | str | Resource, min_event: int | None = None,
            at_event: int | None = None, opts: Mapping[str, Any] | None = None
            ) -> StoredCall[Repo | None]:
        """Get the current repository of a tag that fits."""

    def getExternalRepoData(self, erepo: int | str | Resource
            ) -> StoredCall[dict[str, Any] | None]:
        """Get what the hub keeps on an external repository."""

    def query(self, clauses: Sequence[Sequence[Any]],
            fields: Sequence[str] | None = None,
            opts: Mapping[str, Any] | None = None) -> StoredCall[list[Repo]]:
        """List repositories by clauses."""

    def queryQueue(self, clauses: Sequence[Sequence[Any]] | None = None,
            fields: Sequence[str] | None = None,
            opts: Mapping[str, Any] | None = None
            ) -> StoredCall[list[RepoRequest]]:
        """List the requests for repositories by clauses."""

    def references(self, repo_id: int | Resource
            ) -> StoredCall[list[dict[str, Any]]]:
        """List the buildroots that use a repository."""

    def request(self, tag: int | str | Resource,
            min_event: int | Literal['last'] | None = None,
            at_event: int | None = None, opts: Mapping[str, Any] | None = None,
            priority: int | None = None, force: bool = False
            ) -> StoredCall[RepoAnswer]:
        """Request a repository of a tag."""

    def setExternalRepoData(self, external_repo_id: int | Resource,
            data: Mapping[str, Any]) -> StoredCall[None]:
        """Keep data on an external repository."""

    def setRequestPriority(self, req_id: int | Resource, priority: int
            ) -> StoredCall[None]:
        """Set the priority of a request for a repository."""

    def setState(self, repo_id: int | Resource, state: int
            ) -> StoredCall[None]:
        """Set the state of a repository."""

    def updateEndEvents(self) -> StoredCall[None]:
        """Find the events at which repositories became old."""


class StoredMethodsSystem:
    """The hub methods that begin with "system."."""

    def listMethods(self) -> StoredCall[list[str]]:
        """List the names of the hub's methods."""

    def methodHelp(self, method: str) -> StoredCall[str]:
        """Get the hub's text on a method."""

    def methodSignature(self, method: str) -> StoredCall[str]:
        """Get the text of a method's signature."""


class StoredMethods:
    """The hub methods. They give stored calls."""

    @property
    def repo(self) -> StoredMethodsRepo:
        """The hub methods that begin with "repo."."""

    @property
    def system(self) -> StoredMethodsSystem:
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
            ) -> StoredCall[int]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchive'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[Archive]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchiveFile'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[ArchiveFile]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchiveType'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[ArchiveType]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuild'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[Build]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildNotification'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[BuildNotification]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildNotificationBlock'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[BuildNotificationBlock]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildTarget'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[BuildTarget]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildroot'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[Buildroot]: ...
    @overload
    def call(
            self, method: Literal[
                'getChannel'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[Channel]: ...
    @overload
    def call(
            self, method: Literal[
                'getEvent', 'getLastEvent'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[Event]: ...
    @overload
    def call(
            self, method: Literal[
                'getExternalRepo'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[ExternalRepo]: ...
    @overload
    def call(
            self, method: Literal[
                'getHost'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[Host]: ...
    @overload
    def call(
            self, method: Literal[
                'getImageArchive'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[ImageArchive]: ...
    @overload
    def call(
            self, method: Literal[
                'getImageBuild'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[ImageBuild]: ...
    @overload
    def call(
            self, method: Literal[
                'getMavenArchive'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[MavenArchive]: ...
    @overload
    def call(
            self, method: Literal[
                'getMavenBuild'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[MavenBuild]: ...
    @overload
    def call(
            self, method: Literal[
                'getPackage'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[Package]: ...
    @overload
    def call(
            self, method: Literal[
                'getRPM'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[RPM]: ...
    @overload
    def call(
            self, method: Literal[
                'getRPMFile'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[RPMFile]: ...
    @overload
    def call(
            self, method: Literal[
                'getTag'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[Tag]: ...
    @overload
    def call(
            self, method: Literal[
                'getTaskInfo'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[Task]: ...
    @overload
    def call(
            self, method: Literal[
                'getUser'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[User]: ...
    @overload
    def call(
            self, method: Literal[
                'getVolume'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[Volume]: ...
    @overload
    def call(
            self, method: Literal[
                'getWinArchive'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[WinArchive]: ...
    @overload
    def call(
            self, method: Literal[
                'getWinBuild'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[WinBuild]: ...
    @overload
    def call(
            self, method: Literal[
                'repoInfo'], /,
            *args: Any, strict: Literal[True], **kwargs: Any
            ) -> StoredCall[Repo]: ...
    @overload
    def call(
            self, method: Literal[
                'CGImport', 'promoteBuild'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[Build]: ...
    @overload
    def call(
            self, method: Literal[
                'CGInitBuild'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[ReservedBuild]: ...
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
            ) -> StoredCall[None]: ...
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
            ) -> StoredCall[int]: ...
    @overload
    def call(
            self, method: Literal[
                'addVolume'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[Volume]: ...
    @overload
    def call(
            self, method: Literal[
                'assignTask', 'cancelBuild', 'checkTagPackage',
                'deleteBuild', 'editChannel', 'editHost',
                'editTagExternalRepo', 'hasPerm', 'mavenEnabled',
                'tagChangedSinceEvent', 'taskFinished', 'uploadFile',
                'winEnabled'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[bool]: ...
    @overload
    def call(
            self, method: Literal[
                'buildReferences'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[BuildReferences]: ...
    @overload
    def call(
            self, method: Literal[
                'checkTagAccess'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[tuple[bool, bool, str]]: ...
    @overload
    def call(
            self, method: Literal[
                'checkUpload'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[UploadedFile | None]: ...
    @overload
    def call(
            self, method: Literal[
                'countAndFilterResults'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[tuple[int, list[Any]]]: ...
    @overload
    def call(
            self, method: Literal[
                'createExternalRepo'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[ExternalRepo]: ...
    @overload
    def call(
            self, method: Literal[
                'createSideTag', 'getBuildConfig'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[Tag]: ...
    @overload
    def call(
            self, method: Literal[
                'downloadTaskOutput', 'evalPolicy', 'getKojiVersion',
                'getNextRelease', 'hello', 'showSession',
                'system.methodHelp', 'system.methodSignature'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[str]: ...
    @overload
    def call(
            self, method: Literal[
                'echo', 'filterResults', 'getTaskRequest'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[Any]]: ...
    @overload
    def call(
            self, method: Literal[
                'findBuildID', 'getPackageID', 'getTagID',
                'tagFirstChangeEvent', 'tagLastChangeEvent'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[int | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getActiveRepos', 'repo.query'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[Repo]]: ...
    @overload
    def call(
            self, method: Literal[
                'getAllArches', 'getPerms', 'getUserPerms',
                'system.listMethods'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[str]]: ...
    @overload
    def call(
            self, method: Literal[
                'getAllPerms'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[Permission]]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchive'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[Archive | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchiveFile'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[ArchiveFile | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchiveType'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[ArchiveType | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getArchiveTypes'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[ArchiveType]]: ...
    @overload
    def call(
            self, method: Literal[
                'getAverageBuildDuration'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[timedelta | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuild'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[Build | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildLogs'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[BuildLog]]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildNotification'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[BuildNotification | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildNotificationBlock'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[BuildNotificationBlock | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildNotificationBlocks'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[BuildNotificationBlock]]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildNotifications'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[BuildNotification]]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildTarget'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[BuildTarget | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildTargets'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[BuildTarget]]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildType'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[dict[str, dict[str, Any]]]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildroot'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[Buildroot | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getBuildrootListing'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[BuildrootRPM]]: ...
    @overload
    def call(
            self, method: Literal[
                'getChangelogEntries'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[ChangelogEntry]]: ...
    @overload
    def call(
            self, method: Literal[
                'getChannel'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[Channel | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getEvent', 'getLastEvent'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[Event | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getExternalRepo'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[ExternalRepo | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getExternalRepoList', 'getTagExternalRepos'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[TagExternalRepo]]: ...
    @overload
    def call(
            self, method: Literal[
                'getFullInheritance'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[InheritanceStep]]: ...
    @overload
    def call(
            self, method: Literal[
                'getGroupMembers', 'listUsers'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[User]]: ...
    @overload
    def call(
            self, method: Literal[
                'getHost'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[Host | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getImageArchive'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[ImageArchive | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getImageBuild'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[ImageBuild | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getInheritanceData'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[Inheritance]]: ...
    @overload
    def call(
            self, method: Literal[
                'getLatestBuilds', 'listBuilds', 'listTagged',
                'untaggedBuilds'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[Build]]: ...
    @overload
    def call(
            self, method: Literal[
                'getLatestMavenArchives'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[MavenArchive]]: ...
    @overload
    def call(
            self, method: Literal[
                'getLatestRPMS', 'listTaggedRPMS'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[tuple[list[RPM], list[Build]]]: ...
    @overload
    def call(
            self, method: Literal[
                'getLoggedInUser', 'getUser'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[User | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getMavenArchive'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[MavenArchive | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getMavenBuild'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[MavenBuild | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getPackage', 'getPackageConfig'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[Package | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getRPMChecksums'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[dict[str, dict[str, str | None]]]: ...
    @overload
    def call(
            self, method: Literal[
                'getRPMDeps'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[RPMDependency]]: ...
    @overload
    def call(
            self, method: Literal[
                'getRPMFile'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[RPMFile | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getRPMHeaders', 'importRPM'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[dict[str, Any]]: ...
    @overload
    def call(
            self, method: Literal[
                'getRepo', 'repo.get', 'repoInfo'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[Repo | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getTag'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[Tag | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getTagGroups'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[TagGroup]]: ...
    @overload
    def call(
            self, method: Literal[
                'getTaskChildren', 'getTaskDescendents', 'listTasks'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[Task]]: ...
    @overload
    def call(
            self, method: Literal[
                'getUserGroups', 'search'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[IdName]]: ...
    @overload
    def call(
            self, method: Literal[
                'getUserPermsInheritance'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[dict[str, list[str | None]]]: ...
    @overload
    def call(
            self, method: Literal[
                'getVolume'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[Volume | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getWinArchive'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[WinArchive | None]: ...
    @overload
    def call(
            self, method: Literal[
                'getWinBuild'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[WinBuild | None]: ...
    @overload
    def call(
            self, method: Literal[
                'listArchiveFiles'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[ArchiveFile]]: ...
    @overload
    def call(
            self, method: Literal[
                'listArchives'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[Archive]]: ...
    @overload
    def call(
            self, method: Literal[
                'listBTypes'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[BuildType]]: ...
    @overload
    def call(
            self, method: Literal[
                'listBuildRPMs', 'listRPMs'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[RPM]]: ...
    @overload
    def call(
            self, method: Literal[
                'listBuildroots'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[Buildroot]]: ...
    @overload
    def call(
            self, method: Literal[
                'listCGs'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[dict[str, ContentGenerator]]: ...
    @overload
    def call(
            self, method: Literal[
                'listChannels'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[Channel]]: ...
    @overload
    def call(
            self, method: Literal[
                'listExternalRepos'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[ExternalRepo]]: ...
    @overload
    def call(
            self, method: Literal[
                'listHosts'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[Host]]: ...
    @overload
    def call(
            self, method: Literal[
                'listPackages'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[Package]]: ...
    @overload
    def call(
            self, method: Literal[
                'listPackagesSimple'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[PackageName]]: ...
    @overload
    def call(
            self, method: Literal[
                'listRPMFiles'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[RPMFile]]: ...
    @overload
    def call(
            self, method: Literal[
                'listSideTags', 'listTags'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[Tag]]: ...
    @overload
    def call(
            self, method: Literal[
                'listTaggedArchives'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[tuple[list[Archive], list[Build]]]: ...
    @overload
    def call(
            self, method: Literal[
                'listVolumes'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[Volume]]: ...
    @overload
    def call(
            self, method: Literal[
                'moveAllBuilds'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[int]]: ...
    @overload
    def call(
            self, method: Literal[
                'queryHistory'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[dict[str, list[dict[str, Any]]]]: ...
    @overload
    def call(
            self, method: Literal[
                'queryRPMSigs'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[RPMSignature]]: ...
    @overload
    def call(
            self, method: Literal[
                'repo.checkRequest'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[RepoCheck]: ...
    @overload
    def call(
            self, method: Literal[
                'repo.getExternalRepoData'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[dict[str, Any] | None]: ...
    @overload
    def call(
            self, method: Literal[
                'repo.queryQueue'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[RepoRequest]]: ...
    @overload
    def call(
            self, method: Literal[
                'repo.references'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[list[dict[str, Any]]]: ...
    @overload
    def call(
            self, method: Literal[
                'repo.request'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[RepoAnswer]: ...
    @overload
    def call(
            self, method: Literal[
                'showOpts'], /,
            *args: Any, **kwargs: Any
            ) -> StoredCall[str | dict[str, Any]]: ...
    @overload
    def call(self, method: str, /, *args: Any, **kwargs: Any
            ) -> StoredCall[Any]: ...
    def call(self, method: str, /, *args: Any, **kwargs: Any
            ) -> StoredCall[Any]:
        """Call a hub method by its name."""

    def CGImport(self, metadata: str | Mapping[str, Any],
            directory: str | Mapping[str, Any], token: str | None = None
            ) -> StoredCall[Build]:
        """Import a build of a content generator."""

    def CGInitBuild(self, cg: int | str | Resource, data: Mapping[str, Any]
            ) -> StoredCall[ReservedBuild]:
        """Reserve a build for an import."""

    def CGRefundBuild(self, cg: int | str | Resource, build_id: int | Resource,
            token: str, state: int = 3) -> StoredCall[None]:
        """Give up a build that was reserved for an import."""

    def addArchiveType(self, name: str, description: str, extensions: str,
            compression_type: str | None = None) -> StoredCall[None]:
        """Add a type of archives."""

    def addBType(self, name: str) -> StoredCall[None]:
        """Add a type of builds."""

    def addChannel(self, channel_name: str, description: str | None = None
            ) -> StoredCall[int]:
        """Add a channel, and get its id."""

    def addExternalRPM(self, rpminfo: int | str | Mapping[str, Any],
            external_repo: int | str | Resource, strict: bool = True
            ) -> StoredCall[None]:
        """Add a package of an external repository."""

    def addExternalRepoToTag(self, tag_info: int | str | Resource,
            repo_info: int | str | Resource, priority: int,
            merge_mode: str = 'koji', arches: str | None = None
            ) -> StoredCall[None]:
        """Add an external repository to a tag."""

    def addGroupMember(self, group: int | str | Resource,
            user: int | str | Resource, strict: bool = True
            ) -> StoredCall[None]:
        """Add a user to a group."""

    def addHost(self, hostname: str, arches: str | Sequence[str],
            krb_principal: str | None = None, force: bool = False
            ) -> StoredCall[int]:
        """Add a builder, and get its id."""

    def addHostToChannel(self, hostname: str, channel_name: str,
            create: bool = False, force: bool = False) -> StoredCall[None]:
        """Add a builder to a channel."""

    def addRPMSig(self, an_rpm: int | str | Mapping[str, Any], data: str
            ) -> StoredCall[None]:
        """Add the signature of a package, in base64."""

    def addUserKrbPrincipal(self, user: int | str | Resource,
            krb_principal: str) -> StoredCall[int]:
        """Add a Kerberos principal to a user."""

    def addVolume(self, name: str, strict: bool = True) -> StoredCall[Volume]:
        """Add a volume to store builds on."""

    def applyVolumePolicy(self, build: int | str | Mapping[str, Any],
            strict: bool = False) -> StoredCall[None]:
        """Move a build to the volume that the hub's policy says."""

    def assignTask(self, task_id: int | Resource, host: int | str | Resource,
            force: bool = False, override: bool = False) -> StoredCall[bool]:
        """Assign a task to a builder."""

    def build(self, src: str, target: int | str | Resource | None,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str | None = None) -> StoredCall[int]:
        """Build a package from source, and get the id of the task."""

    def buildContainer(self, src: str, target: int | str | Resource,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str = 'container') -> StoredCall[int]:
        """Build a container, and get the id of the task."""

    def buildImage(self, name: str, version: str, arch: str,
            target: int | str | Resource, ksfile: str, img_type: str,
            opts: Mapping[str, Any] | None = None, priority: int | None = None
            ) -> StoredCall[int]:
        """Build an image from a kickstart, and get the id of the task."""

    def buildImageIndirection(self, opts: Mapping[str, Any] | None = None,
            priority: int | None = None) -> StoredCall[int]:
        """Build an image out of another, and get the id of the task."""

    def buildImageOz(self, name: str, version: str, arches: Sequence[str],
            target: int | str | Resource, inst_tree: str,
            opts: Mapping[str, Any] | None = None, priority: int | None = None
            ) -> StoredCall[int]:
        """Build an image by Oz, and get the id of the task."""

    def buildReferences(self, build: int, limit: int | None = None,
            lazy: bool = False) -> StoredCall[BuildReferences]:
        """Get the things on the hub that need a build."""

    def buildSourceContainer(self, target: int | str | Resource,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str = 'container') -> StoredCall[int]:
        """Build a container with sources, and get the id of the task."""

    def cancelBuild(self, buildID: int | str | Mapping[str, Any],
            strict: bool = False) -> StoredCall[bool]:
        """Cancel a build and its task."""

    def cancelTask(self, task_id: int | Resource, recurse: bool = True
            ) -> StoredCall[None]:
        """Cancel a task, with its children."""

    def cancelTaskChildren(self, task_id: int | Resource) -> StoredCall[None]:
        """Cancel the children of a task."""

    def cancelTaskFull(self, task_id: int | Resource, strict: bool = True
            ) -> StoredCall[None]:
        """Cancel a task with all tasks around it."""

    def chainBuild(self, srcs: Sequence[Sequence[str]],
            target: int | str | Resource,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str | None = None) -> StoredCall[int]:
        """Build packages in a chain, and get the id of the task."""

    def chainMaven(self, builds: Mapping[str, Any],
            target: int | str | Resource,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str = 'maven') -> StoredCall[int]:
        """Build Maven packages in a chain, and get the id of the task."""

    def changeBuildVolume(self, build: int | str | Mapping[str, Any],
            volume: int | str | Resource, strict: bool = True
            ) -> StoredCall[None]:
        """Move a build to another volume."""

    def checkTagAccess(self, tag_id: int | str | Resource,
            user_id: int | str | Resource | None = None
            ) -> StoredCall[tuple[bool, bool, str]]:
        """Tell whether a user may change a tag, whether by force, and why."""

    def checkTagPackage(self, tag: int | str | Resource,
            pkg: int | str | Resource) -> StoredCall[bool]:
        """Tell whether a package is in the list of a tag, and not blocked."""

    def checkUpload(self, path: str, name: str, verify: str | None = None,
            tail: int | None = None, volume: str | None = None
            ) -> StoredCall[UploadedFile | None]:
        """Get the size of an uploaded file, and its checksum."""

    def count(self, methodName: str, *args: Any, **kw: Any) -> StoredCall[int]:
        """Count the items that another method gives."""

    def countAndFilterResults(self, methodName: str, *args: Any, **kw: Any
            ) -> StoredCall[tuple[int, list[Any]]]:
        """Get a part of the list of another method, after its whole length."""

    def createBuildTarget(self, name: str, build_tag: int | str | Resource,
            dest_tag: int | str | Resource) -> StoredCall[None]:
        """Create a build target."""

    def createEmptyBuild(self, name: str, version: str, release: str,
            epoch: int, owner: int | str | Resource | None = None,
            draft: bool = False) -> StoredCall[int]:
        """Create a build without files, and get its id."""

    def createExternalRepo(self, name: str, url: str
            ) -> StoredCall[ExternalRepo]:
        """Create an external repository."""

    def createImageBuild(self, build_info: int | str | Mapping[str, Any]
            ) -> StoredCall[None]:
        """Mark a build as one with images."""

    def createMavenBuild(self, build_info: int | str | Mapping[str, Any],
            maven_info: Mapping[str, Any]) -> StoredCall[None]:
        """Give a build its Maven coordinates."""

    def createNotification(self, user_id: int | Resource,
            package_id: int | Resource, tag_id: int | Resource | None,
            success_only: bool) -> StoredCall[None]:
        """Subscribe a user to mails on builds."""

    def createNotificationBlock(self, user_id: int | Resource,
            package_id: int | Resource | None = None,
            tag_id: int | Resource | None = None) -> StoredCall[None]:
        """Except builds from a user's mails."""

    def createSideTag(self, basetag: int | str | Resource,
            debuginfo: bool = False, suffix: str | None = None
            ) -> StoredCall[Tag]:
        """Create a side tag, a tag of one user's own."""

    def createTag(self, name: str, parent: int | str | Resource | None = None,
            arches: str | None = None,
            perm: int | str | Resource | None = None, locked: bool = False,
            maven_support: bool = False, maven_include_all: bool = False,
            extra: Mapping[str, Any] | None = None) -> StoredCall[int]:
        """Create a tag, and get its id."""

    def createUser(self, username: str, status: int | None = None,
            krb_principal: str | None = None) -> StoredCall[int]:
        """Create a user, and get the id."""

    def createWinBuild(self, build_info: int | str | Mapping[str, Any],
            win_info: Mapping[str, Any]) -> StoredCall[None]:
        """Give a build its Windows platform."""

    def deleteBuild(self, build: int | str | Mapping[str, Any],
            strict: bool = True, min_ref_age: int = 604800
            ) -> StoredCall[bool]:
        """Delete the files of a build."""

    def deleteBuildTarget(self, buildTargetInfo: int | str | Resource
            ) -> StoredCall[None]:
        """Delete a build target."""

    def deleteExternalRepo(self, info: int | str | Resource
            ) -> StoredCall[None]:
        """Delete an external repository."""

    def deleteNotification(self, id: int | Resource) -> StoredCall[None]:
        """End a subscription to mails on builds."""

    def deleteNotificationBlock(self, id: int | Resource) -> StoredCall[None]:
        """End an exception from mails on builds."""

    def deleteRPMSig(self, rpminfo: int | str | Mapping[str, Any],
            sigkey: str | None = None, all_sigs: bool = False
            ) -> StoredCall[None]:
        """Delete the signatures of a package."""

    def deleteTag(self, tagInfo: int | str | Resource) -> StoredCall[None]:
        """Delete a tag."""

    def disableChannel(self, channelname: str, comment: str | None = None
            ) -> StoredCall[None]:
        """Disable a channel."""

    def disableHost(self, hostname: str) -> StoredCall[None]:
        """Disable a builder."""

    def disableUser(self, username: str) -> StoredCall[None]:
        """Disable a user."""

    def distRepo(self, tag: int | str | Resource, keys: Sequence[str],
            **task_opts: Any) -> StoredCall[int]:
        """Make a repository to distribute, and get the id of the task."""

    def downloadTaskOutput(self, taskID: int | Resource, fileName: str,
            offset: int = 0, size: int = -1, volume: str | None = None
            ) -> StoredCall[str]:
        """Get a part of a file of a task's output, in base64."""

    def dropGroupMember(self, group: int | str | Resource,
            user: int | str | Resource) -> StoredCall[None]:
        """Remove a user from a group."""

    def dudBuild(self, name: str, version: str, arches: Sequence[str],
            target: int | str | Resource, pkgs: Sequence[str],
            optional_arches: str | Sequence[str] | None = None,
            scratch: bool = False, alldeps: bool = False,
            scmurl: str | None = None) -> StoredCall[int]:
        """Build a driver update disk, and get the id of the task."""

    def echo(self, *args: Any) -> StoredCall[list[Any]]:
        """Get the arguments back."""

    def editBuildTarget(self, buildTargetInfo: int | str | Resource, name: str,
            build_tag: int | str | Resource, dest_tag: int | str | Resource
            ) -> StoredCall[None]:
        """Change a build target."""

    def editChannel(self, channelInfo: int | str | Resource, **kw: Any
            ) -> StoredCall[bool]:
        """Change the name, description or comment of a channel."""

    def editExternalRepo(self, info: int | str | Resource,
            name: str | None = None, url: str | None = None
            ) -> StoredCall[None]:
        """Change an external repository."""

    def editHost(self, hostInfo: int | str | Resource, **kw: Any
            ) -> StoredCall[bool]:
        """Change a builder."""

    def editPermission(self, permission: int | str | Resource, description: str
            ) -> StoredCall[None]:
        """Change the description of a permission."""

    def editSideTag(self, sidetag: int | str | Resource,
            debuginfo: bool | None = None,
            rpm_macros: Mapping[str, Any] | None = None,
            remove_rpm_macros: Sequence[str] | None = None,
            extra: Mapping[str, Any] | None = None,
            remove_extra: Sequence[str] | None = None) -> StoredCall[None]:
        """Change a side tag."""

    def editTag(self, tagInfo: int | str | Resource, name: str | None,
            arches: str | None, locked: bool | None,
            permissionID: int | Resource | None,
            extra: Mapping[str, Any] | None = None) -> StoredCall[None]:
        """Change a tag; editTag2 can do more."""

    def editTag2(self, tagInfo: int | str | Resource, **kwargs: Any
            ) -> StoredCall[None]:
        """Change a tag."""

    def editTagExternalRepo(self, tag_info: int | str | Resource,
            repo_info: int | str | Resource, priority: int | None = None,
            merge_mode: str | None = None, arches: str | None = None
            ) -> StoredCall[bool]:
        """Change how a tag uses an external repository."""

    def editUser(self, userInfo: int | str | Mapping[str, Any],
            name: str | None = None,
            krb_principal_mappings: Sequence[Mapping[str, str | None]] | None =
                None
            ) -> StoredCall[None]:
        """Rename a user, or change Kerberos principals."""

    def enableChannel(self, channelname: str, comment: str | None = None
            ) -> StoredCall[None]:
        """Enable a channel."""

    def enableHost(self, hostname: str) -> StoredCall[None]:
        """Enable a builder."""

    def enableUser(self, username: str) -> StoredCall[None]:
        """Enable a user."""

    def error(self) -> StoredCall[None]:
        """Fail with an exception, for tests of clients."""

    def evalPolicy(self, name: str, data: Mapping[str, Any]
            ) -> StoredCall[str]:
        """Get the result of a policy of the hub for data."""

    def fault(self) -> StoredCall[None]:
        """Fail with a fault, for tests of clients."""

    def filterResults(self, methodName: str, *args: Any, **kw: Any
            ) -> StoredCall[list[Any]]:
        """Get a part of the list of another method."""

    @overload
    def findBuildID(self, X: int | str | Mapping[str, Any],
            strict: Literal[True]) -> StoredCall[int]: ...
    @overload
    def findBuildID(self, X: int | str | Mapping[str, Any],
            strict: bool = False) -> StoredCall[int | None]: ...
    def findBuildID(self, X: int | str | Mapping[str, Any],
            strict: bool = False) -> StoredCall[int | None]:
        """Get the id of a build."""

    def freeTask(self, task_id: int | Resource) -> StoredCall[None]:
        """Give a task back to the queue."""

    def getAPIVersion(self) -> StoredCall[int]:
        """Get the version of the hub's interface."""

    def getActiveRepos(self) -> StoredCall[list[Repo]]:
        """List the repositories that are ready or in the making."""

    def getAllArches(self) -> StoredCall[list[str]]:
        """List the architectures of all builders."""

    def getAllPerms(self) -> StoredCall[list[Permission]]:
        """List all permissions."""

    @overload
    def getArchive(self, archive_id: int | Resource, strict: Literal[True]
            ) -> StoredCall[Archive]: ...
    @overload
    def getArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> StoredCall[Archive | None]: ...
    def getArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> StoredCall[Archive | None]:
        """Get an archive."""

    @overload
    def getArchiveFile(self, archive_id: int | Resource, filename: str,
            strict: Literal[True]) -> StoredCall[ArchiveFile]: ...
    @overload
    def getArchiveFile(self, archive_id: int | Resource, filename: str,
            strict: bool = False) -> StoredCall[ArchiveFile | None]: ...
    def getArchiveFile(self, archive_id: int | Resource, filename: str,
            strict: bool = False) -> StoredCall[ArchiveFile | None]:
        """Get a file within an archive."""

    @overload
    def getArchiveType(self, filename: str | None = None,
            type_name: str | None = None,
            type_id: int | Resource | None = None, *, strict: Literal[True]
            ) -> StoredCall[ArchiveType]: ...
    @overload
    def getArchiveType(self, filename: str | None = None,
            type_name: str | None = None,
            type_id: int | Resource | None = None, strict: bool = False
            ) -> StoredCall[ArchiveType | None]: ...
    def getArchiveType(self, filename: str | None = None,
            type_name: str | None = None,
            type_id: int | Resource | None = None, strict: bool = False
            ) -> StoredCall[ArchiveType | None]:
        """Get a type of archives, by file name, name or id."""

    def getArchiveTypes(self) -> StoredCall[list[ArchiveType]]:
        """List the types of archives."""

    def getAverageBuildDuration(self, package: int | str | Resource,
            age: int | None = None) -> StoredCall[timedelta | None]:
        """Get the average duration of the builds of a package."""

    @overload
    def getBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: Literal[True]) -> StoredCall[Build]: ...
    @overload
    def getBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> StoredCall[Build | None]: ...
    def getBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> StoredCall[Build | None]:
        """Get a build by id, name-version-release or dictionary."""

    def getBuildConfig(self, tag: int | str | Resource,
            event: int | None = None) -> StoredCall[Tag]:
        """Get a tag as a build sees it, with what it inherits."""

    def getBuildLogs(self, build: int | str | Mapping[str, Any]
            ) -> StoredCall[list[BuildLog]]:
        """List the log files of a build."""

    @overload
    def getBuildNotification(self, id: int | Resource, strict: Literal[True]
            ) -> StoredCall[BuildNotification]: ...
    @overload
    def getBuildNotification(self, id: int | Resource, strict: bool = False
            ) -> StoredCall[BuildNotification | None]: ...
    def getBuildNotification(self, id: int | Resource, strict: bool = False
            ) -> StoredCall[BuildNotification | None]:
        """Get a subscription to mails on builds."""

    @overload
    def getBuildNotificationBlock(self, id: int | Resource,
            strict: Literal[True]) -> StoredCall[BuildNotificationBlock]: ...
    @overload
    def getBuildNotificationBlock(self, id: int | Resource,
            strict: bool = False
            ) -> StoredCall[BuildNotificationBlock | None]: ...
    def getBuildNotificationBlock(self, id: int | Resource,
            strict: bool = False) -> StoredCall[BuildNotificationBlock | None]:
        """Get an exception from mails on builds."""

    def getBuildNotificationBlocks(self,
            userID: int | str | Resource | None = None
            ) -> StoredCall[list[BuildNotificationBlock]]:
        """List the exceptions from a user's mails on builds."""

    def getBuildNotifications(self, userID: int | str | Resource | None = None
            ) -> StoredCall[list[BuildNotification]]:
        """List a user's subscriptions to mails on builds."""

    @overload
    def getBuildTarget(self, info: int | str | Resource,
            event: int | None = None, *, strict: Literal[True]
            ) -> StoredCall[BuildTarget]: ...
    @overload
    def getBuildTarget(self, info: int | str | Resource,
            event: int | None = None, strict: bool = False
            ) -> StoredCall[BuildTarget | None]: ...
    def getBuildTarget(self, info: int | str | Resource,
            event: int | None = None, strict: bool = False
            ) -> StoredCall[BuildTarget | None]:
        """Get a build target."""

    @overload
    def getBuildTargets(self, info: int | str | Resource | None = None,
            event: int | None = None,
            buildTagID: int | str | Resource | None = None,
            destTagID: int | str | Resource | None = None, *,
            queryOpts: CountOnly) -> StoredCall[int]: ...
    @overload
    def getBuildTargets(self, info: int | str | Resource | None = None,
            event: int | None = None,
            buildTagID: int | str | Resource | None = None,
            destTagID: int | str | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> StoredCall[list[BuildTarget]]: ...
    def getBuildTargets(self, info: int | str | Resource | None = None,
            event: int | None = None,
            buildTagID: int | str | Resource | None = None,
            destTagID: int | str | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> StoredCall[list[BuildTarget]]:
        """List the build targets."""

    def getBuildType(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> StoredCall[dict[str, dict[str, Any]]]:
        """Get the types of a build, with what is known of each."""

    @overload
    def getBuildroot(self, buildrootID: int | Resource, strict: Literal[True]
            ) -> StoredCall[Buildroot]: ...
    @overload
    def getBuildroot(self, buildrootID: int | Resource, strict: bool = False
            ) -> StoredCall[Buildroot | None]: ...
    def getBuildroot(self, buildrootID: int | Resource, strict: bool = False
            ) -> StoredCall[Buildroot | None]:
        """Get a buildroot."""

    def getBuildrootListing(self, id: int | Resource
            ) -> StoredCall[list[BuildrootRPM]]:
        """List the packages of a buildroot."""

    @overload
    def getChangelogEntries(self,
            buildID: int | str | Mapping[str, Any] | None = None,
            taskID: int | Resource | None = None, filepath: str | None = None,
            author: str | None = None, before: float | str | None = None,
            after: float | str | None = None, *, queryOpts: CountOnly,
            strict: bool = False) -> StoredCall[int]: ...
    @overload
    def getChangelogEntries(self,
            buildID: int | str | Mapping[str, Any] | None = None,
            taskID: int | Resource | None = None, filepath: str | None = None,
            author: str | None = None, before: float | str | None = None,
            after: float | str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            strict: bool = False) -> StoredCall[list[ChangelogEntry]]: ...
    def getChangelogEntries(self,
            buildID: int | str | Mapping[str, Any] | None = None,
            taskID: int | Resource | None = None, filepath: str | None = None,
            author: str | None = None, before: float | str | None = None,
            after: float | str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            strict: bool = False) -> StoredCall[list[ChangelogEntry]]:
        """List the changelog of a build, of a task's package, or of a file."""

    @overload
    def getChannel(self, channelInfo: int | str | Resource,
            strict: Literal[True]) -> StoredCall[Channel]: ...
    @overload
    def getChannel(self, channelInfo: int | str | Resource,
            strict: bool = False) -> StoredCall[Channel | None]: ...
    def getChannel(self, channelInfo: int | str | Resource,
            strict: bool = False) -> StoredCall[Channel | None]:
        """Get a channel."""

    @overload
    def getEvent(self, id: int | Resource, strict: Literal[True] = True
            ) -> StoredCall[Event]: ...
    @overload
    def getEvent(self, id: int | Resource, strict: bool = True
            ) -> StoredCall[Event | None]: ...
    def getEvent(self, id: int | Resource, strict: bool = True
            ) -> StoredCall[Event | None]:
        """Get an event of the hub, with its time."""

    @overload
    def getExternalRepo(self, info: int | str | Resource,
            strict: Literal[True], event: int | None = None
            ) -> StoredCall[ExternalRepo]: ...
    @overload
    def getExternalRepo(self, info: int | str | Resource, strict: bool = False,
            event: int | None = None) -> StoredCall[ExternalRepo | None]: ...
    def getExternalRepo(self, info: int | str | Resource, strict: bool = False,
            event: int | None = None) -> StoredCall[ExternalRepo | None]:
        """Get an external repository."""

    def getExternalRepoList(self, tag_info: int | str | Resource,
            event: int | None = None) -> StoredCall[list[TagExternalRepo]]:
        """List the external repositories of a tag, with those it inherits."""

    def getFullInheritance(self, tag: int | str | Resource,
            event: int | None = None, reverse: bool = False, **kwargs: Any
            ) -> StoredCall[list[InheritanceStep]]:
        """List the whole inheritance of a tag, in order."""

    def getGroupMembers(self, group: int | str | Resource
            ) -> StoredCall[list[User]]:
        """List the users in a group."""

    @overload
    def getHost(self, hostInfo: int | str | Resource, strict: Literal[True],
            event: int | None = None) -> StoredCall[Host]: ...
    @overload
    def getHost(self, hostInfo: int | str | Resource, strict: bool = False,
            event: int | None = None) -> StoredCall[Host | None]: ...
    def getHost(self, hostInfo: int | str | Resource, strict: bool = False,
            event: int | None = None) -> StoredCall[Host | None]:
        """Get a builder."""

    @overload
    def getImageArchive(self, archive_id: int | Resource, strict: Literal[True]
            ) -> StoredCall[ImageArchive]: ...
    @overload
    def getImageArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> StoredCall[ImageArchive | None]: ...
    def getImageArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> StoredCall[ImageArchive | None]:
        """Get an image."""

    @overload
    def getImageBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: Literal[True]) -> StoredCall[ImageBuild]: ...
    @overload
    def getImageBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> StoredCall[ImageBuild | None]: ...
    def getImageBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> StoredCall[ImageBuild | None]:
        """Get the mark of a build with images."""

    def getInheritanceData(self, tag: int | str | Resource,
            event: int | None = None) -> StoredCall[list[Inheritance]]:
        """List the parents of a tag."""

    def getKojiVersion(self) -> StoredCall[str]:
        """Get the version of the hub."""

    @overload
    def getLastEvent(self, before: float | None = None,
            strict: Literal[True] = True) -> StoredCall[Event]: ...
    @overload
    def getLastEvent(self, before: float | None = None, strict: bool = True
            ) -> StoredCall[Event | None]: ...
    def getLastEvent(self, before: float | None = None, strict: bool = True
            ) -> StoredCall[Event | None]:
        """Get the last event of the hub, or the last one before a time."""

    @overload
    def getLastHostUpdate(self, hostID: int | Resource, *, ts: Literal[True]
            ) -> StoredCall[float | None]: ...
    @overload
    def getLastHostUpdate(self, hostID: int | Resource,
            ts: Literal[False] = False) -> StoredCall[str | None]: ...
    @overload
    def getLastHostUpdate(self, hostID: int | Resource, ts: bool = False
            ) -> StoredCall[float | str | None]: ...
    def getLastHostUpdate(self, hostID: int | Resource, ts: bool = False
            ) -> StoredCall[float | str | None]:
        """Get the time of the last report of a builder."""

    def getLatestBuilds(self, tag: int | str | Resource,
            event: int | None = None,
            package: int | str | Resource | None = None,
            type: str | None = None, draft: bool | None = None
            ) -> StoredCall[list[Build]]:
        """List the latest build of each package in a tag."""

    def getLatestMavenArchives(self, tag: int | str | Resource,
            event: int | None = None, inherit: bool = True
            ) -> StoredCall[list[MavenArchive]]:
        """List the latest Maven archives of a tag."""

    def getLatestRPMS(self, tag: int | str | Resource,
            package: str | None = None,
            arch: str | Sequence[str] | None = None, event: int | None = None,
            rpmsigs: bool = False, type: str | None = None,
            draft: bool | None = None
            ) -> StoredCall[tuple[list[RPM], list[Build]]]:
        """List the package files of the latest builds in a tag, and these."""

    def getLoggedInUser(self) -> StoredCall[User | None]:
        """Get the user of the session."""

    @overload
    def getMavenArchive(self, archive_id: int | Resource, strict: Literal[True]
            ) -> StoredCall[MavenArchive]: ...
    @overload
    def getMavenArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> StoredCall[MavenArchive | None]: ...
    def getMavenArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> StoredCall[MavenArchive | None]:
        """Get a Maven archive."""

    @overload
    def getMavenBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: Literal[True]) -> StoredCall[MavenBuild]: ...
    @overload
    def getMavenBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> StoredCall[MavenBuild | None]: ...
    def getMavenBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> StoredCall[MavenBuild | None]:
        """Get the Maven coordinates of a build."""

    def getNextRelease(self, build_info: Mapping[str, Any], incr: int = 1
            ) -> StoredCall[str]:
        """Get the next free release of a name and version."""

    @overload
    def getPackage(self, info: int | str | Resource, strict: Literal[True],
            create: bool = False) -> StoredCall[Package]: ...
    @overload
    def getPackage(self, info: int | str | Resource, strict: bool = False,
            create: bool = False) -> StoredCall[Package | None]: ...
    def getPackage(self, info: int | str | Resource, strict: bool = False,
            create: bool = False) -> StoredCall[Package | None]:
        """Get a package."""

    def getPackageConfig(self, tag: int | str | Resource,
            pkg: int | str | Resource, event: int | None = None
            ) -> StoredCall[Package | None]:
        """Get the entry of a package in a tag."""

    @overload
    def getPackageID(self, name: str, strict: Literal[True]
            ) -> StoredCall[int]: ...
    @overload
    def getPackageID(self, name: str, strict: bool = False
            ) -> StoredCall[int | None]: ...
    def getPackageID(self, name: str, strict: bool = False
            ) -> StoredCall[int | None]:
        """Get the id of a package."""

    def getPerms(self) -> StoredCall[list[str]]:
        """List the permissions of the session's user."""

    @overload
    def getRPM(self, rpminfo: int | str | Mapping[str, Any],
            strict: bool = False, *, multi: Literal[True]
            ) -> StoredCall[list[RPM]]: ...
    @overload
    def getRPM(self, rpminfo: int | str | Mapping[str, Any],
            strict: Literal[True], multi: bool = False) -> StoredCall[RPM]: ...
    @overload
    def getRPM(self, rpminfo: int | str | Mapping[str, Any],
            strict: bool = False, multi: bool = False
            ) -> StoredCall[RPM | None]: ...
    def getRPM(self, rpminfo: int | str | Mapping[str, Any],
            strict: bool = False, multi: bool = False
            ) -> StoredCall[RPM | None]:
        """Get a package file."""

    def getRPMChecksums(self, rpm_id: int | Resource,
            checksum_types: Sequence[str] | None = None,
            cacheonly: bool = False
            ) -> StoredCall[dict[str, dict[str, str | None]]]:
        """Get the checksums of a package file, by signature and kind."""

    @overload
    def getRPMDeps(self, rpmID: int | Resource, depType: int | None = None, *,
            queryOpts: CountOnly, strict: bool = False) -> StoredCall[int]: ...
    @overload
    def getRPMDeps(self, rpmID: int | Resource, depType: int | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            strict: bool = False) -> StoredCall[list[RPMDependency]]: ...
    def getRPMDeps(self, rpmID: int | Resource, depType: int | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            strict: bool = False) -> StoredCall[list[RPMDependency]]:
        """List the dependencies of a package file."""

    @overload
    def getRPMFile(self, rpmID: int | Resource, filename: str,
            strict: Literal[True]) -> StoredCall[RPMFile]: ...
    @overload
    def getRPMFile(self, rpmID: int | Resource, filename: str,
            strict: bool = False) -> StoredCall[RPMFile | None]: ...
    def getRPMFile(self, rpmID: int | Resource, filename: str,
            strict: bool = False) -> StoredCall[RPMFile | None]:
        """Get a file within a package file."""

    def getRPMHeaders(self, rpmID: int | Resource | None = None,
            taskID: int | Resource | None = None, filepath: str | None = None,
            headers: Sequence[str] | None = None, strict: bool = False
            ) -> StoredCall[dict[str, Any]]:
        """Get headers of a package file."""

    def getRepo(self, tag: int | str | Resource, state: int | None = None,
            event: int | None = None, dist: bool = False,
            min_event: int | None = None) -> StoredCall[Repo | None]:
        """Get the current repository of a tag."""

    @overload
    def getSessionInfo(self, details: bool = False, user_id: None = None
            ) -> StoredCall[Session | None]: ...
    @overload
    def getSessionInfo(self, details: bool = False, *, user_id: int | str
            ) -> StoredCall[list[Session]]: ...
    @overload
    def getSessionInfo(self, details: bool = False,
            user_id: int | str | Resource | None = None
            ) -> StoredCall[Session | list[Session] | None]: ...
    def getSessionInfo(self, details: bool = False,
            user_id: int | str | Resource | None = None
            ) -> StoredCall[Session | list[Session] | None]:
        """Get the session, or the sessions of a user."""

    @overload
    def getTag(self, tagInfo: int | str | Resource, strict: Literal[True],
            event: int | Literal['auto'] | None = None, blocked: bool = False
            ) -> StoredCall[Tag]: ...
    @overload
    def getTag(self, tagInfo: int | str | Resource, strict: bool = False,
            event: int | Literal['auto'] | None = None, blocked: bool = False
            ) -> StoredCall[Tag | None]: ...
    def getTag(self, tagInfo: int | str | Resource, strict: bool = False,
            event: int | Literal['auto'] | None = None, blocked: bool = False
            ) -> StoredCall[Tag | None]:
        """Get a tag."""

    def getTagExternalRepos(self, tag_info: int | str | Resource | None = None,
            repo_info: int | str | Resource | None = None,
            event: int | None = None) -> StoredCall[list[TagExternalRepo]]:
        """List the external repositories of a tag itself."""

    def getTagGroups(self, tag: int | str | Resource, event: int | None = None,
            inherit: bool = True, incl_pkgs: bool = True,
            incl_reqs: bool = True, incl_blocked: bool = False
            ) -> StoredCall[list[TagGroup]]:
        """List the groups of packages of a tag."""

    @overload
    def getTagID(self, info: int | str | Resource, strict: Literal[True],
            create: bool = False) -> StoredCall[int]: ...
    @overload
    def getTagID(self, info: int | str | Resource, strict: bool = False,
            create: bool = False) -> StoredCall[int | None]: ...
    def getTagID(self, info: int | str | Resource, strict: bool = False,
            create: bool = False) -> StoredCall[int | None]:
        """Get the id of a tag."""

    def getTaskChildren(self, task_id: int | Resource, request: bool = True,
            strict: bool = False) -> StoredCall[list[Task]]:
        """List the tasks that a task has started, with their requests."""

    def getTaskDescendents(self, task_id: int | Resource, request: bool = True
            ) -> StoredCall[list[Task]]:
        """List the tasks below a task, as one list, with their requests."""

    @overload
    def getTaskInfo(self, task_id: Sequence[int], request: bool = True, *,
            strict: Literal[True]) -> StoredCall[list[Task]]: ...
    @overload
    def getTaskInfo(self, task_id: Sequence[int], request: bool = True,
            strict: bool = False) -> StoredCall[list[Task | None]]: ...
    @overload
    def getTaskInfo(self, task_id: int | Resource, request: bool = True, *,
            strict: Literal[True]) -> StoredCall[Task]: ...
    @overload
    def getTaskInfo(self, task_id: int | Resource, request: bool = True,
            strict: bool = False) -> StoredCall[Task | None]: ...
    def getTaskInfo(self, task_id: int | Resource | Sequence[int],
            request: bool = True, strict: bool = False
            ) -> StoredCall[Task | None]:
        """Get a task with its request, or a list of tasks."""

    def getTaskRequest(self, taskId: int | Resource) -> StoredCall[list[Any]]:
        """Get the parameters of a task."""

    def getTaskResult(self, taskId: int | Resource, raise_fault: bool = True
            ) -> StoredCall[Any]:
        """Get the result of a task; its method decides what that is."""

    @overload
    def getUser(self, userInfo: int | str | Mapping[str, Any] | None = None, *,
            strict: Literal[True], krb_princs: bool = True,
            groups: bool = False) -> StoredCall[User]: ...
    @overload
    def getUser(self, userInfo: int | str | Mapping[str, Any] | None = None,
            strict: bool = False, krb_princs: bool = True, groups: bool = False
            ) -> StoredCall[User | None]: ...
    def getUser(self, userInfo: int | str | Mapping[str, Any] | None = None,
            strict: bool = False, krb_princs: bool = True, groups: bool = False
            ) -> StoredCall[User | None]:
        """Get a user by id, name or principal; None for the session's own."""

    def getUserGroups(self, user: int | str | Resource
            ) -> StoredCall[list[IdName]]:
        """List the groups of a user."""

    def getUserPerms(self, userID: int | str | Resource | None = None,
            with_groups: bool = True) -> StoredCall[list[str]]:
        """List the permissions of a user."""

    def getUserPermsInheritance(self, userID: int | str | Resource
            ) -> StoredCall[dict[str, list[str | None]]]:
        """Get the permissions of a user, with the groups they come by."""

    @overload
    def getVolume(self, volume: int | str | Resource, strict: Literal[True]
            ) -> StoredCall[Volume]: ...
    @overload
    def getVolume(self, volume: int | str | Resource, strict: bool = False
            ) -> StoredCall[Volume | None]: ...
    def getVolume(self, volume: int | str | Resource, strict: bool = False
            ) -> StoredCall[Volume | None]:
        """Get a volume."""

    @overload
    def getWinArchive(self, archive_id: int | Resource, strict: Literal[True]
            ) -> StoredCall[WinArchive]: ...
    @overload
    def getWinArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> StoredCall[WinArchive | None]: ...
    def getWinArchive(self, archive_id: int | Resource, strict: bool = False
            ) -> StoredCall[WinArchive | None]:
        """Get an archive of a Windows build."""

    @overload
    def getWinBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: Literal[True]) -> StoredCall[WinBuild]: ...
    @overload
    def getWinBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> StoredCall[WinBuild | None]: ...
    def getWinBuild(self, buildInfo: int | str | Mapping[str, Any],
            strict: bool = False) -> StoredCall[WinBuild | None]:
        """Get the platform of a Windows build."""

    def grantCGAccess(self, user: int | str | Resource,
            cg: int | str | Resource, create: bool = False
            ) -> StoredCall[None]:
        """Let a user import for a content generator."""

    def grantPermission(self, userinfo: int | str | Resource,
            permission: int | str | Resource, create: bool = False,
            description: str | None = None) -> StoredCall[None]:
        """Give a user a permission."""

    def groupListAdd(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, block: bool = False,
            force: bool = False, **opts: Any) -> StoredCall[None]:
        """Add a group of packages to a tag, or change it."""

    def groupListBlock(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource) -> StoredCall[None]:
        """Block a group in a tag."""

    def groupListRemove(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, force: bool = False
            ) -> StoredCall[None]:
        """Remove a group from a tag."""

    def groupListUnblock(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource) -> StoredCall[None]:
        """Unblock a group in a tag."""

    def groupPackageListAdd(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, pkg_name: str, block: bool = False,
            force: bool = False, **opts: Any) -> StoredCall[None]:
        """Add a package to a group of a tag."""

    def groupPackageListBlock(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, pkg_name: str) -> StoredCall[None]:
        """Block a package in a group of a tag."""

    def groupPackageListRemove(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, pkg_name: str) -> StoredCall[None]:
        """Remove a package from a group of a tag."""

    def groupPackageListUnblock(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, pkg_name: str) -> StoredCall[None]:
        """Unblock a package in a group of a tag."""

    def groupReqListAdd(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, reqinfo: int | str | Resource,
            block: bool = False, force: bool = False, **opts: Any
            ) -> StoredCall[None]:
        """Add a required group to a group of a tag."""

    def groupReqListBlock(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, reqinfo: int | str | Resource
            ) -> StoredCall[None]:
        """Block a required group in a group of a tag."""

    def groupReqListRemove(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, reqinfo: int | str | Resource,
            force: bool | None = None) -> StoredCall[None]:
        """Remove a required group from a group of a tag."""

    def groupReqListUnblock(self, taginfo: int | str | Resource,
            grpinfo: int | str | Resource, reqinfo: int | str | Resource
            ) -> StoredCall[None]:
        """Unblock a required group in a group of a tag."""

    def hasPerm(self, perm: str, strict: bool = False) -> StoredCall[bool]:
        """Tell whether the session's user has a permission."""

    def hello(self, *args: Any) -> StoredCall[str]:
        """Get a greeting."""

    def importArchive(self, filepath: str, buildinfo: Mapping[str, Any],
            type: str, typeInfo: Mapping[str, Any]) -> StoredCall[None]:
        """Import an uploaded archive into a build."""

    def importRPM(self, path: str, basename: str
            ) -> StoredCall[dict[str, Any]]:
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
            repo_releasever: str | None = None) -> StoredCall[int]:
        """Build an image by KIWI, and get the id of the task."""

    @overload
    def listArchiveFiles(self, archive_id: int | Resource,
            queryOpts: CountOnly, strict: bool = False) -> StoredCall[int]: ...
    @overload
    def listArchiveFiles(self, archive_id: int | Resource,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            strict: bool = False) -> StoredCall[list[ArchiveFile]]: ...
    def listArchiveFiles(self, archive_id: int | Resource,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            strict: bool = False) -> StoredCall[list[ArchiveFile]]:
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
            ) -> StoredCall[int]: ...
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
            ) -> StoredCall[list[Archive]]: ...
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
            ) -> StoredCall[list[Archive]]:
        """List archives, such as those of a build."""

    @overload
    def listBTypes(self, query: Mapping[str, Any] | None = None, *,
            queryOpts: CountOnly) -> StoredCall[int]: ...
    @overload
    def listBTypes(self, query: Mapping[str, Any] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> StoredCall[list[BuildType]]: ...
    def listBTypes(self, query: Mapping[str, Any] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> StoredCall[list[BuildType]]:
        """List the types of builds."""

    def listBuildRPMs(self, build: int | str | Mapping[str, Any]
            ) -> StoredCall[list[RPM]]:
        """List the package files of a build."""

    @overload
    def listBuildroots(self, hostID: int | Resource | None = None,
            tagID: int | str | Resource | None = None,
            state: int | None = None, rpmID: int | Resource | None = None,
            archiveID: int | Resource | None = None,
            taskID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            repoID: int | Resource | None = None, *, queryOpts: CountOnly
            ) -> StoredCall[int]: ...
    @overload
    def listBuildroots(self, hostID: int | Resource | None = None,
            tagID: int | str | Resource | None = None,
            state: int | None = None, rpmID: int | Resource | None = None,
            archiveID: int | Resource | None = None,
            taskID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            repoID: int | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> StoredCall[list[Buildroot]]: ...
    def listBuildroots(self, hostID: int | Resource | None = None,
            tagID: int | str | Resource | None = None,
            state: int | None = None, rpmID: int | Resource | None = None,
            archiveID: int | Resource | None = None,
            taskID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            repoID: int | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> StoredCall[list[Buildroot]]:
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
            promoter: int | str | Resource | None = None
            ) -> StoredCall[int]: ...
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
            ) -> StoredCall[list[Build]]: ...
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
            ) -> StoredCall[list[Build]]:
        """List builds, such as those of a package."""

    def listCGs(self) -> StoredCall[dict[str, ContentGenerator]]:
        """Get the content generators by name."""

    def listChannels(self, hostID: int | Resource | None = None,
            event: int | None = None, enabled: bool | None = None
            ) -> StoredCall[list[Channel]]:
        """List the channels, or those of a builder."""

    @overload
    def listExternalRepos(self, info: int | str | Resource | None = None,
            url: str | None = None, event: int | None = None, *,
            queryOpts: CountOnly) -> StoredCall[int]: ...
    @overload
    def listExternalRepos(self, info: int | str | Resource | None = None,
            url: str | None = None, event: int | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> StoredCall[list[ExternalRepo]]: ...
    def listExternalRepos(self, info: int | str | Resource | None = None,
            url: str | None = None, event: int | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> StoredCall[list[ExternalRepo]]:
        """List the external repositories."""

    @overload
    def listHosts(self, arches: str | Sequence[str] | None = None,
            channelID: int | str | Resource | None = None,
            ready: bool | None = None, enabled: bool | None = None,
            userID: int | str | Resource | None = None, *, queryOpts: CountOnly
            ) -> StoredCall[int]: ...
    @overload
    def listHosts(self, arches: str | Sequence[str] | None = None,
            channelID: int | str | Resource | None = None,
            ready: bool | None = None, enabled: bool | None = None,
            userID: int | str | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> StoredCall[list[Host]]: ...
    def listHosts(self, arches: str | Sequence[str] | None = None,
            channelID: int | str | Resource | None = None,
            ready: bool | None = None, enabled: bool | None = None,
            userID: int | str | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> StoredCall[list[Host]]:
        """List the builders."""

    @overload
    def listPackages(self, tagID: int | str | Resource | None = None,
            userID: int | str | Resource | None = None,
            pkgID: int | str | Resource | None = None,
            prefix: str | None = None, inherited: bool = False,
            with_dups: bool = False, event: int | None = None, *,
            queryOpts: CountOnly, with_owners: bool = True,
            with_blocked: bool = True) -> StoredCall[int]: ...
    @overload
    def listPackages(self, tagID: int | str | Resource | None = None,
            userID: int | str | Resource | None = None,
            pkgID: int | str | Resource | None = None,
            prefix: str | None = None, inherited: bool = False,
            with_dups: bool = False, event: int | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            with_owners: bool = True, with_blocked: bool = True
            ) -> StoredCall[list[Package]]: ...
    def listPackages(self, tagID: int | str | Resource | None = None,
            userID: int | str | Resource | None = None,
            pkgID: int | str | Resource | None = None,
            prefix: str | None = None, inherited: bool = False,
            with_dups: bool = False, event: int | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            with_owners: bool = True, with_blocked: bool = True
            ) -> StoredCall[list[Package]]:
        """List packages, such as those of a tag."""

    @overload
    def listPackagesSimple(self, prefix: str | None = None, *,
            queryOpts: CountOnly) -> StoredCall[int]: ...
    @overload
    def listPackagesSimple(self, prefix: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> StoredCall[list[PackageName]]: ...
    def listPackagesSimple(self, prefix: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> StoredCall[list[PackageName]]:
        """List packages by id and name only."""

    @overload
    def listRPMFiles(self, rpmID: int | Resource, queryOpts: CountOnly
            ) -> StoredCall[int]: ...
    @overload
    def listRPMFiles(self, rpmID: int | Resource,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> StoredCall[list[RPMFile]]: ...
    def listRPMFiles(self, rpmID: int | Resource,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> StoredCall[list[RPMFile]]:
        """List the files within a package file."""

    @overload
    def listRPMs(self, buildID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            imageID: int | Resource | None = None,
            componentBuildrootID: int | Resource | None = None,
            hostID: int | Resource | None = None,
            arches: str | Sequence[str] | None = None, *, queryOpts: CountOnly,
            draft: bool | None = None) -> StoredCall[int]: ...
    @overload
    def listRPMs(self, buildID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            imageID: int | Resource | None = None,
            componentBuildrootID: int | Resource | None = None,
            hostID: int | Resource | None = None,
            arches: str | Sequence[str] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            draft: bool | None = None) -> StoredCall[list[RPM]]: ...
    def listRPMs(self, buildID: int | Resource | None = None,
            buildrootID: int | Resource | None = None,
            imageID: int | Resource | None = None,
            componentBuildrootID: int | Resource | None = None,
            hostID: int | Resource | None = None,
            arches: str | Sequence[str] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            draft: bool | None = None) -> StoredCall[list[RPM]]:
        """List package files, such as those of a build."""

    @overload
    def listSideTags(self, basetag: int | str | Resource | None = None,
            user: int | str | Resource | None = None, *, queryOpts: CountOnly
            ) -> StoredCall[int]: ...
    @overload
    def listSideTags(self, basetag: int | str | Resource | None = None,
            user: int | str | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> StoredCall[list[Tag]]: ...
    def listSideTags(self, basetag: int | str | Resource | None = None,
            user: int | str | Resource | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> StoredCall[list[Tag]]:
        """List the side tags."""

    def listTagged(self, tag: int | str | Resource, event: int | None = None,
            inherit: bool = False, prefix: str | None = None,
            latest: bool | int = False,
            package: int | str | Resource | None = None,
            owner: int | str | Resource | None = None, type: str | None = None,
            strict: bool = True, extra: bool = False, draft: bool | None = None
            ) -> StoredCall[list[Build]]:
        """List the builds in a tag."""

    def listTaggedArchives(self, tag: int | str | Resource,
            event: int | None = None, inherit: bool = False,
            latest: bool | int = False,
            package: int | str | Resource | None = None,
            type: str | None = None, strict: bool = True, extra: bool = True
            ) -> StoredCall[tuple[list[Archive], list[Build]]]:
        """List the archives of the builds in a tag, and these builds."""

    def listTaggedRPMS(self, tag: int | str | Resource,
            event: int | None = None, inherit: bool = False,
            latest: bool | int = False,
            package: int | str | Resource | None = None,
            arch: str | Sequence[str] | None = None, rpmsigs: bool = False,
            owner: int | str | Resource | None = None, type: str | None = None,
            strict: bool = True, extra: bool = True, draft: bool | None = None
            ) -> StoredCall[tuple[list[RPM], list[Build]]]:
        """List the package files of the builds in a tag, and the builds."""

    @overload
    def listTags(self, build: int | str | Mapping[str, Any] | None = None,
            package: int | str | Resource | None = None, perms: bool = True, *,
            queryOpts: CountOnly, pattern: str | None = None
            ) -> StoredCall[int]: ...
    @overload
    def listTags(self, build: int | str | Mapping[str, Any] | None = None,
            package: int | str | Resource | None = None, perms: bool = True,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            pattern: str | None = None) -> StoredCall[list[Tag]]: ...
    def listTags(self, build: int | str | Mapping[str, Any] | None = None,
            package: int | str | Resource | None = None, perms: bool = True,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            pattern: str | None = None) -> StoredCall[list[Tag]]:
        """List tags, such as those of a build."""

    @overload
    def listTaskOutput(self, taskID: int | Resource, *, stat: Literal[True],
            all_volumes: Literal[True], strict: bool = False
            ) -> StoredCall[dict[str, dict[str, dict[str, Any]]]]: ...
    @overload
    def listTaskOutput(self, taskID: int | Resource, *, stat: Literal[True],
            all_volumes: Literal[False] = False, strict: bool = False
            ) -> StoredCall[dict[str, dict[str, Any]]]: ...
    @overload
    def listTaskOutput(self, taskID: int | Resource, *,
            all_volumes: Literal[True], strict: bool = False
            ) -> StoredCall[dict[str, list[str]]]: ...
    @overload
    def listTaskOutput(self, taskID: int | Resource, stat: bool = False,
            all_volumes: bool = False, strict: bool = False
            ) -> StoredCall[list[str]]: ...
    def listTaskOutput(self, taskID: int | Resource, stat: bool = False,
            all_volumes: bool = False, strict: bool = False
            ) -> StoredCall[list[str]]:
        """List the files of a task's output."""

    @overload
    def listTasks(self, opts: Mapping[str, Any] | None = None, *,
            queryOpts: CountOnly) -> StoredCall[int]: ...
    @overload
    def listTasks(self, opts: Mapping[str, Any] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> StoredCall[list[Task]]: ...
    def listTasks(self, opts: Mapping[str, Any] | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> StoredCall[list[Task]]:
        """List tasks, with their requests."""

    @overload
    def listUsers(self, userType: int | Sequence[int] | None = 0,
            prefix: str | None = None, *, queryOpts: CountOnly,
            perm: int | str | Resource | None = None,
            inherited_perm: bool = False) -> StoredCall[int]: ...
    @overload
    def listUsers(self, userType: int | Sequence[int] | None = 0,
            prefix: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            perm: int | str | Resource | None = None,
            inherited_perm: bool = False) -> StoredCall[list[User]]: ...
    def listUsers(self, userType: int | Sequence[int] | None = 0,
            prefix: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            perm: int | str | Resource | None = None,
            inherited_perm: bool = False) -> StoredCall[list[User]]:
        """List users."""

    def listVolumes(self) -> StoredCall[list[Volume]]:
        """List the volumes."""

    def logoutChild(self, session_id: int | Resource) -> StoredCall[None]:
        """End a subsession."""

    def makeTask(self, *args: Any, **opts: Any) -> StoredCall[int]:
        """Create a task of any method, and get its id."""

    def massTag(self, tag: int | str | Resource, builds: Sequence[int | str]
            ) -> StoredCall[None]:
        """Tag many builds at once, without tasks."""

    def mavenBuild(self, url: str, target: int | str | Resource,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str = 'maven') -> StoredCall[int]:
        """Build a Maven package, and get the id of the task."""

    def mavenEnabled(self) -> StoredCall[bool]:
        """Tell whether the hub has Maven builds."""

    def mergeScratch(self, task_id: int | Resource) -> StoredCall[int]:
        """Import a scratch build into a build."""

    def moveAllBuilds(self, tag1: int | str | Resource,
            tag2: int | str | Resource, package: int | str | Resource,
            force: bool = False) -> StoredCall[list[int]]:
        """Move all builds of a package, and get the ids of tasks."""

    def moveBuild(self, tag1: int | str | Resource, tag2: int | str | Resource,
            build: int | str | Mapping[str, Any], force: bool = False
            ) -> StoredCall[int]:
        """Move a build between tags, and get the id of the task."""

    def newGroup(self, name: str) -> StoredCall[int]:
        """Create a group of users, and get its id."""

    def newRepo(self, tag: int | str | Resource, event: int | None = None,
            src: bool = False, debuginfo: bool = False,
            separate_src: bool = False) -> StoredCall[int]:
        """Make a repository of a tag, and get the id of the task."""

    def osbuildImage(self, name: str, version: str, distro: str,
            image_types: Sequence[str], target: int | str | Resource,
            arches: Sequence[str], opts: Mapping[str, Any] | None = None,
            priority: int | None = None) -> StoredCall[int]:
        """Build an image by osbuild, and get the id of the task."""

    def packageListAdd(self, taginfo: int | str | Resource,
            pkginfo: int | str | Resource,
            owner: int | str | Resource | None = None,
            block: bool | None = None, extra_arches: str | None = None,
            force: bool = False, update: bool = False) -> StoredCall[None]:
        """Add a package to the list of a tag."""

    def packageListBlock(self, taginfo: int | str | Resource,
            pkginfo: int | str | Resource, force: bool = False
            ) -> StoredCall[None]:
        """Block a package in the list of a tag."""

    def packageListRemove(self, taginfo: int | str | Resource,
            pkginfo: int | str | Resource, force: bool = False
            ) -> StoredCall[None]:
        """Remove a package from the list of a tag."""

    def packageListSetArches(self, taginfo: int | str | Resource,
            pkginfo: int | str | Resource, arches: str, force: bool = False
            ) -> StoredCall[None]:
        """Set the extra architectures of a package in a tag."""

    def packageListSetOwner(self, taginfo: int | str | Resource,
            pkginfo: int | str | Resource, owner: int | str | Resource,
            force: bool = False) -> StoredCall[None]:
        """Set the owner of a package in a tag."""

    def packageListUnblock(self, taginfo: int | str | Resource,
            pkginfo: int | str | Resource, force: bool = False
            ) -> StoredCall[None]:
        """Unblock a package in the list of a tag."""

    def promoteBuild(self, build: int | str | Mapping[str, Any],
            force: bool = False) -> StoredCall[Build]:
        """Make a regular build of a draft."""

    def queryHistory(self, tables: Sequence[str] | None = None, **kwargs: Any
            ) -> StoredCall[dict[str, list[dict[str, Any]]]]:
        """Get changes on the hub, by table."""

    @overload
    def queryRPMSigs(self, rpm_id: int | str | Mapping[str, Any] | None = None,
            sigkey: str | None = None, *, queryOpts: CountOnly
            ) -> StoredCall[int]: ...
    @overload
    def queryRPMSigs(self, rpm_id: int | str | Mapping[str, Any] | None = None,
            sigkey: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> StoredCall[list[RPMSignature]]: ...
    def queryRPMSigs(self, rpm_id: int | str | Mapping[str, Any] | None = None,
            sigkey: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> StoredCall[list[RPMSignature]]:
        """List the signatures of package files."""

    def removeExternalRepoFromTag(self, tag_info: int | str | Resource,
            repo_info: int | str | Resource) -> StoredCall[None]:
        """Remove an external repository from a tag."""

    def removeHostFromChannel(self, hostname: str, channel_name: str
            ) -> StoredCall[None]:
        """Remove a builder from a channel."""

    def removeSideTag(self, sidetag: int | str | Resource) -> StoredCall[None]:
        """Remove a side tag of one's own."""

    def removeUserKrbPrincipal(self, user: int | str | Resource,
            krb_principal: str) -> StoredCall[int]:
        """Remove a Kerberos principal from a user."""

    def removeVolume(self, volume: int | str | Resource) -> StoredCall[None]:
        """Remove a volume without builds."""

    def renameChannel(self, old: int | str | Resource, new: str
            ) -> StoredCall[None]:
        """Change the name of a channel."""

    def repoDelete(self, repo_id: int | Resource) -> StoredCall[int]:
        """Mark a repository as deleted, unless it is in use."""

    def repoExpire(self, repo_id: int | Resource) -> StoredCall[None]:
        """Mark a repository as expired."""

    @overload
    def repoInfo(self, repo_id: int | Resource, strict: Literal[True]
            ) -> StoredCall[Repo]: ...
    @overload
    def repoInfo(self, repo_id: int | Resource, strict: bool = False
            ) -> StoredCall[Repo | None]: ...
    def repoInfo(self, repo_id: int | Resource, strict: bool = False
            ) -> StoredCall[Repo | None]:
        """Get a repository."""

    def repoProblem(self, repo_id: int | Resource) -> StoredCall[None]:
        """Mark a repository as one with a problem."""

    def resetBuild(self, build: int | str | Mapping[str, Any]
            ) -> StoredCall[None]:
        """Take a build apart, so that it can be built anew."""

    def restartHosts(self, priority: int = 5,
            options: Mapping[str, Any] | None = None) -> StoredCall[int]:
        """Restart the builders, and get the id of the task."""

    def resubmitTask(self, taskID: int | Resource) -> StoredCall[int]:
        """Ask for a canceled or failed task anew, and get the new id."""

    def revokeCGAccess(self, user: int | str | Resource,
            cg: int | str | Resource) -> StoredCall[None]:
        """Stop a user's imports for a content generator."""

    def revokePermission(self, userinfo: int | str | Resource,
            permission: int | str | Resource) -> StoredCall[None]:
        """Revoke a permission of a user."""

    def runroot(self, tagInfo: int | str | Resource, arch: str,
            command: str | Sequence[str], channel: str | None = None,
            **opts: Any) -> StoredCall[int]:
        """Run a command in a buildroot, and get the id of the task."""

    def saveFailedTree(self, buildrootID: int | Resource, full: bool = False,
            **opts: Any) -> StoredCall[int]:
        """Save the tree of a failed buildroot, and get the id of the task."""

    @overload
    def search(self, terms: str, type: str,
            matchType: Literal['glob', 'regexp', 'exact'], queryOpts: CountOnly
            ) -> StoredCall[int]: ...
    @overload
    def search(self, terms: str, type: str,
            matchType: Literal['glob', 'regexp', 'exact'],
            queryOpts: QueryOpts | dict[str, Any] | None = None
            ) -> StoredCall[list[IdName]]: ...
    def search(self, terms: str, type: str,
            matchType: Literal['glob', 'regexp', 'exact'],
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None
            ) -> StoredCall[list[IdName]]:
        """Find things by name."""

    def setBuildOwner(self, build: int | str | Mapping[str, Any],
            user: int | str | Resource) -> StoredCall[None]:
        """Set the owner of a build."""

    def setBuildTimestamp(self, build: int | str | Mapping[str, Any],
            ts: float | str) -> StoredCall[None]:
        """Set the completion time of a build."""

    def setInheritanceData(self, tag: int | str | Resource,
            data: Sequence[Mapping[str, Any]], clear: bool = False
            ) -> StoredCall[None]:
        """Set the parents of a tag."""

    def setTaskPriority(self, task_id: int | Resource, priority: int,
            recurse: bool = True) -> StoredCall[None]:
        """Set the priority of a task, with its children."""

    def showOpts(self, as_string: bool = True
            ) -> StoredCall[str | dict[str, Any]]:
        """Get the options of the hub."""

    def showSession(self) -> StoredCall[str]:
        """Get the session as text."""

    def snapshotTag(self, src: int | str | Resource, dst: int | str | Resource,
            config: bool = True, pkgs: bool = True, builds: bool = True,
            groups: bool = True, latest_only: bool = True,
            inherit_builds: bool = True, event: int | None = None,
            force: bool = False) -> StoredCall[None]:
        """Copy a tag as it is, or as it was at an event."""

    def snapshotTagModify(self, src: int | str | Resource,
            dst: int | str | Resource, config: bool = True, pkgs: bool = True,
            builds: bool = True, groups: bool = True, latest_only: bool = True,
            inherit_builds: bool = True, event: int | None = None,
            force: bool = False, remove: bool = False) -> StoredCall[None]:
        """Make a tag a copy of another."""

    def tagBuild(self, tag: int | str | Resource,
            build: int | str | Mapping[str, Any], force: bool = False,
            fromtag: int | str | Resource | None = None) -> StoredCall[int]:
        """Tag a build, and get the id of the task."""

    def tagBuildBypass(self, tag: int | str | Resource,
            build: int | str | Mapping[str, Any], force: bool = False,
            notify: bool = False) -> StoredCall[None]:
        """Tag a build at once, without a task."""

    def tagChangedSinceEvent(self, event: int, taglist: Sequence[int]
            ) -> StoredCall[bool]:
        """Tell whether one of the tags has changed since an event."""

    def tagFirstChangeEvent(self, tag: int | str | Resource,
            after: int | None = None, inherit: bool = True
            ) -> StoredCall[int | None]:
        """Get the first event that changed a tag."""

    def tagLastChangeEvent(self, tag: int | str | Resource,
            before: int | None = None, inherit: bool = True
            ) -> StoredCall[int | None]:
        """Get the last event that changed a tag."""

    def taskFinished(self, taskId: int | Resource) -> StoredCall[bool]:
        """Tell whether a task is finished."""

    def untagBuild(self, tag: int | str | Resource,
            build: int | str | Mapping[str, Any], strict: bool = True,
            force: bool = False) -> StoredCall[None]:
        """Untag a build at once."""

    def untagBuildBypass(self, tag: int | str | Resource,
            build: int | str | Mapping[str, Any], strict: bool = True,
            force: bool = False, notify: bool = False) -> StoredCall[None]:
        """Untag a build at once, past the hub's policy."""

    @overload
    def untaggedBuilds(self, name: str | None = None, *, queryOpts: CountOnly,
            draft: bool | None = None) -> StoredCall[int]: ...
    @overload
    def untaggedBuilds(self, name: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None = None,
            draft: bool | None = None) -> StoredCall[list[Build]]: ...
    def untaggedBuilds(self, name: str | None = None,
            queryOpts: QueryOpts | dict[str, Any] | None | CountOnly = None,
            draft: bool | None = None) -> StoredCall[list[Build]]:
        """List the builds without a tag."""

    def updateNotification(self, id: int | Resource,
            package_id: int | Resource, tag_id: int | Resource | None,
            success_only: bool) -> StoredCall[None]:
        """Change a subscription to mails on builds."""

    def uploadFile(self, path: str, name: str, size: int, md5sum: str,
            offset: int | str | Resource, data: str, volume: str | None = None,
            checksum: str | None = None) -> StoredCall[bool]:
        """Upload a part of a file; ``upload`` does all of it."""

    def winBuild(self, vm: str, url: str, target: int | str | Resource,
            opts: Mapping[str, Any] | None = None, priority: int | None = None,
            channel: str = 'vm') -> StoredCall[int]:
        """Build a Windows package, and get the id of the task."""

    def winEnabled(self) -> StoredCall[bool]:
        """Tell whether the hub has Windows builds."""

    def wrapperRPM(self, build: int | str | Mapping[str, Any], url: str,
            target: int | str | Resource, priority: int | None = None,
            channel: str = 'maven', opts: Mapping[str, Any] | None = None
            ) -> StoredCall[int]:
        """Wrap a build into a package, and get the id of the task."""

    def writeSignedRPM(self, an_rpm: int | str | Mapping[str, Any],
            sigkey: str, force: bool = False) -> StoredCall[None]:
        """Write the signed copy of a package file."""
