"""
The hub methods that a FakeHub answers by itself, from its tables. Their
parameters, results and complaints are those of kojihub/kojihub.py.
"""
from __future__ import annotations

import fnmatch
import inspect
from typing import (Any, Awaitable, Callable, Dict, Iterable, Iterator, List,
                    Optional, Sequence)

from txkoji import build_states, task_states
from txkoji.exceptions import GenericError, ParameterError, from_fault
from txkoji.hub.xmlrpc import encode_answer, encode_call, encode_fault
from txkoji.testing import inheritance
from txkoji.testing.tables import Row, Tables, page, query, seconds

#: "2 months" to the hub's database.
MONTH = 30.44 * 86400


class RootExports:
    """
    The methods of a hub, by the names that it exports them under: what is
    public here can be called.

    :param tables: what they know.
    :param now: gives the hub's time, in seconds since 1970.
    :param dispatch: calls a method by its name, for methods that call others.
    """

    def __init__(self, tables: Tables, now: Callable[[], float],
                 dispatch: Callable[..., Awaitable[Any]]) -> None:
        self._tables = tables
        self._now = now
        self._dispatch = dispatch

    # The hub itself

    def getAPIVersion(self) -> int:
        return 1

    def getKojiVersion(self) -> str:
        return '1.35.3'

    def getLoggedInUser(self) -> None:
        return None

    def echo(self, *args: Any) -> Any:
        return list(args)

    def error(self) -> None:
        raise GenericError('test error')

    def getLastEvent(self, before: Any = None, strict: bool = True) -> Any:
        found = [row for row in self._tables.events
                 if before is None or row['ts'] < before]
        if not found:
            return None
        return max(found, key=lambda row: int(row['id']))

    async def count(self, methodName: str, *args: Any, **kw: Any) -> Any:
        return len(await self._dispatch(methodName, args, kw))

    async def filterResults(self, methodName: str, *args: Any, **kw: Any
                            ) -> Any:
        return (await self.countAndFilterResults(methodName, *args, **kw))[1]

    async def countAndFilterResults(self, methodName: str, *args: Any,
                                    **kw: Any) -> Any:
        options = kw.pop('filterOpts', None) or {}
        found = await self._dispatch(methodName, args, kw)
        return [len(found), page(found, options)]

    # Builds

    def getBuild(self, buildInfo: Any, strict: bool = False) -> Any:
        found = self._find_build(buildInfo)
        if found is None:
            if strict:
                raise GenericError(f'No such build: {buildInfo!r}')
            return None
        return self._tables.build(found)

    def listBuilds(self, packageID: Any = None, userID: Any = None,
                   taskID: Any = None, prefix: Any = None, state: Any = None,
                   volumeID: Any = None, source: Any = None,
                   createdBefore: Any = None, createdAfter: Any = None,
                   completeBefore: Any = None, completeAfter: Any = None,
                   type: Any = None, typeInfo: Any = None,
                   queryOpts: Any = None, pattern: Any = None,
                   cgID: Any = None, draft: Any = None,
                   promotedBefore: Any = None, promotedAfter: Any = None,
                   promoter: Any = None) -> Any:
        tables = self._tables
        rows: Iterable[Row] = tables.builds
        for column, table, key in [('package_id', 'packages', packageID),
                                   ('owner_id', 'users', userID),
                                   ('promoter_id', 'users', promoter),
                                   ('volume_id', 'volumes', volumeID),
                                   ('cg_id', 'cgs', cgID)]:
            if key is not None:
                rows = _among(rows, column, self._id(table, key))
        if taskID == -1:
            rows = [row for row in rows if row['task_id'] is not None]
        elif taskID is not None:
            rows = _among(rows, 'task_id', taskID)
        rows = _among(rows, 'state', state)
        if draft is not None:
            rows = [row for row in rows if bool(row['draft']) == draft]
        rows = _between(rows, 'creation_time', createdAfter, createdBefore)
        rows = _between(rows, 'completion_time', completeAfter,
                        completeBefore)
        rows = _between(rows, 'promotion_time', promotedAfter,
                        promotedBefore)
        found = [tables.listed_build(row) for row in self._of_type(rows, type)]
        for column, glob in [('source', source), ('nvr', pattern),
                             ('name', prefix and prefix + '*')]:
            if glob is not None:
                found = [row for row in found if row[column] is not None
                         and fnmatch.fnmatchcase(row[column], glob)]
        return query(found, queryOpts)

    def listTagged(self, tag: Any, event: Any = None, inherit: bool = False,
                   prefix: Any = None, latest: Any = False,
                   package: Any = None, owner: Any = None, type: Any = None,
                   strict: bool = True, extra: bool = False,
                   draft: Any = None) -> Any:
        place = self._tables.find('tags', tag)
        if place is None:
            if strict:
                raise GenericError(f'No such tagInfo: {tag!r}')
            return []
        found = inheritance.tagged(self._tables, place['id'], inherit=inherit,
                                   latest=int(latest or 0), package=package)
        owner_id = None if owner is None else self._id('users', owner)
        rows = []
        for build, tagging in found:
            if (build['state'] != build_states.COMPLETE
                    or owner_id not in (None, build['owner_id'])
                    or draft not in (None, bool(build['draft']))):
                continue
            row = self._tables.tagged_build(build, tagging, extra)
            if row['name'].startswith(prefix or ''):
                rows.append(row)
        if type is None:
            return rows
        known = self._types(type)
        return [{**row, **known[row['id']]} for row in rows
                if row['id'] in known]

    def getLatestBuilds(self, tag: Any, event: Any = None,
                        package: Any = None, type: Any = None,
                        draft: Any = None) -> Any:
        return self.listTagged(tag, event=event, inherit=True, latest=True,
                               package=package, type=type, draft=draft)

    def getAverageBuildDuration(self, package: Any, age: Any = None) -> Any:
        number = self._tables.find('packages', package)
        if number is None:
            return None
        took = []
        for row in self._tables.builds:
            made = (row['task_id'] is not None
                    or 'koji_task_id' in str(row['extra']))
            if (row['package_id'] == number['id'] and made
                    and row['state'] == build_states.COMPLETE):
                end = seconds(row['completion_time']) or 0
                if age is None or end > self._now() - age * MONTH:
                    took.append(end - (seconds(row['creation_time']) or 0))
        return round(sum(took) / len(took), 6) if took else None

    # Tasks

    def getTaskInfo(self, task_id: Any, request: bool = False,
                    strict: bool = False) -> Any:
        if isinstance(task_id, list):
            return [self.getTaskInfo(number, request, strict)
                    for number in task_id]
        if not isinstance(task_id, int):
            raise ParameterError(f'Invalid type for id value: {task_id!r}')
        row = self._find_task(task_id)
        if row is None:
            if strict:
                raise GenericError('query returned no rows')
            return None
        return self._tables.task(row, request)

    def getTaskChildren(self, task_id: int, request: bool = False,
                        strict: bool = False) -> Any:
        if strict:
            self.getTaskInfo(task_id, strict=True)
        return [self._tables.task(row, request)
                for row in _among(self._tables.tasks, 'parent', task_id)]

    def getTaskDescendents(self, task_id: int, request: bool = False) -> Any:
        found: Dict[str, List[Row]] = {}
        waiting = [task_id]
        while waiting:
            number = waiting.pop()
            children = self.getTaskChildren(number, request)
            found[str(number)] = children
            waiting += [row['id'] for row in children]
        return found

    def getTaskRequest(self, taskId: int) -> Any:
        row = self._find_task(taskId)
        if row is None:
            raise GenericError(f'No such task: {taskId}')
        return row['request']

    def getTaskResult(self, taskId: int, raise_fault: bool = True) -> Any:
        row = self._find_task(taskId)
        if row is None:
            raise GenericError(f'No such task: {taskId}')
        if row['state'] == task_states.CANCELED:
            raise GenericError(f'Task {taskId} is canceled')
        if row['state'] not in task_states.DONE_GROUP:
            raise GenericError(f'Task {taskId} is not finished')
        result = row['result']
        if isinstance(result, dict):
            if raise_fault:
                raise from_fault(result['faultCode'], result['faultString'])
            return result
        return result[0] if result else None

    def listTasks(self, opts: Any = None, queryOpts: Any = None) -> Any:
        opts = opts or {}
        tables = self._tables
        rows: Iterable[Row] = tables.tasks
        for column in ('arch', 'state', 'owner', 'host_id', 'channel_id',
                       'parent', 'method'):
            if column in opts:
                rows = _among(rows, column, opts[column], null=True)
            if f'not_{column}' in opts:
                unwanted = list(_among(rows, column, opts[f'not_{column}'],
                                       null=True))
                rows = [row for row in rows if row not in unwanted]
        for column, option in [('create_time', 'created'),
                               ('start_time', 'started'),
                               ('completion_time', 'complete')]:
            rows = _between(rows, column, opts.get(option + 'After'),
                            opts.get(option + 'Before'))
        found = []
        for row in rows:
            joined = tables.task(row)
            joined.update(self._owner(row))
            joined['request'] = row['request']
            joined['result'] = row['result']
            if not opts.get('decode'):
                joined['request'] = _request_xml(row)
                joined['result'] = _result_xml(row)
            found.append(joined)
        return query(found, queryOpts)

    # Tags, targets, packages

    def getTag(self, tagInfo: Any, strict: bool = False, event: Any = None,
               blocked: bool = False) -> Any:
        found = self._tables.find('tags', tagInfo)
        if found is None and strict:
            raise GenericError(f'No such tagInfo: {tagInfo!r}')
        return found and {**found, 'extra': found['extra'] or {}}

    def listTags(self, build: Any = None, package: Any = None,
                 perms: bool = True, queryOpts: Any = None,
                 pattern: Any = None) -> Any:
        tables = self._tables
        rows: Iterable[Row] = [
            {name: row[name] for name in row if name != 'extra'}
            for row in tables.tags]
        if build is not None:
            number = self.getBuild(build, strict=True)['id']
            places = {row['tag_id'] for row in tables.taggings
                      if row['build_id'] == number}
            rows = [row for row in rows if row['id'] in places]
        if package is not None:
            rows = self._listing_tags(rows, self._id('packages', package))
        if pattern is not None:
            rows = [row for row in rows
                    if fnmatch.fnmatchcase(row['name'], pattern)]
        return query(rows, queryOpts)

    def getInheritanceData(self, tag: Any, event: Any = None) -> Any:
        return inheritance.links(self._tables, self._id('tags', tag))

    def getFullInheritance(self, tag: Any, event: Any = None,
                           reverse: bool = False, **kwargs: Any) -> Any:
        return inheritance.full(self._tables, self._id('tags', tag))

    def getBuildTarget(self, info: Any, event: Any = None,
                       strict: bool = False) -> Any:
        found = self._tables.find('targets', info)
        if found is None and strict:
            raise GenericError(f'No such build target: {info!r}')
        return found and self._tables.target(found)

    def getBuildTargets(self, info: Any = None, event: Any = None,
                        buildTagID: Any = None, destTagID: Any = None,
                        queryOpts: Any = None) -> Any:
        rows: Iterable[Row] = self._tables.targets
        if info is not None:
            rows = _among(rows, 'id', self._id('targets', info))
        for column, tag in [('build_tag', buildTagID),
                            ('dest_tag', destTagID)]:
            if tag is not None:
                rows = _among(rows, column, self._id('tags', tag))
        return query([self._tables.target(row) for row in rows], queryOpts)

    def getPackage(self, info: Any, strict: bool = False,
                   create: bool = False) -> Any:
        found = self._tables.find('packages', info)
        if found is None and strict:
            raise GenericError(f'No such package: {info!r}')
        return found

    def getPackageID(self, name: Any, strict: bool = False) -> Any:
        found = self.getPackage(name, strict)
        return found and found['id']

    def listPackagesSimple(self, prefix: Any = None, queryOpts: Any = None
                           ) -> Any:
        return query([{'package_id': row['id'], 'package_name': row['name']}
                      for row in self._tables.packages
                      if row['name'].startswith(prefix or '')], queryOpts)

    def listPackages(self, tagID: Any = None, userID: Any = None,
                     pkgID: Any = None, prefix: Any = None,
                     inherited: bool = False, with_dups: bool = False,
                     event: Any = None, queryOpts: Any = None,
                     with_owners: bool = True, with_blocked: bool = True
                     ) -> Any:
        if (tagID, userID, pkgID) == (None, None, None):
            return self.listPackagesSimple(prefix, queryOpts)
        tables = self._tables
        rows: Iterable[Row] = tables.tag_packages
        if tagID is not None:
            places = [self._id('tags', tagID)]
            if inherited:
                places += [row['parent_id'] for row
                           in inheritance.full(tables, places[0])]
            rows = _listed(rows, places, with_dups)
        if userID is not None:
            rows = _among(rows, 'owner_id', self._id('users', userID))
        if pkgID is not None:
            rows = _among(rows, 'package_id', self._id('packages', pkgID))
        found = [{**row,
                  'package_name': tables.name('packages', row['package_id']),
                  'tag_name': tables.name('tags', row['tag_id']),
                  'owner_name': tables.name('users', row['owner_id'])}
                 for row in rows if with_blocked or not row['blocked']]
        if not with_owners:
            found = [{name: row[name] for name in row
                      if not name.startswith('owner_')} for row in found]
        return query([row for row in found if (row['package_name'] or ''
                                               ).startswith(prefix or '')],
                     queryOpts)

    # People and builders

    def getUser(self, userInfo: Any = None, strict: bool = False,
                krb_princs: bool = True, groups: bool = False) -> Any:
        if isinstance(userInfo, dict):
            userInfo = userInfo.get('id', userInfo.get('name'))
        found = None
        if userInfo is not None:
            found = self._tables.find('users', userInfo)
        for row in self._tables.users:
            if found is None and userInfo in (row['krb_principals'] or ()):
                found = dict(row)
        if found is None and (strict or userInfo is None):
            raise GenericError(f'No such user: {userInfo!r}')
        return found

    def listUsers(self, userType: Any = 0, prefix: Any = None,
                  queryOpts: Any = None, perm: Any = None,
                  inherited_perm: bool = False) -> Any:
        return query([row for row in _among(self._tables.users, 'usertype',
                                            userType)
                      if row['name'].startswith(prefix or '')], queryOpts)

    def getHost(self, hostInfo: Any, strict: bool = False, event: Any = None
                ) -> Any:
        found = self._tables.find('hosts', hostInfo)
        if found is None and strict:
            raise GenericError(f'Invalid hostInfo: {hostInfo!r}')
        return found

    def listHosts(self, arches: Any = None, channelID: Any = None,
                  ready: Any = None, enabled: Any = None, userID: Any = None,
                  queryOpts: Any = None) -> Any:
        rows: Iterable[Row] = self._tables.hosts
        if arches is not None:
            wanted = [arches] if isinstance(arches, str) else arches
            rows = [row for row in rows
                    if set(wanted) & set((row['arches'] or '').split())]
        if channelID is not None:
            number = self._id('channels', channelID)
            members = {row['host_id'] for row in self._tables.host_channels
                       if row['channel_id'] == number}
            rows = [row for row in rows if row['id'] in members]
        if userID is not None:
            rows = _among(rows, 'user_id', userID)
        for column, value in [('ready', ready), ('enabled', enabled)]:
            if value is not None:
                rows = [row for row in rows if bool(row[column]) == value]
        # The hub takes queryOpts here, and does not look at them.
        return list(rows)

    def getChannel(self, channelInfo: Any, strict: bool = False) -> Any:
        found = self._tables.find('channels', channelInfo)
        if found is None and strict:
            raise GenericError('query returned no rows')
        return found

    def listChannels(self, hostID: Any = None, event: Any = None,
                     enabled: Any = None) -> Any:
        rows: Iterable[Row] = self._tables.channels
        if hostID is not None:
            number = self._id('hosts', hostID)
            places = {row['channel_id'] for row in self._tables.host_channels
                      if row['host_id'] == number}
            rows = [row for row in rows if row['id'] in places]
        return [row for row in rows
                if enabled is None or bool(row['enabled']) == enabled]

    def listCGs(self) -> Any:
        return {row['name']: {'id': row['id'], 'users': row['users']}
                for row in self._tables.cgs}

    # Files

    def getRPM(self, rpminfo: Any, strict: bool = False, multi: bool = False
               ) -> Any:
        for row in self._tables.rpms:
            nvra = f'{_nvr(row)}.{row["arch"]}'
            if rpminfo in (row['id'], nvra, nvra + '.rpm'):
                return dict(row)
        if strict:
            raise GenericError(f'No such rpm: {rpminfo!r}')
        return None

    def listRPMs(self, buildID: Any = None, buildrootID: Any = None,
                 imageID: Any = None, componentBuildrootID: Any = None,
                 hostID: Any = None, arches: Any = None,
                 queryOpts: Any = None, draft: Any = None) -> Any:
        rows: Iterable[Row] = self._tables.rpms
        for column, value in [('build_id', buildID),
                              ('buildroot_id', buildrootID),
                              ('arch', arches)]:
            if value is not None:
                rows = _among(rows, column, value)
        return query([{**row, 'nvr': _nvr(row)} for row in rows], queryOpts)

    def listBuildRPMs(self, build: Any) -> Any:
        return self.listRPMs(self.getBuild(build, strict=True)['id'])

    def listArchives(self, buildID: Any = None, buildrootID: Any = None,
                     componentBuildrootID: Any = None, hostID: Any = None,
                     type: Any = None, filename: Any = None, size: Any = None,
                     checksum: Any = None, checksum_type: Any = None,
                     typeInfo: Any = None, queryOpts: Any = None,
                     imageID: Any = None, archiveID: Any = None,
                     strict: bool = False) -> Any:
        rows: Iterable[Row] = self._tables.archives
        for column, value in [('build_id', buildID), ('btype', type),
                              ('buildroot_id', buildrootID),
                              ('filename', filename), ('size', size),
                              ('checksum', checksum), ('id', archiveID),
                              ('checksum_type', checksum_type)]:
            if value is not None:
                rows = _among(rows, column, value)
        return query([dict(row) for row in rows], queryOpts)

    # What several of them need

    def _id(self, table: str, key: Any) -> int:
        """
        The id of what must be there.

        :raises GenericError: in the hub's words, if it is not.
        """
        found = self._tables.find(table, key)
        if found is None:
            raise GenericError(f'{_MISSING[table]}: {key!r}')
        return int(found['id'])

    def _find_build(self, info: Any) -> Optional[Row]:
        if isinstance(info, dict):
            if 'id' in info:
                info = info['id']
            elif not {'name', 'version', 'release'} <= set(info):
                raise GenericError('did not provide name, version, and'
                                   ' release')
            else:
                info = _nvr(info)
        if isinstance(info, int):
            wanted: Row = {'id': info}
        elif not isinstance(info, str):
            raise ParameterError(f'Invalid type for buildInfo: {info!r}')
        elif info.count('-') < 2:
            raise GenericError(f'invalid format: {info}')
        else:
            name, version, release = info.rsplit('-', 2)
            package = self._tables.find('packages', name)
            if package is None:
                return None
            wanted = {'package_id': package['id'], 'version': version,
                      'release': release}
        for row in self._tables.builds:
            if all(row[column] == wanted[column] for column in wanted):
                return row
        return None

    def _find_task(self, number: int) -> Optional[Row]:
        for row in self._tables.tasks:
            if row['id'] == number:
                return row
        return None

    def _owner(self, task: Row) -> Row:
        owner = task['owner']
        user = None if owner is None else self._tables.find('users', owner)
        return {'owner_name': user and user['name'],
                'owner_type': user and user['usertype']}

    def _types(self, kind: str) -> Dict[int, Row]:
        return {row['build_id']: row['info']
                for row in self._tables.build_types if row['type'] == kind}

    def _of_type(self, rows: Iterable[Row], kind: Any) -> Iterator[Row]:
        known = {} if kind is None else self._types(kind)
        return (row for row in rows if kind is None or row['id'] in known)

    def _listing_tags(self, tags: Iterable[Row], package: int) -> List[Row]:
        found = []
        for tag in tags:
            for row in self._tables.tag_packages:
                if (row['tag_id'], row['package_id']) == (tag['id'], package):
                    found.append({
                        **tag,
                        'blocked': row['blocked'],
                        'extra_arches': row['extra_arches'],
                        'owner_id': row['owner_id'],
                        'owner_name': self._tables.name('users',
                                                        row['owner_id'])})
        return found


