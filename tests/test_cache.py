"""Tests of the cache of names."""
from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import threading
from typing import Any

from munch import Munch
from twisted.internet import reactor
from twisted.internet.defer import (
    CancelledError,
    Deferred,
    gatherResults,
    inlineCallbacks,
    succeed,
)
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tests.support import HubTestCase, folder, write
from txkoji import cache as cache_module
from txkoji.cache import Cache
from txkoji.exceptions import ConfigurationError, ServerOffline
from txkoji.name_files import NameFiles
from txkoji.testing import FakeHub

ROOT = os.path.dirname(os.path.dirname(__file__))

#: A program that writes a name many times, and may kill itself meanwhile.
WRITER = '''
import os, sys
from txkoji.testing import FakeHub

cache = FakeHub().connection().cache
if sys.argv[2] == 'killed':
    os.replace = lambda *args: os.kill(os.getpid(), 9)
for number in range(int(sys.argv[3])):
    cache.put_name('user', 5, sys.argv[1] * 500)
'''


class CacheTestCase(HubTestCase):
    """The files of the cache are in a folder of the test."""

    def setUp(self) -> None:
        """Make a folder for the files."""
        super().setUp()
        self.folder = folder(self)
        self.patch(os, 'environ', {**os.environ,
                                   'XDG_CACHE_HOME': self.folder})
        self.cache = self.koji.cache

    def turn(self) -> None:
        """Let batched calls go out."""
        self.hub.clock.advance(0)

    def fresh(self, **kwargs: Any) -> Cache:
        """Make a cache with nothing in memory."""
        return Cache(self.koji, reactor=self.hub.clock, **kwargs)


