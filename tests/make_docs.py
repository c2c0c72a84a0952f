"""
Write the manual and the API reference as HTML, with pydoctor.

To do so: ``tox -e docs``, which runs ``python -m tests.make_docs OUTPUT
CACHE``. Warnings are errors.

Names of Twisted link to its own reference, by an inventory that pydoctor makes
of the installed Twisted, once for each version. Names of Python link to
Python's, by the inventory in Debian's python3.11-doc. Without that package the
links to Python are missing, and warnings are no errors.
"""
from __future__ import annotations

import glob
import os
import sys

import twisted
from pydoctor import driver

import txkoji

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

#: Inventories of Python's documentation, as Debian has them.
PYTHON = '/usr/share/doc/python3.*-doc/html/objects.inv'

PYTHON_URL = 'https://docs.python.org/3'

TWISTED_URL = 'https://docs.twisted.org/en/stable/api'


def inventory_of_twisted(cache: str) -> str:
    """Get the inventory of the installed Twisted, made if need be."""
    folder = os.path.join(cache, f'twisted-{twisted.__version__}')
    path = os.path.join(folder, 'objects.inv')
    if not os.path.exists(path):
        # Its own docstrings have warnings, which do not matter here.
        driver.main(['-qqq', '--make-intersphinx', '--docformat=epytext',
                     f'--html-output={folder}',
                     os.path.dirname(twisted.__file__)])
    return path


def make(output: str, cache: str) -> int:
    """Write the documentation to a folder; gives pydoctor's exit code."""
    options = ['-q', '--project-name=txkoji',
               f'--project-version={txkoji.__version__}',
               '--docformat=restructuredtext', '--theme=readthedocs',
               '--cls-member-order=source', '--sidebar-toc-depth=1',
               '--privacy=PRIVATE:txkoji.testing.methods.*',
               f'--html-output={output}', f'--project-base-dir={ROOT}',
               '--intersphinx-file='
               f'{inventory_of_twisted(cache)}::{TWISTED_URL}']
    found = sorted(glob.glob(PYTHON))
    if found:
        options += ['-W', f'--intersphinx-file={found[-1]}::{PYTHON_URL}']
    else:
        print(f'{PYTHON} is missing (Debian: apt install python3.11-doc).'
              ' So names of Python have no links, and warnings are no errors.')
    code = driver.main([*options, os.path.join(ROOT, 'txkoji')])
    print(f'{output}/index.html is the manual.')
    return code if found else 0


if __name__ == '__main__':
    sys.exit(make(*sys.argv[1:]))
