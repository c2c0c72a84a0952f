"""Nonsense; see `tests.fuzz`."""
from __future__ import annotations

from typing import Any

from hypothesis import given, settings, strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.fuzz import TARGETS, samples

#: Where to cut, how much to leave out, and what to put there.
EDITS = st.lists(st.tuples(
    st.floats(0, 1), st.integers(0, 20),
    st.one_of(st.binary(max_size=6), st.sampled_from([
        b'<', b'>', b'&amp;', b'&#0;', b'<nil/>', b'<i8>', b'\xff', b'%',
        b'-1', b'1e400', b'{', b'[', b'"', b'null', b'\n', b'=', b'://',
        b'<value>', b'</value>', b'9' * 30, '\u202e'.encode()]))),
    min_size=1, max_size=6)


def edited(sample: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """Edit a sample."""
    for place, length, text in edits:
        start = int(place * len(sample))
        sample = sample[:start] + text + sample[start + length:]
    return sample


def make(target: str) -> Any:
    """Make a test for a target."""
    @settings(derandomize=True, deadline=None, max_examples=250)
    @given(st.sampled_from(samples(target)), EDITS)
    def test(self: FuzzTests, sample: bytes, edits: Any) -> None:
        TARGETS[target](edited(sample, edits))

    test.__doc__ = TARGETS[target].__doc__
    return test


class FuzzTests(SynchronousTestCase):
    """Good samples, edited at random."""


for _target in TARGETS:
    setattr(FuzzTests, f'test_{_target}', make(_target))