class NamesTests(CacheTestCase):
    """Names are read through memory, files and the hub."""

    def test_read_through(self) -> None:
        """The hub is asked once for a name; then its file has it."""
        call = self.cache.user_name(2)
        self.turn()
        self.assertEqual(self.get(call), 'alice')
        path = os.path.join(self.folder, 'txkoji', 'fakehub', 'user', '2')
        self.assertEqual(self.cache.filename('user', 2), path)
        with open(path) as file:
            self.assertEqual(file.read(), 'alice')
        self.assertEqual(self.get(self.cache.user_name(2)), 'alice')
        self.assertEqual(self.get(self.fresh().user_name(2)), 'alice')
        self.assertEqual(self.hub.requests, 1)

    def test_tags(self) -> None:
        """Names of tags and users are kept apart."""
        calls = [self.cache.tag_name(33), self.cache.user_name(3)]
        self.turn()
        self.assertEqual([self.get(call) for call in calls], ['f44', 'bob'])
        self.assertIs(self.koji.cache, self.cache)
        self.assertIs(self.koji.with_options(timeout=5).cache, self.cache)

    def test_plain(self) -> None:
        """get_name and put_name return at once."""
        self.assertIsNone(self.cache.get_name('user', 5))
        self.cache.put_name('user', 5, 'zoe')
        for cache in (self.cache, self.fresh()):
            self.assertEqual(cache.get_name('user', 5), 'zoe')
        self.cache.put_name('user', 5, 'zoë')
        self.assertEqual(self.fresh().get_name('user', '5'), 'zoë')
        self.assertEqual(self.hub.requests, 0)

    def test_load(self) -> None:
        """Names of other types are loaded by any method."""
        class Thing:
            name = 'a thing'

        for method in (lambda id_: Thing, lambda id_: succeed(Thing)):
            self.assertEqual(self.get(self.fresh().get_or_load_name(
                'thing', 5, method)), 'a thing')
            os.unlink(self.cache.filename('thing', 5))

    def test_unknown(self) -> None:
        """An unknown user has no name, and is asked for again."""
        for number in range(2):
            call = self.cache.user_name(999999)
            self.turn()
            self.assertIsNone(self.get(call))
        self.assertEqual(self.hub.requests, 2)
        self.assertRaises(ValueError, self.cache._name, 'host', 5)
        self.fail_of(self.cache.many('host', [5]), ValueError)

    def test_none(self) -> None:
        """The id None has no name, and the hub is not asked."""
        self.assertIsNone(self.get(self.cache.user_name(None)))
        self.assertEqual(self.get(self.cache.many('user', [None])),
                         {None: None})
        self.assertEqual(self.hub.requests, 0)

    def test_younger(self) -> None:
        """A name in memory is newer than one that was read before."""
        self.cache.put_name('user', 5, 'old')
        cache = self.fresh()
        entry = cache._files.read('user', 5)
        cache.put_name('user', 5, 'new')
        self.assertEqual(cache._merge('user', 5, entry), 'new')
        self.assertEqual(cache.get_name('user', 5), 'new')

    def test_no_names(self) -> None:
        """A text that cannot be a name is not written."""
        self.assertRaises(TypeError, self.cache.put_name, 'user', 5, None)
        for name in ('', 'a\nb', 'x' * 2000):
            self.cache.put_name('user', 5, name)
        self.assertFalse(os.path.exists(self.cache.filename('user', 5)))

    def test_coroutines(self) -> None:
        """The method may be a coroutine function."""
        class Thing:
            name = 'thing'

        async def load(id_: int) -> Any:
            return Thing

        self.assertEqual(self.get(self.cache.get_or_load_name(
            'thing', 5, load)), 'thing')

    def test_shared(self) -> None:
        """Simultaneous calls for one name share one call."""
        calls = [self.cache.user_name(number % 10 + 1)
                 for number in range(1000)]
        self.assertEqual(len({id(call) for call in calls}), 1000)
        calls[0].cancel()
        self.fail_of(calls[0], CancelledError)
        self.turn()
        names = [self.get(call) for call in calls[1:]]
        self.assertEqual(self.hub.requests, 1)
        self.assertEqual(len(self.hub.calls), 11)
        for number, name in enumerate(names, 1):
            self.assertEqual(name, self.get(
                self.koji.getUser(number % 10 + 1)).name)

    def test_many(self) -> None:
        """One request loads all unknown names."""
        self.cache.put_name('user', 2, 'kept')
        call = self.cache.many('user', [1, 2, 3, 2, 999999])
        self.turn()
        names = self.get(call)
        self.assertEqual((names[2], names[3], names[999999]),
                         ('kept', 'bob', None))
        self.assertEqual(list(names), [1, 2, 3, 999999])
        self.assertEqual(self.hub.requests, 1)
        self.assertEqual(self.get(self.cache.many('user', [])), {})
        self.assertEqual(self.get(self.fresh().many('user', [1, 2, 3])),
                         {1: names[1], 2: 'kept', 3: 'bob'})
        self.assertEqual(self.hub.requests, 1)

    def test_trouble(self) -> None:
        """If the hub is offline, each caller gets the error."""
        self.hub.misbehave('offline')
        calls = [self.cache.user_name(2), self.cache.user_name(2),
                 self.cache.many('user', [2, 3])]
        self.turn()
        for call in calls:
            self.fail_of(call, ServerOffline)
        self.hub.behave()
        call = self.cache.user_name(2)
        self.turn()
        self.assertEqual(self.get(call), 'alice')

    def test_max_age(self) -> None:
        """A name that is too old is loaded again."""
        now = 1000.0
        for max_age, later, expected in [
                (60, 60, 'old'), (60, 61, 'alice'), (None, 1e9, 'old'),
                # If the clock was put back, the age is not known.
                (60, -1, 'alice'), (86400, 86401, 'alice')]:
            for memory in (True, False):
                self.fresh(now=lambda: now).put_name('user', 2, 'old')
                now = 1000.0
                cache = self.fresh(max_age=max_age, now=lambda: now)
                if memory:
                    cache.put_name('user', 2, 'old')
                now += later
                self.assertEqual(cache.get_name('user', 2),
                                 'old' if expected == 'old' else None)
                for call in (cache.user_name(2), cache.many('user', [2])):
                    self.turn()
                    self.assertIn(self.get(call), (expected, {2: expected}))
                self.assertEqual(cache.get_name('user', 2), expected)
                self.assertEqual(
                    os.stat(cache.filename('user', 2)).st_mtime,
                    1000 if expected == 'old' else now)
                now = 1000.0

    def test_renamed(self) -> None:
        """A renamed tag has its new name after a day."""
        now = 1000.0
        cache = self.fresh(now=lambda: now)
        tag = next(tag for tag in self.hub.tables.tags if tag['id'] == 33)
        for name, later, expected in [('f44', 0, 'f44'), ('new', 86400, 'f44'),
                                      ('new', 86401, 'new')]:
            tag['name'] = name
            now = 1000.0 + later
            for each in (cache, self.fresh(now=lambda: now)):
                call = each.tag_name(33)
                self.turn()
                self.assertEqual(self.get(call), expected)

    def test_option(self) -> None:
        """A connection has the age limit as an option."""
        self.cache.put_name('user', 2, 'old')
        since = os.stat(self.cache.filename('user', 2)).st_mtime
        for option, age, expected in [
                ({}, 86000, 'old'), ({}, 87000, None),
                ({'cache_max_age': 50}, 100, None),
                ({'cache_max_age': 2 * 86400}, 87000, 'old'),
                ({'cache_max_age': float('inf')}, 1e9, 'old')]:
            os.utime(self.cache.filename('user', 2), (0, since - age))
            koji = self.hub.connection(**option)
            self.assertEqual(koji.cache.get_name('user', 2), expected)
            self.assertEqual(koji.with_options(timeout=5).cache, koji.cache)
        for wrong in (0, -5, float('nan'), '5', None, True, []):
            error = self.assertRaises(
                ConfigurationError, self.hub.connection, cache_max_age=wrong)
            self.assertIn('cache_max_age', str(error))

    def test_directory(self) -> None:
        """The files may be in another directory."""
        place = folder(self)
        for cache in (Cache(self.koji, directory=place),
                      Cache(self.koji, place),
                      Cache(self.koji, directory=pathlib.Path(place))):
            self.assertEqual(cache.directory, place)
            self.assertEqual(cache.filename('user', 5),
                             place + '/fakehub/user/5')
            cache.put_name('user', 5, 'zoe')
            self.assertEqual(cache.get_name('user', 5), 'zoe')
            self.assertTrue(os.path.exists(place + '/fakehub/user/5'))
        self.assertEqual(self.cache.directory, self.folder + '/txkoji')
        self.assertEqual(os.listdir(self.folder), [])

    def test_memory(self) -> None:
        """The number of names in memory has a limit."""
        self.patch(cache_module, 'MAX_IN_MEMORY', 10)
        for number in range(100):
            self.cache.put_name('user', number, f'user{number}')
            self.assertLessEqual(len(self.cache._memory), 10)
        self.assertEqual(self.cache.get_name('user', 1), 'user1')
        found = self.get(self.fresh().many('user', range(100)))
        self.assertEqual(found, {number: f'user{number}'
                                 for number in range(100)})
        self.assertEqual(self.hub.requests, 0)


