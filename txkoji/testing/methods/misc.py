"""The hub methods about the hub itself, and searching."""
from __future__ import annotations

import fnmatch
import re
from typing import Any

from txkoji.exceptions import GenericError
from txkoji.testing.calls import Methods, export
from txkoji.testing.lookups import build_row, crash, number
from txkoji.testing.queries import like, query
from txkoji.testing.rows import nvr
from txkoji.testing.tables import Row

#: What can be searched for, and the tables of these.
SEARCHED = {'package': 'packages', 'build': 'builds', 'tag': 'tags',
            'target': 'targets', 'user': 'users', 'host': 'hosts',
            'rpm': 'rpms', 'maven': 'archives', 'win': 'archives',
            'image': 'archives'}


class MiscMethods(Methods):
    """The hub itself."""

    @export()
    def getAPIVersion(self) -> int:
        return 1

    @export()
    def getKojiVersion(self) -> str:
        return '.'.join(map(str, self.world.version()))

    @export()
    def echo(self, *args: Any) -> Any:
        return list(args)

    @export()
    def hello(self, *args: Any) -> str:
        return 'Hello World'

    @export()
    def error(self) -> None:
        raise GenericError('test error')

    @export()
    def fault(self) -> None:
        raise crash("<class 'Exception'>: test exception")

    @export()
    def mavenEnabled(self) -> bool:
        return True

    @export()
    def winEnabled(self) -> bool:
        return True

    @export(perm='admin')
    def showOpts(self, as_string: bool = True) -> Any:
        opts: Row = {'KojiDir': '/mnt/koji', 'EnableMaven': True,
                     'EnableWin': True, 'LoginCreatesUser': True}
        return repr(opts) if as_string else opts

    # Searching

    @export(lazy=True)
    def search(self, terms: Any, type: Any, matchType: Any,
               queryOpts: Any = None) -> Any:
        if not terms:
            raise GenericError('empty search terms')
        if type not in SEARCHED:
            raise GenericError(f'No such search type: {type}')
        matches = self._matcher(terms, matchType)
        found = [row for row in self._candidates(type)
                 if matches(row[next(reversed(row))])]
        return query(found, queryOpts)

    def _matcher(self, terms: Any, kind: Any) -> Any:
        if kind == 'glob':
            return like(terms).fullmatch
        if kind == 'regexp':
            try:
                return re.compile(terms, re.IGNORECASE).search
            except re.error:
                raise crash(
                    "<class 'psycopg2.errors.InvalidRegularExpression'>:"
                    ' invalid regular expression: parentheses () not'
                    ' balanced\n') from None
        return lambda text: text == terms

    def _candidates(self, kind: str) -> list[Row]:
        table = SEARCHED[kind]
        rows = getattr(self.tables, table)
        if kind == 'build':
            names = self.tables.name
            return [{'id': row['id'], 'name': nvr({
                **row, 'name': names('packages', row['package_id'])})}
                for row in rows]
        if kind == 'rpm':
            return [{'id': row['id'],
                     'name': f'{nvr(row)}.{row["arch"]}.rpm'}
                    for row in rows]
        if table == 'archives':
            return [{'id': row['id'], 'filename': row['filename']}
                    for row in rows if row['btype'] == kind]
        return [{'id': row['id'], 'name': row['name']} for row in rows
                if row.get('revoke_event') is None
                and (kind != 'user' or row['usertype'] == 0)]

    # Buildroots

    @export('get_buildroot')
    def getBuildroot(self, buildrootID: Any, strict: bool = False) -> Any:
        found = self.tables.by_id('buildroots').get(number(buildrootID))
        if found is None and strict:
            raise GenericError('No such buildroot:'
                               f' {buildrootID}')
        return found and dict(found)

    @export()
    def listBuildroots(self, hostID: Any = None, tagID: Any = None,
                       state: Any = None, rpmID: Any = None,
                       archiveID: Any = None, taskID: Any = None,
                       buildrootID: Any = None, repoID: Any = None,
                       queryOpts: Any = None) -> Any:
        wanted = {'host_id': hostID, 'tag_id': tagID, 'task_id': taskID,
                  'id': buildrootID, 'repo_id': repoID, 'state': state}
        return query([dict(row) for row in self.tables.buildroots
                      if all(value in (None, row.get(name))
                             for name, value in wanted.items())], queryOpts)

    @export('get_changelog_entries')
    def getChangelogEntries(self, buildID: Any = None, taskID: Any = None,
                            filepath: Any = None, author: Any = None,
                            before: Any = None, after: Any = None,
                            queryOpts: Any = None, strict: bool = False
                            ) -> Any:
        if buildID is not None:
            row = build_row(self.tables, buildID, strict)
            entries = list((row or {}).get('changelog') or ())
        elif taskID is None or filepath is None:
            raise GenericError('either buildID or taskID and filepath must'
                               ' be specified')
        else:
            entries = []
        return query([each for each in entries if fnmatch.fnmatch(
            each['author'], author or '*')], queryOpts)
