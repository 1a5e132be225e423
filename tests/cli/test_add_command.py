"""What `styleid add` prints, and how a grown model's verdicts read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from drawing import draw
from drawn_model import Drawn, drawn_model
from typer.testing import CliRunner, Result

from styleid import load_model, predict
from styleid.cli.app import app
from styleid.errors import BundleError


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    made = drawn_model(tmp_path_factory.mktemp("cli") / "set")
    (made.new / "bad.png").write_bytes(b"junk")
    return made


def styleid(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_label_is_added_and_told_of(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    places = ("--manifest", drawn.manifest, "--store", drawn.vectors, "--jobs", 1)
    shown = styleid("add", "noise", drawn.new, "--model", drawn.root, *places)
    assert shown.exit_code == 0, shown.output
    assert "noise against the rest: 10 pictures in 5 groups, 20 by others" in shown.output
    for title in ("balanced accuracy", "precision", "recall", "roc auc", "calibration error"):
        assert title in shown.output
    assert "named first among all labels" in shown.output
    assert "bad.png" in shown.output
    assert "knows 3 labels" in shown.output
    assert f"as it was before: {drawn.root / 'model.previous.styleid'}" in shown.output
    assert "run `styleid embed`" in shown.output

    (drawn.root / "runs" / "mine").mkdir(parents=True)
    for name in ("model.styleid", "model.previous.styleid"):
        shutil.copy(drawn.root / name, drawn.root / "runs" / "mine")
    record = {"head": "centroid", "n_images": 20, "labels": ["blot", "stripe"], "created": "now"}
    metrics = {"metrics": {"balanced_accuracy": {"value": 1.0, "low": None, "high": None}}}
    (drawn.root / "runs" / "mine" / "result.json").write_text(json.dumps(record | metrics))
    listed = json.loads(
        styleid("info", "--store", drawn.vectors, "--out", drawn.root / "runs", "--json").stdout
    )
    assert listed["runs"][0]["labels"] == 3, "what the model knows now, not when it was fitted"

    out = drawn.root / "two.styleid"
    asked = styleid("add", "more", drawn.new, "--model", drawn.watchful, *places, "--out", out, "--json")
    told = json.loads(asked.stdout)
    assert (told["label"], told["model"], told["previous"]) == ("more", str(out), None)
    assert set(told["metrics"]) >= {"balanced_accuracy", "precision", "recall", "roc_auc"}
    assert {"value", "low", "high"} == set(told["calibration"]["ece"])

    for share, words in ((0.0, "0.000"), (0.25, "most by stripe")):
        among = {**told["among_all"], "claimed": {"value": share, "low": None, "high": None}}
        among["claimed_by"] = {"blot": 0.0, "stripe": share}
        monkeypatch.setattr(
            "styleid.runs.add.run.add_label", lambda *_, among=among: {**told, "among_all": among}
        )
        line = next(
            line
            for line in styleid("add", "more", drawn.new, "--model", drawn.root).output.splitlines()
            if "claimed by another head" in line
        )
        assert words in line
        assert ("most by" in line) == (share > 0), "nobody claims most of nothing"
    monkeypatch.undo()
    pictures = [drawn.new / "series0" / "0.png", drawn.images / "blot" / "series1" / "2.png"]
    assert [verdict.learned for verdict in predict(load_model(out), pictures)] == ["exact", "exact"]
    assert [verdict.learned for verdict in predict(load_model(drawn.watchful), pictures)] == ["no", "exact"]

    again = styleid("add", "noise", drawn.new, "--model", drawn.root, *places)
    assert isinstance(again.exception, BundleError), "which the entry point puts into one line"


def test_a_verdict_names_every_label_that_is_likely(drawn: Drawn, tmp_path: Path) -> None:
    pictures = [
        draw(tmp_path / f"{style}.png", seed=style, style=style, size=(64, 64)) for style in (0, 1, 2)
    ]
    shown = styleid("predict", *pictures, "--model", drawn.model)
    told = json.loads(styleid("predict", *pictures, "--model", drawn.model, "--json").stdout)
    rows = shown.stdout.splitlines()[1:]
    for row, verdict in zip(rows, told, strict=True):
        likely = [label for label, score in verdict["scores"].items() if score > 0.5]
        assert verdict["likely"] == likely
        assert (" and ".join(likely) or "none above 0.5") in row
    assert "none or several may be above 0.5" in shown.stderr
