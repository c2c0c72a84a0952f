"""Install the lowest versions that setup.py allows, of this and of extras.

``python -m tests.lowest amqp progress`` does so where txkoji is installed.
"""
import subprocess
import sys
from importlib.metadata import requires

from packaging.requirements import Requirement


def lowest(requirement: Requirement) -> str:
    """Give the same requirement, of the lowest version that it allows."""
    [bound] = requirement.specifier
    if bound.operator != '>=':
        raise ValueError(f'{requirement} has no lower bound')
    extras = f'[{",".join(requirement.extras)}]' if requirement.extras else ''
    return f'{requirement.name}{extras}=={bound.version}'


def main(extras: list[str]) -> None:
    """Have pip install them."""
    requirements = map(Requirement, requires('txkoji') or [])
    versions = [lowest(requirement) for requirement in requirements
                if requirement.marker is None
                or any(requirement.marker.evaluate({'extra': extra})
                       for extra in extras)]
    print(*versions)
    subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', *versions],
                   check=True)


if __name__ == '__main__':
    main(sys.argv[1:])