#: What the hub says when there is none of a kind, before the name.
_MISSING = {
    'cgs': 'No such content generator',
    'channels': 'No such channel',
    'hosts': 'No such host',
    'packages': 'No such package',
    'tags': 'No such tagInfo',
    'targets': 'No such build target',
    'users': 'No such user',
    'volumes': 'No such volume',
}


def _among(rows: Iterable[Row], column: str, wanted: Any, null: bool = False
           ) -> Iterable[Row]:
    """
    The rows with a value, or one of a list. No value is no filter, but with
    `null` it is the value NULL.
    """
    if wanted is None and not null:
        return rows
    if isinstance(wanted, (list, tuple)):
        return [row for row in rows if row[column] in wanted]
    return [row for row in rows if row[column] == wanted]


def _between(rows: Iterable[Row], column: str, after: Any, before: Any
             ) -> Iterable[Row]:
    """The rows with a time after and before others, where those are given."""
    if after is None and before is None:
        return rows
    first, last = _moment(after), _moment(before)
    found = []
    for row in rows:
        time = seconds(row[column])
        if time is None or (first is not None and time <= first) \
                or (last is not None and time >= last):
            continue
        found.append(row)
    return found


def _moment(time: Any) -> Optional[float]:
    return seconds(time) if isinstance(time, str) else time


