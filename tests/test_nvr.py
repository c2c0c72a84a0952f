"""Names taken apart and compared, with Koji and rpm as peers."""
from __future__ import annotations

import doctest
import random
import shutil
import subprocess
from itertools import pairwise

import koji
from twisted.trial.unittest import SynchronousTestCase

import txkoji.nvr
from txkoji.nvr import NVR, NVRA, compare, segments

#: What versions and releases are made of.
PIECES = ['0', '1', '2', '10', '007', '20261101', 'a', 'b', 'rc', 'fc44',
          'el10', 'git', 'Z', '.', '.', '.', '_', '+', '~', '^', 'alpha']


def generated(seed: int) -> tuple[str, str]:
    """Make two versions, with or without epochs and releases."""
    rng = random.Random(seed)
    pieces = [rng.choice(PIECES) for _ in range(rng.randint(1, 7))]
    other = list(pieces)
    for _ in range(rng.randint(0, 3)):
        # Most pairs are alike, as the versions of one package are.
        other[rng.randrange(len(other))] = rng.choice(PIECES)
    found = []
    epoch = release = ''
    for each in (pieces, other):
        if not epoch or rng.random() < .2:
            epoch = rng.choice(['0:', '1:', '12:'])
        if not release or rng.random() < .5:
            release = rng.choice(['-1', '-2', '-01', '-1.fc44', '-1~x', ' '])
        found.append(f'{epoch.replace("0:", "")}1{"".join(each)}'
                     f'{release.strip()}')
    return found[0], found[1]


def plain_names(count: int) -> list[str]:
    """Make names of builds, as packagers write them."""
    rng = random.Random(5)
    names = ['bash', 'java-21-openjdk', 'gtk3', 'lib+c++', 'perl-Foo_Bar',
             'python3.14', '0ad', 'a-b-c-d', 'rust-rustc_1.0', 'ceph.x']
    versions = ['5.2.37', '1', '21.0.5.0.11', '2026a', '1.0~rc1', '1.0^git',
                '9_beta', '20261101.n.0']
    releases = ['1.fc44', '2', '0.1.rc1.el10_2', '1.fc44,draft_77', '3.fc44~x']
    return ['-'.join(rng.choice(each) + rng.choice(['', str(number)])
                     for each in (names, versions, releases))
            for number in range(count)]


