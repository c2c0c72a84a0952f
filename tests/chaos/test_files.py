"""A large file up and down, through a proxy that cuts connections."""
from __future__ import annotations

import os
import tracemalloc
from hashlib import sha256
from random import Random
from typing import Any
from urllib.parse import urlsplit

from twisted.internet import reactor
from twisted.internet.defer import inlineCallbacks
from twisted.trial.unittest import TestCase

from tests.chaos.proxy import Proxy, cut
from tests.support import folder
from txkoji import Connection, Profile
from txkoji.files.paths import task_path
from txkoji.files.topurl import File
from txkoji.testing import FakeHub

#: Bytes of the file.
SIZE = 200 * 2**20

#: Bytes of a piece that is uploaded.
PIECE = 2**20


class CutTests(TestCase):
    """One piece of seven, or so, does not get through."""

    timeout = 300

    @inlineCallbacks
    def setUp(self) -> Any:
        """Set up what the tests share."""
        self.folder = folder(self)
        self.hub = FakeHub(reactor=reactor, folder=self.folder + '/hub')
        self.hub.sessions.passwords['bob'] = 'x'
        url = yield self.hub.listen()
        self.addCleanup(self.hub.stop)
        port = urlsplit(url).port
        assert port is not None
        self.proxy = Proxy(reactor, port, cut(Random(7), 7, PIECE))
        port = yield self.proxy.listen()
        self.addCleanup(self.proxy.stop)
        top = f'http://127.0.0.1:{port}'
        self.koji = Connection(Profile(
            'cut', server=top + '/kojihub', topurl=top + '/kojifiles',
            retry_interval=0.05))
        self.addCleanup(self.koji.close)
        yield self.koji.login('password', user='bob', password='x',
                              allow_http=True)
        self.path = self.folder + '/big'
        random, self.sha256 = Random(1), sha256()
        with open(self.path, 'wb') as file:
            for _ in range(SIZE // PIECE):
                data = random.randbytes(PIECE)
                self.sha256.update(data)
                file.write(data)

    @inlineCallbacks
    def test_up_and_down(self) -> Any:
        """What arrives is what was sent, each piece at its own place."""
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        yield self.koji.upload(self.path, 'cli-build/1', 'big')
        place = task_path(6476, 'big')
        # To the folder of a task only its builder uploads.
        os.renames(f'{self.folder}/hub/work/cli-build/1/big',
                   f'{self.folder}/hub/{place}')
        self.check(f'{self.folder}/hub/{place}')
        offsets = [int(args[0]['offset']) for method, args, _
                   in self.hub.calls if method == 'upload']
        # In their order; some of them more than once.
        self.assertEqual(sorted(set(offsets)), list(range(0, SIZE, PIECE)))
        self.assertEqual(offsets, sorted(offsets))
        self.report(f'uploaded in {len(offsets)} pieces')

        yield File(self.koji, place).download(self.folder + '/a')
        self.check(self.folder + '/a')
        self.report('downloaded')

        yield self.koji.download_task_output(6476, 'big', self.folder + '/b')
        self.check(self.folder + '/b')
        self.report('downloaded in calls')
        # The hub, its proxy and we are in this process.
        self.assertLess(tracemalloc.get_traced_memory()[1], 64 * 2**20)

    def check(self, path: str) -> None:
        """Compare a file with that which was sent."""
        made = sha256()
        with open(path, 'rb') as file:
            for data in iter(lambda: file.read(PIECE), b''):
                made.update(data)
        self.assertEqual(made.hexdigest(), self.sha256.hexdigest())

    def report(self, what: str) -> None:
        """Print what was done on the way, of which there is to be much."""
        done, peak = self.proxy.done, tracemalloc.get_traced_memory()[1]
        self.assertGreater(sum(done.values()), 10)
        print(f'{SIZE >> 20} MiB {what}; connections cut: {dict(done)}; at'
              f' most {peak / 2**20:.0f} MiB of memory')
        done.clear()