class ForgetTests(CacheTestCase):
    """forget() removes names from memory and files."""

    ALL = {('user', 2), ('user', 3), ('tag', 2), ('tag', 33), ('thing', 'x')}

    def setUp(self) -> None:
        """Put names of several types."""
        super().setUp()
        for type_, id_ in self.ALL:
            self.cache.put_name(type_, id_, 'old')

    def kept(self, cache: Cache) -> Any:
        """List the names that a cache has."""
        return {(type_, id_) for type_, id_ in self.ALL
                if cache.get_name(type_, id_) is not None}

    def test_forget(self) -> None:
        """One name, a type, or all names of a profile are removed."""
        other = self.hub.connection(name='other').cache
        other.put_name('user', 2, 'old')
        for args, left in [
                (('user', 99), self.ALL), (('none',), self.ALL),
                (('user', 2), self.ALL - {('user', 2)}),
                (('tag', '2'), self.ALL - {('user', 2), ('tag', 2)}),
                (('user',), {('tag', 33), ('thing', 'x')}), ((), set()),
                ((), set())]:
            self.assertIsNone(self.get(self.cache.forget(*args)))
            self.assertEqual(self.kept(self.cache), left)
            self.assertEqual(self.kept(self.fresh()), left)
        self.assertEqual(self.kept(other), {('user', 2)})
        call = self.cache.user_name(2)
        self.turn()
        self.assertEqual(self.get(call), 'alice')
        self.assertEqual(self.kept(self.fresh()), {('user', 2)})

    def test_no_type(self) -> None:
        """An id without a type is an error; all names stay."""
        self.fail_of(self.cache.forget(id_=2), ValueError)
        self.assertEqual(self.kept(self.cache), self.ALL)

    def test_without_files(self) -> None:
        """forget() works without files."""
        self.get(Cache(self.koji, self.folder + '/none',
                       reactor=self.hub.clock).forget())
        write(self.folder + '/txkoji/fakehub/file', 'x')
        self.get(self.cache.forget())
        self.assertEqual(os.listdir(self.folder + '/txkoji/fakehub/user'), [])

    def test_unfinished(self) -> None:
        """The temporary file of another process stays."""
        path = write(self.folder + '/txkoji/fakehub/user/.x', 'half')
        self.get(self.cache.forget())
        self.assertTrue(os.path.exists(path))

    def test_trouble(self) -> None:
        """A file that cannot be removed does no harm."""
        os.makedirs(self.cache.filename('user', 5))
        self.get(self.cache.forget('user', 5))
        self.get(self.cache.forget())
        self.assertEqual(self.kept(self.fresh()), set())

    def test_asking(self) -> None:
        """A name that was being loaded is neither kept nor shared."""
        for args in ((), ('thing',), ('thing', 'x')):
            self.cache.put_name('thing', 'x', 'old')
            self.get(self.cache.forget('thing', 'x'))
            answers: list[Deferred[Any]] = [Deferred(), Deferred()]
            calls = [self.cache.get_or_load_name(
                'thing', 'x', lambda id_: answers[0])]
            self.get(self.cache.forget(*args))
            calls.append(self.cache.get_or_load_name(
                'thing', 'x', lambda id_: answers[1]))
            answers[0].callback(Munch(name='before'))
            self.assertEqual(self.get(calls[0]), 'before')
            self.assertIsNone(self.cache.get_name('thing', 'x'))
            # A later call shares the load that began after forget().
            calls.append(self.cache.get_or_load_name(
                'thing', 'x', self.fail))
            answers[1].callback(Munch(name='after'))
            self.assertEqual([self.get(call) for call in calls[1:]],
                             ['after'] * 2)
            self.assertEqual(self.fresh().get_name('thing', 'x'), 'after')

    def test_reading(self) -> None:
        """A file that is read or written meanwhile is not kept."""
        class Slow(Cache):
            """Gives each result of another thread when it is told to."""

            def _in_thread(self, function: Any, *args: Any) -> Any:
                return waiting.pop(0).addCallback(
                    lambda _: function(*args))

        waiting: list[Any] = []

        def slow(*files: Any) -> Cache:
            waiting[:] = files
            return Slow(self.koji)

        answer = Munch(name='new')
        read: Deferred[None] = Deferred()
        cache = slow(read, succeed(None))
        read_file = cache._files.read
        self.patch(cache._files, 'read', lambda *args: (
            read_file(*args), self.get(cache.forget('thing', 'x')))[0])
        call = cache.get_or_load_name('thing', 'x', lambda id_: answer)
        read.callback(None)
        self.assertEqual(self.get(call), 'new')

        written: Deferred[None] = Deferred()
        cache = slow(succeed(None), written, succeed(None))
        self.get(cache.forget('user', 3))
        call = cache.get_or_load_name('user', 3, lambda id_: answer)
        self.get(cache.forget('user', 3))
        written.callback(None)
        self.assertEqual(self.get(call), 'new')
        self.assertIsNone(cache.get_name('user', 3))
        self.assertEqual(waiting, [])


