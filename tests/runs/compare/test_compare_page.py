from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from report_cases import HOSTILE, metric

from styleid.errors import OutputError
from styleid.report.numbers import write_p
from styleid.runs.compare.page import render_comparison, write_comparison
from styleid.runs.compare.plot import draw_ranks
from styleid.runs.compare.words import write_ranking, write_recommendation

pytestmark = pytest.mark.usefixtures("painted")


def comparison(
    heads: tuple[str, ...] = ("svm", "logreg", "knn"),
    chosen: str = "logreg",
    equals: tuple[str, ...] = ("logreg",),
    values: tuple[float, ...] = (0.81, 0.804, 0.6),
) -> dict[str, Any]:
    """A made-up ``compare.json``."""
    rng = np.random.default_rng(0)
    result: dict[str, Any] = {
        "run": "compare", "created": "2026-01-01T00:00:00Z", "heads": list(heads), "labels": ["a", "b"],
        "n_images": 1150, "n_groups": 49, "n_excluded": 2, "space": "s" * 64, "backbone": "toy",
        "descriptor": "layer", "n_folds": 5, "n_repeats": 3, "seed": 0, "target": None, "level": 0.05,
        "worth": 0.01, "alike": [["svm", "logreg"]] if equals else [], "versions": {"styleid": "0"},
        "notes": [], "timing_seconds": {"total": 12.0},
    }  # fmt: skip
    result["results"] = {
        head: {
            "metrics": dict.fromkeys(("balanced_accuracy", "accuracy", "macro_f1"), metric(value)),
            "mean_rank": 1.0 + i,
            "fold_seconds": {"search": 2.0 - i / 2, "fit": 0.5, "predict": 0.004},
            "cpu_seconds": 30.0,
            "folds": [
                {"repeat": r, "name": f"fold-{f}", "n_train": 920, "n_test": 230, "params": {"C": 0.1},
                 "balanced_accuracy": float(value + 0.03 * rng.normal())}
                for r in (1, 2, 3) for f in range(1, 6)
            ],
        }
        for i, (head, value) in enumerate(zip(heads, values, strict=True))
    }  # fmt: skip
    result["pairs"] = [
        {
            "a": a, "b": b, "difference": {"value": x - y, "low": x - y - 0.03, "high": x - y + 0.03},
            "t": 1.0, "p": 0.01, "p_holm": 0.2 if b in equals else 0.0001, "told_apart": b not in equals,
            "mcnemar": {"only_a": 12, "only_b": 7, "p": 0.3, "p_holm": 0.9, "p_groups": 0.5,
                        "p_groups_holm": 1},
        }
        for i, (a, x) in enumerate(zip(heads, values, strict=True))
        for b, y in list(zip(heads, values, strict=True))[i + 1 :]
    ]  # fmt: skip
    result["recommended"] = {"head": chosen, "best": heads[0], "equals": list(equals)}
    result["recommended"]["words"] = write_recommendation(result)
    return result


def test_the_simpler_head_is_recommended_with_what_it_costs() -> None:
    first, cost, worse, unseen = comparison()["recommended"]["words"]
    assert first == (
        "Take logreg: balanced accuracy 0.804 (95 % interval 0.764 to 0.844); it is simpler than svm and "
        "cannot be told apart from it."
    )
    assert cost == (
        "svm has the highest mean; logreg lies 0.006 behind, 95 % interval 0.036 behind to 0.024 ahead. "
        "Searching and fitting take 2.0 s a fold instead of 2.5 s."
    )
    assert worse == "These are worse than svm, by more than chance: knn, 0.210 behind."
    assert "below about 0.03 cannot be seen" in unseen


def test_the_best_head_is_recommended_where_it_is_ahead() -> None:
    alone = comparison(chosen="svm", equals=())
    assert alone["recommended"]["words"] == [
        "Take svm: balanced accuracy 0.810 (95 % interval 0.770 to 0.850), better than every other head by "
        "more than chance.",
        "These are worse than svm, by more than chance: logreg, 0.006 behind; knn, 0.210 behind.",
    ]
    assert write_ranking(alone) == "svm does best, by more than chance"
    far = comparison(chosen="svm", equals=("logreg",), values=(0.81, 0.77, 0.6))
    words = " ".join(far["recommended"]["words"])
    assert "No simpler head is as good, as far as can be told, and within 0.01 of it." in words
    assert (
        "These cannot be told apart from svm: logreg, 0.040 behind, 95 % interval 0.070 behind to 0.010"
        in words
    )
    assert write_ranking(far) == "svm leads; logreg cannot be told apart from it"
    assert "no head can be told apart" in write_ranking(comparison(equals=("logreg", "knn")))
    assert (write_p(0.0004), write_p(0.0311)) == ("< 0.001", "0.031")