def _listed(rows: Iterable[Row], places: List[int], dups: bool
            ) -> List[Row]:
    """Packages of the first of some tags that lists them, or of all."""
    found: List[Row] = []
    seen = set()
    for place in places:
        for row in rows:
            if row['tag_id'] == place and (
                    dups or row['package_id'] not in seen):
                seen.add(row['package_id'])
                found.append(row)
    return found


def _nvr(row: Row) -> str:
    return f'{row["name"]}-{row["version"]}-{row["release"]}'


def _request_xml(task: Row) -> str:
    return encode_call(task['method'], task['request'] or []).decode()


def _result_xml(task: Row) -> Optional[str]:
    result = task['result']
    if result is None:
        return None
    if isinstance(result, dict):
        return encode_fault(result['faultCode'],
                            result['faultString']).decode()
    return encode_answer(result[0]).decode()


# Python's complaint about wrong arguments names the function: on the hub this
# method is one that stands outside of the class.
RootExports.getBuild.__qualname__ = 'get_build'


def call(function: Callable[..., Any], args: Sequence[Any],
         kwargs: Dict[str, Any]) -> Any:
    """
    Call a function as the hub calls its methods.

    :raises ParameterError: if it does not take these arguments.
    """
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError:
        try:
            # For Python's own words about it, which are the hub's, too.
            return function(*args, **kwargs)
        except TypeError as error:
            raise ParameterError(str(error)) from error
    return function(*args, **kwargs)
