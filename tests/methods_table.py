"""
The table of hub methods, kept by hand: what a call gives, and one line on it.

``tests/generate_methods.py`` makes ``txkoji/methods.py`` of this and of the
hub's own list of methods. An entry of `METHODS`::

    getTag: Tag | None
      Get a tag.

* A star before the result: no answer is recorded. The result is as read in
  Koji's source.
* ``X | None`` becomes ``X`` where ``strict`` is True, if the method has it.
* A list becomes ``int`` where ``queryOpts`` have ``countOnly``, if the method
  has them.
* Further lines are overloads, before the usual one: names of parameters,
  which have the type and default of the hub's list, or their own.
* A line with "@" changes a parameter: its type, or its default where ours is
  another than the hub's.
"""
from __future__ import annotations

#: Parameter -> type, where the default does not tell.
PARAMETERS = '''
after: int | None
age: int | None
an_rpm: int | str | Mapping[str, Any]
arch: str | None
arches: str | None
archiveID: int | None
archive_id: int
at_event: int | None
author: str | None
basename: str
basetag: int | str
before: int | None
block: bool | None
build: int | str | Mapping[str, Any]
buildID: int | str | Mapping[str, Any] | None
buildInfo: int | str | Mapping[str, Any]
buildTagID: int | str | None
buildTargetInfo: int | str
build_id: int
build_info: int | str | Mapping[str, Any]
build_tag: int | str
buildinfo: Mapping[str, Any]
buildrootID: int | None
builds: Sequence[int | str]
cg: int | str
cgID: int | str | None
channel: str | None
channelID: int | str | None
channelInfo: int | str
channel_name: str
channelname: str
checksum: str | None
checksum_type: int | None
checksum_types: Sequence[str] | None
clauses: Sequence[Sequence[Any]]
command: str | Sequence[str]
comment: str | None
completeAfter: float | str | None
completeBefore: float | str | None
componentBuildrootID: int | None
compression_type: str | None
createdAfter: float | str | None
createdBefore: float | str | None
data: Mapping[str, Any]
debuginfo: bool | None
depType: int | None
desc_path: str
desc_url: str
description: str | None
destTagID: int | str | None
dest_tag: int | str
directory: str | Mapping[str, Any]
draft: bool | None
dst: int | str
enabled: bool | None
epoch: int | None
erepo: int | str
event: int | None
extensions: str
external_repo: int | str
external_repo_id: int
extra: Mapping[str, Any] | None
extra_arches: str | None
fields: Sequence[str] | None
fileName: str
filename: str | None
filepath: str | None
force: bool | None
fromtag: int | str | None
group: int | str
grpinfo: int | str
headers: Sequence[str] | None
host: int | str
hostID: int | None
hostInfo: int | str
hostname: str
id: int
imageID: int | None
img_type: str
info: int | str
inst_tree: str
keys: Sequence[str]
krb_principal: str | None
krb_principal_mappings: Sequence[Mapping[str, str | None]] | None
ksfile: str
limit: int | None
locked: bool
matchType: Literal['glob', 'regexp', 'exact']
maven_info: Mapping[str, Any]
md5sum: str
merge_mode: str | None
metadata: str | Mapping[str, Any]
method: str
methodName: str
min_event: int | None
name: str
new: str
offset: int | str
old: int | str
optional_arches: str | Sequence[str] | None
options: Mapping[str, Any] | None
opts: Mapping[str, Any] | None
owner: int | str | None
package: int | str | None
packageID: int | str | None
package_id: int | None
parent: int | str | None
path: str
pattern: str | None
perm: int | str | None
permission: int | str
permissionID: int | None
pkg: int | str
pkgID: int | str | None
pkg_name: str
pkginfo: int | str
prefix: str | None
priority: int | None
profile: str | None
promotedAfter: float | str | None
promotedBefore: float | str | None
promoter: int | str | None
query: Mapping[str, Any] | None
queryOpts: QueryOpts | dict[str, Any] | None
ready: bool | None
release: str | None
remove_extra: Sequence[str] | None
remove_rpm_macros: Sequence[str] | None
repoID: int | None
repo_id: int
repo_info: int | str | None
repo_releasever: str | None
repos: Sequence[str] | None
req_id: int
reqinfo: int | str
result_bundle_name_format: str | None
rpmID: int | None
rpm_id: int | None
rpm_macros: Mapping[str, Any] | None
rpminfo: int | str | Mapping[str, Any]
session_id: int
sidetag: int | str
sigkey: str | None
size: int | None
source: str | None
src: str
srcs: Sequence[Sequence[str]]
state: int | None
status: int | None
success_only: bool
suffix: str | None
tables: Sequence[str] | None
tag: int | str
tag1: int | str
tag2: int | str
tagID: int | str | None
tagInfo: int | str
tag_id: int | str | None
tag_info: int | str | None
taginfo: int | str
taglist: Sequence[int]
tail: int | None
target: int | str
taskID: int | None
taskId: int
task_id: int
terms: str
token: str | None
ts: float
type: str | None
typeInfo: Mapping[str, Any] | None
type_attr: Sequence[str] | None
type_id: int | None
type_name: str | None
url: str | None
user: int | str
userID: int | str | None
userInfo: int | str | Mapping[str, Any] | None
user_id: int | str | None
userinfo: int | str
username: str
verify: str | None
version: str | None
vm: str
volume: int | str | None
volumeID: int | str | None
win_info: Mapping[str, Any]
'''