class FilesTests(CacheTestCase):
    """Damaged files do no harm."""

    def test_place(self) -> None:
        """No type, id or profile leads out of the directory."""
        for odd in ['..', '.', '../../x', '/etc/passwd', 'a/b', '\0', '',
                    'x\ny', '%2E', 'ü', '~', '...', '\ud800']:
            for names in [('user', odd), (odd, 5)]:
                path = self.cache.filename(*names)
                self.assertEqual(os.path.normpath(path), path.rstrip('/'))
                self.assertTrue(path.startswith(
                    os.path.join(self.folder, 'txkoji', 'fakehub', '')))
                self.assertNotIn('\0', path)
                self.assertEqual(
                    len(os.path.relpath(path, self.folder).split('/')), 4,
                    path)
            koji = FakeHub(clock=Clock()).connection(name=odd)
            path = koji.cache.filename('user', 5)
            self.assertTrue(path.startswith(
                os.path.join(self.folder, 'txkoji', '')))
            self.assertNotIn('/../', path)
        paths = {self.cache.filename('user', odd)
                 for odd in ['.', '%2E', '..', '%2E%2E']}
        self.assertEqual(len(paths), 4)

    def test_home(self) -> None:
        """Without a usable XDG_CACHE_HOME, ~/.cache is used."""
        for value in ('', 'here'):
            os.environ['XDG_CACHE_HOME'] = value
            os.environ['HOME'] = self.folder
            self.assertEqual(
                self.cache.filename('user', 5),
                self.folder + '/.cache/txkoji/fakehub/user/5')

    def test_damaged(self) -> None:
        """A damaged file is ignored, and written again."""
        path = self.cache.filename('user', 2)
        for data in [b'', b'\xff\xfe', b'x' * 5000, b'a\nb', b'\0', b'\n']:
            write(path, data)
            self.assertIsNone(self.fresh().get_name('user', 2))
            call = self.fresh().user_name(2)
            self.turn()
            self.assertEqual(self.get(call), 'alice')
            with open(path) as file:
                self.assertEqual(file.read(), 'alice')
        write(path, b'older\n')
        self.assertEqual(self.fresh().get_name('user', 2), 'older')

    def test_unreadable(self) -> None:
        """A file that cannot be read or written does no harm."""
        os.makedirs(self.cache.filename('user', 2))
        write(os.path.join(self.folder, 'txkoji', 'fakehub', 'tag'), 'x')
        for method, number, name in [('user_name', 2, 'alice'),
                                     ('tag_name', 33, 'f44')]:
            call = getattr(self.cache, method)(number)
            self.turn()
            self.assertEqual(self.get(call), name)
        self.assertEqual(os.listdir(
            os.path.dirname(self.cache.filename('user', 2))), ['2'])

    def run_writer(self, *args: str) -> Any:
        """Start a process that writes a name."""
        return subprocess.Popen([sys.executable, '-c', WRITER, *args],
                                cwd=ROOT, env=dict(os.environ))

    def test_killed(self) -> None:
        """A process that is killed leaves the old name."""
        self.cache.put_name('user', 5, 'before')
        self.assertEqual(self.run_writer('x', 'killed', '1').wait(),
                         -signal.SIGKILL)
        self.assertEqual(self.fresh().get_name('user', 5), 'before')
        folder = os.path.dirname(self.cache.filename('user', 5))
        [left] = [name for name in os.listdir(folder) if name != '5']
        # The next process removes the temporary file if it is old.
        os.utime(os.path.join(folder, left), (1000, 1000))
        self.fresh().put_name('user', 6, 'x')
        self.assertEqual(sorted(os.listdir(folder)), ['5', '6'])

    def test_untidy(self) -> None:
        """A temporary file that cannot be removed does no harm."""
        folder = os.path.dirname(self.cache.filename('user', 5))
        os.makedirs(os.path.join(folder, '.folder'))
        os.utime(os.path.join(folder, '.folder'), (1000, 1000))
        os.symlink('nowhere', os.path.join(folder, '.gone'))
        self.cache.put_name('user', 5, 'x')
        self.assertEqual(self.fresh().get_name('user', 5), 'x')

    def test_two_processes(self) -> None:
        """A file is complete while two processes write it."""
        path = self.cache.filename('user', 5)
        self.cache.put_name('user', 5, 'a' * 500)
        writers = [self.run_writer(letter, 'on', '2000') for letter in 'ab']
        read = 0
        while any(writer.poll() is None for writer in writers):
            with open(path) as file:
                self.assertIn(file.read(), ('a' * 500, 'b' * 500))
            read += 1
        self.assertEqual([writer.wait() for writer in writers], [0, 0])
        self.assertGreater(read, 100)
        self.assertEqual(os.listdir(os.path.dirname(path)), ['5'])


