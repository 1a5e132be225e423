"""The command line: translates words into calls of the library, and results into words."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TextIO, cast

from styleid.errors import InputError, OutputError, StyleIdError

#: What a command that was stopped leaves behind; `styleid FOLDER` does what `embed` does.
_KEPT = {
    "embed": "what was embedded is kept, and the same command goes on from there",
    "compare": "the finished folds are kept, and the same command goes on from there",
    "small-cnn": "the finished folds are kept, and the same command goes on from there",
    "forgetting": "the finished trainings are kept, and the same command goes on from there",
    "add": "the model is as it was, vectors of the new pictures are kept; the same command adds the label",
    "predict": "only what was printed is kept; the same command begins anew",
    "report": "the page is as it was, plots may be new; the same command begins anew",
    "serve": "nothing was sent yet; the same command begins anew",
    "export": "what was whole is kept; the same command begins anew",
    "similar": "nothing was written; the same command begins anew",
    "scan": "the manifest is as it was; the same command begins anew",
    **dict.fromkeys(
        ("fit", "check", "artist"),
        "no new report is kept, a former one is as it was; the same command begins anew",
    ),
}
_INTERRUPTED, _TERMINATED = 130, 143


def main() -> None:
    """Run the command line; what is raised on purpose ends here, in one line and an exit code."""
    terminated = []

    def terminate(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what is computed is being written
        terminated.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, terminate)
    from styleid.cli.app import app
    from styleid.cli.words import shown

    sys.stdout = cast(TextIO, _Stream(sys.stdout, "standard output"))
    sys.stderr = cast(TextIO, _Stream(sys.stderr, "standard error"))
    try:
        _expect_folder()
        app()
    except StyleIdError as error:
        print(f"error: {shown(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except MemoryError as error:
        reason = f" ({shown(str(error))})" if str(error) else ""
        print(f"error: not enough memory{reason}; lower --batch-size, --jobs or --threads", file=sys.stderr)
        sys.exit(1)
    except (KeyboardInterrupt, SystemExit) as stop:  # typer makes an exit of the one
        if isinstance(stop, SystemExit) and stop.code != _INTERRUPTED:
            raise
        asked = next((word for word in sys.argv[1:3] if word in _KEPT), "embed")
        print(f"stopped: {_KEPT[asked]}", file=sys.stderr)
        sys.exit(_TERMINATED if terminated else _INTERRUPTED)
    finally:
        signal.signal(signal.SIGTERM, before)


def _expect_folder() -> None:
    try:
        os.getcwd()
    except FileNotFoundError as error:
        raise InputError(
            "expected a folder to work in, found that this one was deleted; change to one that is there"
        ) from error


class _Stream:
    """A standard stream, whoever writes to it: one that is full ends in one line."""

    def __init__(self, stream: TextIO | None, name: str) -> None:
        nowhere = Path(os.devnull)
        self._stream, self._name = stream or nowhere.open("w", encoding="utf-8"), name
        self._is_full = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._telling():
            return self._stream.write(text)

    def flush(self) -> None:
        if not self._is_full:  # what it holds back would fail again when Python ends
            with self._telling():
                self._stream.flush()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:  # whoever reads has seen enough
            raise
        except OSError as error:
            self._is_full = True
            raise OutputError(
                f"cannot write to {self._name}: {error.strerror}; send it where there is room"
            ) from error
