"""The hub methods that put builds into tags and take them out."""
from __future__ import annotations

from typing import Any

from txkoji.exceptions import GenericError, ParameterError, TagError
from txkoji.testing import inheritance
from txkoji.testing.calls import export
from txkoji.testing.lookups import (
    entry,
    entry_id,
    event_number,
    strict_build,
    strict_tag,
    tag as find_tag,
)
from txkoji.testing.methods.tag_changes import TagChanges
from txkoji.testing.queries import query
from txkoji.testing.tables import Row
from txkoji.testing.tagging import Tagging
from txkoji.testing.tasks import Tasks

#: The priority of the tasks that tag.
PRIORITY = 10


class TaggingMethods(TagChanges):
    """Tagging."""

    @export(perm='login')
    def tagBuild(self, tag: Any, build: Any, force: bool = False,
                 fromtag: Any = None) -> int:
        user_id = self.caller.login()
        row = strict_build(self.tables, build)
        place = strict_tag(self.tables, tag)
        source = entry_id(self.tables, 'tags', fromtag) if fromtag else None
        rules = Tagging(self.world)
        rules.complete(row)
        rules.check(place, user_id, force)
        if source is not None:
            rules.check(strict_tag(self.tables, source), user_id, force)
        refusal = rules.refusal(place, row['package_id'])
        if refusal is not None:
            if not (force and self.caller.has('admin')):
                raise TagError(refusal)
            rules.add_package(self.caller, place['id'], row['package_id'],
                              block=False, force=True)
        return Tasks(self.world).make(
            'tagBuild', [place['id'], row['id'], force, source], user_id,
            priority=PRIORITY)

    @export(perm='login')
    def moveBuild(self, tag1: Any, tag2: Any, build: Any,
                  force: bool = False) -> int:
        return self.tagBuild(tag2, build, force, tag1)

    @export(perm='login')
    def moveAllBuilds(self, tag1: Any, tag2: Any, package: Any,
                      force: bool = False) -> list[int]:
        user_id = self.caller.login()
        number = entry_id(self.tables, 'packages', package)
        source = strict_tag(self.tables, entry_id(self.tables, 'tags', tag1))
        place = strict_tag(self.tables, entry_id(self.tables, 'tags', tag2))
        rules = Tagging(self.world)
        for each in (source, place):
            rules.check(each, user_id, force)
        refusal = rules.refusal(place, number)
        if refusal is not None:
            if not (force and self.caller.has('admin')):
                raise TagError(refusal)
            rules.add_package(self.caller, place['id'], number, block=False,
                              force=True)
        found = inheritance.tagged(
            self.tables, source['id'], inherit=False, latest=0,
            wanted=lambda build, _: bool(build['package_id'] == number))
        made: list[int] = []
        wait_on: list[int] = []
        for build, _ in reversed(found):
            made.append(Tasks(self.world).make('dependantTask', [
                list(wait_on), [['tagBuild', [
                    place['id'], build['id'], force, source['id']],
                    {'priority': 15}]]], user_id))
            wait_on = [made[-1]]
        return made

    @export(perm='login')
    def untagBuild(self, tag: Any, build: Any, strict: bool = True,
                   force: bool = False) -> None:
        Tagging(self.world).untag(tag, build, self.caller.login(), strict,
                                  force)

    @export(perm='tag')
    def tagBuildBypass(self, tag: Any, build: Any, force: bool = False,
                       notify: bool = False) -> None:
        Tagging(self.world).tag(tag, build, self.caller.login(), force)

    @export(perm='tag')
    def untagBuildBypass(self, tag: Any, build: Any, strict: bool = True,
                         force: bool = False, notify: bool = False) -> None:
        Tagging(self.world).untag(tag, build, self.caller.login(), strict,
                                  force)

    @export(perm='tag')
    def massTag(self, tag: Any, builds: Any) -> None:
        place = strict_tag(self.tables, tag)
        self.put_all(place, builds)

    def put_all(self, place: Row, builds: Any) -> None:
        """Put builds into a tag, each at an event of its own."""
        rules = Tagging(self.world)
        for build in builds:
            row = strict_build(self.tables, build)
            self.world.new_event()
            rules.put(place, row, self.caller.login(), force=True)

    @export()
    def checkTagAccess(self, tag_id: Any, user_id: Any = None) -> Any:
        number = self.caller.user_id if user_id is None else user_id
        if number is None:
            raise GenericError('a user_id is required')
        return list(Tagging(self.world).access(
            strict_tag(self.tables, tag_id), number))

    @export(perm='tag')
    def snapshotTag(self, src: Any, dst: Any, config: bool = True,
                    pkgs: bool = True, builds: bool = True,
                    groups: bool = True, latest_only: bool = True,
                    inherit_builds: bool = True, event: Any = None,
                    force: bool = False) -> None:
        if builds and not pkgs:
            raise ParameterError("builds can't be used without pkgs in"
                                 ' snapshotTag')
        if find_tag(self.tables, dst) is not None:
            raise GenericError('Target tag already exists')
        source = strict_tag(self.tables, src, event)
        if source['locked'] and not force:
            raise GenericError('Source tag is locked, use force to copy')
        if config:
            number = self.new_tag(
                dst, arches=source['arches'], perm=source['perm_id'],
                extra=source['extra'], **{name: source[name] for name in (
                    'locked', 'maven_support', 'maven_include_all')})
        else:
            number = self.new_tag(dst)
        place = strict_tag(self.tables, number)
        if pkgs:
            self._copy_packages(source, place, event)
        if builds:
            found = inheritance.tagged(
                self.tables, source['id'], inherit=inherit_builds,
                latest=int(latest_only), wanted=lambda *_: True, event=event)
            self.put_all(place, [build['id'] for build, _ in reversed(found)])

    def _copy_packages(self, source: Row, place: Row, event: int | None
                       ) -> None:
        rules = Tagging(self.world)
        event_number(self.tables, event)
        for row in inheritance.listed(self.tables, source['id'],
                                      event).values():
            self.world.new_event()
            rules.add_package(
                self.caller, place['id'], row['package_id'],
                inheritance.owner_of(self.tables, row, event),
                block=bool(row['blocked']), arches=row['extra_arches'],
                force=True, free=True)

    @export()
    def untaggedBuilds(self, name: Any = None, queryOpts: Any = None) -> Any:
        wanted = None
        if name is not None:
            found = entry(self.tables, 'packages', name, strict=False)
            wanted = found['id'] if found else -1
        held = {row['build_id'] for row in self.tables.active('taggings')}
        names = self.tables.name
        return query([{
            'id': row['id'], 'name': names('packages', row['package_id']),
            'version': row['version'], 'release': row['release']}
            for row in self.tables.builds if row['state'] == 1
            and row['id'] not in held
            and wanted in (None, row['package_id'])], queryOpts)
