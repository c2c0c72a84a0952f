"""Passwords and keys, as values whose repr is hidden."""
from __future__ import annotations


class Secret(str):
    """
    A text with a hidden repr.

    Tracebacks and logs that show variables do not show the text.
    """

    def __repr__(self) -> str:
        return '<secret>'

    def removed_from(self, text: str) -> str:
        """Replace the secret in a text, also where it is quoted."""
        for form in {str(self), str.__repr__(self)[1:-1]} - {''}:
            text = text.replace(form, repr(self))
        return text


class SecretBytes(bytes):
    """Bytes with a hidden repr."""

    def __repr__(self) -> str:
        return '<secret>'
