"""
Names of builds and packages, taken apart and compared.

`NVR` is a name-version-release, `NVRA` has the architecture, too; `compare`
has rpm's order of versions. Nothing here asks a hub, or needs librpm.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

#: Epochs are 32-bit numbers in RPM packages.
MAX_EPOCH = 2**32 - 1

#: The end of the release of a draft build, before the id of the build.
DRAFT = ',draft_'

#: A part of a version as rpm compares versions; see `segments`.
Segment = tuple[int, int, str]

#: A value whose order is that of rpm: the epoch, the version, the release.
VersionKey = tuple[int, tuple[Segment, ...], tuple[Segment, ...]]

#: The order of segments that are at the same place in two versions. (The end
#: of a version is a segment, too.)
_TILDE, _END, _CARET, _LETTERS, _DIGITS = range(5)

_SEGMENT = re.compile('~|\\^|[A-Za-z]+|[0-9]+')

#: The epoch, and how dnf and rpm write that there is none.
_EPOCH = re.compile('([0-9]*|\\(none\\)):')

#: A part of a name has no blanks, control characters or slashes.
_BAD = re.compile('[\\s\\x00-\\x1f\\x7f/]')


@dataclass(frozen=True)
class NVR:
    """
    The name, the version and the release of a build or package.

    ``str()`` gives the text that Koji knows a build by, without an epoch::

        >>> NVR.parse('bash-0:5.2.37-1.fc44')
        NVR(name='bash', version='5.2.37', release='1.fc44', epoch=0)
        >>> str(NVR.parse('bash-0:5.2.37-1.fc44'))
        'bash-5.2.37-1.fc44'

    :ivar name: the name.
    :ivar version: the version.
    :ivar release: the release. That of a draft build ends in ",draft_" and
                   the id of the build.
    :ivar epoch: the epoch; None if the text has none.
    """

    name: str
    version: str
    release: str
    epoch: int | None = None

    @classmethod
    def parse(cls, text: str) -> NVR:
        """
        Take a name apart.

        Plain names ("bash-5.2.37-1.fc44") give what ``koji.parse_NVR`` gives.
        The differences, each because Koji's result is the name of no build:

        * An epoch before the version ("bash-1:5.2.37-1.fc44"), as dnf and rpm
          write epochs, is the epoch; Koji reads the epoch into the version.
          The epoch before the name ("1:bash-5.2.37-1.fc44") is the epoch for
          both.
        * Of a path or a URL, only the last part counts; Koji reads the
          folders into the name.
        * The name of a package's file ("bash-5.2.37-1.fc44.src.rpm") gives
          the package's name, version and release; Koji reads ".src.rpm" into
          the release.
        * The epoch is a number, or None; Koji gives a text, or an empty one.
        * A name that is empty, a space, a second colon, or an epoch that is
          not a number is a ValueError; Koji takes each of these.

        :param text: the name, a path, or a URL.
        :raises ValueError: if the text is not such a name.
        """
        last = _last_part(text)
        if last.endswith('.rpm'):
            return NVRA.parse(text).nvr
        return NVR(*_parts(last, text))

    @property
    def draft(self) -> int | None:
        """The id of the draft build; None if the build is no draft."""
        _, mark, number = self.release.partition(DRAFT)
        if mark and number.isascii() and number.isdecimal():
            return int(number[:19])
        return None

    @property
    def target_release(self) -> str:
        """
        The release without the mark of a draft.

        The packages of a draft build have it, and the build itself when it is
        promoted.
        """
        if self.draft is None:
            return self.release
        return self.release.partition(DRAFT)[0]

    @property
    def version_key(self) -> VersionKey:
        """
        A value to sort by, in the order of `compare`.

        An example::

            newest = max(builds, key=lambda build: build.version_key)
        """
        return version_key(self.epoch, self.version, self.target_release)

    @property
    def nevr(self) -> str:
        """The text with the epoch if there is one: "bash-1:5.2.37-1.fc44"."""
        epoch = '' if self.epoch is None else f'{self.epoch}:'
        return f'{self.name}-{epoch}{self.version}-{self.release}'

    def __str__(self) -> str:
        return f'{self.name}-{self.version}-{self.release}'


@dataclass(frozen=True)
class NVRA:
    """
    The name, the version, the release and the architecture of a package.

    ``str()`` gives the text that Koji knows a package by::

        >>> str(NVRA.parse('https://example.com/bash-5.2.37-1.fc44.src.rpm'))
        'bash-5.2.37-1.fc44.src'

    :ivar name: the name.
    :ivar version: the version.
    :ivar release: the release.
    :ivar arch: the architecture, such as "x86_64", "noarch" or "src".
    :ivar epoch: the epoch; None if the text has none.
    :ivar location: the external repository, where the text names one as Koji
                    does ("bash-5.2.37-1.fc44.x86_64@updates"); else None.
    """

    name: str
    version: str
    release: str
    arch: str
    epoch: int | None = None
    location: str | None = None

    @classmethod
    def parse(cls, text: str) -> NVRA:
        """
        Take the name of a package, or of its file, apart.

        Plain names ("bash-5.2.37-1.fc44.x86_64", also with ".rpm") give what
        ``koji.parse_NVRA`` gives; for the differences, see `NVR.parse`. There
        is one more: Koji has a member ``src``, which is false for "nosrc";
        `is_source` is true for both. In a text without an architecture, the
        part behind the last dot is taken for one, as Koji does, unless there
        is a hyphen in it.

        :param text: the name, a path, or a URL.
        :raises ValueError: if the text is not such a name.
        """
        nvra, mark, location = _last_part(text).partition('@')
        if mark and (not location or _BAD.search(location)):
            raise _not_a_name(text, 'nothing, or a space, after the "@"')
        rest, dot, arch = nvra.removesuffix('.rpm').rpartition('.')
        if not rest or not arch or '-' in arch:
            raise _not_a_name(text, 'an architecture is missing')
        name, version, release, epoch = _parts(rest, text)
        return cls(name, version, release, arch, epoch, location or None)

    @property
    def nvr(self) -> NVR:
        """The name without the architecture."""
        return NVR(self.name, self.version, self.release, self.epoch)

    @property
    def is_source(self) -> bool:
        """Whether this is a source package."""
        return self.arch in ('src', 'nosrc')

    @property
    def version_key(self) -> VersionKey:
        """A value to sort by; see `NVR.version_key`."""
        return self.nvr.version_key

    @property
    def filename(self) -> str:
        """The name of the package's file: "bash-5.2.37-1.fc44.src.rpm"."""
        return f'{self}.rpm'

    def __str__(self) -> str:
        return f'{self.nvr}.{self.arch}'


