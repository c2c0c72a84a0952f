"""Names that are kept in files."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import Any, List

from twisted.internet import reactor
from twisted.internet.defer import (CancelledError, Deferred, gatherResults,
                                    inlineCallbacks, succeed)
from twisted.trial.unittest import TestCase

from tests.support import HubTestCase, folder, write
from txkoji import cache as cache_module
from txkoji.cache import Cache
from txkoji.exceptions import ServerOffline
from txkoji.testing import FakeHub

ROOT = os.path.dirname(os.path.dirname(__file__))

#: Writes a name many times, and may be killed in the middle of one.
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
    """With a place for the files."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = folder(self)
        self.patch(os, 'environ', {**os.environ,
                                   'XDG_CACHE_HOME': self.folder})
        self.cache = self.koji.cache

    def turn(self) -> None:
        self.hub.clock.advance(0)

    def fresh(self, **kwargs: Any) -> Cache:
        """A cache with nothing in memory."""
        return Cache(self.koji, reactor=self.hub.clock, **kwargs)


class NamesTests(CacheTestCase):
    """What programs use."""

    def test_read_through(self) -> None:
        """A name is asked for once, and found in its file from then on."""
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
        """So are the names of tags, which are others."""
        calls = [self.cache.tag_name(33), self.cache.user_name(3)]
        self.turn()
        self.assertEqual([self.get(call) for call in calls], ['f44', 'bob'])
        self.assertIs(self.koji.cache, self.cache)
        self.assertIs(self.koji.with_options(timeout=5).cache, self.cache)

    def test_plain(self) -> None:
        """get_name and put_name are plain functions."""
        self.assertIsNone(self.cache.get_name('user', 5))
        self.cache.put_name('user', 5, 'zoe')
        for cache in (self.cache, self.fresh()):
            self.assertEqual(cache.get_name('user', 5), 'zoe')
        self.cache.put_name('user', 5, 'zoë')
        self.assertEqual(self.fresh().get_name('user', '5'), 'zoë')
        self.assertEqual(self.hub.requests, 0)

    def test_load(self) -> None:
        """Other things can be asked for, by whatever gives them."""
        class Thing:
            name = 'a thing'

        for method in (lambda id_: Thing, lambda id_: succeed(Thing)):
            self.assertEqual(self.get(self.fresh().get_or_load_name(
                'thing', 5, method)), 'a thing')
            os.unlink(self.cache.filename('thing', 5))

    def test_unknown(self) -> None:
        """What the hub does not know has no name, and is asked for again."""
        for number in range(2):
            call = self.cache.user_name(999999)
            self.turn()
            self.assertIsNone(self.get(call))
        self.assertEqual(self.hub.requests, 2)
        self.assertRaises(ValueError, self.cache._name, 'host', 5)
        self.fail_of(self.cache.many('host', [5]), ValueError)

    def test_none(self) -> None:
        """Nobody has no name; the hub would take that for who asks."""
        self.assertIsNone(self.get(self.cache.user_name(None)))
        self.assertEqual(self.get(self.cache.many('user', [None])),
                         {None: None})
        self.assertEqual(self.hub.requests, 0)

    def test_younger(self) -> None:
        """What was put while a file was read is not put away."""
        self.cache.put_name('user', 5, 'old')
        cache = self.fresh()
        entry = cache._read('user', 5)
        cache.put_name('user', 5, 'new')
        self.assertEqual(cache._merge('user', 5, entry), 'new')
        self.assertEqual(cache.get_name('user', 5), 'new')

    def test_no_names(self) -> None:
        """What is no name is not kept, and leaves nothing behind."""
        self.assertRaises(TypeError, self.cache.put_name, 'user', 5, None)
        for name in ('', 'a\nb', 'x' * 2000):
            self.cache.put_name('user', 5, name)
        self.assertFalse(os.path.exists(self.cache.filename('user', 5)))

    def test_coroutines(self) -> None:
        """What is asked may be a coroutine."""
        class Thing:
            name = 'thing'

        async def load(id_: int) -> Any:
            return Thing

        self.assertEqual(self.get(self.cache.get_or_load_name(
            'thing', 5, load)), 'thing')

    def test_shared(self) -> None:
        """A thousand who ask for ten names at once are ten calls, in one."""
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
        """Many names are one request, of those that are not known."""
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
        """If the hub does not answer, each hears of it, and nothing stays."""
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
        """Old names are asked for anew."""
        self.cache.put_name('user', 2, 'old')
        path = self.cache.filename('user', 2)
        os.utime(path, (1000, 1000))
        for max_age, expected in [(None, 'old'), (1e12, 'old'),
                                  (3600, None)]:
            self.assertEqual(
                self.fresh(max_age=max_age).get_name('user', 2), expected)
        cache = self.fresh(max_age=3600)
        call = cache.user_name(2)
        self.turn()
        self.assertEqual(self.get(call), 'alice')
        self.assertEqual(cache.get_name('user', 2), 'alice')

    def test_memory(self) -> None:
        """The memory has a limit."""
        self.patch(cache_module, 'MEMORY', 10)
        for number in range(100):
            self.cache.put_name('user', number, f'user{number}')
            self.assertLessEqual(len(self.cache._memory), 10)
        self.assertEqual(self.cache.get_name('user', 1), 'user1')
        found = self.get(self.fresh().many('user', range(100)))
        self.assertEqual(found, {number: f'user{number}'
                                 for number in range(100)})
        self.assertEqual(self.hub.requests, 0)


