"""`iterate` and `pages`, with the items of each method."""
# Made by tests/generate_methods.py: do not edit.
# mypy: disable-error-code="empty-body"
# pyright: reportReturnType=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from txkoji.build import Build
    from txkoji.package import Package
    from txkoji.paging import Pages
    from txkoji.repo import Repo
    from txkoji.rows import BuildTarget, Host, Tag, User
    from txkoji.rpm import RPM
    from txkoji.streaming import Items
    from txkoji.structs import (
        Archive,
        ArchiveFile,
        ArchiveType,
        BuildLog,
        BuildNotification,
        BuildNotificationBlock,
        Buildroot,
        BuildrootRPM,
        BuildType,
        ChangelogEntry,
        ExternalRepo,
        IdName,
        Inheritance,
        InheritanceStep,
        MavenArchive,
        PackageName,
        Permission,
        RepoRequest,
        RPMDependency,
        RPMFile,
        RPMSignature,
        TagExternalRepo,
        TagGroup,
        Volume,
    )
    from txkoji.task import Channel, Task


class ListMethods:
    """The functions that go through the list of a hub method."""

    @overload
    def iterate(
            self, method: Literal[
                'getActiveRepos', 'repo.query'], /,
            *args: Any, **kwargs: Any
            ) -> Items[Repo]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getAllArches', 'getPerms', 'getUserPerms',
                'listTaskOutput', 'system.listMethods'], /,
            *args: Any, **kwargs: Any
            ) -> Items[str]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getAllPerms'], /,
            *args: Any, **kwargs: Any
            ) -> Items[Permission]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getArchiveTypes'], /,
            *args: Any, **kwargs: Any
            ) -> Items[ArchiveType]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getBuildLogs'], /,
            *args: Any, **kwargs: Any
            ) -> Items[BuildLog]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getBuildNotificationBlocks'], /,
            *args: Any, **kwargs: Any
            ) -> Items[BuildNotificationBlock]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getBuildNotifications'], /,
            *args: Any, **kwargs: Any
            ) -> Items[BuildNotification]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getBuildTargets'], /,
            *args: Any, **kwargs: Any
            ) -> Items[BuildTarget]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getBuildrootListing'], /,
            *args: Any, **kwargs: Any
            ) -> Items[BuildrootRPM]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getChangelogEntries'], /,
            *args: Any, **kwargs: Any
            ) -> Items[ChangelogEntry]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getExternalRepoList', 'getTagExternalRepos'], /,
            *args: Any, **kwargs: Any
            ) -> Items[TagExternalRepo]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getFullInheritance'], /,
            *args: Any, **kwargs: Any
            ) -> Items[InheritanceStep]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getGroupMembers', 'listUsers'], /,
            *args: Any, **kwargs: Any
            ) -> Items[User]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getInheritanceData'], /,
            *args: Any, **kwargs: Any
            ) -> Items[Inheritance]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getLatestBuilds', 'listBuilds', 'listTagged',
                'untaggedBuilds'], /,
            *args: Any, **kwargs: Any
            ) -> Items[Build]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getLatestMavenArchives'], /,
            *args: Any, **kwargs: Any
            ) -> Items[MavenArchive]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getRPMDeps'], /,
            *args: Any, **kwargs: Any
            ) -> Items[RPMDependency]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getTagGroups'], /,
            *args: Any, **kwargs: Any
            ) -> Items[TagGroup]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getTaskChildren', 'getTaskDescendents', 'listTasks'], /,
            *args: Any, **kwargs: Any
            ) -> Items[Task]: ...
    @overload
    def iterate(
            self, method: Literal[
                'getUserGroups', 'search'], /,
            *args: Any, **kwargs: Any
            ) -> Items[IdName]: ...
    @overload
    def iterate(
            self, method: Literal[
                'listArchiveFiles'], /,
            *args: Any, **kwargs: Any
            ) -> Items[ArchiveFile]: ...
    @overload
    def iterate(
            self, method: Literal[
                'listArchives'], /,
            *args: Any, **kwargs: Any
            ) -> Items[Archive]: ...
    @overload
    def iterate(
            self, method: Literal[
                'listBTypes'], /,
            *args: Any, **kwargs: Any
            ) -> Items[BuildType]: ...
    @overload
    def iterate(
            self, method: Literal[
                'listBuildRPMs', 'listRPMs'], /,
            *args: Any, **kwargs: Any
            ) -> Items[RPM]: ...
    @overload
    def iterate(
            self, method: Literal[
                'listBuildroots'], /,
            *args: Any, **kwargs: Any
            ) -> Items[Buildroot]: ...
    @overload
    def iterate(
            self, method: Literal[
                'listChannels'], /,
            *args: Any, **kwargs: Any
            ) -> Items[Channel]: ...
    @overload
    def iterate(
            self, method: Literal[
                'listExternalRepos'], /,
            *args: Any, **kwargs: Any
            ) -> Items[ExternalRepo]: ...
    @overload
    def iterate(
            self, method: Literal[
                'listHosts'], /,
            *args: Any, **kwargs: Any
            ) -> Items[Host]: ...
    @overload
    def iterate(
            self, method: Literal[
                'listPackages'], /,
            *args: Any, **kwargs: Any
            ) -> Items[Package]: ...
    @overload
    def iterate(
            self, method: Literal[
                'listPackagesSimple'], /,
            *args: Any, **kwargs: Any
            ) -> Items[PackageName]: ...
    @overload
    def iterate(
            self, method: Literal[
                'listRPMFiles'], /,
            *args: Any, **kwargs: Any
            ) -> Items[RPMFile]: ...
    @overload
    def iterate(
            self, method: Literal[
                'listSideTags', 'listTags'], /,
            *args: Any, **kwargs: Any
            ) -> Items[Tag]: ...
    @overload
    def iterate(
            self, method: Literal[
                'listVolumes'], /,
            *args: Any, **kwargs: Any
            ) -> Items[Volume]: ...
    @overload
    def iterate(
            self, method: Literal[
                'moveAllBuilds'], /,
            *args: Any, **kwargs: Any
            ) -> Items[int]: ...
    @overload
    def iterate(
            self, method: Literal[
                'queryRPMSigs'], /,
            *args: Any, **kwargs: Any
            ) -> Items[RPMSignature]: ...
    @overload
    def iterate(
            self, method: Literal[
                'repo.queryQueue'], /,
            *args: Any, **kwargs: Any
            ) -> Items[RepoRequest]: ...
    @overload
    def iterate(
            self, method: Literal[
                'repo.references'], /,
            *args: Any, **kwargs: Any
            ) -> Items[dict[str, Any]]: ...
    @overload
    def iterate(self, method: str, /, *args: Any, **kwargs: Any
            ) -> Items[Any]: ...
    def iterate(self, method: str, /, *args: Any, **kwargs: Any) -> Items[Any]:
        """Go through a long list while it arrives."""

    @overload
    def pages(
            self, method: Literal[
                'getActiveRepos', 'repo.query'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[Repo]: ...
    @overload
    def pages(
            self, method: Literal[
                'getAllArches', 'getPerms', 'getUserPerms',
                'listTaskOutput', 'system.listMethods'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[str]: ...
    @overload
    def pages(
            self, method: Literal[
                'getAllPerms'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[Permission]: ...
    @overload
    def pages(
            self, method: Literal[
                'getArchiveTypes'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[ArchiveType]: ...
    @overload
    def pages(
            self, method: Literal[
                'getBuildLogs'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[BuildLog]: ...
    @overload
    def pages(
            self, method: Literal[
                'getBuildNotificationBlocks'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[BuildNotificationBlock]: ...
    @overload
    def pages(
            self, method: Literal[
                'getBuildNotifications'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[BuildNotification]: ...
    @overload
    def pages(
            self, method: Literal[
                'getBuildTargets'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[BuildTarget]: ...
    @overload
    def pages(
            self, method: Literal[
                'getBuildrootListing'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[BuildrootRPM]: ...
    @overload
    def pages(
            self, method: Literal[
                'getChangelogEntries'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[ChangelogEntry]: ...
    @overload
    def pages(
            self, method: Literal[
                'getExternalRepoList', 'getTagExternalRepos'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[TagExternalRepo]: ...
    @overload
    def pages(
            self, method: Literal[
                'getFullInheritance'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[InheritanceStep]: ...
    @overload
    def pages(
            self, method: Literal[
                'getGroupMembers', 'listUsers'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[User]: ...
    @overload
    def pages(
            self, method: Literal[
                'getInheritanceData'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[Inheritance]: ...
    @overload
    def pages(
            self, method: Literal[
                'getLatestBuilds', 'listBuilds', 'listTagged',
                'untaggedBuilds'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[Build]: ...
    @overload
    def pages(
            self, method: Literal[
                'getLatestMavenArchives'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[MavenArchive]: ...
    @overload
    def pages(
            self, method: Literal[
                'getRPMDeps'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[RPMDependency]: ...
    @overload
    def pages(
            self, method: Literal[
                'getTagGroups'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[TagGroup]: ...
    @overload
    def pages(
            self, method: Literal[
                'getTaskChildren', 'getTaskDescendents', 'listTasks'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[Task]: ...
    @overload
    def pages(
            self, method: Literal[
                'getUserGroups', 'search'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[IdName]: ...
    @overload
    def pages(
            self, method: Literal[
                'listArchiveFiles'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[ArchiveFile]: ...
    @overload
    def pages(
            self, method: Literal[
                'listArchives'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[Archive]: ...
    @overload
    def pages(
            self, method: Literal[
                'listBTypes'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[BuildType]: ...
    @overload
    def pages(
            self, method: Literal[
                'listBuildRPMs', 'listRPMs'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[RPM]: ...
    @overload
    def pages(
            self, method: Literal[
                'listBuildroots'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[Buildroot]: ...
    @overload
    def pages(
            self, method: Literal[
                'listChannels'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[Channel]: ...
    @overload
    def pages(
            self, method: Literal[
                'listExternalRepos'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[ExternalRepo]: ...
    @overload
    def pages(
            self, method: Literal[
                'listHosts'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[Host]: ...
    @overload
    def pages(
            self, method: Literal[
                'listPackages'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[Package]: ...
    @overload
    def pages(
            self, method: Literal[
                'listPackagesSimple'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[PackageName]: ...
    @overload
    def pages(
            self, method: Literal[
                'listRPMFiles'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[RPMFile]: ...
    @overload
    def pages(
            self, method: Literal[
                'listSideTags', 'listTags'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[Tag]: ...
    @overload
    def pages(
            self, method: Literal[
                'listVolumes'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[Volume]: ...
    @overload
    def pages(
            self, method: Literal[
                'moveAllBuilds'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[int]: ...
    @overload
    def pages(
            self, method: Literal[
                'queryRPMSigs'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[RPMSignature]: ...
    @overload
    def pages(
            self, method: Literal[
                'repo.queryQueue'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[RepoRequest]: ...
    @overload
    def pages(
            self, method: Literal[
                'repo.references'], /,
            *args: Any, **kwargs: Any
            ) -> Pages[dict[str, Any]]: ...
    @overload
    def pages(self, method: str, /, *args: Any, **kwargs: Any
            ) -> Pages[Any]: ...
    def pages(self, method: str, /, *args: Any, **kwargs: Any) -> Pages[Any]:
        """Go through a long list by pages."""
