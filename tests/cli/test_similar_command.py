"""`styleid similar`: the nearest pictures of a store, as a table, as JSON and as a page."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from drawing import draw
from PIL import Image
from place import Place

PLACES = ("--manifest", "m.csv", "--store", "v")


@pytest.fixture
def drawn(place: Place) -> Place:
    """Two labels of six pictures, embedded; copies of one beside them, and a file that is none."""
    for style, label in enumerate(("ann", "b<b>ob")):
        for i in range(6):
            draw(Path("pics", label, f"{i}.png"), seed=10 * style + i, style=style, size=(96, 96))
    place.embed("pics")
    shutil.copy("pics/ann/3.png", "same.png")
    Image.open("pics/ann/3.png").resize((120, 120)).save("scaled.png")
    draw(Path("other.png"), seed=99, style=0, size=(96, 96))
    Path("broken.png").write_bytes(b"no picture")
    return place


def answers(place: Place, *asked: str, code: int = 0) -> list[dict[str, object]]:
    told = place.run("similar", *asked, *PLACES, "--json", code=code)
    return json.loads(told[told.index("[\n") : told.rindex("\n]") + 2])


def test_copies_come_first_and_are_said_to_be_so(drawn: Place) -> None:
    same, scaled, other = answers(drawn, "same.png", "scaled.png", "other.png", "--top", "3")
    assert [answer["path"] for answer in (same, scaled, other)] == ["same.png", "scaled.png", "other.png"]
    first, *rest = same["nearest"]
    assert (first["rank"], first["image_id"], first["copy"]) == (1, "ann/3.png", "exact")
    assert first["cosine"] == pytest.approx(1, abs=1e-9)
    assert Path(first["path"]).samefile("pics/ann/3.png")
    assert [one["copy"] for one in rest] == ["no", "no"]
    assert (scaled["nearest"][0]["image_id"], scaled["nearest"][0]["copy"]) == ("ann/3.png", "near")
    assert {one["label"] for one in other["nearest"]} == {"ann"}, "a style is nearest to itself"
    assert [one["copy"] for one in other["nearest"]] == ["no"] * 3
    for answer in (same, scaled, other):
        cosines = [one["cosine"] for one in answer["nearest"]]
        assert cosines == sorted(cosines, reverse=True)


def test_a_copy_is_known_by_its_bytes_where_the_picture_is_gone(drawn: Place) -> None:
    shutil.rmtree("pics")
    (answer,) = answers(drawn, "same.png", "--top", "2")
    assert [one["copy"] for one in answer["nearest"]] == ["exact", None]
    page = drawn.run("similar", "same.png", "--sheet", "near.html", *PLACES)
    assert "sheet: near.html" in page
    assert Path("near.html").read_text(encoding="utf-8").count("picture is gone") == 12


def test_a_label_is_looked_among_and_a_strange_one_is_refused(drawn: Place) -> None:
    (answer,) = answers(drawn, "same.png", "--label", "b<b>ob")
    assert {one["label"] for one in answer["nearest"]} == {"b<b>ob"}
    assert len(answer["nearest"]) == 6
    told = drawn.run("similar", "same.png", "--label", "cy", *PLACES, code=2)
    assert "--label cy: no picture with a vector has it; there are ann, b<b>ob" in told


def test_a_picture_of_the_store_needs_no_network(drawn: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("styleid.runs.similar.run.PictureEmbedder", None)
    assert answers(drawn, "pics/ann/0.png")[0]["nearest"][0]["image_id"] == "ann/0.png"


def test_a_row_without_a_vector_and_a_file_that_is_none_are_named(drawn: Place) -> None:
    with open("m.csv", "a", encoding="utf-8") as file:
        file.write("late.png,pics/late.png,ann,,,,\n")
    told = drawn.run("similar", "same.png", "broken.png", *PLACES, code=1)
    assert (
        "1 picture left out: it has no vector of the views square (`styleid embed --views square`): late.png"
        in told
    )
    assert re.search(r"broken\.png: expected a picture .* found bytes of no known kind", told)
    assert "the same file" in told
    assert "no percentage of likeness" in told
    assert " %" not in told


def test_no_vectors_at_all_is_one_line(drawn: Place) -> None:
    Path("m.csv").write_text("path,label\npics/x.png,ann\n", encoding="utf-8")
    told = drawn.run("similar", "same.png", *PLACES, code=1)
    assert "expected vectors of the 1 pictures of m.csv" in told


def test_the_sheet_is_one_page_that_asks_nothing_of_anyone(drawn: Place) -> None:
    drawn.run("similar", "same.png", "other.png", "--sheet", "near.html", "--top", "5", *PLACES)
    page = Path("near.html").read_text(encoding="utf-8")
    assert page.count("data:image/webp") == 2 + 2 * 5
    assert page.count("the same file") == 1
    assert "default-src 'none'" in page
    assert "<b>ob" not in page
    assert "http" not in page.replace("http-equiv", "")
    drawn.run("similar", "same.png", "--sheet", "near.html", *PLACES)  # a sheet is replaced
    Path("mine.html").write_text("<title>Mine</title>", encoding="utf-8")
    assert "is no contact sheet" in drawn.run("similar", "same.png", "--sheet", "mine.html", *PLACES, code=2)
    assert Path("mine.html").read_text(encoding="utf-8") == "<title>Mine</title>"


def test_vectors_of_other_weights_are_refused(drawn: Place) -> None:
    from safetensors.numpy import load_file, save_file

    import styleid

    shipped = Path(styleid.__file__).parent / "backbones" / "weights" / "resnet18-style.safetensors"
    tensors = load_file(shipped)
    tensors["conv1.weight"] = tensors["conv1.weight"] * 2
    save_file(tensors, "other.safetensors")
    told = drawn.run("similar", "other.png", "--weights", "other.safetensors", *PLACES, code=1)
    assert "were made with other weights or rules than other.safetensors" in told


def test_very_many_pictures_go_by_an_index(drawn: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = answers(drawn, "other.png")
    monkeypatch.setattr("styleid.runs.similar.run.MOST_EXACT", 3)
    assert answers(drawn, "other.png") == exact
    try:
        import usearch as usearch
    except ImportError:
        assert 'pip install "styleid[search]"' in drawn.run("similar", "other.png", *PLACES)
    else:
        assert len(list(Path("v").glob("*/derived/similar-*.usearch"))) == 1
