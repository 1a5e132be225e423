"""The command line as a newcomer meets it, on a folder of small pictures.

What may depend on it is a whole process. One takes a second or three to start: all else goes through the
same entry point in this process.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from command import Command, Result, here_in, process_in
from drawing import draw
from quick import Quick
from safetensors.numpy import save_file

from styleid.backbones.base import get_backbone
from styleid.backbones.weights_file import load_tensors


@pytest.fixture
def styleid(tmp_path: Path) -> Command:
    """The command in a process of its own."""
    return partial(process_in, tmp_path)


@pytest.fixture
def here(tmp_path: Path) -> Command:
    """The command in this process."""
    return partial(here_in, tmp_path)


def one_line(result: Result, code: int) -> str:
    assert result.returncode == code, result.stderr
    (line,) = result.stderr.strip().splitlines()[-1:]
    assert "Traceback" not in result.stderr
    return line


def test_from_a_folder_to_a_verdict(styleid: Command, here: Command, pictures: Path, tmp_path: Path) -> None:
    """The two commands of the README, with real vectors, UMAP, plots and a bundle."""
    (pictures / "noise" / "bad.png").write_bytes(b"junk")
    embedded = styleid("embed", pictures, "--backbone", "auto")
    assert embedded.returncode == 0, embedded.stderr
    assert "weights: the ones that ship with styleid (ImageNet's cannot be reached)" in embedded.stderr
    assert "embedded 24 pictures in" in embedded.stdout
    assert "noise/bad.png" in embedded.stdout
    again = here("embed", "--json")
    summary = json.loads(again.stdout)
    assert (summary["n_embedded"], summary["n_known"], summary["n_failed"]) == (0, 24, 1)
    assert summary["failures"][0]["image_id"] == "noise/bad.png"

    fitted = styleid("fit", "--head", "svm", "--folds", 3, "--json")
    assert fitted.returncode == 0, fitted.stderr
    result = json.loads(fitted.stdout)
    assert result["metrics"]["accuracy"]["value"] == 1.0, "stripes, blots and noise are easy to tell"
    assert result["metrics"]["accuracy"]["low"] < 1.0, "24 pictures do not prove perfection"
    assert result["n_images"] == 24
    assert result["projection"]["method"] == "umap"
    page = (tmp_path / "reports" / "svm" / "report.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page

    model = tmp_path / "reports" / "svm" / "model.styleid"
    new = draw(tmp_path / "new.png", seed=12345, style=2)
    predicted = here("predict", new, pictures / "blot", "--model", model, "--json")
    verdicts = json.loads(predicted.stdout)
    assert [v["label"] for v in verdicts] == ["noise"] + ["blot"] * 8
    assert sum(verdicts[0]["scores"].values()) == pytest.approx(1)
    assert list(verdicts[0]["scores"].values()) == sorted(verdicts[0]["scores"].values(), reverse=True)
    mixed = here("predict", pictures / "noise" / "bad.png", new, "--model", model.parent)
    assert mixed.returncode == 1
    assert "noise" in mixed.stdout
    assert "bad.png" in mixed.stderr
    assert "the numbers are probabilities if one of these 3 hands made the picture" in mixed.stderr
    assert "unknown: " not in mixed.stderr, "no row is"
    assert here("fit", "--head", "knn", "--folds", 2, "--jobs", 1).returncode == 0
    sets = here("predict", new, "--model", tmp_path / "reports" / "knn", "--coverage", 0.5)
    assert "one of, at 50 %" in sets.stdout
    assert "sets of labels: measured at 90 %" in sets.stderr
    verdict = json.loads(
        here("predict", new, "--model", tmp_path / "reports" / "knn", "--coverage", 0.5, "--json").stdout
    )[0]
    assert verdict["verdict"] in (*verdict["label_set"], "unknown")
    assert verdict["calibrated"] is True
    assert 0 <= verdict["nearer"] <= 1
    one_line(here("predict", new, "--model", model, "--coverage", 90), 2)

    # Alone now, in a batch of nine before: the vector may differ in its last bits.
    after_restart = json.loads(styleid("predict", new, "--model", model, "--json").stdout)
    assert after_restart[0]["scores"] == pytest.approx(verdicts[0]["scores"], abs=1e-6)

    tensors = load_tensors(get_backbone("resnet18-style").fetch().path)
    save_file({**tensors, "bn1.bias": tensors["bn1.bias"] + 1}, tmp_path / "other.safetensors")
    line = one_line(here("predict", new, "--model", model, "--weights", tmp_path / "other.safetensors"), 1)
    assert "weights_digest" in line
    assert len(re.findall(r"\b[0-9a-f]{64}\b", line)) >= 2, "both identities"

    info = here("info", "--json")
    listed = json.loads(info.stdout)
    assert [run["run"] for run in listed["runs"]] == ["knn", "svm"]
    assert listed["spaces"][0]["n_vectors"] == 24
    model.write_bytes(model.read_bytes()[:-100])
    assert one_line(here("predict", new, "--model", model), 1).startswith("error: ")


def test_names_of_labels_and_folders_do_not_reach_the_terminal_as_they_are(
    here: Command, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder's name may hold codes that clear the screen or colour what follows."""
    monkeypatch.setattr("styleid.runs.fit.run.ProjectionHandle", Quick)
    (pictures / "blot").rename(pictures / "blot\x1b[2J")
    store, out = tmp_path / "vectors\x1b[31m", tmp_path / "runs\x1b[0m"
    places = ("--store", store)
    embedded = here("embed", pictures, "--backbone", "resnet18-style", *places)
    fitted = here("fit", "--head", "centroid", "--folds", 2, "--jobs", 1, *places, "--out", out)
    listed = here("info", *places, "--out", out)
    added = here("predict", pictures / "noise", "--model", out / "centroid")
    results = (embedded, fitted, listed, added)
    assert [result.returncode for result in results] == [0] * 4, [result.stderr for result in results]
    assert not [text for result in results for text in (result.stdout, result.stderr) if "\x1b" in text]
    assert r"blot\x1b[2J" in embedded.stdout
    assert r"vectors\x1b[31m" in embedded.stdout
    assert r"runs\x1b[0m" in fitted.stdout


