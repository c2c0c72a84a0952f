"""
The differences between a hub and the descriptions in `txkoji.methods`.

They are printed by::

    python -m txkoji.methods --compare PROFILE
"""
from __future__ import annotations

import argparse
from collections.abc import Iterator
from inspect import Parameter
from typing import Any

from twisted.internet.task import react

from txkoji.connection import Connection
from txkoji.hub_methods import description, names, signature_of

#: Methods that are not described: see "Builders" in Koji's documentation.
LEFT_OUT = ('host.', 'scheduler.', '_')


def described() -> list[str]:
    """List the names of all hub methods with a description."""
    found = []
    for name in names():
        if isinstance(description(name), type):
            found += [f'{name}.{inner}' for inner in names(name)]
        else:
            found.append(name)
    return found


def compare(entries: list[dict[str, Any]]) -> Iterator[str]:
    """
    Compare the list of a hub with the descriptions.

    :param entries: the answer to ``_listapi``.
    :returns: the differences, a line each.
    """
    theirs = {entry['name']: entry for entry in entries}
    ours = described()
    for name in sorted(set(ours) - set(theirs)):
        yield f'{name}: the hub does not have it'
    for name in sorted(theirs):
        if name in ours:
            yield from _compare_parameters(name, theirs[name])
        elif not name.startswith(LEFT_OUT):
            yield f'{name}: it is not described'


def _compare_parameters(name: str, entry: dict[str, Any]) -> Iterator[str]:
    signature = signature_of(name)
    assert signature is not None
    ours = [parameter.name for parameter in signature.parameters.values()
            if parameter.kind is Parameter.POSITIONAL_OR_KEYWORD]
    theirs = [arg if isinstance(arg, str) else arg[0]
              for arg in entry['argspec'][0]]
    missing = [arg for arg in ours if arg not in theirs]
    more = [arg for arg in theirs if arg not in ours]
    if missing:
        yield f'{name}: the hub lacks {", ".join(missing)}'
    if more:
        yield f'{name}: the hub has more: {", ".join(more)}'
    if not missing and not more and ours != theirs:
        yield f'{name}: the hub has another order: {", ".join(theirs)}'


def main() -> None:
    """Compare the hub of a profile, and print the differences."""
    parser = argparse.ArgumentParser(prog='python -m txkoji.methods')
    parser.add_argument('--compare', metavar='PROFILE', required=True,
                        help='the profile of the hub to compare with')
    profile = parser.parse_args().compare

    async def run(reactor: Any) -> None:
        async with Connection(profile, reactor=reactor) as koji:
            for line in compare(await koji.call('_listapi')):
                print(line)

    react(run)


if __name__ == '__main__':
    main()
