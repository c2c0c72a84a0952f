"""The tree of exceptions: Koji's codes, and further classes."""
from __future__ import annotations

import pickle

import koji
from twisted.trial.unittest import SynchronousTestCase

from txkoji import exceptions
from txkoji.exceptions import (
    ConnectionFailed,
    HTTPError,
    KojiException,
    from_fault,
)


class ExceptionTests(SynchronousTestCase):
    """The tree of exceptions."""

    def test_like_koji(self) -> None:
        """Codes, names and parents are those of Koji's client."""
        theirs = {kind.faultCode: kind for kind in vars(koji).values()
                  if isinstance(kind, type)
                  and issubclass(kind, koji.GenericError)
                  and 'faultCode' in vars(kind)}
        self.assertEqual(set(theirs), set(exceptions.FAULTS))
        for code, kind in theirs.items():
            ours = exceptions.FAULTS[code]
            name = kind.__name__.replace('ImportError', 'KojiImportError')
            self.assertEqual(ours.__name__, name)
            self.assertEqual(
                {number for number, each in exceptions.FAULTS.items()
                 if issubclass(ours, each)},
                {number for number, each in theirs.items()
                 if issubclass(kind, each)})

    def test_shown(self) -> None:
        """The tree in the docstring is the tree of the classes."""
        lines = exceptions.__doc__.split('\n')
        for name, kind in vars(exceptions).items():
            if isinstance(kind, type) and issubclass(kind, KojiException):
                [line] = [line for line in lines
                          if line.lstrip('| +-').startswith(name + ' ')]
                indent = len(line) - len(line.lstrip('| +-'))
                depth = 0
                while kind is not KojiException:
                    for other in kind.__bases__[1:]:
                        if issubclass(other, KojiException):
                            self.assertIn(f'also a {other.__name__}', line)
                    kind = kind.__bases__[0]
                    depth += 1
                self.assertEqual((indent - 4) // 5, depth, line)

    def test_other_codes(self) -> None:
        """A fault with another code is a plain KojiException."""
        for code in [0, 1, 999, 1025, 2001, 2002]:
            error = from_fault(code, 'text', 'getBuild')
            self.assertIs(type(error), KojiException)
            self.assertEqual((error.faultCode, str(error), error.method),
                             (code, 'text', 'getBuild'))

    def test_pickled(self) -> None:
        """Exceptions can be pickled."""
        for error in [from_fault(1003, 'text', 'tagBuild'),
                      HTTPError('text', status=502, url='https://h'),
                      ConnectionFailed('text', method='getBuild')]:
            again = pickle.loads(pickle.dumps(error))
            self.assertIs(type(again), type(error))
            self.assertEqual((str(again), vars(again)),
                             (str(error), vars(error)))