class NVRTests(SynchronousTestCase):
    """Names of builds."""

    def test_koji(self) -> None:
        """Plain names give what Koji's own function gives."""
        names = plain_names(500)
        self.assertGreater(len(set(names)), 490)
        for name in names:
            found, theirs = NVR.parse(name), koji.parse_NVR(name)
            self.assertEqual(
                (found.name, found.version, found.release, found.epoch),
                (theirs['name'], theirs['version'], theirs['release'], None))
            self.assertEqual(theirs['epoch'], '')
            self.assertEqual(str(found), name)

    def test_epochs(self) -> None:
        """An epoch may stand before the version, or before the name."""
        for text in ('bash-1:5.2-3.fc44', '1:bash-5.2-3.fc44'):
            found = NVR.parse(text)
            self.assertEqual(found, NVR('bash', '5.2', '3.fc44', 1))
            self.assertEqual(found.nevr, 'bash-1:5.2-3.fc44')
            self.assertEqual(str(found), 'bash-5.2-3.fc44')
        self.assertEqual(koji.parse_NVR('1:bash-5.2-3.fc44')['epoch'], '1')
        # The difference that the docstring names.
        self.assertEqual(koji.parse_NVR('bash-1:5.2-3')['version'], '1:5.2')
        self.assertEqual(NVR.parse('bash-(none):5.2-3').epoch, None)
        self.assertEqual(NVR.parse('bash-0:5.2-3').epoch, 0)
        self.assertEqual(NVR.parse('bash-4294967295:5-3').epoch, 2**32 - 1)
        self.assertEqual(NVR.parse('bash-5.2-3').nevr, 'bash-5.2-3')

    def test_files(self) -> None:
        """Paths, URLs and the names of files give the build's name."""
        bash = NVR('bash', '5.2~rc1', '3.fc44')
        for text in (
                'bash-5.2~rc1-3.fc44.src.rpm',
                'a/b-1-2/bash-5.2~rc1-3.fc44',
                '/mnt/x86_64/bash-5.2~rc1-3.fc44.x86_64.rpm',
                'https://example.com/a-b-c/bash-5.2%7Erc1-3.fc44.noarch.rpm',
                'http://example.com/x/bash-5.2~rc1-3.fc44.src.rpm?a=b-c#d-e',
                'bash-5.2~rc1-3.fc44.x86_64.rpm@updates'):
            self.assertEqual(
                (NVRA if '@' in text else NVR).parse(text).version, '5.2~rc1')
            if '@' not in text:
                self.assertEqual(NVR.parse(text), bash, text)

    def test_drafts(self) -> None:
        """A draft has its build's id, and the release without the mark."""
        draft = NVR.parse('bash-5.2-3.fc44,draft_5391')
        self.assertEqual((draft.draft, draft.target_release),
                         (5391, '3.fc44'))
        self.assertEqual(draft.target_release,
                         koji.parse_target_release(draft.release))
        self.assertEqual(compare(draft, 'bash-5.2-3.fc44'), 0)
        for text in ('bash-5.2-3.fc44', 'bash-5.2-3.fc44,draft_x',
                     'bash-5.2-3.fc44,draft_', 'bash-5.2-3,draft_1,draft_2'):
            plain = NVR.parse(text)
            self.assertEqual((plain.draft, plain.target_release),
                             (None, plain.release), text)

    def test_no_names(self) -> None:
        """Anything else is a ValueError that shows the text."""
        for text in ('', '-', '--', 'bash', 'bash-5', '-5-3', 'bash--3',
                     'bash-5-', '--1-2', 'bash-5 .2-3', 'bash-5-3\n',
                     'bash-x:5-3', '1:bash-2:5-3', 'bash-1:2:5-3',
                     'x:bash-5-3', 'bash-4294967296:5-3', 'bash-5-3:1',
                     'bash-' + '9' * 5000 + ':5-3', 'bash-5-3/',
                     'https://example.com/', 'https://[x/bash-5-3',
                     'https://example.com/a%2Fbash-5-3', 'ba\0sh-5-3'):
            error = self.assertRaises(ValueError, NVR.parse, text)
            self.assertIn(repr(text[:200]), str(error))
        for wrong in (None, 5, b'bash-5-3'):
            self.assertRaises(ValueError, NVR.parse, wrong)

    def test_values(self) -> None:
        """Names are values: equal, hashable, and not to be changed."""
        one = NVR.parse('bash-5.2-3')
        self.assertEqual(len({one, NVR.parse('bash-5.2-3')}), 1)
        self.assertRaises(AttributeError, setattr, one, 'name', 'x')

    def test_docstrings(self) -> None:
        """The examples in the docstrings are true."""
        self.assertEqual(doctest.testmod(txkoji.nvr).failed, 0)
        self.assertGreater(doctest.testmod(txkoji.nvr).attempted, 2)


class NVRATests(SynchronousTestCase):
    """Names of packages."""

    def test_koji(self) -> None:
        """Plain names give what Koji's own function gives."""
        rng = random.Random(6)
        for name in plain_names(500):
            arch = rng.choice(['x86_64', 'noarch', 'src', 'aarch64', 'i686'])
            text = f'{name}.{arch}{rng.choice(["", ".rpm", "@updates"])}'
            found, theirs = NVRA.parse(text), koji.parse_NVRA(text)
            for member in ('name', 'version', 'release', 'arch'):
                self.assertEqual(getattr(found, member), theirs[member], text)
            self.assertEqual(found.location, theirs.get('location'))
            self.assertEqual(found.is_source, theirs['src'])
            self.assertEqual(str(found), f'{name}.{arch}')

    def test_members(self) -> None:
        """A package has the name of its file, and its name without arch."""
        found = NVRA.parse('bash-1:5.2-3.fc44.nosrc.rpm')
        self.assertEqual(found, NVRA('bash', '5.2', '3.fc44', 'nosrc', 1))
        self.assertEqual(found.filename, 'bash-5.2-3.fc44.nosrc.rpm')
        self.assertEqual(found.nvr, NVR('bash', '5.2', '3.fc44', 1))
        self.assertEqual(found.version_key, found.nvr.version_key)
        self.assertTrue(found.is_source)
        self.assertFalse(koji.parse_NVRA('bash-5.2-3.nosrc')['src'])

    def test_no_names(self) -> None:
        """Anything else is a ValueError."""
        for text in ('', 'bash-5.2-3', 'bash-5-3.', 'bash-5-3.rpm',
                     'bash-5.x86_64', 'bash-5-3.x86_64@', '.rpm',
                     'bash-5-3.x86_64@a b', 'bash-5-.src'):
            self.assertRaises(ValueError, NVRA.parse, text)


