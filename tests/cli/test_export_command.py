"""`styleid export`: models, runs and vectors as other programs read them."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from drawing import draw
from drawn_model import Drawn, drawn_model
from fitted import Workspace
from fitted import run as fit_run
from PIL import Image
from place import Place
from quick import Quick, leave_plots_unpainted

import styleid
from styleid import Embedder, EmbedOptions, FitOptions, embed, load_model, predict
from styleid.files import guarded, unguarded


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("styleid.runs.fit.run.ProjectionHandle", Quick)
    leave_plots_unpainted(monkeypatch)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    return drawn_model(tmp_path_factory.mktemp("drawn") / "made", "lda")


@pytest.fixture
def fitted(place: Place) -> Workspace:
    """A run of made-up vectors, a label of which holds what Markdown and Parquet stumble over."""
    workspace = Workspace(place.root, ("ann", "b|<b>o*b", "=cy"))
    fit_run(workspace, "run", head="lda")
    return workspace


def with_onnx() -> None:
    for name in ("onnx", "onnxruntime"):
        pytest.importorskip(name, reason="the extra export is not installed")


def judge_alone(graph: Path, pictures: list[Path]) -> list[tuple[str, list[float]]]:
    """Run the program beside a graph in a process that cannot import styleid."""
    program = graph.with_name("alone.py")
    program.write_text("\n".join(json.loads(Path(f"{graph}.json").read_text("utf-8"))["python"]), "utf-8")
    command = [sys.executable, "-W", "error", str(program), graph.name, *map(str, pictures)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=graph.parent, env=environment, capture_output=True, text=True, check=True
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == [*map(str, pictures)]
    return [(row[1], json.loads(row[2])) for row in rows]


def strange_pictures(folder: Path) -> list[Path]:
    """Pictures as people have them: long, tall, see-through, turned, grey, of few colours."""
    folder.mkdir()
    for number, size in enumerate([(500, 90), (90, 413), (224, 224), (300, 301)]):
        draw(folder / f"{number}.png", seed=number, style=number % 3, size=size)
    image = Image.open(folder / "3.png")
    clear = image.copy()
    clear.putalpha(Image.radial_gradient("L").resize(image.size))
    clear.save(folder / "clear.png")
    image.convert("L").save(folder / "grey.png")
    image.quantize(16).save(folder / "few.png", transparency=3)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.crop((0, 0, 300, 200)).save(folder / "turned.jpg", exif=exif, quality=90)
    return sorted(folder.iterdir())


def test_a_graph_judges_alone_as_styleid_does(
    drawn: Drawn, tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_onnx()
    pictures = strange_pictures(tmp_path / "strange") + sorted(drawn.new.rglob("*.png"))[:3]
    told = place.run("export", str(drawn.watchful), "--to", "onnx", "--out", "m.onnx")
    assert "wrote m.onnx" in told
    about = json.loads(Path("m.onnx.json").read_text("utf-8"))
    model = load_model(drawn.watchful)
    assert about["labels"] == list(model.labels)
    assert about["unknown_beyond"] == model.trust.unknown.threshold
    assert set(about["farthest_apart"]) == {"golden vectors", "drawn pictures"}
    assert len([line for line in about["python"] if line]) <= 36
    alone = judge_alone(Path("m.onnx").absolute(), pictures)
    verdicts = predict(model, pictures)
    assert {verdict.unknown for verdict in verdicts} == {True, False}
    monkeypatch.setattr(sys, "argv", ["alone.py", "m.onnx"])
    names: dict[str, Any] = {}
    exec("\n".join(about["python"]), names)
    cut = [names["cut"](names["rgb"](picture), **about["views"][0]) for picture in pictures]
    (vectors,) = names["session"].run(["vector"], {"pixels": np.stack(cut)})
    own = Embedder("resnet18-style", views="square").transform(pictures)
    np.testing.assert_allclose(vectors, own, rtol=0, atol=1e-4)
    for (verdict, scores), own in zip(alone, verdicts, strict=True):
        assert verdict == own.verdict
        assert scores == pytest.approx([own.scores[label] for label in model.labels], abs=1e-5)


@pytest.mark.parametrize("pool", ["mean", "vote"])
def test_several_views_are_cut_and_pooled_as_styleid_does(
    pictures: Path, tmp_path: Path, place: Place, pool: str
) -> None:
    with_onnx()
    places = (tmp_path / "m.csv", tmp_path / "v")
    embed(
        pictures,
        *places,
        EmbedOptions(
            "resnet18-style",
            views=("center", "fit", "grid:2@300/0", "grid:2@300/1", "grid:2@300/2", "grid:2@300/3"),
        ),
    )
    run = styleid.fit(
        FitOptions(head="centroid", folds=2, views="center+fit+grid:2@300", pool=pool),
        *places,
        tmp_path / "r",
    )
    place.run("export", str(run.folder), "--to", "onnx")
    asked = strange_pictures(tmp_path / "strange")
    alone = judge_alone(run.folder / "model.onnx", asked)
    for (verdict, scores), own in zip(alone, predict(run.folder, asked), strict=True):
        assert verdict == own.verdict
        # A window cut of a long picture may round one grey level of 100,000 otherwise.
        assert scores == pytest.approx(
            [own.scores[label] for label in load_model(run.folder).labels], abs=1e-4
        )


def test_a_graph_that_differs_is_not_written(
    drawn: Drawn, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_onnx()
    from styleid.model.export import onnx

    for name, output in (("draw_scores", "scores"), ("draw_distance", "distance")):
        true = getattr(onnx, name)
        with monkeypatch.context() as patch:
            patch.setattr(
                onnx,
                name,
                lambda *given, true=true: true(*given) * 1.001,
            )
            told = place.run("export", str(drawn.watchful), "--to", "onnx", "--out", "m.onnx", code=1)
        assert f"in {output} on golden vectors, where 1e-05 is allowed: nothing was written" in told
    true_network = onnx.draw_network
    monkeypatch.setattr(
        onnx,
        "draw_network",
        lambda pixels, *given: true_network(pixels, *given) * pixels.graph.constant(np.float32(1.001)),
    )
    told = place.run("export", str(drawn.watchful), "--to", "onnx", "--out", "m.onnx", code=1)
    assert "in vector on drawn pictures, where 0.0001 is allowed" in told
    assert not list(Path().glob("m.onnx*"))


def test_without_onnx_it_is_one_line(drawn: Drawn, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    told = place.run("export", str(drawn.model), "--to", "onnx", code=1)
    assert (
        'styleid export --to onnx needs a package that is not installed: pip install "styleid[export]"'
        in told
    )


def test_a_table_of_the_pictures(fitted: Workspace, place: Place) -> None:
    told = place.run("export", "reports/run", "--to", "parquet")
    table = pq.read_table("reports/run/pictures.parquet")
    assert table.column_names == ["image_id", "label", "predicted", "probabilities", "x", "y", "thumbnail"]
    with open("reports/run/predictions.csv", newline="", encoding="utf-8") as file:
        expected = list(csv.DictReader(file))
    points = json.loads(Path("reports/run/projection.json").read_text())["points"]
    for row, own in zip(table.to_pylist(), expected, strict=True):
        assert (row["image_id"], row["label"], row["predicted"]) == (
            *(unguarded(own[name]) for name in ("image_id", "label", "predicted")),
        )
        assert row["probabilities"] == {
            label: float(own[f"score:{guarded(label)}"]) for label in ("ann", "b|<b>o*b", "=cy")
        }
        assert [row["x"], row["y"]] == points[row["image_id"]]
    small = [row["thumbnail"] for row in table.to_pylist()]
    assert sum(one is not None for one in small) == 12, "the others were never drawn"
    assert all(one[8:12] == b"WEBP" for one in small if one)
    assert "48 pictures without a thumbnail, gone or unreadable now" in told


def test_without_a_manifest_there_are_no_thumbnails_and_that_is_said(fitted: Workspace, place: Place) -> None:
    shutil.copytree("reports/run", "elsewhere/deep/run")
    told = place.run("export", "elsewhere/deep/run", "--to", "parquet", "--out", "a.parquet")
    assert "no thumbnails: the manifest of the pictures is not beside the run" in told
    assert pq.read_table("a.parquet")["thumbnail"].null_count == 60
    place.run(
        "export", "elsewhere/deep/run", "--to", "parquet", "--out", "b.parquet", "--manifest", "manifest.csv"
    )
    assert pq.read_table("b.parquet")["thumbnail"].null_count == 48


def test_a_card_says_what_the_run_found_and_runs_nothing(fitted: Workspace, place: Place) -> None:
    place.run("export", "reports/run", "--to", "card")
    card = Path("reports/run/card.md").read_text(encoding="utf-8")
    result = json.loads(Path("reports/run/result.json").read_text())
    for heading in (
        "The model",
        "What it is for",
        "Data",
        "Scores",
        "Limits",
        "What strangers do",
        "Licence",
    ):
        assert f"\n## {heading}\n" in card
    accuracy = result["metrics"]["accuracy"]
    assert f"| lda | {accuracy['value']:.3f} ({accuracy['low']:.3f} to {accuracy['high']:.3f}) |" in card
    assert "\n| b\\|\\<b\\>o\\*b | 20 | 10 | " in card
    assert "<b>" not in card
    assert "60 pictures, 3 labels, 30 groups (groups as given); 0 left out." in card
    assert "called unknown by mistake" in card


def test_vectors_for_numpy_parquet_and_the_projector(fitted: Workspace, place: Place) -> None:
    fitted.rows[0] = fitted.rows[0].__class__(
        "a\tb.png", "images/a\tb.png", "=ann", sha256=fitted.rows[0].sha256
    )
    fitted.write()
    place.run("export", "vectors", "--to", "npy")
    X = np.load("vectors-npy/vectors.npy")
    assert X.dtype == np.float32
    np.testing.assert_array_equal(X, fitted.points)
    with open("vectors-npy/rows.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [unguarded(row["image_id"]) for row in rows] == [row.image_id for row in fitted.rows]
    assert rows[0]["label"] == "'=ann"
    place.run("export", "vectors", "--to", "parquet")
    table = pq.read_table("vectors.parquet")
    np.testing.assert_array_equal(np.stack(table["vector"].to_numpy()), fitted.points)
    assert table["label"].to_pylist() == [row.label for row in fitted.rows]
    told = place.run("export", "vectors", "--to", "projector")
    assert "1 rows of metadata.tsv have a tab or a line end written as \\t or \\n" in told
    folder = Path("vectors-projector")
    np.testing.assert_allclose(np.loadtxt(folder / "vectors.tsv", delimiter="\t"), fitted.points, rtol=1e-5)
    lines = (folder / "metadata.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t")[:4] == ["image_id", "path", "label", "group"]
    assert len(lines) == 61
    assert {line.count("\t") for line in lines} == {3}
    config = (folder / "projector_config.pbtxt").read_text()
    assert config.count("{") == config.count("}") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("vectors", "--to", "onnx"), "--to onnx cannot be written of vectors; of a model or the folder"),
        (("reports/run", "--to", "npy"), "of a folder of vectors npy, parquet, projector"),
        (("reports/run", "--to", "pdf"), "--to pdf cannot be written of reports/run/model.styleid"),
        (
            ("reports/run", "--to", "card", "--out", "manifest.csv"),
            "manifest.csv is there already and stays; choose another name by --out",
        ),
        (
            ("alone.styleid", "--to", "card"),
            "expected result.json, the record of the run that made the model",
        ),
    ],
)
def test_what_cannot_be_written_is_one_line(
    fitted: Workspace, place: Place, words: tuple[str, ...], message: str
) -> None:
    shutil.copy("reports/run/model.styleid", "alone.styleid")
    before = Path("manifest.csv").read_bytes()
    assert message in place.run("export", *words, code=2)
    assert Path("manifest.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("space", "found"),
    [
        ({"numerics": "int8"}, "1 of resnet18 in int8"),
        ({"spaces": [{"backbone": "resnet18-style", "dim": 6}] * 2}, "2 of resnet18 in fp32"),
    ],
)
def test_vectors_without_a_graph_are_refused(
    fitted: Workspace,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    space: dict[str, object],
    found: str,
) -> None:
    with_onnx()
    true = load_model("reports/run")
    made = replace(true, space={**true.space, "backbone": "resnet18-style", **space})
    monkeypatch.setattr("styleid.runs.export.run.load_model", lambda path: made)
    told = place.run("export", "reports/run", "--to", "onnx", code=1)
    assert f"1 of resnet18 in fp32, found {found}, which has no graph" in told


def test_a_network_without_a_graph_is_refused(
    drawn: Drawn, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_onnx()
    monkeypatch.setattr("styleid.model.export.onnx.DRAWN", "another")
    told = place.run("export", str(drawn.model), "--to", "onnx", "--out", "m.onnx", code=1)
    assert "1 of another in fp32, found 1 of resnet18 in fp32, which has no graph" in told
    assert not Path("m.onnx").exists()