#: The methods that stay with `call`: those of builders, and private ones.
LEFT_OUT = ('_listapi', 'host.', 'scheduler.')

#: The methods that would change the session: ours are in their place.
OURS = ('exclusiveSession', 'login', 'logout', 'sharedSession', 'sslLogin',
        'subsession')

#: Methods of plugins that the recorded hub does not have.
PLUGINS = '''
buildContainer(src, target, opts=None, priority=None, channel='container')
buildSourceContainer(target, opts=None, priority=None, channel='container')
dudBuild(name, version, arches, target, pkgs, optional_arches=None,
  scratch=False, alldeps=False, scmurl=None)
osbuildImage(name, version, distro, image_types, target, arches, opts=None,
  priority=None)
'''

METHODS = '''
CGImport: Build
  Import a build of a content generator.
CGInitBuild: ReservedBuild
  Reserve a build for an import.
  @ data: Mapping[str, Any]
CGRefundBuild: None
  Give up a build that was reserved for an import.
  @ token: str
addArchiveType: *None
  Add a type of archives.
  @ description: str
addBType: *None
  Add a type of builds.
addChannel: int
  Add a channel, and get its id.
addExternalRPM: *None
  Add a package of an external repository.
addExternalRepoToTag: None
  Add an external repository to a tag.
  @ tag_info: int | str
  @ repo_info: int | str
  @ priority: int
addGroupMember: None
  Add a user to a group.
addHost: int
  Add a builder, and get its id.
  @ arches: str | Sequence[str]
addHostToChannel: None
  Add a builder to a channel.
addRPMSig: *None
  Add the signature of a package, in base64.
  @ data: str
addUserKrbPrincipal: *int
  Add a Kerberos principal to a user.
  @ krb_principal: str
addVolume: *Volume
  Add a volume to store builds on.
applyVolumePolicy: *None
  Move a build to the volume that the hub's policy says.
assignTask: bool
  Assign a task to a builder.
build: int
  Build a package from source, and get the id of the task.
  @ target: int | str | None
buildContainer: *int
  Build a container, and get the id of the task.
  @ src: str
buildImage: int
  Build an image from a kickstart, and get the id of the task.
  @ version: str
  @ arch: str
buildImageIndirection: *int
  Build an image out of another, and get the id of the task.
buildImageOz: int
  Build an image by Oz, and get the id of the task.
  @ version: str
  @ arches: Sequence[str]
buildReferences: *BuildReferences
  Get the things on the hub that need a build.
  @ build: int
buildSourceContainer: *int
  Build a container with sources, and get the id of the task.
cancelBuild: bool
  Cancel a build and its task.
  @ buildID: int | str | Mapping[str, Any]
cancelTask: None
  Cancel a task, with its children.
cancelTaskChildren: *None
  Cancel the children of a task.
cancelTaskFull: *None
  Cancel a task with all tasks around it.
chainBuild: *int
  Build packages in a chain, and get the id of the task.
chainMaven: int
  Build Maven packages in a chain, and get the id of the task.
  @ builds: Mapping[str, Any]
changeBuildVolume: *None
  Move a build to another volume.
  @ volume: int | str
checkTagAccess: *tuple[bool, bool, str]
  Tell whether a user may change a tag, whether by force, and why.
  @ tag_id: int | str
checkTagPackage: bool
  Tell whether a package is in the list of a tag, and not blocked.
checkUpload: UploadedFile | None
  Get the size of an uploaded file, and its checksum.
  @ volume: str | None
count: *int
  Count the items that another method gives.
countAndFilterResults: *tuple[int, list[Any]]
  Get a part of the list of another method, after its whole length.
createBuildTarget: None
  Create a build target.
createEmptyBuild: int
  Create a build without files, and get its id.
  @ version: str
  @ release: str
createExternalRepo: ExternalRepo
  Create an external repository.
  @ url: str
createImageBuild: *None
  Mark a build as one with images.
createMavenBuild: *None
  Give a build its Maven coordinates.
createNotification: None
  Subscribe a user to mails on builds.
  @ user_id: int
  @ tag_id: int | None
createNotificationBlock: None
  Except builds from a user's mails.
  @ user_id: int
  @ tag_id: int | None
createSideTag: *Tag
  Create a side tag, a tag of one user's own.
createTag: int
  Create a tag, and get its id.
createUser: int
  Create a user, and get the id.
createWinBuild: *None
  Give a build its Windows platform.
deleteBuild: bool
  Delete the files of a build.
deleteBuildTarget: None
  Delete a build target.
deleteExternalRepo: None
  Delete an external repository.
deleteNotification: None
  End a subscription to mails on builds.
deleteNotificationBlock: *None
  End an exception from mails on builds.
deleteRPMSig: None
  Delete the signatures of a package.
deleteTag: None
  Delete a tag.
disableChannel: None
  Disable a channel.
disableHost: None
  Disable a builder.
disableUser: *None
  Disable a user.
distRepo: int
  Make a repository to distribute, and get the id of the task.
downloadTaskOutput: str
  Get a part of a file of a task's output, in base64.
  @ taskID: int
  @ volume: str | None
dropGroupMember: None
  Remove a user from a group.
dudBuild: *int
  Build a driver update disk, and get the id of the task.
  @ version: str
  @ arches: Sequence[str]
  @ pkgs: Sequence[str]
  @ scmurl: str | None
echo: list[Any]
  Get the arguments back.
editBuildTarget: None
  Change a build target.
editChannel: bool
  Change the name, description or comment of a channel.
editExternalRepo: None
  Change an external repository.
  @ name: str | None
editHost: bool
  Change a builder.
editPermission: *None
  Change the description of a permission.
editSideTag: *None
  Change a side tag.
editTag: *None
  Change a tag; editTag2 can do more.
  @ name: str | None
  @ arches: str | None
  @ locked: bool | None
  @ permissionID: int | None
editTag2: None
  Change a tag.
editTagExternalRepo: *bool
  Change how a tag uses an external repository.
  @ tag_info: int | str
  @ repo_info: int | str
editUser: None
  Rename a user, or change Kerberos principals.
  @ name: str | None
enableChannel: None
  Enable a channel.
enableHost: None
  Enable a builder.
enableUser: *None
  Enable a user.
error: *None
  Fail with an exception, for tests of clients.
evalPolicy: *str
  Get the result of a policy of the hub for data.
fault: *None
  Fail with a fault, for tests of clients.
filterResults: *list[Any]
  Get a part of the list of another method.
findBuildID: *int | None
  Get the id of a build.
  @ X: int | str | Mapping[str, Any]
freeTask: *None
  Give a task back to the queue.
getAPIVersion: int
  Get the version of the hub's interface.
getActiveRepos: *list[Repo]
  List the repositories that are ready or in the making.
getAllArches: list[str]
  List the architectures of all builders.
getAllPerms: *list[Permission]
  List all permissions.
getArchive: Archive | None
  Get an archive.
getArchiveFile: *ArchiveFile | None
  Get a file within an archive.
  @ filename: str
getArchiveType: *ArchiveType | None
  Get a type of archives, by file name, name or id.
getArchiveTypes: *list[ArchiveType]
  List the types of archives.
getAverageBuildDuration: timedelta | None
  Get the average duration of the builds of a package.
  @ package: int | str
getBuild: Build | None
  Get a build by id, name-version-release or dictionary.
getBuildConfig: Tag
  Get a tag as a build sees it, with what it inherits.
getBuildLogs: list[BuildLog]
  List the log files of a build.
getBuildNotification: BuildNotification | None
  Get a subscription to mails on builds.
getBuildNotificationBlock: *BuildNotificationBlock | None
  Get an exception from mails on builds.
getBuildNotificationBlocks: list[BuildNotificationBlock]
  List the exceptions from a user's mails on builds.
getBuildNotifications: list[BuildNotification]
  List a user's subscriptions to mails on builds.
getBuildTarget: BuildTarget | None
  Get a build target.
getBuildTargets: list[BuildTarget]
  List the build targets.
  @ info: int | str | None
getBuildType: dict[str, dict[str, Any]]
  Get the types of a build, with what is known of each.
getBuildroot: *Buildroot | None
  Get a buildroot.
  @ buildrootID: int
getBuildrootListing: *list[BuildrootRPM]
  List the packages of a buildroot.
getChangelogEntries: list[ChangelogEntry]
  List the changelog of a build, of a task's package, or of a file.
  @ before: float | str | None
  @ after: float | str | None
getChannel: Channel | None
  Get a channel.
getEvent: Event | None
  Get an event of the hub, with its time.
getExternalRepo: ExternalRepo | None
  Get an external repository.
getExternalRepoList: list[TagExternalRepo]
  List the external repositories of a tag, with those it inherits.
  @ tag_info: int | str
getFullInheritance: list[InheritanceStep]
  List the whole inheritance of a tag, in order.
getGroupMembers: list[User]
  List the users in a group.
getHost: Host | None
  Get a builder.
getImageArchive: *ImageArchive | None
  Get an image.
getImageBuild: *ImageBuild | None
  Get the mark of a build with images.
getInheritanceData: list[Inheritance]
  List the parents of a tag.
getKojiVersion: str
  Get the version of the hub.
getLastEvent: Event | None
  Get the last event of the hub, or the last one before a time.
  @ before: float | None
getLastHostUpdate: float | str | None
  Get the time of the last report of a builder.
  @ hostID: int
  (hostID, *, ts: Literal[True]) -> float | None
  (hostID, ts: Literal[False] = False) -> str | None
getLatestBuilds: list[Build]
  List the latest build of each package in a tag.
getLatestMavenArchives: *list[MavenArchive]
  List the latest Maven archives of a tag.
getLatestRPMS: tuple[list[RPM], list[Build]]
  List the package files of the latest builds in a tag, and these.
  @ package: str | None
  @ arch: str | Sequence[str] | None
getLoggedInUser: User | None
  Get the user of the session.
getMavenArchive: *MavenArchive | None
  Get a Maven archive.
getMavenBuild: *MavenBuild | None
  Get the Maven coordinates of a build.
getNextRelease: *str
  Get the next free release of a name and version.
  @ build_info: Mapping[str, Any]
getPackage: Package | None
  Get a package.
getPackageConfig: Package | None
  Get the entry of a package in a tag.
getPackageID: int | None
  Get the id of a package.
getPerms: list[str]
  List the permissions of the session's user.
getRPM: RPM | None
  Get a package file.
  (rpminfo, strict, *, multi: Literal[True]) -> list[RPM]
getRPMChecksums: *dict[str, dict[str, str | None]]
  Get the checksums of a package file, by signature and kind.
  @ rpm_id: int
getRPMDeps: *list[RPMDependency]
  List the dependencies of a package file.
  @ rpmID: int
getRPMFile: *RPMFile | None
  Get a file within a package file.
  @ rpmID: int
  @ filename: str
getRPMHeaders: dict[str, Any]
  Get headers of a package file.
getRepo: Repo | None
  Get the current repository of a tag.
getSessionInfo: Session | list[Session] | None
  Get the session, or the sessions of a user.
  (details, user_id: None = None) -> Session | None
  (details, *, user_id: int | str) -> list[Session]
getTag: Tag | None
  Get a tag.
  @ event: int | Literal['auto'] | None
getTagExternalRepos: list[TagExternalRepo]
  List the external repositories of a tag itself.
getTagGroups: list[TagGroup]
  List the groups of packages of a tag.
getTagID: int | None
  Get the id of a tag.
getTaskChildren: list[Task]
  List the tasks that a task has started, with their requests.
  @ request = True
getTaskDescendents: list[Task]
  List the tasks below a task, as one list, with their requests.
  @ request = True
getTaskInfo: Task | None
  Get a task with its request, or a list of tasks.
  @ task_id: int
  @ request = True
  (task_id: Sequence[int], request, *, strict: Literal[True]) -> list[Task]
  (task_id: Sequence[int], request, strict) -> list[Task | None]
getTaskRequest: list[Any]
  Get the parameters of a task.
getTaskResult: Any
  Get the result of a task; its method decides what that is.
getUser: User | None
  Get a user by id, name or principal; None for the session's own.
getUserGroups: list[IdName]
  List the groups of a user.
getUserPerms: list[str]
  List the permissions of a user.
getUserPermsInheritance: *dict[str, list[str | None]]
  Get the permissions of a user, with the groups they come by.
  @ userID: int | str
getVolume: *Volume | None
  Get a volume.
  @ volume: int | str
getWinArchive: *WinArchive | None
  Get an archive of a Windows build.
getWinBuild: *WinBuild | None
  Get the platform of a Windows build.
grantCGAccess: None
  Let a user import for a content generator.
grantPermission: None
  Give a user a permission.
groupListAdd: None
  Add a group of packages to a tag, or change it.
groupListBlock: *None
  Block a group in a tag.
groupListRemove: None
  Remove a group from a tag.
groupListUnblock: *None
  Unblock a group in a tag.
groupPackageListAdd: None
  Add a package to a group of a tag.
groupPackageListBlock: None
  Block a package in a group of a tag.
groupPackageListRemove: *None
  Remove a package from a group of a tag.
groupPackageListUnblock: *None
  Unblock a package in a group of a tag.
groupReqListAdd: None
  Add a required group to a group of a tag.
groupReqListBlock: *None
  Block a required group in a group of a tag.
groupReqListRemove: *None
  Remove a required group from a group of a tag.
groupReqListUnblock: *None
  Unblock a required group in a group of a tag.
hasPerm: *bool
  Tell whether the session's user has a permission.
  @ perm: str
hello: str
  Get a greeting.
importArchive: *None
  Import an uploaded archive into a build.
  @ filepath: str
  @ type: str
  @ typeInfo: Mapping[str, Any]
importRPM: *dict[str, Any]
  Import an uploaded package file.
kiwiBuild: *int
  Build an image by KIWI, and get the id of the task.
  @ arches: Sequence[str]
  @ type: str | None
listArchiveFiles: *list[ArchiveFile]
  List the files within an archive.
listArchives: list[Archive]
  List archives, such as those of a build.
  @ buildID: int | None
listBTypes: *list[BuildType]
  List the types of builds.
listBuildRPMs: list[RPM]
  List the package files of a build.
listBuildroots: *list[Buildroot]
  List buildroots.
listBuilds: list[Build]
  List builds, such as those of a package.
  @ state: int | Sequence[int] | None
listCGs: dict[str, ContentGenerator]
  Get the content generators by name.
listChannels: list[Channel]
  List the channels, or those of a builder.
listExternalRepos: *list[ExternalRepo]
  List the external repositories.
  @ info: int | str | None
listHosts: list[Host]
  List the builders.
  @ arches: str | Sequence[str] | None
listPackages: list[Package]
  List packages, such as those of a tag.
listPackagesSimple: list[PackageName]
  List packages by id and name only.
listRPMFiles: *list[RPMFile]
  List the files within a package file.
  @ rpmID: int
listRPMs: list[RPM]
  List package files, such as those of a build.
  @ buildID: int | None
  @ arches: str | Sequence[str] | None
listSideTags: *list[Tag]
  List the side tags.
  @ basetag: int | str | None
  @ user: int | str | None
listTagged: list[Build]
  List the builds in a tag.
  @ latest: bool | int
listTaggedArchives: *tuple[list[Archive], list[Build]]
  List the archives of the builds in a tag, and these builds.
  @ latest: bool | int
listTaggedRPMS: tuple[list[RPM], list[Build]]
  List the package files of the builds in a tag, and the builds.
  @ latest: bool | int
  @ arch: str | Sequence[str] | None
listTags: list[Tag]
  List tags, such as those of a build.
  @ build: int | str | Mapping[str, Any] | None
listTaskOutput: list[str]
  List the files of a task's output.
  @ taskID: int
  (taskID, *, stat: Literal[True], all_volumes: Literal[True], strict)
    -> dict[str, dict[str, dict[str, Any]]]
  (taskID, *, stat: Literal[True], all_volumes: Literal[False] = False, strict)
    -> dict[str, dict[str, Any]]
  (taskID, *, all_volumes: Literal[True], strict) -> dict[str, list[str]]
listTasks: list[Task]
  List tasks, with their requests.
listUsers: list[User]
  List users.
  @ userType: int | Sequence[int] | None = 0
listVolumes: *list[Volume]
  List the volumes.
logoutChild: *None
  End a subsession.
makeTask: int
  Create a task of any method, and get its id.
massTag: None
  Tag many builds at once, without tasks.
mavenBuild: int
  Build a Maven package, and get the id of the task.
  @ url: str
mavenEnabled: *bool
  Tell whether the hub has Maven builds.
mergeScratch: *int
  Import a scratch build into a build.
moveAllBuilds: *list[int]
  Move all builds of a package, and get the ids of tasks.
  @ package: int | str
moveBuild: *int
  Move a build between tags, and get the id of the task.
newGroup: int
  Create a group of users, and get its id.
newRepo: int
  Make a repository of a tag, and get the id of the task.
osbuildImage: *int
  Build an image by osbuild, and get the id of the task.
  @ version: str
  @ distro: str
  @ image_types: Sequence[str]
  @ arches: Sequence[str]
packageListAdd: None
  Add a package to the list of a tag.
packageListBlock: *None
  Block a package in the list of a tag.
packageListRemove: None
  Remove a package from the list of a tag.
packageListSetArches: None
  Set the extra architectures of a package in a tag.
  @ arches: str
packageListSetOwner: None
  Set the owner of a package in a tag.
  @ owner: int | str
packageListUnblock: *None
  Unblock a package in the list of a tag.
promoteBuild: *Build
  Make a regular build of a draft.
queryHistory: dict[str, list[dict[str, Any]]]
  Get changes on the hub, by table.
queryRPMSigs: list[RPMSignature]
  List the signatures of package files.
  @ rpm_id: int | str | Mapping[str, Any] | None
removeExternalRepoFromTag: None
  Remove an external repository from a tag.
  @ tag_info: int | str
  @ repo_info: int | str
removeHostFromChannel: None
  Remove a builder from a channel.
removeSideTag: *None
  Remove a side tag of one's own.
removeUserKrbPrincipal: *int
  Remove a Kerberos principal from a user.
  @ krb_principal: str
removeVolume: *None
  Remove a volume without builds.
  @ volume: int | str
renameChannel: *None
  Change the name of a channel.
repo.autoRequests: None
  Request the repositories that tags want by themselves.
repo.checkQueue: None
  Work on the queue of requests for repositories.
repo.checkRequest: RepoCheck
  Get a request for a repository, with its progress.
repo.get: Repo | None
  Get the current repository of a tag that fits.
repo.getExternalRepoData: *dict[str, Any] | None
  Get what the hub keeps on an external repository.
repo.query: list[Repo]
  List repositories by clauses.
repo.queryQueue: list[RepoRequest]
  List the requests for repositories by clauses.
  @ clauses: Sequence[Sequence[Any]] | None
repo.references: list[dict[str, Any]]
  List the buildroots that use a repository.
repo.request: RepoAnswer
  Request a repository of a tag.
  @ min_event: int | Literal['last'] | None
repo.setExternalRepoData: *None
  Keep data on an external repository.
repo.setRequestPriority: None
  Set the priority of a request for a repository.
  @ priority: int
repo.setState: *None
  Set the state of a repository.
  @ state: int
repo.updateEndEvents: *None
  Find the events at which repositories became old.
repoDelete: int
  Mark a repository as deleted, unless it is in use.
repoExpire: None
  Mark a repository as expired.
repoInfo: Repo | None
  Get a repository.
repoProblem: None
  Mark a repository as one with a problem.
resetBuild: None
  Take a build apart, so that it can be built anew.
restartHosts: *int
  Restart the builders, and get the id of the task.
resubmitTask: int
  Ask for a canceled or failed task anew, and get the new id.
  @ taskID: int
revokeCGAccess: None
  Stop a user's imports for a content generator.
revokePermission: *None
  Revoke a permission of a user.
runroot: int
  Run a command in a buildroot, and get the id of the task.
  @ arch: str
saveFailedTree: *int
  Save the tree of a failed buildroot, and get the id of the task.
  @ buildrootID: int
search: list[IdName]
  Find things by name.
  @ type: str
setBuildOwner: None
  Set the owner of a build.
setBuildTimestamp: *None
  Set the completion time of a build.
  @ ts: float | str
setInheritanceData: None
  Set the parents of a tag.
  @ data: Sequence[Mapping[str, Any]]
setTaskPriority: None
  Set the priority of a task, with its children.
  @ priority: int
showOpts: *str | dict[str, Any]
  Get the options of the hub.
showSession: str
  Get the session as text.
snapshotTag: *None
  Copy a tag as it is, or as it was at an event.
  @ src: int | str
snapshotTagModify: *None
  Make a tag a copy of another.
  @ src: int | str
system.listMethods: list[str]
  List the names of the hub's methods.
system.methodHelp: str
  Get the hub's text on a method.
system.methodSignature: str
  Get the text of a method's signature.
tagBuild: int
  Tag a build, and get the id of the task.
tagBuildBypass: None
  Tag a build at once, without a task.
tagChangedSinceEvent: bool
  Tell whether one of the tags has changed since an event.
  @ event: int
tagFirstChangeEvent: int | None
  Get the first event that changed a tag.
tagLastChangeEvent: int | None
  Get the last event that changed a tag.
taskFinished: bool
  Tell whether a task is finished.
untagBuild: *None
  Untag a build at once.
untagBuildBypass: None
  Untag a build at once, past the hub's policy.
untaggedBuilds: *list[Build]
  List the builds without a tag.
  @ name: str | None
updateNotification: None
  Change a subscription to mails on builds.
  @ tag_id: int | None
uploadFile: bool
  Upload a part of a file; ``upload`` does all of it.
  @ size: int
  @ data: str
  @ volume: str | None
winBuild: int
  Build a Windows package, and get the id of the task.
  @ url: str
winEnabled: *bool
  Tell whether the hub has Windows builds.
wrapperRPM: int
  Wrap a build into a package, and get the id of the task.
  @ url: str
writeSignedRPM: *None
  Write the signed copy of a package file.
  @ sigkey: str
'''