def test_a_tie_is_called_one() -> None:
    """Heads that are level in every fold have no interval, and none of them has the highest mean."""
    tie = comparison(heads=("svm", "logreg"), values=(0.8, 0.8))
    tie["recommended"] |= {"tied": ["logreg"]}
    tie["pairs"][0]["difference"] = {"value": 0.0, "low": None, "high": None}
    words = " ".join(write_recommendation(tie))
    assert "svm and logreg have the same mean." in words
    assert "highest" not in words
    assert "On these pictures how far heads differ cannot be seen" in words
    assert write_ranking(tie) == "svm and logreg do equally well here"
    tie["recommended"]["head"] = "svm"
    words = " ".join(write_recommendation(tie))
    assert "as high as logreg." in words
    assert (
        "These cannot be told apart from svm: logreg, level in every fold, which leaves no interval." in words
    )
    assert "None" not in render_comparison(tie, b"")
    three = comparison(values=(0.8, 0.8, 0.6))
    three["recommended"] |= {"tied": ["logreg"]}
    assert write_ranking(three) == "svm and logreg lead, level with each other"
    close = comparison(values=(0.8, 0.799, 0.6))
    close["pairs"][0]["difference"] = {"value": 0.001, "low": 0.0, "high": 0.002}
    assert "below about 0.01 cannot be seen" in " ".join(write_recommendation(close))


def test_the_page_is_one_file_without_scripts_and_holds_every_number(tmp_path: Path) -> None:
    plot, page = write_comparison(comparison(), tmp_path)
    html = page.read_text(encoding="utf-8")
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in html
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "")
    assert "data:image/png;base64," in html
    for text in ("0.804", "0.764–0.844", "+0.006", "&lt; 0.001", "12 : 7", "told apart", "2.00 s", "C = 0.1"):
        assert text in html, text
    assert html.count('<tr><th scope="row">3, fold-5</th>') == 1
    with Image.open(plot) as image:
        assert image.size == (1350, 469)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write_comparison(comparison(), tmp_path / "file")


def test_hostile_names_stay_text() -> None:
    result = comparison() | {"target": HOSTILE[0], "notes": list(HOSTILE)}
    html = render_comparison(result, b"")
    assert "<img src=x" not in html
    assert "alert(2)</script>" not in html
    assert "\u202e" not in html
    assert html.isprintable() or "\x07" not in html


def test_the_plot_shows_every_head_and_set_and_is_the_same_twice() -> None:
    one = draw_ranks(comparison())
    assert one == draw_ranks(comparison())
    assert one != draw_ranks(comparison(equals=()))
    with Image.open(BytesIO(one)) as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24)}
    assert (0, 0x72, 0xB2) in colours, "the best, in blue"
    assert (0x8A, 0x94, 0x9D) in colours, "the others, in grey"


@pytest.mark.parametrize(
    ("told_apart", "single", "grouped", "words"),
    [
        (True, 0.001, 0.001, []),
        (False, 0.9, 0.9, []),
        (False, 0.001, 0.9, ["pictures of one group are not: believe the test by groups."]),
        (False, 0.001, 0.001, ["takes both heads as they were trained once"]),
        (True, 0.9, 0.9, ["assumes that folds vary as fresh pictures would"]),
        (True, 0.001, 0.9, ["independently", "svm – logreg: the test over folds tells the two apart"]),
    ],
)
def test_where_tests_disagree_the_page_says_which_assumption_breaks(
    told_apart, single, grouped, words
) -> None:
    result = comparison()
    result["pairs"] = result["pairs"][:1]
    result["pairs"][0] |= {"told_apart": told_apart}
    result["pairs"][0]["mcnemar"] |= {"p_holm": single, "p_groups_holm": grouped}
    page = render_comparison(result, b"")
    told = page.partition("Where the tests disagree</h3>")[2].partition("</section>")[0]
    assert told.count('<p class="finding">') == len(words)
    assert all(word in told for word in words)
