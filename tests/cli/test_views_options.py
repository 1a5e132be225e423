"""``--views`` and ``--pool`` reach what they are options of."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from styleid.cli.app import app
from styleid.runs.check import run as check
from styleid.runs.compare import run as compare
from styleid.runs.fit import run as fit


@pytest.mark.parametrize(
    ("module", "name", "arguments", "expected"),
    [
        (fit, "fit", ["--views", "fit", "--pool", "vote"], {"views": "fit", "pool": "vote", "seed": 0}),
        (fit, "fit", [], {"views": None, "pool": "mean", "false_alarm": 0.05}),
        (
            compare,
            "compare",
            ["--views", "fit", "--pool", "vote"],
            {"views": "fit", "pool": "vote", "seed": 0},
        ),
        (compare, "compare", [], {"views": None, "pool": "mean"}),
        (check, "check", ["--views", "fit"], {"views": "fit", "seed": 0}),
    ],
)
def test_views_and_pool_are_handed_on(
    module: Any, name: str, arguments: list[str], expected: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def stop(options: Any, *rest: Any) -> None:
        asked.append(options)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, name, stop)
    CliRunner().invoke(app, [name, *arguments])
    (options,) = asked
    assert {key: getattr(options, key) for key in expected} == expected
