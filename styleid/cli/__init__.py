"""The command line: translates words into calls of the library, and results into words."""

from __future__ import annotations

import sys

from styleid.errors import StyleIdError


def main() -> None:
    """Run the command line; every error raised on purpose ends here, in one line and an exit code."""
    from styleid.cli.app import app
    from styleid.cli.words import shown

    try:
        app()
    except StyleIdError as error:
        print(f"error: {shown(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("stopped; what was finished is kept", file=sys.stderr)
        sys.exit(130)
