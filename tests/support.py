"""What several tests need."""
from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any

from twisted.trial.unittest import SynchronousTestCase


def folder(test: SynchronousTestCase) -> str:
    """A folder of a test's own, gone after it."""
    path = os.path.realpath(tempfile.mkdtemp())
    test.addCleanup(shutil.rmtree, path)
    return path


def write(path: str, text: Any) -> str:
    """Write a file, and the folders that it is in."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return path
