"""The state file of a poll, through restarts of the program."""
from __future__ import annotations

import json
import os
from typing import Any

from txkoji.exceptions import ConfigurationError

#: The form of the file.
FORM = 1


def load(path: str, hub: str) -> dict[str, Any] | None:
    """
    Read a state file.

    :param hub: the address of the hub.
    :returns: what was saved. None if there is no file.
    :raises ConfigurationError: if the file is of another form, or of another
                                hub, or cannot be read.
    """
    try:
        with open(path, encoding='utf-8') as file:
            state: Any = json.load(file)
    except FileNotFoundError as error:
        if not os.access(os.path.dirname(os.path.abspath(path)), os.W_OK):
            raise ConfigurationError(f'poll: {path} cannot be written: there'
                                     ' is no such folder, or it is of'
                                     ' another user') from error
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f'poll: {path} cannot be read: {error};'
                                 ' remove it to begin anew') from error
    if not isinstance(state, dict) or state.get('form') != FORM:
        raise ConfigurationError(f'poll: {path} is no state file of this'
                                 ' version of txkoji; remove it to begin anew')
    if state.get('hub') != hub:
        raise ConfigurationError(f'poll: {path} is of {state.get("hub")}, not'
                                 f' of {hub}; use a file for each hub')
    return state


def save(path: str, hub: str, state: dict[str, Any]) -> None:
    """
    Write a state file as a whole.

    :raises ConfigurationError: if the file cannot be written.
    """
    draft = f'{path}.new'
    try:
        with open(draft, 'w', encoding='utf-8') as file:
            json.dump({'form': FORM, 'hub': hub, **state}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError as error:
        raise ConfigurationError(f'poll: {path} cannot be written: {error}'
                                 ) from error
