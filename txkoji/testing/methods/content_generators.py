"""The hub methods of content generators."""
from __future__ import annotations

from typing import Any

from txkoji import build_states
from txkoji.exceptions import AuthError, GenericError
from txkoji.testing.calls import Methods, export
from txkoji.testing.content_generators import Content, member
from txkoji.testing.lookups import entry, strict_user
from txkoji.testing.tables import Row


class ContentGeneratorMethods(Methods):
    """Content generators."""

    @export('cg_init_build')
    def CGInitBuild(self, cg: Any, data: Any) -> Row:
        generator = self._generator(cg)
        if data.get('draft') and self.world.version() < (1, 36):
            raise GenericError('Draft build not supported')
        return Content(self.world).reserve(generator, data,
                                           self.caller.user_id)

    @export('cg_refund_build')
    def CGRefundBuild(self, cg: Any, build_id: Any, token: Any,
                      state: Any = build_states.FAILED) -> None:
        generator = self._generator(cg)
        Content(self.world).refund(generator, build_id, token, state)

    @export('cg_import')
    def CGImport(self, metadata: Any, directory: Any, token: Any = None
                 ) -> Row:
        content = Content(self.world)
        whole = content.metadata(metadata, directory)
        version = member(whole, 'metadata_version')
        if version != 0:
            raise GenericError(f'No such metadata version: {version}')
        if self.caller.user_id is None:
            raise AuthError('Not logged-in')
        generators = [self._buildroot(root) for root in whole['buildroots']]
        return content.import_build(
            whole, directory, token, generators[0] if generators else None,
            self.caller.user_id)

    def _buildroot(self, root: Row) -> Row:
        """Get the content generator of a buildroot in the metadata."""
        described = member(root, 'content_generator')
        found = self._generator(member(described, 'name'))
        member(described, 'version')
        for kind, names in [('host', ('os', 'arch')),
                            ('container', ('type', 'arch'))]:
            part = member(root, kind)
            for name in names:
                member(part, name)
        return found

    def _generator(self, cg: Any) -> Row:
        """Get the content generator, if the caller may act as that."""
        found = entry(self.tables, 'cgs', cg, strict=False)
        if self.caller.user_id is None:
            raise AuthError('Not logged-in')
        if found is None:
            entry(self.tables, 'cgs', cg)
        assert found is not None
        if self.caller.name not in found['users']:
            raise AuthError('Content generator access required'
                            f' ({found["name"]})')
        return found

    @export('list_cgs')
    def listCGs(self) -> Any:
        return {row['name']: {'id': row['id'], 'users': row['users']}
                for row in self.tables.cgs}

    @export('grant_cg_access', perm='admin')
    def grantCGAccess(self, user: Any, cg: Any, create: bool = False
                      ) -> None:
        name = strict_user(self.tables, user)['name']
        found = entry(self.tables, 'cgs', cg, strict=not create)
        if found is None:
            found = self.world.add('cgs', {'name': cg, 'users': []})
        row = self.tables.by_id('cgs')[found['id']]
        if name in row['users']:
            raise GenericError('User already has access to content generator'
                               f' {row["name"]}')
        ids = {each['name']: each['id'] for each in self.tables.users}
        self.world.change(row, users=sorted(
            [*row['users'], name], key=lambda name: ids.get(name, 0)))

    @export('revoke_cg_access', perm='admin')
    def revokeCGAccess(self, user: Any, cg: Any) -> None:
        name = strict_user(self.tables, user)['name']
        found = entry(self.tables, 'cgs', cg)
        assert found is not None
        row = self.tables.by_id('cgs')[found['id']]
        self.world.change(row, users=[each for each in row['users']
                                      if each != name])
