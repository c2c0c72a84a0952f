"""
Links into kojiweb: which page of which site, and the hub method that gives
what the page is about (www/kojiweb/index.py in Koji).
"""
from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional, Tuple
from urllib.parse import parse_qs, urlsplit

#: Koji's ids are 32-bit columns.
MAX_ID = 2**31 - 1

PORTS = {'http': 80, 'https': 443}


class Page(NamedTuple):
    """A page, its parameter, and the hub method for what it shows."""

    parameter: str
    method: str
    #: What it takes: an "id", a "name", or "either".
    takes: str = 'id'
    #: Another parameter, which the hub method takes as well.
    more: str = ''
    #: How the hub method calls the parameter, where not by position.
    keyword: str = ''


#: A page that can be asked for in two ways stands twice.
PAGES: Dict[str, Tuple[Page, ...]] = {
    'archiveinfo': (Page('archiveID', 'getArchive'),),
    'buildinfo': (Page('buildID', 'getBuild'),),
    'buildrootinfo': (Page('buildrootID', 'getBuildroot'),),
    'buildtargetinfo': (Page('targetID', 'getBuildTarget'),
                        Page('name', 'getBuildTarget', takes='name')),
    'channelinfo': (Page('channelID', 'getChannel'),),
    'externalrepoinfo': (
        Page('extrepoID', 'getExternalRepo', takes='either'),),
    'fileinfo': (Page('rpmID', 'getRPMFile', more='filename'),
                 Page('archiveID', 'getArchiveFile', more='filename')),
    'getfile': (Page('taskID', 'getTaskInfo'),),
    'hostinfo': (Page('hostID', 'getHost', takes='either'),
                 Page('userID', 'listHosts', keyword='userID')),
    'packageinfo': (Page('packageID', 'getPackage', takes='either'),),
    'repoinfo': (Page('repoID', 'repoInfo'),),
    'reporequest': (Page('reqID', 'repo.checkRequest'),),
    'rpminfo': (Page('rpmID', 'getRPM'),),
    'taginfo': (Page('tagID', 'getTag', takes='either'),),
    'taskinfo': (Page('taskID', 'getTaskInfo'),),
    'taskstatus': (Page('taskID', 'getTaskInfo'),),
    'userinfo': (Page('userID', 'getUser', takes='either'),),
    'watchlogs': (Page('taskID', 'getTaskInfo'),),
}


class Question(NamedTuple):
    """A hub method and its arguments."""

    method: str
    args: Tuple[Any, ...]
    kwargs: Dict[str, Any]


def read_link(weburl: Optional[str], url: Any) -> Optional[Question]:
    """
    Read a link.

    :param weburl: the site's address, as in the profile.
    :param url: the link.
    :returns: what to ask the hub, or None if the link is to another site, to
              a page that is not about a single object, or broken.
    """
    path = path_below(weburl, url)
    if path is None:
        return None
    try:
        query = parse_qs(urlsplit(url.strip()).query)
    except ValueError:
        return None
    for page in PAGES.get(path, ()):
        value = _single(query, page.parameter)
        key = value if value is None else _key(value, page.takes)
        if key is None:
            continue
        args: Tuple[Any, ...] = (key,)
        if page.more:
            more = _single(query, page.more)
            if more is None:
                continue
            args += (more,)
        if page.keyword:
            return Question(page.method, (), {page.keyword: key})
        return Question(page.method, args, {})
    return None


def path_below(weburl: Optional[str], url: Any) -> Optional[str]:
    """
    What comes after the site's address in a link, without the query.

    The scheme and a slash at the end of `weburl` make no difference; the
    host, a port other than the usual ones, and the path do.

    :returns: None if the link is not below the address.
    """
    if not weburl or not isinstance(url, str):
        return None
    try:
        site, link = urlsplit(weburl), urlsplit(url.strip())
        same = (link.scheme in PORTS
                and link.username is None
                and _host(site) == _host(link))
    except ValueError:
        return None
    root = site.path.rstrip('/') + '/'
    if not same or not link.path.startswith(root):
        return None
    return link.path[len(root):]


def _host(parts: Any) -> Tuple[Optional[str], Optional[int]]:
    port = parts.port
    return parts.hostname, None if port == PORTS.get(parts.scheme) else port


def _single(query: Dict[str, Any], name: str) -> Optional[str]:
    values = set(query.get(name, ()))
    if len(values) != 1:
        return None
    [value] = values
    # Nothing on a hub has a name with control characters.
    return value if value.isprintable() else None


def _key(text: str, takes: str) -> Any:
    """An id or a name, whichever is taken, or None."""
    if takes != 'name' and text.isascii() and text.isdigit():
        # More digits than any id has, and more than int() may take.
        number = int(text) if len(text) <= 10 else MAX_ID + 1
        return number if number <= MAX_ID else None
    return None if takes == 'id' else text
