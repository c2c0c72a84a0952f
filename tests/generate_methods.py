"""
Write the modules that describe hub methods.

They are ``txkoji/methods.py``, ``txkoji/stored_methods.py`` (the same for a
multicall, apart, since only type checkers read it) and
``txkoji/list_methods.py``.

To do so::

    python -m tests.generate_methods

They are made of the hub's recorded list of methods (``_listapi``) and of the
table in ``tests/methods_table.py``. A test says when they are out of date.
"""
from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from textwrap import fill
from typing import Any

from tests import methods_table as table
from tests.recordings import recordings

ROOT = os.path.join(os.path.dirname(__file__), os.pardir, 'txkoji')

METHODS = os.path.join(ROOT, 'methods.py')
STORED = os.path.join(ROOT, 'stored_methods.py')
LISTS = os.path.join(ROOT, 'list_methods.py')

GENERATED = 'Made by tests/generate_methods.py: do not edit.'

#: What stands below the docstring of the modules.
HEAD = f'''# {GENERATED}
# Overloads of one name overlap where True is a bool: the first one counts.
# Below them is the signature that help() shows, with the usual result.
# There are no bodies: nothing here is called.
# mypy: disable-error-code="overload-overlap, misc, empty-body"
# pyright: reportOverlappingOverload=false, reportInconsistentOverload=false
# pyright: reportReturnType=false
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from datetime import timedelta
'''

#: The width of a line.
WIDTH = 79


@dataclass(frozen=True)
class Argument:
    """
    A parameter of a method.

    :ivar default: the text of its default, or '' for none.
    :ivar kind: "" for a usual one, "*" or "**", or "key" after a star.
    """

    name: str
    type: str
    default: str = ''
    kind: str = ''

    @property
    def text(self) -> str:
        """Its text in a signature."""
        stars = self.kind if self.kind.startswith('*') else ''
        default = f' = {self.default}' if self.default else ''
        return f'{stars}{self.name}: {self.type}{default}'


@dataclass(frozen=True)
class Overload:
    """A signature with its result."""

    arguments: tuple[Argument, ...]
    result: str


@dataclass(frozen=True)
class Method:
    """
    A hub method.

    :ivar recorded: whether an answer of it is recorded.
    :ivar usual: its signature.
    :ivar special: overloads before that.
    """

    name: str
    doc: str
    recorded: bool
    usual: Overload
    special: tuple[Overload, ...]

    @property
    def overloads(self) -> tuple[Overload, ...]:
        """All its signatures; one, if it has no overloads."""
        return (*self.special, *self.automatic, self.usual)

    @property
    def automatic(self) -> Iterator[Overload]:
        """The overloads that its parameters and its result call for."""
        arguments, result = self.usual.arguments, self.usual.result
        strict = find(arguments, 'strict')
        if strict and result.endswith(' | None'):
            yield Overload(
                with_argument(arguments, replace(
                    strict, type='Literal[True]',
                    default='True' if strict.default == 'True' else '')),
                result.removesuffix(' | None'))
        options = find(arguments, 'queryOpts')
        if options and result.startswith('list['):
            yield Overload(with_argument(arguments, replace(
                options, type='CountOnly', default='')), 'int')


def find(arguments: Iterable[Argument], name: str) -> Argument | None:
    """Find an argument by its name."""
    return next((argument for argument in arguments
                 if argument.name == name), None)


def with_argument(arguments: tuple[Argument, ...], new: Argument
                  ) -> tuple[Argument, ...]:
    """
    Put an argument in the place of that of the same name.

    It and all after it are by keyword only, if it is required and one before
    it is not.
    """
    changed = []
    keyword = False
    optional = False
    for argument in arguments:
        if argument.name == new.name:
            argument = new
            keyword = optional and not new.default
        if keyword and not argument.kind:
            argument = replace(argument, kind='key')
        optional = optional or bool(argument.default)
        changed.append(argument)
    return tuple(changed)


# Reading

