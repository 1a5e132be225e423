from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from io import BytesIO

import numpy as np
import pytest
from page_cases import Page
from PIL import Image
from report_cases import HOSTILE, make_run

from styleid.errors import OutputError
from styleid.questions.run_data import Projection
from styleid.report.numbers import write_score
from styleid.report.page import embed_json
from styleid.report.palette import tidy
from styleid.runs.fit import page_data
from styleid.runs.fit.page import render_page, write_report

pytestmark = pytest.mark.usefixtures("painted")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("pictures"), HOSTILE, 5, hit=0.5, gone=9, curves=2)


@pytest.fixture(scope="module")
def page(hostile):
    return Page(render_page(hostile))


def test_hostile_names_are_text_and_nothing_else(page, hostile):
    allowed = {"src", "class", "alt", "title"}
    assert all(
        set(image) <= allowed and image["src"].startswith("data:image/webp;base64,")
        for image in page.all("img")
    )
    assert not [a for _, attributes in page.tags for a in attributes if a.startswith("on")]
    assert len(page.scripts) == 2
    assert page.data["labels"] == [tidy(label) for label in HOSTILE]
    for label in HOSTILE:
        assert tidy(label) in page.words
    assert "\u202e" not in page.html
    page.html.encode("utf-8")


def test_the_data_block_is_safe_and_whole():
    text = embed_json({"names": [*HOSTILE, "<!--", "]]>", "\u2029"]})
    assert text.isascii()
    assert not set(text) & set("<>&")
    assert json.loads(text)["names"][:7] == list(HOSTILE)
    with pytest.raises(ValueError, match="not JSON compliant"):
        embed_json({"x": float("nan")})


def test_the_page_needs_nothing_from_outside(page):
    for tag, attributes in page.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        assert (attributes.get("href") or "#h-").startswith("#h-")
        assert (attributes.get("src") or "data:").startswith("data:")
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", page.html)


