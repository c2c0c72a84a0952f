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
from pydoctor import driver, extensions, model

import txkoji

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

#: Inventories of Python's documentation, as Debian has them.
PYTHON = '/usr/share/doc/python3.*-doc/html/objects.inv'

PYTHON_URL = 'https://docs.python.org/3'

TWISTED_URL = 'https://docs.twisted.org/en/stable/api'

#: Added to the style: lines of code are scrolled, not broken, on a phone.
STYLE = 'pre { white-space: pre !important; overflow-x: auto; }\n'


class ErrorNames(extensions.DocumentableMixin):
    """Knows errors by their names, also where they are not imported."""

    def expandName(self, name: str) -> str:
        """Find the full name of a name in a docstring."""
        full: str = super().expandName(name)
        for package in ('txkoji', 'txkoji.exceptions'):
            # The package itself has those that most programs need.
            error = f'{package}.{name}'
            if (full in (name, f'txkoji.exceptions.{name}')
                    and error in self.system.allobjects):
                return error
        return full


class System(model.System):
    """The documented objects."""

    custom_extensions = [__name__]


def setup_pydoctor_extension(registrar: extensions.ExtRegistrar) -> None:
    """Let pydoctor use the class above."""
    registrar.register_mixin(ErrorNames)


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
    options = ['-q', f'--system-class={System.__module__}.System',
               '--project-name=txkoji',
               f'--project-version={txkoji.__version__}',
               '--docformat=restructuredtext', '--theme=readthedocs',
               '--cls-member-order=source', '--sidebar-toc-depth=1',
               '--privacy=PRIVATE:txkoji.testing.methods.*',
               '--privacy=PRIVATE:**.__*__',
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
    with open(os.path.join(output, 'extra.css'), 'a') as style:
        style.write(STYLE)
    print(f'{output}/index.html is the manual.')
    return code


if __name__ == '__main__':
    sys.exit(make(*sys.argv[1:]))
