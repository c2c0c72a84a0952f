"""Links: searches, files, other names of a site, and several in a text."""
from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError

import txkoji.connection
from tests.support import HubTestCase, folder, write
from txkoji import Connection, Profile
from txkoji.build import Build
from txkoji.exceptions import (
    AnswerError,
    ConfigurationError,
    GenericError,
    ServerOffline,
)
from txkoji.files.file import File
from txkoji.links import links_in
from txkoji.package import Package
from txkoji.repo import Repo
from txkoji.rpm import RPM
from txkoji.task import Task
from txkoji.web import find_site, read_link

WEB = 'http://hub.example.test/koji'
TOP = 'https://hub.example.test/kojifiles'
CEPH = TOP + '/packages/ceph/99.0/1.fc44'


class SearchTests(HubTestCase):
    """Links to searches."""

    def test_search(self) -> None:
        """A search gives the rows of its first page."""
        found = self.get(self.koji.from_web(
            WEB + '/search?terms=ali*&type=user&match=glob'))
        self.assertEqual(found, [{'id': 2, 'name': 'alice'}])
        self.assertEqual(self.hub.calls, [('search', (
            'ali*', 'user', 'glob', {'limit': 50, 'order': 'name'}), {})])

    def test_parameters(self) -> None:
        """All three parameters are needed, as kojiweb needs them."""
        for query in ('terms=x', 'terms=x&type=user', 'type=user&match=glob',
                      'terms=x&type=user&match=odd', 'terms=x&match=glob',
                      'terms=x&terms=y&type=user&match=glob',
                      'terms=%00&type=user&match=glob'):
            self.assertIsNone(read_link(WEB, f'{WEB}/search?{query}'), query)
        asked = read_link(
            WEB, WEB + '/search?match=exact&type=build&terms=+a+b+')
        self.assertEqual(asked and asked.args[:3], ('a b', 'build', 'exact'))


class FilesTests(HubTestCase):
    """Links to files and folders under the topurl."""

    def linked(self, url: str) -> Any:
        """Get what a link is to."""
        return self.get(self.koji.from_web(url))

    def test_builds(self) -> None:
        """A folder is of a build, a package's of the package."""
        for path in ('', '/', '/x86_64/', '/data/logs'):
            build = self.linked(CEPH + path)
            self.assertIsInstance(build, Build)
            self.assertEqual(build.nvr, 'ceph-99.0-1.fc44')
        package = self.linked(TOP + '/packages/ceph/')
        self.assertIsInstance(package, Package)
        self.assertEqual(package.name, 'ceph')

    def test_rpms(self) -> None:
        """An RPM's file, and a signed copy, give the RPM with its build."""
        name = 'x86_64/ceph-libs-99.0-1.fc44.x86_64.rpm'
        for path in (name, f'data/signed/11a1b2c3/{name}'):
            rpm = self.linked(f'{CEPH}/{path}')
            self.assertIsInstance(rpm, RPM)
            self.assertEqual((rpm.id, rpm.name), (13, 'ceph-libs'))
            self.assertEqual(rpm.url, f'{CEPH}/{name}')
        self.assertIsNone(self.linked(
            CEPH + '/x86_64/other-99.0-1.fc44.x86_64.rpm'))

    def test_every_file(self) -> None:
        """Each file of a build is found by its own URL."""
        for nvr in ('ceph-99.0-1.fc44', 'rhceph-container-8-40'):
            build = self.get(self.koji.getBuild(nvr))
            for file in self.get(build.files()):
                found = self.linked(file.url)
                if isinstance(file.about, RPM):
                    self.assertEqual(found, file.about)
                else:
                    self.assertEqual((found.path, found.size, found.checksum),
                                     (file.path, file.size, file.checksum))
                    self.assertEqual(found.about, file.about or build)

    def test_archives(self) -> None:
        """A file that the hub does not know is at least of the build."""
        place = TOP + '/packages/rhceph-container/8/40/images/other.tar.gz'
        found = self.linked(place)
        self.assertIsInstance(found, File)
        self.assertEqual(found.url, place)
        self.assertEqual(found.about.nvr, 'rhceph-container-8-40')

    def test_described(self) -> None:
        """An archive without a file is not taken for one."""
        self.hub.tables.archives[0]['metadata_only'] = True
        name = self.hub.tables.archives[0]['filename']
        found = self.linked(
            f'{TOP}/packages/rhceph-container/8/40/images/{name}')
        self.assertIsInstance(found.about, Build)

    def test_tasks(self) -> None:
        """A task's folder is of the task, a file of it knows the task."""
        task = self.linked(TOP + '/work/tasks/6475/6475/')
        self.assertIsInstance(task, Task)
        self.assertEqual(task.package, 'nodejs22')
        for path in ('work/tasks/6475/6475/build.log',
                     'vol/vol3/work/tasks/6475/6475/build.log',
                     'scratch/alice/task_6475/build.log'):
            log = self.linked(f'{TOP}/{path}')
            self.assertIsInstance(log, File)
            self.assertEqual((log.path, log.about), (path, task))

    def test_repos(self) -> None:
        """A repository is found by its id, or as the latest of its tag."""
        number = self.hub.repos.make(33)
        for path in (f'repos/f44/{number}/x86_64/repodata/repomd.xml',
                     f'repos/f44/{number}', 'repos/f44/latest/x86_64/'):
            repo = self.linked(f'{TOP}/{path}')
            self.assertIsInstance(repo, Repo)
            self.assertEqual((repo.id, repo.tag_name), (number, 'f44'))
        for path in ('repos/f44/999', 'repos/nosuch/latest',
                     'repos-dist/f44/latest'):
            self.assertIsNone(self.linked(f'{TOP}/{path}'), path)

    def test_forms(self) -> None:
        """Escapes, punctuation and doubled slashes make no difference."""
        for url in ('<' + CEPH + '/>.', CEPH.replace('99', '%399'),
                    CEPH.replace('/ceph/', '//ceph///') + '),',
                    CEPH.replace('https', 'http') + '/?C=M;O=D#x'):
            self.assertEqual(self.linked(url).nvr, 'ceph-99.0-1.fc44', url)

    def test_missing(self) -> None:
        """Of nothing that there is, there is nothing."""
        for path in ('', '/', '/packages', '/packages/nosuch',
                     '/packages/a/b/c/data/logs/x.log', '/other',
                     '/packages/a/b/c/x86_64/a-b-c.x86_64.rpm',
                     '/work/tasks/9999/999999999', '/packages/%00',
                     '/packages/\ud800', '/packages/..%2f..%2fx'):
            self.assertIsNone(self.linked(TOP + path), path)

    def test_no_topurl(self) -> None:
        """Without a topurl no file can be linked."""
        koji = self.hub.connection(topurl=None)
        self.assertIsNone(self.get(koji.from_web(CEPH)))


