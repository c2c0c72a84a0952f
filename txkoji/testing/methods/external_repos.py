"""The hub methods about external repositories."""
from __future__ import annotations

from typing import Any

from txkoji.exceptions import GenericError
from txkoji.testing import inheritance
from txkoji.testing.calls import Methods, export
from txkoji.testing.lookups import (
    arches_text,
    check_name,
    entry,
    number,
    strict_tag,
)
from txkoji.testing.queries import query
from txkoji.testing.tables import Row, holds, unversioned

#: How an external repository is merged.
MODES = ('koji', 'simple', 'bare')


class ExternalRepoMethods(Methods):
    """External repositories."""

    @export('create_external_repo', perm='admin')
    def createExternalRepo(self, name: Any, url: Any) -> Row:
        check_name(name)
        if name in self.tables.by_name('external_repos'):
            raise GenericError(f'An external repo named "{name}" already'
                               ' exists')
        old = entry(self.tables, 'external_repos', name, strict=False)
        row = {'id': old['id'] if old else 1 + max(
            (each['id'] for each in self.tables.external_repos), default=0),
            'name': name, 'url': _slash(url)}
        self.world.create('external_repos', row, self.caller.user_id)
        return unversioned(row)

    @export('get_external_repos')
    def listExternalRepos(self, info: Any = None, url: Any = None,
                          event: Any = None, queryOpts: Any = None) -> Any:
        return query([unversioned(row) for row in self.tables.active(
            'external_repos', event)
            if info in (None, row['id'], row['name'])
            and url in (None, row['url'])], queryOpts)

    @export('get_external_repo')
    def getExternalRepo(self, info: Any, strict: bool = False,
                        event: Any = None) -> Any:
        for row in self.tables.active('external_repos', event):
            if info in (row['id'], row['name']):
                return unversioned(row)
        if strict:
            raise GenericError(f'No such repo: {info}')
        return None

    @export('edit_external_repo', perm='admin')
    def editExternalRepo(self, info: Any, name: Any = None, url: Any = None
                         ) -> None:
        row = self._row(info)
        if name and name != row['name']:
            check_name(name)
            taken = entry(self.tables, 'external_repos', name, strict=False)
            if taken is not None:
                raise GenericError(f'name "{name}" is already taken by'
                                   f' external repo {taken["id"]}')
            self.world.change(row, name=name)
        if url and url != row['url']:
            self.world.replace('external_repos', row, self.caller.user_id,
                               url=_slash(url))

    def _row(self, info: Any) -> Row:
        found = self.getExternalRepo(info, strict=True)
        return self.tables.by_id('external_repos')[found['id']]

    @export('delete_external_repo', perm='admin')
    def deleteExternalRepo(self, info: Any) -> None:
        row = self._row(info)
        for each in list(self.tables.where(
                'tag_external_repos', 'external_repo_id', row['id'])):
            if holds(each):
                self.world.revoke(each, self.caller.user_id)
        self.world.revoke(row, self.caller.user_id)

    # Of tags

    @export(perm='tag')
    def addExternalRepoToTag(self, tag_info: Any, repo_info: Any,
                             priority: Any, merge_mode: Any = 'koji',
                             arches: Any = None) -> None:
        if merge_mode not in MODES:
            raise GenericError(f'No such merge mode: {merge_mode}')
        tag, repo = strict_tag(self.tables, tag_info), self._row(repo_info)
        priority = number(priority)
        for row in self._of_tag(tag['id'], None):
            if row['external_repo_id'] == repo['id']:
                raise GenericError(f'tag {tag["name"]} already associated'
                                   f' with external repo {repo["name"]}')
            if row['priority'] == priority:
                raise GenericError(f'tag {tag["name"]} already associated'
                                   ' with an external repo at priority'
                                   f' {priority}')
        self.world.create('tag_external_repos', {
            'tag_id': tag['id'], 'external_repo_id': repo['id'],
            'priority': priority, 'merge_mode': merge_mode,
            'arches': arches_text(arches)}, self.caller.user_id)

    def _of_tag(self, tag: int, event: int | None) -> list[Row]:
        return sorted((row for row in self.tables.where(
            'tag_external_repos', 'tag_id', tag) if holds(row, event)),
            key=lambda row: int(row['priority']))

    def _associated(self, tag: Row, repo: Row) -> Row:
        for row in self._of_tag(tag['id'], None):
            if row['external_repo_id'] == repo['id']:
                return row
        raise GenericError(f'external repo {repo["name"]} not associated with'
                           f' tag {tag["name"]}')

    @export(perm='tag')
    def removeExternalRepoFromTag(self, tag_info: Any, repo_info: Any
                                  ) -> None:
        self.world.revoke(self._associated(
            strict_tag(self.tables, tag_info), self._row(repo_info)),
            self.caller.user_id)

    @export('edit_tag_external_repo', perm='tag')
    def editTagExternalRepo(self, tag_info: Any, repo_info: Any,
                            priority: Any = None, merge_mode: Any = None,
                            arches: Any = None) -> bool:
        row = self._associated(strict_tag(self.tables, tag_info),
                               self._row(repo_info))
        changes = {name: value for name, value in [
            ('priority', priority), ('merge_mode', merge_mode),
            ('arches', arches)] if value is not None and value != row[name]}
        if changes:
            self.world.replace('tag_external_repos', row,
                               self.caller.user_id, **changes)
        return bool(changes)

    @export('get_tag_external_repos')
    def getTagExternalRepos(self, tag_info: Any = None, repo_info: Any = None,
                            event: Any = None) -> Any:
        tag = None if tag_info is None else strict_tag(
            self.tables, tag_info, event)['id']
        repo = None if repo_info is None else self._row(repo_info)['id']
        return [self._joined(row) for row in sorted(
            self.tables.active('tag_external_repos', event),
            key=lambda row: int(row['priority']))
            if tag in (None, row['tag_id'])
            and repo in (None, row['external_repo_id'])]

    @export('get_external_repo_list')
    def getExternalRepoList(self, tag_info: Any, event: Any = None) -> Any:
        tag = strict_tag(self.tables, tag_info, event)['id']
        found: dict[int, Row] = {}
        for place, _ in inheritance.places(self.tables, tag, event):
            for row in self._of_tag(place, event):
                found.setdefault(row['external_repo_id'], row)
        return [self._joined(row) for row in found.values()]

    def _joined(self, row: Row) -> Row:
        repo = self.tables.by_id('external_repos').get(
            row['external_repo_id'], {})
        return {**unversioned(row), 'url': repo.get('url'),
                'external_repo_name': repo.get('name'),
                'tag_name': self.tables.name('tags', row['tag_id'])}


def _slash(url: str) -> str:
    return url if url.endswith('/') else url + '/'