class FilesTests(CacheTestCase):
    """Files, and what can be wrong with them."""

    def test_place(self) -> None:
        """Odd names cannot leave the directory."""
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
            koji = FakeHub().connection(name=odd)
            path = koji.cache.filename('user', 5)
            self.assertTrue(path.startswith(
                os.path.join(self.folder, 'txkoji', '')))
            self.assertNotIn('/../', path)
        paths = {self.cache.filename('user', odd)
                 for odd in ['.', '%2E', '..', '%2E%2E']}
        self.assertEqual(len(paths), 4)

    def test_home(self) -> None:
        """Without XDG_CACHE_HOME, or with a relative one, it is ~/.cache."""
        for value in ('', 'here'):
            os.environ['XDG_CACHE_HOME'] = value
            os.environ['HOME'] = self.folder
            self.assertEqual(
                self.cache.filename('user', 5),
                self.folder + '/.cache/txkoji/fakehub/user/5')

    def test_damaged(self) -> None:
        """A file that holds no name is a miss, and is written anew."""
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
        """One that cannot be read or written is done without."""
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
        return subprocess.Popen([sys.executable, '-c', WRITER, *args],
                                cwd=ROOT, env=dict(os.environ))

    def test_killed(self) -> None:
        """A process that is killed while writing leaves no half file."""
        self.cache.put_name('user', 5, 'before')
        self.assertEqual(self.run_writer('x', 'killed', '1').wait(),
                         -signal.SIGKILL)
        self.assertEqual(self.fresh().get_name('user', 5), 'before')
        folder = os.path.dirname(self.cache.filename('user', 5))
        [left] = [name for name in os.listdir(folder) if name != '5']
        # The next one finds what was left, when that is old enough.
        os.utime(os.path.join(folder, left), (1000, 1000))
        self.fresh().put_name('user', 6, 'x')
        self.assertEqual(sorted(os.listdir(folder)), ['5', '6'])

    def test_untidy(self) -> None:
        """What cannot be removed is in nobody's way."""
        folder = os.path.dirname(self.cache.filename('user', 5))
        os.makedirs(os.path.join(folder, '.folder'))
        os.utime(os.path.join(folder, '.folder'), (1000, 1000))
        os.symlink('nowhere', os.path.join(folder, '.gone'))
        self.cache.put_name('user', 5, 'x')
        self.assertEqual(self.fresh().get_name('user', 5), 'x')

    def test_two_processes(self) -> None:
        """Two that write at once do not meet: the file is whole always."""
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
    """With a reactor that has threads."""

    @inlineCallbacks
    def test_threads(self) -> Any:
        """Files are read and written off the reactor's thread."""
        self.patch(os, 'environ', {**os.environ,
                                   'XDG_CACHE_HOME': folder(self)})
        threads: List[Any] = []

        class Watched(Cache):
            def filename(self, *args: Any) -> str:
                threads.append(threading.current_thread())
                return super().filename(*args)

        hub = FakeHub(reactor=reactor)
        koji = hub.connection()
        for _ in range(2):
            cache = Watched(koji, reactor=reactor)
            names = yield gatherResults(
                [cache.user_name(2), cache.user_name(3)])
            self.assertEqual(names, ['alice', 'bob'])
            names = yield cache.many('user', [2, 3])
            self.assertEqual(names, {2: 'alice', 3: 'bob'})
        self.assertNotIn(threading.main_thread(), threads)
        self.assertGreater(len(threads), 3)
        done: Deferred[Any] = koji.close()
        yield done