class ThreadTests(TestCase):
    """The reactor has threads."""

    @inlineCallbacks
    def test_threads(self) -> Any:
        """Files are used in threads other than the reactor's."""
        self.patch(os, 'environ', {**os.environ,
                                   'XDG_CACHE_HOME': folder(self)})
        threads: list[Any] = []
        removing: set[Any] = set()

        path, unlink = NameFiles.path, NameFiles._unlink

        def watched_path(files: NameFiles, *args: Any) -> str:
            threads.append(threading.current_thread())
            return path(files, *args)

        def watched_unlink(files: NameFiles, name: str) -> None:
            removing.add(threading.current_thread())
            unlink(files, name)

        self.patch(NameFiles, 'path', watched_path)
        self.patch(NameFiles, '_unlink', watched_unlink)
        hub = FakeHub(reactor=reactor)
        koji = hub.connection()
        for _ in range(2):
            cache = Cache(koji, reactor=reactor)
            names = yield gatherResults(
                [cache.user_name(2), cache.user_name(3)])
            self.assertEqual(names, ['alice', 'bob'])
            names = yield cache.many('user', [2, 3])
            self.assertEqual(names, {2: 'alice', 3: 'bob'})
        self.assertNotIn(threading.main_thread(), threads)
        self.assertGreater(len(threads), 3)
        yield cache.forget()
        self.assertNotIn(threading.main_thread(), removing)
        self.assertEqual(len(removing), 1)
        self.assertEqual(os.listdir(os.path.dirname(
            cache.filename('user', 2))), [])
        done: Deferred[Any] = koji.close()
        yield done
