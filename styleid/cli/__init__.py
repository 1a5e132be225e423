"""The command line: translates words into calls of the library, and results into words."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from styleid.errors import StyleIdError

#: What a command that was stopped leaves behind; `styleid FOLDER` does what `embed` does.
_KEPT = {
    "embed": "what was embedded is kept, and the same command goes on from there",
    "compare": "the finished folds are kept, and the same command goes on from there",
    "small-cnn": "the finished folds are kept, and the same command goes on from there",
    "forgetting": "the finished trainings are kept, and the same command goes on from there",
    "add": "the model is as it was, vectors of the new pictures are kept; the same command adds the label",
    "predict": "only what was printed is kept; the same command begins anew",
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

    try:
        app()
    except StyleIdError as error:
        print(f"error: {shown(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit) as stop:  # typer makes an exit of the one
        if isinstance(stop, SystemExit) and stop.code != _INTERRUPTED:
            raise
        asked = next((word for word in sys.argv[1:3] if word in _KEPT), "embed")
        print(f"stopped: {_KEPT[asked]}", file=sys.stderr)
        sys.exit(_TERMINATED if terminated else _INTERRUPTED)
    finally:
        signal.signal(signal.SIGTERM, before)
