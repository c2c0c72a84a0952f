"""
Reading links: their site, and the hub method or the path that they stand for.

The pages are those of www/kojiweb/index.py in Koji.
"""
from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from txkoji.files.places import MAX_ID
from txkoji.hub.profile import Profile

#: The usual port of each scheme.
PORTS = {'http': 80, 'https': 443}

#: Characters before and after a link in a sentence.
OPENING = '<([{"\'`*\u201c\u2018\u00ab'
CLOSING = '>)]}"\'`*\u201d\u2019\u00bb.,;:!?\u2026'
PAIRS = {'>': '<', ')': '(', ']': '[', '}': '{'}

#: Characters that no link contains.
NOT_IN_LINKS = re.compile(r'[\s<>"]')

#: An ampersand in HTML, perhaps escaped several times.
AMPERSAND = re.compile(r'&(?:(?:amp|#0*38|#x0*26);)+', re.IGNORECASE)


class Page(NamedTuple):
    """A page of kojiweb, its parameter, and the hub method for its object."""

    #: The name of the parameter, such as "buildID".
    parameter: str
    #: The hub method that gets the object.
    method: str
    #: The kind of its value: an "id", a "name", or "either".
    takes: str = 'id'
    #: A second parameter, which the hub method takes, too.
    more: str = ''
    #: The name of the argument, if it is not positional.
    keyword: str = ''


#: A page with two kinds of parameters has two entries.
PAGES: dict[str, tuple[Page, ...]] = {
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
                 Page('userID', 'listHosts', keyword='userID'),
                 # The user of a host has the name of the host.
                 Page('userID', 'getHost', takes='either')),
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


#: The ways of a search to match names.
MATCHES = ('glob', 'regexp', 'exact')

#: Results on the first page of a search.
SEARCH_LIMIT = 50


class HubCall(NamedTuple):
    """A hub method and its arguments."""

    #: The name of the hub method.
    method: str
    #: Its positional arguments.
    args: tuple[Any, ...]
    #: Its named arguments.
    kwargs: dict[str, Any]


def find_site(profiles: Iterable[Profile], url: Any) -> Profile | None:
    """
    Find the profile whose site a link points to.

    :param url: the link; see `read_link`.
    :returns: a profile, or None. Of sites within sites the innermost counts,
              of equal sites the first.
    """
    found = [(len(below), profile) for profile in profiles
             for below in (path_below(address, url) for address in (
                 *addresses(profile), profile.topurl))
             if below is not None]
    return min(found, key=lambda pair: pair[0])[1] if found else None


def addresses(profile: Profile) -> tuple[str, ...]:
    """Give the URLs of kojiweb: ``weburl`` and ``weburls``."""
    return (*filter(None, [profile.weburl]), *profile.weburls)


def read_page(profile: Profile, url: Any) -> HubCall | None:
    """
    Read a link to kojiweb, by any of its URLs; see `read_link`.

    :param profile: the profile of the hub.
    """
    for address in addresses(profile):
        found = read_link(address, url)
        if found is not None:
            return found
    return None


def path_of_file(profile: Profile, url: Any) -> str | None:
    """
    Find the path of a file or folder in a link.

    :param profile: the profile of the hub.
    :param url: the link; see `read_link`.
    :returns: the path below the topurl; None if the link is to another place.
    """
    path = unquote(path_below(profile.topurl, url) or '')
    # Nothing on a hub has a name with control characters.
    return path if path.isprintable() and path else None


def read_link(weburl: str | None, url: Any) -> HubCall | None:
    """
    Read a link to kojiweb.

    :param weburl: the URL of kojiweb, as in the profile.
    :param url: the link, with the text around it (see `clean`).
    :returns: the call for its object. None if the link is to another site, to
              a page without a single object, or broken, or if the text is more
              than a link.
    """
    path = path_below(weburl, url)
    if path is None:
        return None
    try:
        query = parse_qs(urlsplit(clean(url)).query)
    except ValueError:
        return None
    if path == 'search':
        return _search(query)
    for page in PAGES.get(path, ()):
        value = _single(query, page.parameter)
        key = value if value is None else _key(value, page.takes)
        if key is None:
            continue
        args: tuple[Any, ...] = (key,)
        if page.more:
            more = _single(query, page.more)
            if more is None:
                continue
            args += (more,)
        if page.keyword:
            return HubCall(page.method, (), {page.keyword: key})
        return HubCall(page.method, args, {})
    return None


def _search(query: dict[str, Any]) -> HubCall | None:
    """Read the parameters of a search, which has no defaults for them."""
    terms, kind, match = (_single(query, name)
                          for name in ('terms', 'type', 'match'))
    if terms is None or kind is None or match not in MATCHES:
        return None
    return HubCall('search', (terms.strip(), kind, match, {
        'limit': SEARCH_LIMIT, 'order': 'name'}), {})


def path_below(weburl: str | None, url: Any) -> str | None:
    """
    Find the path of a link below the URL of kojiweb.

    The scheme, and doubled or final slashes, make no difference. The host, the
    path, and a port other than the default do.

    :returns: None if the text is no link, or not below the URL.
    """
    if not weburl or not isinstance(url, str):
        return None
    text = clean(url)
    if NOT_IN_LINKS.search(text):
        return None
    try:
        site, link = urlsplit(weburl), urlsplit(text)
        same = (link.scheme in PORTS
                and link.username is None
                and _host(site) == _host(link))
    except ValueError:
        return None
    root, path = _path(site.path + '/'), _path(link.path)
    if not same or not path.startswith(root):
        return None
    return path[len(root):].rstrip('/')


def clean(text: str) -> str:
    """
    Remove the characters that people write around a link.

    These are blanks, brackets, quotation marks and the punctuation of the
    sentence; and HTML's forms of an ampersand. A bracket that was opened
    within the link is a part of it.
    """
    text = AMPERSAND.sub('&', text.strip()).lstrip(OPENING)
    unopened = {closing: text.count(closing) - text.count(opening)
                for closing, opening in PAIRS.items()}
    end = len(text)
    while end and text[end - 1] in CLOSING:
        last = text[end - 1]
        if last in PAIRS:
            if unopened[last] <= 0:
                break
            unopened[last] -= 1
        end -= 1
    return text[:end]


def _path(path: str) -> str:
    """Read a path as web servers do: several slashes are one."""
    return re.sub('/+', '/', path)


def _host(parts: Any) -> tuple[str | None, int | None]:
    port = parts.port
    return parts.hostname, None if port == PORTS.get(parts.scheme) else port


def _single(query: dict[str, Any], name: str) -> str | None:
    values = set(query.get(name, ()))
    if len(values) != 1:
        return None
    [value] = values
    # Nothing on a hub has a name with control characters.
    return value if value.isprintable() else None


def _key(text: str, takes: str) -> Any:
    """Read an id or a name, whichever the page takes, or None."""
    if takes != 'name' and text.isascii() and text.isdigit():
        # Longer than any id, perhaps too long for int().
        number = int(text) if len(text) <= 10 else MAX_ID + 1
        return number if number <= MAX_ID else None
    return None if takes == 'id' else text