def api() -> dict[str, dict[str, Any]]:
    """The hub's own list of methods, by name."""
    answer = recordings()['_listapi'].answer
    return {entry['name']: entry for entry in answer}


def is_left_out(name: str) -> bool:
    """Whether a method is not in the table."""
    return name in table.OURS or name.startswith(table.LEFT_OUT)


def types() -> dict[str, str]:
    """The type of each parameter whose default does not tell."""
    return dict(line.split(': ', 1)
                for line in table.PARAMETERS.strip().splitlines())


def arguments_of(entry: dict[str, Any]) -> tuple[Argument, ...]:
    """The parameters of a method in the hub's list."""
    known = types()
    names, star, two_stars, defaults = entry['argspec'][:4]
    defaults = defaults or []
    found = []
    for position, name in enumerate(names, len(defaults) - len(names)):
        default = '' if position < 0 else repr(defaults[position])
        kind = '' if position < 0 else type(defaults[position]).__name__
        if kind not in ('bool', 'int', 'str', 'float'):
            kind = known.get(name, '')
            if not default:
                kind = kind.removesuffix(' | None')
        found.append(Argument(name, kind, default))
    if star:
        found.append(Argument(star, 'Any', kind='*'))
    if two_stars:
        found.append(Argument(two_stars, 'Any', kind='**'))
    return tuple(found)


def parse_plugin(line: str) -> dict[str, Any]:
    """The entry of a method as the hub's list would have it."""
    found: dict[str, Any] = {}
    code = compile(f'def {line}: pass', 'table', 'exec')
    exec(code, found)
    name = line.partition('(')[0]
    function = found[name]
    count = function.__code__.co_argcount
    return {'name': name, 'argspec': [
        list(function.__code__.co_varnames[:count]), None, None,
        list(function.__defaults__ or ())]}


def changed(arguments: tuple[Argument, ...], line: str
            ) -> tuple[Argument, ...]:
    """Change an argument by a line of the table: "name: type = default"."""
    found = re.fullmatch(r'(\w+)(?:: (.+?))?(?: = (.+))?', line)
    assert found, line
    name, kind, default = found.groups()
    old = find(arguments, name)
    assert old, line
    return tuple(replace(old, type=kind or old.type,
                         default=default or old.default)
                 if argument is old else argument for argument in arguments)


def with_rows(argument: Argument) -> Argument:
    """Let an argument that takes an id take a rich object, too."""
    kinds = argument.type.split(' | ')
    is_id = kinds[:2] == ['int', 'str'] or (
        kinds[0] == 'int' and re.search('(?i)id$', argument.name))
    if is_id and 'Mapping[str, Any]' not in kinds:
        kinds.insert(2 if 'str' in kinds else 1, 'Resource')
    return replace(argument, type=' | '.join(kinds))


def split(text: str) -> list[str]:
    """Split the parameters of an overload at commas outside of brackets."""
    return [part.strip() for part in re.split(r',(?![^\[]*\])', text)]


def parse_overload(line: str, arguments: tuple[Argument, ...]) -> Overload:
    """Read an overload of the table: "(name, other: type) -> result"."""
    inside, result = line[1:].rsplit(') -> ', 1)
    found = []
    keyword = False
    for part in split(inside):
        if part == '*':
            keyword = True
            continue
        argument = find(arguments, part.partition(':')[0])
        assert argument, line
        if ':' in part:
            [argument] = changed((replace(argument, default=''),), part)
        if keyword:
            argument = replace(argument, kind='key')
        found.append(argument)
    return Overload(tuple(found), result)


def read_entry(text: str, entry: dict[str, Any]) -> Method:
    """Read an entry of the table."""
    head, doc, *rest = [line.strip() for line in text.splitlines()]
    name, result = head.split(': ', 1)
    arguments = arguments_of(entry)
    for line in rest:
        if line.startswith('@ '):
            arguments = changed(arguments, line[2:])
    for argument in arguments:
        assert argument.type, f'{name}: no type for {argument.name}'
    arguments = tuple(map(with_rows, arguments))
    return Method(
        name, doc, not result.startswith('*'),
        Overload(arguments, result.lstrip('*')),
        tuple(parse_overload(line, arguments)
              for line in rest if line.startswith('(')))


