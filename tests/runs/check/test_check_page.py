from __future__ import annotations

import re

from drawing import draw
from matplotlib.axes import Axes

from styleid.questions.base import CHECK, find_all, load_questions
from styleid.questions.shortcuts import plot
from styleid.runs.check.page import CheckData, render_check, write_check
from styleid.runs.check.run import write_verdict

EVIL = '<script>alert(1)</script>"\u202e'


def write_findings(result):
    return [finding._asdict() for finding in find_all(load_questions(CHECK), result)]


def metric(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.05, "high": value + 0.05}


def result(**changes: object) -> dict:
    scored = {"accuracy": metric(0.9), "balanced_accuracy": metric(0.9), "n_images": 40, "n_groups": 20}
    names = (
        "logreg",
        "centroid",
        "majority",
        "facts",
        "size",
        "encoding",
        "metadata",
        "border",
        "colours",
        "both",
    )
    made = {
        "options": {"folds": 5},
        "n_images": 40,
        "labels": {EVIL: {"n_images": 20, "n_groups": 10}, "b": {"n_images": 20, "n_groups": 10}},
        "labels_left_out": [],
        "duplicates": {
            "min_cosine": 0.95, "max_bits": 18, "n_pairs": 0, "n_across_groups": 0, "chains": [],
            "pairs": [], "nearly": [],
        },
        "conflicts": [],
        "shortcuts": {name: {**scored, "verdict": "chance", "head_less": metric(0.1)} for name in names},
        "scores": {"as_is": scored, "together": scored, "left_out": scored},
        "mislabels": [],
        "outliers": [],
        "degenerate": [],
        "notes": [EVIL],
    } | changes  # fmt: skip
    made["findings"] = write_findings(made)
    made["verdict"] = write_verdict(made)
    return made


def test_nothing_found(tmp_path):
    page = render_check(CheckData(result(), {}))
    assert "Nothing was found that would make a score on this set untrue" in page
    assert "<script" not in page
    assert "\u202e" not in page
    assert "script-src" not in page.split("</head>")[0]
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", page)


def test_everything_found(tmp_path, painted):
    pair = {"image_ids": ["a", EVIL], "labels": ["a", EVIL], "sha256": ["0", "1"], "bits": 3}
    pair |= {"cosine": 0.9876, "same_bytes": False, "same_group": False}
    named = {"image_id": EVIL, "label": EVIL, "sha256": "1"}
    found = {"min_cosine": 0.95, "max_bits": 18, "n_pairs": 1, "n_across_groups": 1, "pairs": [pair]}
    found |= {"chains": [{"label": EVIL, "share": 0.7, "size": 9, "density": 0.2}], "nearly": [pair] * 12}
    base = result()
    shortcuts = {name: {**of, "verdict": "level"} for name, of in base["shortcuts"].items()}
    made = result(
        duplicates=found,
        conflicts=[pair] * 30,
        shortcuts=shortcuts,
        mislabels=[named | {"suggested": EVIL, "score": 0.99}],
        outliers=[named],
        degenerate=[named | {"why": "one colour"}],
        labels_left_out=[EVIL],
        scores={**base["scores"], "together": None},
    )
    kinds = [of["kind"] for of in made["findings"]]
    assert kinds[:4] == ["shortcut-facts", "conflicts", "shortcut-colours", "chains"], "what stops is first"
    assert kinds[-2] == "duplicates", "but for notes, what a fit sees to by itself"
    assert set(kinds) == {
        "conflicts", "shortcut-facts", "shortcut-colours", "chains", "duplicates", "mislabels", "outliers",
        "degenerate", "labels-left-out",
    }  # fmt: skip
    assert made["verdict"] == "Do not believe a score on this set yet"
    paths = {"a": draw(tmp_path / "a.png", 0), EVIL: tmp_path / "gone.png"}
    written = write_check(CheckData(made, paths), tmp_path / "out")
    assert [path.name for path in written] == ["pairs.png", "scores.png", "check.html"]
    page = written[-1].read_text()
    assert "<script" not in page
    assert "\u202e" not in page
    assert "picture is gone" in page
    assert "data:image/webp" in page
    assert page.count("<summary>Show the rest (6)</summary>") == 1
    assert (
        page.count("3 of 256 bits differ") == 30 + 1 + 8
    )  # all conflicts, the pair, those just short of one
    assert "a difference of +10.0 points (95 % interval +5.0 to +15.0)" in page.replace("\u00a0", " ")
    assert "level with the head (logistic regression on the vectors)" in page
    assert "no score is possible any more" in page
    assert "by a score that only ranks: it is no probability" in page
    assert "0.9876" not in page  # a raw cosine is no measure for people


def test_a_score_that_is_not_defined_has_no_bar_and_no_number(monkeypatch):
    shortcuts = result()["shortcuts"]
    undefined = {"balanced_accuracy": dict.fromkeys(("value", "low", "high")), "verdict": None}
    shortcuts |= {"size": undefined, "facts": shortcuts["facts"] | {"verdict": "level"}}
    kept = []
    monkeypatch.setattr(plot, "to_png", lambda figure: kept.append(figure) or b"")
    plot.draw_check_scores(shortcuts, 0.5)
    (axes,) = kept[0].findobj(Axes)
    assert [bar.get_width() for bar in axes.patches].count(0.0) == 1
    words = [text.get_text() for text in axes.texts]
    assert words.count("not defined") == 1
    assert "0.000" not in words
    findings = write_findings(result(shortcuts=shortcuts))
    assert "shortcut-facts" in [finding["kind"] for finding in findings]
