"""Every error styleid raises on purpose, and the exit code each one ends a command with.

::

    StyleIdError                  exit 1
    ├── InputError                exit 2   also ValueError: manifest, option, unknown name, impossible split
    ├── ImageError                         also ValueError: one picture; becomes a row in failures
    ├── StoreError                         also RuntimeError: missing vectors, other space, damaged shard
    ├── BundleError                        also RuntimeError: untrusted, damaged, made in another space
    ├── WeightsError                       also RuntimeError: weights missing, damaged or not of the backbone
    ├── OutputError                        also OSError: a file or folder that cannot be written
    └── MissingExtraError                  also ImportError: an optional package is not installed

A message is one line: what was expected, what was found, where, and what to do. Anything else that escapes
from styleid is a bug and shows its traceback.
"""

from __future__ import annotations

from typing import Self


class StyleIdError(Exception):
    """Base of all errors that styleid raises on purpose.

    Parameters
    ----------
    message : str
        One line for a person.
    **facts : object
        The values the message speaks of, kept in ``self.facts`` for code that wants them.
    """

    exit_code = 1

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross from worker processes; the default would call __init__ with the message alone.
        return type(self)._restore, (self.message, self.facts)

    @classmethod
    def _restore(cls, message: str, facts: dict[str, object]) -> Self:
        error = cls.__new__(cls, message)
        StyleIdError.__init__(error, message, **facts)
        return error


class InputError(StyleIdError, ValueError):
    """What the user gave cannot be used: a manifest, an option, a name, an impossible split."""

    exit_code = 2


class ImageError(StyleIdError, ValueError):
    """One picture cannot be used; its ``code`` says why."""

    def __init__(self, code: str, message: str, **facts: object) -> None:
        super().__init__(message, code=code, **facts)

    @property
    def code(self) -> str:
        """Stable identifier of the reason, as listed in ``docs/formats.md``."""
        return str(self.facts["code"])


class StoreError(StyleIdError, RuntimeError):
    """The vector store lacks what is asked for, or holds something damaged."""


class BundleError(StyleIdError, RuntimeError):
    """A model bundle is damaged, not trusted, or made in another vector space."""


class WeightsError(StyleIdError, RuntimeError):
    """Weights are missing, damaged, or do not belong to the backbone."""


class OutputError(StyleIdError, OSError):
    """A file or folder cannot be written."""


class MissingExtraError(StyleIdError, ImportError):
    """An optional package is not installed; the message names the extra of styleid that brings it."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f'{feature} needs a package that is not installed: pip install "styleid[{extra}]"',
            feature=feature,
            extra=extra,
        )