def joined(text: str, indent: str) -> str:
    """Join each line that has this indent with the one before."""
    return re.sub(rf'\n{indent}(?=\S)', ' ', text.strip())


def methods() -> dict[str, Method]:
    """All methods of the table, by name."""
    entries = api()
    for line in joined(table.PLUGINS, '  ').splitlines():
        entry = parse_plugin(line)
        entries[entry['name']] = entry
    texts = re.split(r'\n(?=\S)', joined(table.METHODS, '    '))
    found = [read_entry(text, entries[text.partition(':')[0]])
             for text in texts]
    return {method.name: method for method in found}


# Writing

def write_signature(name: str, overload: Overload, result: str,
                    indent: str, end: str) -> str:
    """Write a line with ``def``, or several."""
    parts = ['self']
    for argument in overload.arguments:
        if argument.kind == 'key' and '*' not in parts:
            parts.append('*')
        parts.append(argument.text)
    return write_def(name, parts, result, indent, end)


def write_def(name: str, parts: list[str], result: str, indent: str,
              end: str) -> str:
    """Write ``def`` with its parameters, in lines that are not too long."""
    lines = [f'{indent}def {name}(']
    inner = indent + 8 * ' '
    for number, part in enumerate(parts):
        part += ',' if number < len(parts) - 1 else ''
        room = WIDTH - len(lines[-1]) - 1
        if len(part) > room:
            lines.append(inner + part)
        else:
            space = '' if lines[-1].endswith('(') else ' '
            lines[-1] += space + part
    last = f') -> {result}:{end}'
    if len(lines[-1]) + len(last) <= WIDTH:
        lines[-1] += last
    elif len(inner) + len(last) <= WIDTH:
        lines.append(inner + last)
    else:
        lines += [f'{inner}) -> {result}:', f'{indent}    {end.strip()}']
    return '\n'.join(part for line in lines
                     for part in break_long(line, inner).split('\n'))


def break_long(line: str, indent: str) -> str:
    """Break a line at its "|" and commas, if it is too long."""
    if len(line) <= WIDTH:
        return line
    return fill(line.strip(), WIDTH, initial_indent=indent,
                subsequent_indent=indent + '    ',
                break_long_words=False, break_on_hyphens=False)


def wrapped(result: str, flavor: str) -> str:
    """The type that a call gives."""
    return f'{flavor}[{result}]'


def write_method(method: Method, flavor: str, indent: str) -> str:
    """Write a method with its overloads."""
    name = method.name.rpartition('.')[2]
    lines = []
    overloads = method.overloads
    implementation = method.usual
    result = wrapped(method.usual.result, flavor)
    if len(overloads) > 1:
        for overload in overloads:
            lines.append(f'{indent}@overload')
            lines.append(write_signature(
                name, overload, wrapped(overload.result, flavor), indent,
                ' ...'))
        implementation = Overload(tuple(
            merged(argument, overloads)
            for argument in method.usual.arguments), method.usual.result)
        result = wrapped(method.usual.result, flavor)
    lines.append(write_signature(name, implementation, result, indent, ''))
    lines.append(f'{indent}    """{method.doc}"""')
    return '\n'.join(lines)


def merged(argument: Argument, overloads: Iterable[Overload]) -> Argument:
    """An argument that takes what it takes in one of the overloads."""
    kinds = argument.type.split(' | ')
    for overload in overloads:
        other = find(overload.arguments, argument.name)
        if other is not None and not other.type.startswith('Literal['):
            kinds += [kind for kind in other.type.split(' | ')
                      if kind not in kinds]
    return replace(argument, type=' | '.join(kinds))