def test_only_the_own_script_may_run(page):
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(page.scripts[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert page.all("script") == [{"type": "application/json", "id": "data"}, {}]


def test_each_filled_cell_is_a_button_that_says_what_it_opens(page, hostile):
    counts = np.asarray(hostile.result["confusion"])
    assert not (counts == counts.T).all()
    buttons = [a for a in page.all("button") if "data-own" in a]
    assert len(buttons) == (counts > 0).sum()
    for button in buttons:
        own, said = int(button["data-own"]), int(button["data-said"])
        assert (
            button["aria-label"]
            == f"{counts[own, said]} of {tidy(HOSTILE[own])} taken for {tidy(HOSTILE[said])}"
        )
        assert button["class"].split()[0] == ("right" if own == said else "wrong")


def test_the_data_are_those_of_the_run(page, hostile):
    data = page.data
    assert (data["true"], data["said"]) == (hostile.true.tolist(), hostile.predicted.tolist())
    assert [data["folds"][i] for i in data["fold"]] == list(hostile.folds)
    for row, best in enumerate(data["best"]):
        assert best[0] == hostile.predicted[row]
        assert best[1::2] == [write_score(float(hostile.scores[row, int(i)])) for i in best[::2]]
        assert data["sure"][row] == pytest.approx(hostile.scores[row, best[0]], abs=1e-5)
        assert len(set(best[::2])) == 3
    plane = np.stack([data["x"], 1 - np.asarray(data["y"])], axis=1)
    np.testing.assert_array_equal(plane.argsort(axis=0), hostile.projection.coordinates.argsort(axis=0))
    np.testing.assert_allclose([plane.min(axis=0), plane.max(axis=0)], [[0, 0], [1, 1]], atol=1e-4)


def test_thumbnails_belong_to_their_rows_and_gaps_are_told(page, hostile):
    data = page.data
    assert [t == page_data.GONE for t in data["thumb"]] == [not path.exists() for path in hostile.paths]
    for row, place in enumerate(data["thumb"]):
        if place == page_data.GONE:
            continue
        small = Image.open(BytesIO(base64.b64decode(data["thumbs"][place])))
        assert (small.format, small.size) == ("WEBP", (110, 80))
        mean = np.asarray(small.convert("RGB"), dtype=float).mean(axis=(0, 1))
        own = np.asarray(Image.open(hostile.paths[row]), dtype=float).mean(axis=(0, 1))
        np.testing.assert_allclose(mean, own, atol=12)
    assert "picture is gone" in page.words


def test_thumbnails_keep_within_their_number_and_room(hostile, monkeypatch):
    monkeypatch.setattr(page_data, "MAX_THUMBNAILS", 12)
    data = page_data.collect_page_data(hostile)
    wrong = hostile.true != hostile.predicted
    large = [row for row, place in enumerate(data["thumb"]) if place >= 0]
    gone = [not path.exists() for path in hostile.paths]
    assert len(large) == 12 - sum(gone[row] for row in page_data.choose_thumbnails(hostile, 12, 60))
    assert all(wrong[row] for row in large)
    monkeypatch.setattr(page_data, "MAX_BYTES", 30_000)
    monkeypatch.setattr(page_data, "BYTES_FOR_THUMBNAILS", 5000)
    data = page_data.collect_page_data(hostile)
    sizes = [sum(len(base64.b64decode(t)) for t in data[kind]) for kind in ("thumbs", "sheets")]
    assert 0 < sizes[0] <= 30_000 - sizes[1]
    assert 0 < sizes[1] <= 25_000
    shown = sorted(place for place in data["thumb"] if place >= 0)
    assert shown == list(range(len(data["thumbs"])))


def test_what_is_left_out_is_told(hostile, monkeypatch):
    assert page_data.write_left_out(page_data.collect_page_data(hostile)) == [
        "9 pictures cannot be shown: gone, or not readable any more"
    ]
    monkeypatch.setattr(page_data, "MAX_THUMBNAILS", 20)
    monkeypatch.setattr(page_data, "MAX_SPRITES", 33)
    words = Page(render_page(hostile)).words
    data = page_data.collect_page_data(hostile)
    sprites, thumbs = (sum(place >= 0 for place in data[kind]) for kind in ("sprite", "thumb"))
    assert f"{sprites - thumbs} of 35 are in this page with 48 pixels a side only, for want of room." in words
    assert "2 of 35 are not in this page, for want of room; the plane has a mark for each." in words
    monkeypatch.setattr(page_data, "BYTES_FOR_THUMBNAILS", page_data.MAX_BYTES)
    assert page_data.collect_page_data(hostile)["sheets"] == [], "no sheet fits"
    monkeypatch.setattr(page_data, "MAX_PAGE", page_data.TABLES)
    assert page_data.collect_page_data(hostile)["thumbs"] == [], "names and numbers fill the page"


def test_sprites_are_the_middles_of_their_pictures(hostile, monkeypatch):
    monkeypatch.setattr(page_data, "_SHEET", 150)  # three squares in a row, nine a sheet
    data = page_data.collect_page_data(hostile)
    assert (data["sprite_side"], data["sprite_columns"], len(data["sheets"])) == (48, 3, 3)
    sheets = [Image.open(BytesIO(base64.b64decode(sheet))).convert("RGB") for sheet in data["sheets"]]
    for row, place in enumerate(data["sprite"]):
        assert (place == page_data.GONE) == (not hostile.paths[row].exists())
        if place < 0:
            continue
        x, y = place % 9 % 3 * 48, place % 9 // 3 * 48
        square = np.asarray(sheets[place // 9].crop((x, y, x + 48, y + 48)), dtype=float)
        with Image.open(hostile.paths[row]) as picture:
            own = np.asarray(picture.crop((15, 0, 95, 80)).resize((48, 48)), dtype=float)
        assert np.corrcoef(square.ravel(), own.ravel())[0, 1] > 0.8, row


@pytest.mark.parametrize("labels", [2, 3, 30])
def test_pages_of_all_sizes_without_projection_or_curves(labels):
    run = make_run(None, [f"name {i}" for i in range(labels)], 2, projection=False)
    page = Page(render_page(run))
    assert "x" not in page.data
    headings = re.findall(r"<h2 id=\"(h-\w+)\"", page.html)
    assert headings == [
        "h-scores", "h-confusion", "h-labels", "h-calibration", "h-unknown", "h-sets", "h-learning",
        "h-grid", "h-how",
    ]  # fmt: skip


def test_a_fallback_projection_says_so_and_may_be_one_point():
    run = make_run(None, ["a", "b"], 2)
    run = dataclasses.replace(
        run, projection=Projection(np.ones((4, 2)), "pca", None, "PCA instead of UMAP: why")
    )
    page = Page(render_page(run))
    assert "PCA, trustworthiness not defined. PCA instead of UMAP: why." in page.words
    assert page.data["x"] == page.data["y"] == [0.5] * 4


def test_headline_cautions_and_protocol_are_on_the_page():
    run = make_run(None, ["ann", "ben"], 3, one_vs_rest=True)
    run.result["folds"][0]["params"] = {"ann": {"svc__C": 0.5}, "ben": {}}
    words = Page(render_page(run)).words
    assert "The svm head names the right one of 2 labels for" in words
    assert "Only 6 pictures were scored" in words
    assert "one label against the rest, each by itself" in words
    assert "ann: C = 0.5; ben: as set" in words
    assert "3 pictures carry two labels and were left out." in words


def test_a_holdout_tells_what_was_scored_of_all():
    run = make_run(None, ["ann", "ben"], 3)
    run.result.update(n_images=50, protocol="holdout")
    words = Page(render_page(run)).words
    assert "6 of 50 scored" in words
    assert "holdout: the scored pictures were kept apart from all training" in words


def test_write_report_writes_what_it_names(tmp_path):
    folder = tmp_path / "new" / "run"
    written = write_report(make_run(None, ["a", "b"], 2, curves=1), folder)
    assert sorted(written) == sorted(folder.iterdir())
    names = [
        "scores",
        "confusion",
        "per_label",
        "curves",
        "reliability",
        "unknown",
        "learning",
        "projection",
        "grid",
        "report",
    ]
    assert [path.stem for path in written] == names
    assert written[-1].read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_write_report_without_projection_and_curves(tmp_path):
    bare = make_run(None, ["a", "b"], 2, projection=False)
    names = [path.name for path in write_report(bare, tmp_path)]
    assert names == [
        "scores.png",
        "confusion.png",
        "per_label.png",
        "reliability.png",
        "unknown.png",
        "learning.png",
        "grid.png",
        "report.html",
    ]


def test_write_report_names_the_file_that_cannot_be_written(tmp_path, hostile):
    (tmp_path / "run").write_text("a file, not a folder")
    with pytest.raises(OutputError, match=r"cannot write .*scores\.png"):
        write_report(hostile, tmp_path / "run")
