"""
Passwords and keys, as values that do not show themselves.
"""
from __future__ import annotations


class Secret(str):
    """
    A text that is not to be seen where values are shown, as in tracebacks
    with the variables of each function.
    """

    def __repr__(self) -> str:
        return '<secret>'

    def removed_from(self, text: str) -> str:
        """A text, with something else where the secret stands in it."""
        for shown in {str(self), str.__repr__(self)[1:-1]} - {''}:
            text = text.replace(shown, repr(self))
        return text


class SecretBytes(bytes):
    """The same of bytes."""

    def __repr__(self) -> str:
        return '<secret>'
