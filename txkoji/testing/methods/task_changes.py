"""The hub methods that make tasks, and change them."""
from __future__ import annotations

from typing import Any

from txkoji import task_states
from txkoji.exceptions import ActionNotAllowed, GenericError
from txkoji.testing.builds import cancel_task
from txkoji.testing.calls import Export, Methods, complaint, export
from txkoji.testing.lookups import (
    crash,
    entry,
    number,
    of_type,
    strict_build,
    strict_tag,
    strict_task,
)
from txkoji.testing.rows import build as joined
from txkoji.testing.tables import Row
from txkoji.testing.tasks import PRIORITY, Tasks


class TaskChanges(Methods):
    """Tasks, as users change them."""

    def make(self, method: str, request: list[Any], priority: Any = None,
             channel: Any = None, arch: str = 'noarch') -> int:
        """
        Make a task of the caller's.

        :param priority: relative to the usual one.
        """
        whole = None
        if priority:
            if not isinstance(priority, int):
                raise crash("<class 'TypeError'>: '<' not supported between"
                            f" instances of '{type(priority).__name__}' and"
                            " 'int'")
            if priority < 0 and not self.caller.has('admin'):
                raise ActionNotAllowed('only admins may create high-priority'
                                       ' tasks')
            whole = PRIORITY + priority
        return Tasks(self.world).make(
            method, request, self.caller.user_id, priority=whole,
            channel=channel, arch=arch)

    @export(perm='login')
    def build(self, src: Any, target: Any, opts: Any = None,
              priority: Any = None, channel: Any = None) -> int:
        of_type(src, str)
        return self.make('build', [src, target, opts or {}],
                         priority, channel)

    @export(perm='login')
    def chainBuild(self, srcs: Any, target: Any, opts: Any = None,
                   priority: Any = None, channel: Any = None) -> int:
        of_type(srcs, list)
        return self.make('chainbuild', [srcs, target,
                                        opts or {}],
                         priority, channel)

    @export(perm='login')
    def mavenBuild(self, url: Any, target: Any, opts: Any = None,
                   priority: Any = None, channel: Any = 'maven') -> int:
        of_type(url, str)
        return self.make('maven', [url, target, opts or {}],
                         priority, channel)

    @export(perm='login')
    def chainMaven(self, builds: Any, target: Any, opts: Any = None,
                   priority: Any = None, channel: Any = 'maven') -> int:
        of_type(builds, dict)
        return self.make('chainmaven', [builds, target,
                                        opts or {}],
                         priority, channel)

    @export(perm='login')
    def wrapperRPM(self, build: Any, url: Any, target: Any,
                   priority: Any = None, channel: Any = 'maven',
                   opts: Any = None) -> int:
        row = joined(self.tables, strict_build(self.tables, build))
        place = entry(self.tables, 'targets', target, strict=False)
        if place is None:
            raise GenericError(f'No such build target: {target}')
        return self.make('wrapperRPM', [url, place, row, None,
                                        opts or {}],
                         priority, channel)

    @export(perm='login')
    def winBuild(self, vm: Any, url: Any, target: Any, opts: Any = None,
                 priority: Any = None, channel: Any = 'vm') -> int:
        if not self.caller.may('win-admin'):
            raise ActionNotAllowed('policy violation (vm): Only'
                                   ' admin/win-admin can do this via default'
                                   ' policy')
        return self.make('winbuild', [vm, url, target,
                                      opts or {}],
                         priority, channel)

    @export()
    def buildImage(self, name: Any, version: Any, arch: Any, target: Any,
                   ksfile: Any, img_type: Any, opts: Any = None,
                   priority: Any = None) -> int:
        if img_type not in ('livecd', 'appliance', 'livemedia'):
            raise GenericError(f'Unrecognized image type: {img_type}')
        self.caller.require(img_type)
        one = isinstance(arch, str)
        return self.make(img_type, [name, version, arch, target, ksfile,
                                    opts], priority, img_type,
                         arch if one else 'noarch')

    @export(perm='image')
    def buildImageOz(self, name: Any, version: Any, arches: Any, target: Any,
                     inst_tree: Any, opts: Any = None, priority: Any = None
                     ) -> int:
        return self.make('image', [name, version, arches, target, inst_tree,
                                   opts], priority, 'image')

    @export(perm='image')
    def buildImageIndirection(self, opts: Any = None, priority: Any = None
                              ) -> int:
        return self.make('indirectionimage', [opts or {}], priority, 'image')

    @export('kiwiBuild', perm='image')
    def kiwiBuild(self, target: Any, arches: Any, desc_url: Any,
                  desc_path: Any, optional_arches: Any = None,
                  profile: Any = None, scratch: bool = False,
                  priority: Any = None, make_prep: bool = False,
                  repos: Any = None, release: Any = None,
                  type: Any = None, type_attr: Any = None,
                  result_bundle_name_format: Any = None,
                  use_buildroot_repo: bool = False, version: Any = None
                  ) -> int:
        opts = {'optional_arches': optional_arches or [], 'profile': profile,
                'scratch': scratch}
        return self.make('kiwiBuild', [target, arches, desc_url, desc_path,
                                       opts], priority, 'image')

    @export('runroot', perm='runroot')
    def runroot(self, tagInfo: Any, arch: Any, command: Any,
                channel: Any = None, **opts: Any) -> int:
        request: list[Any] = [tagInfo, arch, command]
        if opts:
            request.append({**opts, '__starstar': True})
        return Tasks(self.world).make(
            'runroot', request, self.caller.user_id, priority=15,
            channel=channel or 'runroot', arch=arch)

    @export()
    def newRepo(self, tag: Any, event: Any = None, src: bool = False,
                debuginfo: bool = False, separate_src: bool = False) -> int:
        if not self.caller.has('repo'):
            self.caller.require('regen-repo')
        found = strict_tag(self.tables, tag, event)
        opts: Row = {name: value for name, value in [
            ('event', event), ('src', src), ('debuginfo', debuginfo),
            ('separate_src', separate_src)] if value}
        if found['extra'].get('with_debuginfo'):
            opts['debuginfo'] = True
        request: list[Any] = [tag]
        if opts:
            request.append({**opts, '__starstar': True})
        return Tasks(self.world).make(
            'newRepo', request, self.caller.user_id, priority=15,
            channel='createrepo')

    @export(perm='admin')
    def makeTask(self, *args: Any, **opts: Any) -> int:
        names = ['method', 'arglist']
        missing = [name for name in names[len(args):] if name not in opts]
        if missing or len(args) > len(names):
            raise crash("<class 'TypeError'>: " + complaint(
                MAKE.signature, 'make_task', args, opts))
        if 'owner' in opts:
            raise ActionNotAllowed('The owner option is not allowed here')
        wanted = {**dict(zip(names, args)), **opts}
        if not isinstance(wanted['arglist'], (list, tuple)):
            raise crash("<class 'TypeError'>:"
                        f" '{type(wanted['arglist']).__name__}' object is not"
                        ' iterable')
        return Tasks(self.world).make(
            wanted['method'], list(wanted['arglist']), self.caller.user_id,
            **{name: opts[name] for name in (
                'parent', 'label', 'channel', 'priority', 'arch', 'assign')
               if name in opts})

    # What becomes of them

    @export()
    def cancelTask(self, task_id: Any, recurse: bool = True) -> None:
        cancel_task(self.world, self._mine(task_id), recurse)

    @export(perm='login')
    def cancelTaskChildren(self, task_id: Any) -> None:
        for child in Tasks(self.world).children(self._mine(task_id)['id']):
            cancel_task(self.world, child)

    @export(perm='admin')
    def cancelTaskFull(self, task_id: Any, strict: bool = True) -> None:
        row = strict_task(self.tables, task_id,
                          f'No such task: {task_id}')
        while row['parent'] is not None:
            if strict:
                raise GenericError(f'Task {row["id"]} is not top-level'
                                   f' (parent={row["parent"]})')
            row = strict_task(self.tables, row['parent'])
        cancel_task(self.world, row)

    def _mine(self, info: Any) -> Row:
        """
        Get a task that the caller may cancel.

        :raises ActionNotAllowed: if it is somebody else's.
        """
        row = strict_task(self.tables, info, f'No such task: {info}')
        if self.caller.user_id is None or (
                row['owner'] != self.caller.user_id
                and not self.caller.has('admin')):
            raise ActionNotAllowed('Cannot cancel task, not owner')
        return row

    @export(perm='admin')
    def freeTask(self, task_id: Any) -> None:
        Tasks(self.world).free(strict_task(self.tables, task_id))

    @export(perm='admin')
    def setTaskPriority(self, task_id: Any, priority: Any,
                        recurse: bool = True) -> None:
        value = number(priority)
        Tasks(self.world).set_priority(
            strict_task(self.tables, task_id), value, recurse)

    @export(perm='admin')
    def assignTask(self, task_id: Any, host: Any, force: bool = False,
                   override: bool = False) -> bool:
        row = strict_task(self.tables, task_id)
        place = self.tables.find('hosts', host)
        if place is None:
            raise GenericError(f'Invalid hostInfo: {host}')
        return Tasks(self.world).assign(row, place['id'], force)

    @export(perm='login')
    def resubmitTask(self, taskID: Any) -> int:
        row = strict_task(self.tables, taskID)
        if row['state'] not in (task_states.CANCELED, task_states.FAILED):
            raise GenericError('only canceled or failed tasks may be'
                               ' resubmitted')
        if row['parent'] is not None:
            raise GenericError('only top-level tasks may be resubmitted')
        if row['owner'] != self.caller.user_id \
                and not self.caller.has('admin'):
            raise GenericError('only the task owner or an admin may resubmit'
                               ' a task')
        return Tasks(self.world).make(
            row['method'], row['request'] or [], self.caller.user_id,
            channel=row['channel_id'], priority=row['priority'],
            arch=row['arch'])


def _make_task(self: Any, method: Any, arglist: Any, **opts: Any) -> None:
    """Stand for the hub's function of that name, for its arguments."""


export('make_task')(_make_task)
#: The hub method ``makeTask``.
MAKE = Export('makeTask', TaskChanges, _make_task,
              _make_task.rule)  # type: ignore[attr-defined]