def prefixes(found: Iterable[Method]) -> list[str]:
    """The first parts of dotted names."""
    return sorted({method.name.partition('.')[0] for method in found
                   if '.' in method.name})


def class_name(prefix: str, flavor: str) -> str:
    """The name of the class of the methods with a dotted prefix."""
    return f'{flavor}{prefix.capitalize()}'


def literal(names: Iterable[str], indent: str) -> str:
    """Write a Literal of names, in lines that are not too long."""
    inside = ', '.join(f'{name!r}' for name in names)
    return 'Literal[\n' + fill(
        inside, WIDTH - 5, initial_indent=indent,
        subsequent_indent=indent, break_long_words=False,
        break_on_hyphens=False) + ']'


def write_by_name(function: str, groups: dict[tuple[str, str], list[str]],
                  doc: str, around: str, fallback: str) -> str:
    """
    Write a function that takes the name of a method, with its overloads.

    :param groups: (further parameter, result) -> names.
    :param around: the type around a result.
    :param fallback: what other names give.
    """
    lines = []
    for (more, result), names in groups.items():
        lines.append('    @overload')
        lines.append(f'    def {function}(')
        lines.append('            self, method: '
                     + literal(names, 16 * ' ') + ', /,')
        lines.append(f'            *args: Any, {more}**kwargs: Any')
        lines.append(f'            ) -> {around}[{result}]: ...')
    lines.append('    @overload')
    usual = ['self', 'method: str', '/', '*args: Any', '**kwargs: Any']
    lines.append(write_def(function, usual, fallback, '    ', ' ...'))
    lines.append(write_def(function, usual, fallback, '    ', ''))
    lines.append(f'        """{doc}"""')
    return '\n'.join(lines)


def call_groups(found: Iterable[Method]) -> dict[tuple[str, str], list[str]]:
    """The methods by what `call` gives, the special cases first."""
    special: dict[tuple[str, str], list[str]] = {}
    usual: dict[tuple[str, str], list[str]] = {}
    for method in found:
        for overload in method.automatic:
            argument = ('queryOpts: CountOnly, ' if overload.result == 'int'
                        else 'strict: Literal[True], ')
            special.setdefault((argument, overload.result), []).append(
                method.name)
        result = method.usual.result
        if method.special:
            result = 'Any'
        if result != 'Any':
            usual.setdefault(('', result), []).append(method.name)
    return {**special, **usual}


def list_groups(found: Iterable[Method]) -> dict[tuple[str, str], list[str]]:
    """The methods that give a list, by the type of its items."""
    groups: dict[tuple[str, str], list[str]] = {}
    for method in found:
        inside = re.fullmatch(r'list\[(.+)\]', method.usual.result)
        if inside and inside[1] != 'Any':
            groups.setdefault(('', inside[1]), []).append(method.name)
    return groups


def write_class(found: list[Method], name: str, flavor: str, doc: str
                ) -> Iterator[str]:
    """Write the classes of one flavor."""
    for prefix in prefixes(found):
        yield (f'class {class_name(prefix, name)}:\n'
               f'    """The hub methods that begin with "{prefix}."."""')
        for method in found:
            if method.name.startswith(prefix + '.'):
                yield write_method(method, flavor, '    ')
    yield f'class {name}:\n    """The hub methods. {doc}"""'
    for prefix in prefixes(found):
        yield (f'    @property\n    def {prefix}(self) ->'
               f' {class_name(prefix, name)}:\n'
               f'        """The hub methods that begin with "{prefix}."."""')
    yield write_by_name(
        'call', call_groups(found), 'Call a hub method by its name.', flavor,
        f'{flavor}[Any]')
    for method in found:
        if '.' not in method.name:
            yield write_method(method, flavor, '    ')