class SitesTests(HubTestCase):
    """Several host names of one site."""

    def test_weburls(self) -> None:
        """A link by any of the names is read."""
        koji = self.hub.connection(weburls=(
            'https://koji.example.org/koji/', 'https://old.example.org'))
        for site in (WEB, 'http://koji.example.org/koji',
                     'https://old.example.org'):
            task = self.get(koji.from_web(f'{site}/taskinfo?taskID=6475'))
            self.assertEqual(task.id, 6475)
        self.assertIsNone(self.get(koji.from_web(
            'https://new.example.org/taskinfo?taskID=6475')))

    def test_option(self) -> None:
        """The option in a file has spaces or commas between the URLs."""
        path = write(folder(self) + '/koji.conf', '''
[one]
server = https://one.example.org/hub
weburls = https://a.example.org/koji, https://b.example.org/koji
    https://c.example.org
topurl = https://files.example.org/one
[two]
server = https://two.example.org/hub
''')
        self.patch(txkoji.connection, 'PROFILES', [path])
        self.assertEqual(Connection('one').settings.weburls, (
            'https://a.example.org/koji', 'https://b.example.org/koji',
            'https://c.example.org'))
        self.assertEqual(Connection('two').settings.weburls, ())
        for url in ('https://b.example.org/koji/buildinfo?buildID=1',
                    'https://c.example.org/buildinfo?buildID=1',
                    'https://files.example.org/one/packages/a/1/1/'):
            koji = Connection.connect_from_web(url)
            self.assertEqual(koji and koji.profile, 'one', url)
        self.assertIsNone(Connection.connect_from_web(
            'https://files.example.org/two/packages/a/1/1/'))

    def test_wrong(self) -> None:
        """Anything but a tuple of texts is refused by its name."""
        for wrong in ('https://a.example.org', [], None, (5,)):
            error = self.assertRaises(
                ConfigurationError, Profile, 'x', weburls=wrong,
                server='https://one.example.org/hub')
            self.assertIn('weburls', str(error))

    def test_innermost(self) -> None:
        """Of sites within sites the innermost counts, by any name."""
        outer = Profile('outer', server='https://a.example.org/hub',
                        weburl='https://a.example.org/koji')
        inner = Profile('inner', server='https://b.example.org/hub',
                        weburls=('https://a.example.org/koji/inner',))
        for profiles in ([outer, inner], [inner, outer]):
            self.assertIs(find_site(
                profiles, 'https://a.example.org/koji/inner/x'), inner)
            self.assertIs(find_site(
                profiles, 'https://a.example.org/koji/x'), outer)


