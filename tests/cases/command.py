"""The command line: in a process of its own, as everybody starts it, or here, where none is needed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from styleid.cli import main

Result = subprocess.CompletedProcess[str]
Command = Callable[..., Result]


def process_in(folder: Path, *arguments: object) -> Result:
    """Start `styleid` in a folder; that alone takes a second, and a fit or verdict some more."""
    command = [sys.executable, "-W", "error", "-m", "styleid", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, text=True, check=False)


def here_in(folder: Path, *arguments: object) -> Result:
    """Go through the same entry point in this process; an error that it lets pass fails the test."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    command, code = ["styleid", *map(str, arguments)], 0
    with pytest.MonkeyPatch.context() as patch, chdir(folder), redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", command)
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    told = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    return Result(command, code, *told)
