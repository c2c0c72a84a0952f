"""
The hub methods that a FakeHub answers by itself.

Their parameters, results and complaints are those of kojihub/kojihub.py.
"""
from __future__ import annotations

import os
from functools import cache

from txkoji.testing.calls import Export, Methods, exports
from txkoji.testing.methods.build_changes import BuildChanges
from txkoji.testing.methods.content_generators import ContentGeneratorMethods
from txkoji.testing.methods.contents import ContentsMethods
from txkoji.testing.methods.external_repos import ExternalRepoMethods
from txkoji.testing.methods.files import FileMethods
from txkoji.testing.methods.groups import GroupMethods
from txkoji.testing.methods.history import HistoryMethods
from txkoji.testing.methods.host import HostMethods
from txkoji.testing.methods.hosts import HostsMethods
from txkoji.testing.methods.misc import MiscMethods
from txkoji.testing.methods.notifications import NotificationMethods
from txkoji.testing.methods.packages import PackageMethods
from txkoji.testing.methods.people import PeopleMethods
from txkoji.testing.methods.repos import RepoExports, RepoMethods
from txkoji.testing.methods.scheduler import SchedulerMethods
from txkoji.testing.methods.sessions import SessionMethods
from txkoji.testing.methods.tag_changes import SideTagMethods, TagChanges
from txkoji.testing.methods.tagging import TaggingMethods
from txkoji.testing.methods.tags import TagMethods
from txkoji.testing.methods.targets import TargetMethods
from txkoji.testing.methods.task_changes import TaskChanges
from txkoji.testing.methods.tasks import TaskMethods
from txkoji.testing.tables import SAMPLE

#: All of them.
KINDS: tuple[type[Methods], ...] = (
    BuildChanges, ContentGeneratorMethods, ContentsMethods,
    ExternalRepoMethods, FileMethods, GroupMethods, HistoryMethods,
    HostMethods, HostsMethods,
    MiscMethods, NotificationMethods, PackageMethods, PeopleMethods,
    RepoExports, RepoMethods, SchedulerMethods, SessionMethods,
    SideTagMethods, TagChanges, TagMethods, TaggingMethods, TargetMethods,
    TaskChanges, TaskMethods)

#: Methods that call others, which the hub itself does.
CALLING = ('_listapi', 'count', 'countAndFilterResults', 'filterResults',
           'multiCall', 'system.listMethods', 'system.methodHelp',
           'system.methodSignature', 'system.multicall')

#: The versions that brought arguments of methods, by method and name.
SINCE = {('getTaskInfo', 'strict'): (1, 17),
         ('getAverageBuildDuration', 'age'): (1, 23)}

#: The versions that brought methods; "repo" is all whose names begin so.
METHODS_SINCE = {'getKojiVersion': (1, 23), 'repo': (1, 35),
                 'scheduler': (1, 35), 'tagFirstChangeEvent': (1, 35),
                 'tagLastChangeEvent': (1, 35), 'promoteBuild': (1, 34)}

#: Who may call methods that are not answered: a permission, or "login".
GUARDS = {
    'addArchiveType': 'admin', 'addBType': 'admin',
    'removeVolume': 'admin', 'addExternalRPM': 'admin',
    'applyVolumePolicy': 'admin', 'importRPM': 'admin',
    'mergeScratch': 'admin', 'restartHosts': 'host',
    'snapshotTagModify': 'tag',
    'addUserKrbPrincipal': 'admin', 'removeUserKrbPrincipal': 'admin',
    'editPermission': 'admin', 'renameChannel': 'admin',
    'saveFailedTree': 'login', 'repo.setExternalRepoData': 'repo'}


@cache
def known_exports() -> dict[str, Export]:
    """Get the methods that are answered, by name."""
    return exports(KINDS)


@cache
def known_methods() -> frozenset[str]:
    """Get the names of all methods of the hub that the sample is of."""
    with open(os.path.join(SAMPLE, 'methods.txt')) as file:
        return frozenset(file.read().split()) | frozenset(known_exports())


def answered(method: str) -> bool:
    """Whether a FakeHub answers a method by itself."""
    return method in known_exports() or method in CALLING


def exists(method: str, version: tuple[int, ...]) -> bool:
    """Whether a hub of a version has a method, if any has."""
    family = METHODS_SINCE.get(method.split('.')[0], ())
    return version >= METHODS_SINCE.get(method, family)