class TextsTests(HubTestCase):
    """Links in a text."""

    def find(self, text: str, **kwargs: Any) -> list[Any]:
        """Find links, while the clock goes on."""
        finding = self.koji.find_links(text, **kwargs)
        for _ in range(10):
            self.hub.clock.advance(0)
        return self.get(finding)

    def test_marks(self) -> None:
        """Links are found in plain text, Markdown, HTML and chats."""
        a, b = 'https://a.example.org/x?y=1', 'https://b.example.org/(z)'
        for text in ['{} {}', 'see {}, {}.', '({}) <{}>', '{},{}', '{};{}',
                     '[x]({}) [y]({})', '[{}]({})',
                     '<a href="{}">x</a> {}', '<{}|x> {}', '"{}" \'{}\'',
                     '\n{}\n{}\n', '{}: {}!', '**{}** `{}`', 'x{}>{}<',
                     'HTTPS: {},, {}']:
            self.assertEqual(links_in(text.format(a, b)), [a, b], text)
        self.assertEqual(links_in(f'{a} {a}. {a}'), [a])
        self.assertEqual(links_in('HTTP://A.example.org/x'),
                         ['HTTP://A.example.org/x'])
        for text in ('', 'no link', 'ftp://a.example.org', 'http:/x'):
            self.assertEqual(links_in(text), [], text)

    def test_long(self) -> None:
        """A long text of anything takes no time to speak of."""
        for part in (',', ';', 'http://', ',http://a', '](', '&amp;', '(',
                     '&#000', '"', '>)'):
            links_in('http://a' + part * 30000)

    def test_several(self) -> None:
        """Several links are got in one request, in their order."""
        text = (f'{WEB}/taskinfo?taskID=6475 made {CEPH}/data/logs/x/a.log,'
                f' which is not https://other.example.org/buildinfo?buildID=1'
                f' ({WEB}/buildinfo?buildID=5356): {WEB}/buildinfo?buildID=0'
                f' and {WEB}/tasks. {WEB}/taskinfo?taskID=6475')
        before = self.hub.requests
        found = self.find(text)
        self.assertEqual(self.hub.requests - before, 1)
        self.assertEqual([link.url for link in found], [
            WEB + '/taskinfo?taskID=6475', CEPH + '/data/logs/x/a.log',
            WEB + '/buildinfo?buildID=5356', WEB + '/buildinfo?buildID=0'])
        task, log, build, none = [link.value for link in found]
        self.assertIsInstance(task, Task)
        self.assertEqual(task.package, 'nodejs22')
        self.assertEqual(log.about.nvr, 'ceph-99.0-1.fc44')
        self.assertEqual(build.id, 5356)
        self.assertIsNone(none)
        self.assertEqual({link.error for link in found}, {None})

    def test_none(self) -> None:
        """A text without a link of ours asks nothing."""
        self.assertEqual(self.find('hello https://example.org/'), [])
        self.assertEqual(self.hub.calls, [])

    def test_refused(self) -> None:
        """The hub's refusal of one link leaves the others."""
        one, two, three = self.find(
            f'{WEB}/search?terms=%28&type=tag&match=regexp'
            f' {WEB}/taskinfo?taskID=6475'
            f' {WEB}/search?terms=x&type=odd&match=glob')
        self.assertEqual(one.error.faultCode, 1)
        self.assertIn('not balanced', str(one.error))
        self.assertIsNone(one.value)
        self.assertEqual((two.value.id, two.error), (6475, None))
        self.assertIsInstance(three.error, GenericError)

    def test_away(self) -> None:
        """A hub that cannot be asked is an error of the whole."""
        text = f'{WEB}/taskinfo?taskID=6475 {WEB}/buildinfo?buildID=5356'
        for kind, error in [('offline', ServerOffline),
                            ('garbage', AnswerError)]:
            self.hub.misbehave(kind)
            finding = self.koji.find_links(text)
            for _ in range(10):
                self.hub.clock.advance(0)
            self.fail_of(finding, error)
            self.hub.behave()

    def test_canceled(self) -> None:
        """A cancellation ends the calls for all links, in each phase."""
        repo = f'{TOP}/repos/f44/latest'
        text = f'{WEB}/taskinfo?taskID=6475 {CEPH}/data/logs/x.log {repo}'
        for method in ('system.multicall', 'getRepo'):
            self.hub.misbehave('slow', method=method, seconds=5)
            finding = self.koji.find_links(text)
            self.hub.clock.pump([0] * 10)
            self.assertEqual(self.koji.stats.in_flight, 1, method)
            finding.cancel()
            self.fail_of(finding, CancelledError)
            self.assertEqual(self.koji.stats.in_flight, 0, method)
            self.hub.clock.advance(5)
            self.hub.behave()
        finding = self.koji.find_links(text)
        # Before the turn in which the calls go out.
        finding.cancel()
        self.fail_of(finding, CancelledError)
        del self.hub.calls[:]
        self.hub.clock.advance(5)
        self.assertEqual(self.hub.calls, [])
        # What was canceled does not disturb what comes later.
        self.assertEqual(len(self.find(text)), 3)

    def test_limit(self) -> None:
        """No more links are got than the limit says."""
        text = ' '.join(f'{WEB}/taskinfo?taskID={number}'
                        for number in range(6000, 6300))
        self.assertEqual(len(self.find(text)), 100)
        self.assertEqual(len(self.find(text, limit=3)), 3)
