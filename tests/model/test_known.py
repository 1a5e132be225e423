"""What a model keeps of the pictures it learned from, for evidence."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fitted import Workspace, run
from PIL import Image
from quick import Quick, leave_plots_unpainted
from safetensors.numpy import load, save

from styleid import load_model
from styleid.data.facts import file_facts
from styleid.errors import BundleError
from styleid.model.bundle import save_bundle
from styleid.model.contents import Bundle
from styleid.model.known import ARRAYS, PLAIN, Known


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("styleid.runs.fit.run.ProjectionHandle", Quick)
    leave_plots_unpainted(monkeypatch)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path, n=6)
    for number, row in enumerate(made.rows):  # the digests of real files, where there are any
        file = tmp_path / row.path
        if file.exists() and (facts := file_facts(file)):
            made.rows[number] = replace(row, sha256=facts.sha256)
    made.write()
    return made


def known_of(workspace: Workspace, **options: object) -> tuple[Bundle, Known]:
    bundle = load_model(run(workspace, **options).folder)
    assert bundle.known is not None
    return bundle, bundle.known


def test_each_known_picture_stands_beside_its_own_vector(workspace: Workspace) -> None:
    bundle, known = known_of(workspace)
    unknown = bundle.trust.unknown
    assert unknown is not None
    assert known.n_learned == len(known) == len(workspace.rows)
    arrays = {name: one.astype(np.float64) for name, one in unknown.detector.arrays.items()}
    unit = workspace.points / np.linalg.norm(workspace.points, axis=1, keepdims=True)
    white = (unit - arrays["middle"]) @ arrays["whitening"]
    assert (white @ arrays["rows"].T).argmax(axis=0).tolist() == list(range(len(known)))
    assert [known.names[label] for label in known.labels] == [row.label for row in workspace.rows]
    assert [one.tobytes().hex() for one in known.digests] == [row.sha256[:32] for row in workspace.rows]
    np.testing.assert_array_equal(known.places, workspace.points[:, :2])  # as `Quick` places them
    assert len(np.unique(known.components)) == 9


def test_facts_colours_and_thumbnails_are_those_of_the_files(workspace: Workspace) -> None:
    _, known = known_of(workspace)
    for row, facts, thumbnail in zip(workspace.rows, known.facts, known.thumbnails, strict=True):
        read = file_facts(workspace.root / row.path)
        if read is None:
            assert facts is None
            assert thumbnail == b""
            continue
        assert facts is not None
        assert (facts.width, facts.format, facts.n_bytes) == (read.width, read.format, read.n_bytes)
        np.testing.assert_allclose(np.sqrt(facts.histogram), np.sqrt(read.histogram), atol=1 / 255)
        with Image.open(io.BytesIO(thumbnail)) as small:
            assert small.format == "WEBP"
            assert small.size == (24, 24)
    assert any(known.facts)


def test_a_file_that_is_another_one_now_gives_no_evidence(workspace: Workspace) -> None:
    changed = next(n for n, row in enumerate(workspace.rows) if (workspace.root / row.path).exists())
    Image.new("RGB", (9, 9), "red").save(workspace.root / workspace.rows[changed].path)
    _, known = known_of(workspace)
    assert known.facts[changed] is None
    assert known.thumbnails[changed] == b""


def test_a_model_may_carry_no_pictures(workspace: Workspace) -> None:
    bundle, known = known_of(workspace, thumbnails=False)
    assert known.thumbnails == ()
    assert any(known.facts)
    assert b"WEBP" not in bundle.known_members[ARRAYS]


def test_a_target_keeps_the_names_of_the_others(workspace: Workspace) -> None:
    _, known = known_of(workspace, target="bob")
    assert known.names == ("ann", "bob", "cy")


def test_what_its_report_said_goes_with_the_model(workspace: Workspace) -> None:
    _, known = known_of(workspace)
    assert "18 pictures" in known.said["headline"]
    assert known.said["cautions"]


def test_saving_again_changes_no_byte(workspace: Workspace, tmp_path: Path) -> None:
    done = run(workspace)
    save_bundle(tmp_path / "again.styleid", load_model(done.folder))
    assert (tmp_path / "again.styleid").read_bytes() == (done.folder / "model.styleid").read_bytes()


@pytest.mark.parametrize("lost", ["labels", "colours", "read", "lengths"])
def test_damage_is_one_line_and_the_model_still_judges(workspace: Workspace, lost: str) -> None:
    bundle, _ = known_of(workspace)
    arrays = load(bundle.known_members[ARRAYS])
    members = {**bundle.known_members, ARRAYS: save({**arrays, lost: arrays[lost][:-1].copy()})}
    damaged = replace(bundle, known_members=members)
    assert damaged.scores(workspace.points).shape == (18, 3)
    with pytest.raises(BundleError, match="fit it anew|of other lengths"):
        _ = damaged.known


def changed(plain: dict[str, Any], *path: Any, to: object) -> bytes:
    inner = plain
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return json.dumps(plain).encode()


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("said",), "all is well"),
        (("said", "cautions"), 7),
        (("said", "headline"), None),
        (("n_learned",), 1e999),
        (("names",), "abc"),
        (("facts", 0, 0), "wide"),
        (("facts", 0, 0), 10**400),
        (("facts", 0, 6), float("nan")),
    ],
)
def test_what_somebody_changed_is_one_line(workspace: Workspace, path: tuple[Any, ...], to: object) -> None:
    bundle, _ = known_of(workspace)
    plain = changed(json.loads(bundle.known_members[PLAIN]), *path, to=to)
    with pytest.raises(BundleError, match="fit it anew"):
        _ = replace(bundle, known_members={**bundle.known_members, PLAIN: plain}).known


@pytest.mark.parametrize(("name", "value"), [("places", np.nan), ("borders", np.inf), ("lengths", -1)])
def test_numbers_that_are_none_are_damage(workspace: Workspace, name: str, value: float) -> None:
    bundle, _ = known_of(workspace)
    arrays = load(bundle.known_members[ARRAYS])
    arrays[name].flat[0] = value
    with pytest.raises(BundleError, match="fit it anew"):
        _ = replace(bundle, known_members={**bundle.known_members, ARRAYS: save(arrays)}).known


def test_very_deep_json_is_damage(workspace: Workspace) -> None:
    bundle, _ = known_of(workspace)
    with pytest.raises(BundleError, match="fit it anew"):
        _ = replace(bundle, known_members={**bundle.known_members, PLAIN: b"[" * 200_000}).known


def test_a_former_model_has_none() -> None:
    assert load_model(Path(__file__).parent / "data" / "former-lda.styleid").known is None
