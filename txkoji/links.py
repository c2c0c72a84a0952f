"""
Links to a hub's web pages and files, and the objects that they show.

One link
--------

`Connection.from_web` gets the object that a page of kojiweb shows, given a
link as people paste it into a chat. Brackets and punctuation around the link
are ignored. A text with more than a link gives None:

.. code-block:: python

    task = await koji.getTaskInfo(6474)
    page = 'https://hub.example.test/koji/taskinfo?taskID=6474'
    await koji.from_web(page) == task   # True
    await koji.from_web(f'<{page}>.') == task   # True
    await koji.from_web('https://hub.example.test/koji/')   # None

`Connection.connect_from_web` finds the profile of a link. If a site has
several host names, list the others as ``weburls`` in its profile. Koji's own
client ignores this option.

Files and texts
---------------

Links to files and folders under the ``topurl`` give the build, the task, the
RPM or the log. `Connection.find_links` gets everything that a text links, and
batches the calls:

.. code-block:: python

    top = 'https://hub.example.test/kojifiles/packages/ceph/99.0/1.fc44'
    found = await koji.from_web(top)
    found and found['nvr']          # ceph-99.0-1.fc44
    text = f'See {top}/data/logs/x86_64/root.log, of <{page}>.'
    links = await koji.find_links(text)
    [type(link.value).__name__ for link in links]   # ['File', 'Task']
    links[0].value.about.nvr        # ceph-99.0-1.fc44
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred

from txkoji.builds.archives import archives_of
from txkoji.call import Caller, with_defaults
from txkoji.exceptions import AuthError, KojiException, ServerOffline
from txkoji.files.file import File
from txkoji.files.places import Place, read_path
from txkoji.hub.deferreds import gather
from txkoji.resource import Hub
from txkoji.web import HubCall, clean, path_of_file, read_page

#: A link in a text. It ends before the blank behind it, the quotation mark or
#: bracket of an attribute or tag of HTML, the "|" of Slack and Confluence, the
#: "](" of Markdown, and a comma before another link.
LINK = re.compile(r'https?://(?:(?![,;]https?://|\]\()[^\s<>"|])+',
                  re.IGNORECASE)

#: Links of a text that are looked at.
LIMIT = 100

#: Faults that have nothing to do with a single link.
_OF_ALL = (AuthError, ServerOffline)


#: A connection, or its view that batches calls.
Asker = Caller[Deferred[Any]]


@dataclass(frozen=True)
class Link:
    """
    A link in a text.

    :ivar url: the link.
    :ivar value: what it shows, as `Connection.from_web` gives it; None if
                 there is no such thing, or the hub refused to give it.
    :ivar error: the hub's refusal, or None.
    """

    url: str
    value: Any
    error: KojiException | None = None


def links_in(text: str) -> list[str]:
    """
    Find the links in a text, whatever they point to.

    :param text: the text: plain, or with the marks of Markdown, HTML or a
                 chat.
    :returns: each link once, without what is around it, in their order.
    """
    return list(dict.fromkeys(clean(found) for found in LINK.findall(text)))


async def find_links(hub: Hub, text: str, limit: int) -> list[Link]:
    """Get what the links in a text show; see `Connection.find_links`."""
    # Calls for several links go out together.
    ask = hub.batched()
    wanted = [(url, found) for url, found in (
        (url, _read(hub, url)) for url in links_in(text)) if found]
    return await gather([Deferred.fromCoroutine(_link(hub, ask, url, found))
                         for url, found in wanted[:limit]])


async def get_linked(hub: Hub, url: str) -> Any:
    """Get what a link shows; see `Connection.from_web`."""
    found = _read(hub, url)
    return None if found is None else await _get(hub, hub, found)


def _read(hub: Hub, url: str) -> HubCall | Place | None:
    """Read a link to a page or a file; None if it is neither."""
    page = read_page(hub.settings, url)
    if page is not None:
        return page
    path = path_of_file(hub.settings, url)
    return None if path is None else read_path(path)


async def _link(hub: Hub, ask: Asker, url: str, found: HubCall | Place
                ) -> Link:
    try:
        return Link(url, await _get(hub, ask, found))
    except KojiException as error:
        if error.faultCode is None or isinstance(error, _OF_ALL):
            raise
        return Link(url, None, error)


async def _get(hub: Hub, ask: Asker, found: HubCall | Place) -> Any:
    if isinstance(found, Place):
        return await _get_place(hub, ask, found)
    args, kwargs = with_defaults(found.method, found.args, found.kwargs)
    value = await ask.call(found.method, *args, **kwargs)
    if found.method == 'listHosts':
        return value[0] if value else None
    return value


async def _get_place(hub: Hub, ask: Asker, place: Place) -> Any:
    """Get what a file or folder belongs to."""
    if place.kind == 'package':
        return await ask.call('getPackage', place.name)
    if place.kind == 'repo':
        if place.number is not None:
            return await ask.call('repoInfo', place.number)
        # Of a tag that is not there, getRepo would complain.
        tag = await ask.call('getTag', place.name)
        return tag and await ask.call('getRepo', tag.id,
                                      dist=place.dist)
    if place.number is not None:
        task = await ask.call('getTaskInfo', place.number, request=True)
        if task is None or place.kind == 'task':
            return task
        return File(hub, place.full_path, about=task)
    build = await ask.call('getBuild', place.build)
    if build is None or place.kind == 'build':
        return build
    if place.rpm is not None:
        return await _get_rpm(ask, place, build)
    if place.kind == 'archive':
        return await _get_archive(hub, place, build)
    return File(hub, place.full_path, about=build)


async def _get_rpm(ask: Asker, place: Place, build: Any) -> Any:
    """
    Get an RPM by its build.

    By its own name it is not the only one: a draft build has RPMs of the same
    names as the regular build.
    """
    rpm = place.rpm
    rows = await ask.call('listRPMs', buildID=build.id,
                          arches=rpm and rpm.arch)
    for row in rows:
        if rpm and (row.name, row.version, row.release) == (
                rpm.name, rpm.version, rpm.release):
            return row.of(build)
    return None


async def _get_archive(hub: Hub, place: Place, build: Any) -> File:
    """Get the file of an archive, with its row where there is one."""
    for archive in await archives_of(hub, build.id):
        if not archive.metadata_only:
            file = archive.file_of(build)
            if file.path == place.full_path:
                return file
    return File(hub, place.full_path, about=build)