def imports(text: str, known: dict[str, str]) -> str:
    """Write the imports of the names that a text uses."""
    by_module: dict[str, list[str]] = {}
    for name, module in known.items():
        if re.search(rf'\b{name}\b', text):
            by_module.setdefault(module, []).append(name)
    lines = []
    for module in sorted(by_module):
        names = sorted(by_module[module], key=lambda name: (
            not name.isupper(), name.lower()))
        line = f'from {module} import {", ".join(names)}'
        if len(line) + 4 > WIDTH:
            line = (f'from {module} import (\n'
                    + ''.join(f'    {name},\n' for name in names) + ')')
        lines.append(line)
    return '\n'.join(lines)


def known_types() -> dict[str, str]:
    """The types that results and parameters have, with their modules."""
    with open(os.path.join(ROOT, 'structs.py'), encoding='utf-8') as file:
        structs = re.findall(r'^class ([A-Z]\w+)', file.read(), re.M)
    return {
        **dict.fromkeys(structs, 'txkoji.structs'),
        'Build': 'txkoji.build', 'Package': 'txkoji.package',
        'Repo': 'txkoji.repo', 'RPM': 'txkoji.rpm',
        'Channel': 'txkoji.task', 'Task': 'txkoji.task',
        'Resource': 'txkoji.resource',
        **dict.fromkeys(['BuildTarget', 'Host', 'Tag', 'User'],
                        'txkoji.rows')}


def indented(text: str) -> str:
    """Indent the lines of a text."""
    return re.sub('(?m)^(?=.)', '    ', text)


def write_body(name: str, flavor: str, doc: str) -> str:
    """Write the imports and the classes of one flavor."""
    found = sorted(methods().values(), key=lambda method: method.name)
    body = ''
    for block in write_class(found, name, flavor, doc):
        body += ('\n\n\n' if block.startswith('class ') else '\n\n') + block
    ours = imports(body, {**known_types(),
                          'StoredCall': 'txkoji.stored_call'})
    if flavor == 'Deferred':
        ours = f'from twisted.internet.defer import Deferred\n\n{ours}'
    return f'{HEAD}\n{indented(ours)}{body}\n'


def write_methods() -> str:
    """Write the text of ``txkoji/methods.py``."""
    body = write_body('DeferredMethods', 'Deferred', 'They give Deferreds.')
    return f'''"""
The hub methods, for editors, type checkers and people.

Each has its parameters, its result and a line.

At run time the classes are asked for names, signatures and lines only;
`Connection` and the others call any method, by its name, whether it is here
or not. ``python -m txkoji.methods --compare PROFILE`` compares them with a
hub's own list.
"""
{body}

if __name__ == '__main__':
    # It connects to a hub, and so stands above the descriptions.
    from runpy import run_module

    run_module('txkoji.compare', run_name='__main__', alter_sys=True)
'''


def write_stored() -> str:
    """Write the text of ``txkoji/stored_methods.py``."""
    body = write_body('StoredMethods', 'StoredCall', 'They give stored calls.')
    doc = 'The hub methods of a multicall, for editors and type checkers.'
    return f'"""{doc}"""\n{body}'


def write_lists() -> str:
    """Write the text of ``txkoji/list_methods.py``."""
    found = sorted(methods().values(), key=lambda method: method.name)
    groups = list_groups(found)
    body = '\n\n'.join([
        write_by_name('iterate', groups,
                      'Go through a long list while it arrives.', 'Items',
                      'Items[Any]'),
        write_by_name('pages', groups, 'Go through a long list by pages.',
                      'Pages', 'Pages[Any]')])
    ours = imports(body, {**known_types(), 'Items': 'txkoji.streaming',
                          'Pages': 'txkoji.paging'})
    return f'''"""`iterate` and `pages`, with the items of each method."""
# {GENERATED}
# mypy: disable-error-code="empty-body"
# pyright: reportReturnType=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
{indented(ours)}


class ListMethods:
    """The functions that go through the list of a hub method."""

{body}
'''


def main() -> None:
    """Write the modules."""
    for path, text in [(METHODS, write_methods()), (STORED, write_stored()),
                       (LISTS, write_lists())]:
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)


if __name__ == '__main__':
    main()
