"""How the state of a FakeHub is saved to a file, and loaded from it."""
from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from dataclasses import fields
from typing import Any

from txkoji.testing.files import Files
from txkoji.testing.sessions import HubSession, Sessions
from txkoji.testing.tables import Tables

#: The form of the file.
FORM = 1


def save(path: str, tables: Tables, files: Files, sessions: Sessions,
         moment: float) -> None:
    """
    Save a state.

    :param moment: the hub's time.
    """
    rows = [{each.name: getattr(row, each.name)
             for each in fields(HubSession) if each.name != 'lock'}
            for row in sessions.rows]
    state = {
        'form': FORM, 'time': moment, 'tables': tables.loaded(),
        'sample': tables.sample, 'sessions': rows,
        'passwords': sessions.passwords,
        'files': {key: b64encode(data).decode()
                  for key, data in files.kept().items()}}
    draft = f'{path}.new'
    with open(draft, 'w', encoding='utf-8') as file:
        json.dump(state, file)
    os.replace(draft, path)


def load(path: str, files: Files) -> dict[str, Any]:
    """
    Load a state: its tables, and its files into others.

    :returns: what was saved, with ``tables`` as `Tables`.
    :raises ValueError: if the file is of another form.
    """
    with open(path, encoding='utf-8') as file:
        state: dict[str, Any] = json.load(file)
    if state.get('form') != FORM:
        raise ValueError(f'{path} is no state of a FakeHub of this version')
    tables = Tables(state['sample'])
    for name, rows in state['tables'].items():
        setattr(tables, name, rows)
    state['tables'] = tables
    for key, data in state['files'].items():
        files.keep(key, b64decode(data))
    state['sessions'] = [HubSession(**row) for row in state['sessions']]
    return state
