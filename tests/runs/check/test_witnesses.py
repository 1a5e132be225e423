"""Each witness finds what was planted for it, and the joint one what neither finds alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checked import Checked
from command import here_in
from PIL import Image

from styleid import CheckOptions, check

LABELS = ("ann", "bob", "cy")
#: Ways to save the same pixels.
PACKED: tuple[dict[str, Any], ...] = (
    {"format": "PNG"},
    {"format": "BMP"},
    {"format": "PNG", "icc_profile": b"profile"},
)


def paint(file: Path, seed: int, tint: int, packed: int) -> None:
    """Write noise of one tint in a white frame, so that neither the border nor its size tells the tint."""
    rng = np.random.default_rng(seed)
    pixels = np.full((64, 64, 3), 255, dtype=np.uint8)
    noise = rng.integers(0, 120, (48, 48, 3))
    noise[..., tint] += 100
    pixels[8:-8, 8:-8] = noise
    Image.fromarray(pixels).save(file, **PACKED[packed])


def audited(made: Checked, tints: list[int], packed: list[int], **options: object) -> dict[str, Any]:
    """Paint a set anew and audit it."""
    for at, (row, tint, how) in enumerate(zip(made.rows, tints, packed, strict=True)):
        paint(made.root / row.path, at, tint, how)
    made.write()
    wanted = CheckOptions(**{"folds": 3} | options)  # type: ignore[arg-type]
    return check(wanted, made.manifest, made.vectors, made.out, 1).result


def verdicts(result: dict[str, Any]) -> dict[str, str]:
    return {name: result["shortcuts"][name]["verdict"] for name in ("facts", "colours", "both")}


def said(result: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the findings of witnesses by kind: severity and text."""
    findings = (of for of in result["findings"] if of["kind"].startswith("shortcut"))
    return {of["kind"]: (of["severity"], of["text"].replace("\u00a0", " ")) for of in findings}


@pytest.mark.usefixtures("painted")
def test_a_tint_for_each_label_is_level_with_the_head_on_page_terminal_and_in_json(tmp_path: Path) -> None:
    made = Checked(tmp_path, signal=4.0)
    result = audited(made, [LABELS.index(row.label) for row in made.rows], [0] * len(made.rows))
    assert verdicts(result) == {"facts": "chance", "colours": "level", "both": "level"}
    ahead = result["shortcuts"]["colours"]["head_less"]
    assert ahead["low"] is None or ahead["low"] <= 0 <= ahead["high"]
    found = said(result)
    assert set(found) == {"shortcut-colours"}, "the joint witness says nothing that colours do not say"
    severity, text = found["shortcut-colours"]
    assert severity == "look"
    assert "level with the head (logistic regression on the vectors)" in text
    page = (made.out / "check" / "check.html").read_text()
    section = page.partition('aria-labelledby="h-shortcuts"')[2].partition("</section>")[0]
    row = section.partition("colours alone")[2].partition("</tr>")[0]
    assert "<td>level with the head</td>" in row
    where = ["--manifest", str(made.manifest), "--store", str(made.vectors), "--out", str(made.out)]
    told = here_in(tmp_path, "check", *where, "--folds", "3", "--jobs", "1")
    assert "colours alone: level with the head" in told.stdout
    assert "file facts, all together: at chance" in told.stdout


def test_a_witness_that_names_more_than_the_head_is_ahead_of_it(tmp_path: Path) -> None:
    made = Checked(tmp_path, signal=0.5)
    result = audited(made, [LABELS.index(row.label) for row in made.rows], [0] * len(made.rows))
    assert verdicts(result)["colours"] == "ahead"
    assert result["shortcuts"]["colours"]["head_less"]["high"] < 0
    assert "are ahead of the head" in said(result)["shortcut-colours"][1]


def test_labels_that_differ_by_their_files_only(tmp_path: Path) -> None:
    made = Checked(tmp_path, signal=4.0)
    result = audited(made, [0] * len(made.rows), [LABELS.index(row.label) for row in made.rows])
    assert verdicts(result) == {"facts": "level", "colours": "chance", "both": "level"}
    assert {kind: severity for kind, (severity, _) in said(result).items()} == {"shortcut-facts": "stop"}


def test_labels_that_were_shuffled_leave_every_witness_at_chance(tmp_path: Path) -> None:
    made = Checked(tmp_path, signal=0.0)
    rng = np.random.default_rng(1)
    tints, packed = rng.integers(0, 3, (2, len(made.rows))).tolist()
    result = audited(made, tints, packed)
    assert {*verdicts(result).values()} == {"chance"}
    assert said(result) == {}


def test_the_joint_witness_finds_what_neither_finds_alone(tmp_path: Path) -> None:
    """Two labels, of two tints and two formats each: one holds PNG red and BMP green, the other the rest."""
    made = Checked(tmp_path, n=40, signal=1.0)
    kept = [at for at, row in enumerate(made.rows) if row.label != "cy"]
    made.rows, made.points = [made.rows[at] for at in kept], made.points[kept]
    tints = [at // 2 % 2 for at in range(len(kept))]
    packed = [tint ^ LABELS.index(row.label) for tint, row in zip(tints, made.rows, strict=True)]
    result = audited(made, tints, packed)
    found = verdicts(result)
    assert (found["facts"], found["colours"]) == ("chance", "chance")
    assert found["both"] in ("level", "ahead")
    severity, text = said(result)["shortcut-both"]
    words = {"level": "level with the head", "ahead": "ahead of the head"}
    assert severity == "look"
    assert "files and the colours together" in text
    assert f"are {words[found['both']]} (logistic regression on the vectors)" in text


def test_the_witnesses_say_the_same_on_one_core_and_two(tmp_path: Path) -> None:
    made = Checked(tmp_path, n=8, signal=1.0)
    one = audited(made, [at % 3 for at in range(len(made.rows))], [0] * len(made.rows))
    two = check(CheckOptions(folds=3), made.manifest, made.vectors, made.out, 2).result
    assert one["shortcuts"] == two["shortcuts"]