def test_scan_tells_and_writes(styleid: Command, here: Command, pictures: Path, tmp_path: Path) -> None:
    (pictures / "blot" / "[red]\x1b[31m\n\u202e.png").write_bytes(b"")
    result = styleid("scan", pictures)
    assert result.returncode == 0, result.stderr
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    with open(tmp_path / "data" / "manifest.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 24
    assert {row["label"] for row in rows} == {"blot", "noise", "stripe"}
    told = json.loads(here("scan", pictures, "--json").stdout)
    assert told["labels"]["noise"] == 8


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["scan", "absent"], 2, "absent does not exist"),
        (["embed"], 2, "does not exist"),
        (["embed", "absent", "--backbone", "resnet18"], 2, "absent does not exist"),
        (["fit"], 1, "run `styleid embed FOLDER` first"),
        (["fit", "--head", "forest"], 2, "there is no head called 'forest'"),
        (["predict", "a.png", "--model", "absent.styleid"], 1, "absent.styleid"),
        (["embed", ".", "--formats", "+psd"], 2, "PSD"),
    ],
)
def test_mistakes_are_one_line(here: Command, arguments: list[str], code: int, message: str) -> None:
    line = one_line(here(*arguments), code)
    assert line.startswith("error: ")
    assert message in line


def test_options_that_do_not_exist_are_refused(styleid: Command, here: Command) -> None:
    assert styleid("fit", "--haed", "svm").returncode == 2
    assert here("paint").returncode == 2


def test_lists(styleid: Command) -> None:
    assert styleid("heads").stdout.split("\n")[1].split()[0] == "lda"
    backbones = styleid("backbones").stdout
    assert "resnet18-style" in backbones
    assert "to be downloaded" in backbones
    info = styleid("info")
    assert "none yet; run `styleid embed FOLDER`" in info.stdout
    assert styleid("--version").stdout.startswith("styleid ")


HEAVY = (
    "torch",
    "torchvision",
    "sklearn",
    "scipy",
    "numpy",
    "PIL",
    "umap",
    "matplotlib",
    "skops",
    "pyarrow",
    "rich.console",
)


@pytest.mark.parametrize("code", ["import styleid", "from styleid.cli.app import app"])
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    check = f"import sys; {code}; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", check], text=True).strip() == "[]"


def test_predict_loads_what_it_needs_to_judge_and_no_more(
    styleid: Command, pictures: Path, tmp_path: Path
) -> None:
    """Half of the time of a verdict was the import of scikit-learn, numba and kin, of which it needs nothing.

    Of scipy the hash of a picture asks for one part, ``scipy.fftpack``.
    """
    assert styleid("embed", pictures, "--backbone", "resnet18-style").returncode == 0
    assert styleid("fit", "--head", "lda").returncode == 0
    picture = next(pictures.rglob("*.png"))
    heavy = {*HEAVY, "numba", "pytest", "styleid.evaluate", "scipy.stats", "scipy.optimize", "scipy.sparse"}
    code = f"import atexit, sys; sys.argv[1:] = ['predict', {str(picture)!r}, '--model', 'reports/lda']; "
    code += f"heavy = {sorted(heavy - {'numpy', 'PIL', 'scipy'})}; "
    code += "atexit.register(lambda: print([m for m in heavy if m in sys.modules], len(sys.modules) < 900)); "
    code += "from styleid.cli import main; main()"
    told = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=tmp_path)
    assert told.strip().endswith("[] True"), told


def test_a_run_with_nothing_to_embed_loads_no_torch(here: Command, pictures: Path, tmp_path: Path) -> None:
    assert here("embed", pictures, "--backbone", "resnet18-style").returncode == 0
    code = "import atexit, sys; sys.argv[1:] = ['embed', '--backbone', 'resnet18-style']; "
    code += "atexit.register(lambda: print('torch' in sys.modules, 'pyarrow' in sys.modules)); "
    code += "from styleid.cli import main; main()"
    told = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=tmp_path)
    assert "nothing to embed: 24 of 24" in told
    assert told.strip().endswith("False False")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_one_line(
    styleid: Command, pictures: Path, tmp_path: Path
) -> None:
    tmp_path.chmod(0o555)
    try:
        assert "cannot write" in one_line(styleid("scan", pictures), 1)
    finally:
        tmp_path.chmod(0o755)


def test_a_place_that_is_a_file_is_one_line(styleid: Command, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert "cannot write" in one_line(styleid("scan", pictures), 1)
