"""
A Koji hub for tests: of programs that use txkoji, and of txkoji itself.

`FakeHub` is what a test needs; ``python -m txkoji.testing`` serves one.
"""
from txkoji.testing.hub import FakeHub

__all__ = ['FakeHub']