def compare(a: NVR | NVRA | str, b: NVR | NVRA | str) -> int:
    """
    Compare two versions as rpm does.

    The epochs come first, then the versions, then the releases. No epoch is
    epoch 0. Names and architectures are not compared.

    A draft build has the release that it is going to have when promoted, as
    its packages do.

    :param a: a name, or a text: a name-version-release, or a version as rpm
              takes one: "5.2.37", "5.2.37-1.fc44" or "1:5.2.37-1.fc44".
    :param b: the other.
    :returns: a number below 0 if ``a`` is older, above 0 if ``a`` is newer,
              and 0 if they are the same to rpm.
    :raises ValueError: if a text is not such a version.
    """
    left, right = _key(a), _key(b)
    return (left > right) - (left < right)


def version_key(epoch: int | None, version: str, release: str | None
                ) -> VersionKey:
    """
    Give a value to sort by, whose order is that of rpm.

    :param epoch: the epoch; None is 0.
    :param release: the release; None is older than any.
    """
    return (epoch or 0, segments(version),
            () if release is None else segments(release))


def segments(version: str) -> tuple[Segment, ...]:
    """
    Split a version, or a release, into what rpm compares one after the other.

    Runs of digits are numbers and newer than runs of letters, which are
    compared by their ASCII codes. A tilde is older than the end of a version
    ("1.0~rc1" comes before "1.0"); a caret is newer than the end, but older
    than more digits or letters ("1.0^git1" comes between "1.0" and "1.0.1").
    All other characters only separate.
    """
    found: list[Segment] = []
    for text in _SEGMENT.findall(version):
        if text == '~':
            found.append((_TILDE, 0, ''))
        elif text == '^':
            found.append((_CARET, 0, ''))
        elif text[0] <= '9':
            # Not as a number, since Python limits the length of these.
            digits = text.lstrip('0')
            found.append((_DIGITS, len(digits), digits))
        else:
            found.append((_LETTERS, 0, text))
    found.append((_END, 0, ''))
    return tuple(found)


def _key(version: NVR | NVRA | str) -> VersionKey:
    if not isinstance(version, str):
        return version.version_key
    if version.count('-') > 1:
        # A version has no hyphen: there is a name before it.
        return NVR.parse(version).version_key
    epoch, text = _epoch(version, version)
    number, dash, release = text.partition('-')
    if not number or (dash and not release):
        raise _not_a_name(version, 'a version is missing')
    return version_key(epoch, number, release if dash else None)


def _last_part(text: str) -> str:
    """Give the last part of a path or URL; any other text as it is."""
    if not isinstance(text, str):
        raise ValueError(f'a name is a text, not {text!r}')
    if '://' not in text:
        return text.rpartition('/')[2]
    try:
        path = urlsplit(text).path
    except ValueError:
        raise _not_a_name(text, 'this is no URL') from None
    return unquote(path.rpartition('/')[2])


def _parts(text: str, whole: str) -> tuple[str, str, str, int | None]:
    """
    Take a name-version-release apart.

    :param text: the name, with an epoch or without.
    :param whole: the text that it is from, for the texts of errors.
    :returns: the name, the version, the release and the epoch.
    """
    first, text = _epoch(text, whole)
    rest, _, release = text.rpartition('-')
    name, _, version = rest.rpartition('-')
    second, version = _epoch(version, whole)
    if first is not None and second is not None:
        raise _not_a_name(whole, 'there are two epochs')
    if not name or name.startswith('-') or not version or not release:
        raise _not_a_name(whole, 'a name, a version or a release is missing')
    if _BAD.search(text) or ':' in name + version + release:
        raise _not_a_name(whole, 'there is a character that no name has')
    return name, version, release, second if first is None else first


def _epoch(text: str, whole: str) -> tuple[int | None, str]:
    """Split the epoch from what is behind it."""
    found = _EPOCH.match(text)
    if found is None:
        if ':' in text.partition('-')[0]:
            raise _not_a_name(whole, 'an epoch is a number')
        return None, text
    digits = found[1]
    if digits == '(none)':
        return None, text[found.end():]
    # rpm reads a colon without a number as 0.
    digits = digits.lstrip('0') or '0'
    epoch = int(digits) if len(digits) <= 10 else MAX_EPOCH + 1
    if epoch > MAX_EPOCH:
        raise _not_a_name(whole, f'an epoch is at most {MAX_EPOCH}')
    return epoch, text[found.end():]


def _not_a_name(text: str, problem: str) -> ValueError:
    return ValueError(f'{text[:200]!r} is no name-version-release: {problem}')
