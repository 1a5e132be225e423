from __future__ import annotations

import pytest

from styleid.cli.progress import progress_bar
from styleid.cli.words import number, shown, table


def test_names_print_on_one_line_whatever_they_hold() -> None:
    assert shown("a\nb\x1b[31m\u202e\udcff é 漢") == "a\\nb\\x1b[31m\\u202e\\udcff é 漢"


def test_tables_align(capsys: pytest.CaptureFixture[str]) -> None:
    table(("label", "pictures"), [("Ann", 1150), ("漢字", 7)])
    assert capsys.readouterr().out == "  label  pictures\n  Ann       1,150\n  漢字          7\n"
    table(("label",), [])
    assert capsys.readouterr().out == ""


def test_numbers_come_with_their_interval() -> None:
    assert number({"value": 0.8125, "low": 0.79, "high": 0.83}) == "0.812 (0.790 to 0.830)"
    assert number({"value": 0.8125, "low": None, "high": None}) == "0.812"
    assert number({"value": None, "low": None, "high": None}) == number(None) == "-"


def test_the_bar_is_silent_when_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("embedding", "pictures") as report:
        report(1, 2)
    assert capsys.readouterr() == ("", "")
