"""What a FakeHub tells of its methods."""
from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from txkoji.testing.methods import known_exports


def described(names: Iterable[str]) -> list[dict[str, Any]]:
    """Methods with their arguments, as ``_listapi`` gives them."""
    return [_described(name) for name in names]


def help_of(method: str) -> str:
    """Get the signature of a method, as ``system.methodHelp`` gives it."""
    return f'{method}{_described(method)["argdesc"]}'


def _described(name: str) -> dict[str, Any]:
    export = known_exports().get(name)
    parameters = [] if export is None else list(
        export.signature.parameters.values())
    spec: list[Any] = [[], None, None, None, [], None, {}]
    args: list[Any] = []
    defaults = []
    words = []
    for each in parameters:
        if each.kind is each.VAR_POSITIONAL:
            spec[1] = each.name
            words.append(f'*{each.name}')
        elif each.kind is each.VAR_KEYWORD:
            spec[2] = each.name
            words.append(f'**{each.name}')
        elif each.default is inspect.Parameter.empty:
            spec[0].append(each.name)
            args.append(each.name)
            words.append(each.name)
        else:
            spec[0].append(each.name)
            args.append([each.name, each.default])
            defaults.append(each.default)
            words.append(f'{each.name}={each.default!r}')
    spec[3] = defaults or None
    return {'name': name, 'doc': None, 'argspec': spec, 'args': args,
            'argdesc': f'({", ".join(words)})'}