class CompareTests(SynchronousTestCase):
    """The order of versions."""

    def test_rpm(self) -> None:
        """500 generated pairs compare as rpm compares them."""
        if shutil.which('rpm') is None:
            self.skipTest('rpm is missing (Debian has it in rpm)')
        pairs = [generated(seed) for seed in range(500)]
        script = 'for one, two in string.gmatch([[%s]], "(%%S+) (%%S+)")' % (
            '\n'.join(' '.join(pair) for pair in pairs)) + (
            ' do print(rpm.vercmp(one, two) .. " ") end')
        done = subprocess.run(['rpm', '--eval', '%{lua:' + script + '}'],
                              stdout=subprocess.PIPE, text=True, check=True)
        theirs = [int(line) for line in done.stdout.split()]
        ours = [compare(*pair) for pair in pairs]
        self.assertEqual(len(theirs), 500)
        # All three occur, and not seldom.
        for number in (-1, 0, 1):
            self.assertGreater(theirs.count(number), 30)
        for pair, one, two in zip(pairs, ours, theirs):
            self.assertEqual(one, two, pair)

    def test_order(self) -> None:
        """Tildes, carets, digits, letters and epochs are ordered as in rpm."""
        ordered = ['1.0~rc1', '1.0~rc2', '1.0', '1.0^git1', '1.0^git1.1',
                   '1.0.a', '1.0.1', '1.0.2', '1.0.10', '1.1', '2', '10',
                   '1:0~', '1:0', '1:0-1', '1:0-2']
        for older, newer in pairwise(ordered):
            self.assertLess(compare(older, newer), 0, (older, newer))
            self.assertGreater(compare(newer, older), 0, (older, newer))

    def test_same(self) -> None:
        """Versions that rpm takes for the same are neither older nor newer."""
        for one, two in [('1.0', '1.00'), ('0:1', '1'), ('1.0', '1_0'),
                         ('1.0.', '1.0'), ('1a', '1.a'), ('x-1-1', 'y-1-1'),
                         ('x-1-1', '1-1'), ('1é', '1'), (':1', '1')]:
            self.assertEqual(compare(one, two), 0, (one, two))
        big = '9' * 6000
        self.assertEqual(compare(big, '0' + big), 0)
        self.assertLess(compare(big, '1' + big), 0)

    def test_names(self) -> None:
        """Names taken apart compare by their versions."""
        old, new = NVR.parse('bash-5.2-3'), NVRA.parse('bash-5.10-1.src.rpm')
        self.assertLess(compare(old, new), 0)
        self.assertGreater(compare('bash-1:1-1', new), 0)
        names = ['a-1.10-1', 'b-1.9-1', 'c-1.9~a-1', 'd-1:0-1']
        self.assertEqual(
            sorted(names, key=lambda name: NVR.parse(name).version_key),
            ['c-1.9~a-1', 'b-1.9-1', 'a-1.10-1', 'd-1:0-1'])

    def test_no_versions(self) -> None:
        """A text that is no version is a ValueError."""
        for text in ('', '1-', '-1', 'x:1', '1:', '--'):
            self.assertRaises(ValueError, compare, text, '1')

    def test_segments(self) -> None:
        """The end of a version is one of its segments."""
        self.assertEqual(len(segments('')), 1)
        self.assertEqual(segments('!!'), segments(''))
        self.assertEqual(len(segments('1.a~2')), 5)
