"""What is said of strangers beside a name holds for hands that nobody had seen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fitted import DIM, Workspace, run
from numpy.typing import NDArray
from quick import Quick

from styleid import load_model
from styleid.model.verdict import judge

HANDS, EACH, STRANGERS = 9, 16, 60


def centres(n: int, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, 1.1, (n, DIM))


def pictures(middle: NDArray[np.float64], n: int, seed: int) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed).normal(0, 1, (len(middle) * n, DIM))
    return (np.repeat(middle, n, axis=0) + drawn).astype(np.float32)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the projection, of which nothing is asked here."""
    monkeypatch.setattr("styleid.runs.fit.run.ProjectionHandle", Quick)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Nine hands, drawn from the same many as the strangers to come."""
    made = Workspace(tmp_path_factory.mktemp("price"), tuple(f"hand {k}" for k in range(HANDS)), EACH)
    made.points = pictures(centres(HANDS, 1), EACH, 2)
    made.write()
    return made


@pytest.mark.parametrize("options", [{"head": "lda"}, {"head": "centroid", "one_vs_rest": True}], ids=str)
def test_strangers_to_come_are_named_as_often_as_was_said(
    workspace: Workspace, options: dict[str, object]
) -> None:
    done = run(workspace, **options)
    bundle = load_model(done.folder)
    strange = judge(bundle, pictures(centres(STRANGERS, 3), 10, 4))
    told = done.result["unknown"]["named"]
    assert [one["probability"] for one in told] == [0.5, 0.8, 0.95]
    shares = [one["strangers"] for one in told]
    assert sorted(shares, reverse=True) == shares
    for one in told:
        surest = [max(v.scores.values()) for v in strange if not v.unknown]
        found = np.sum(np.array(surest) >= one["probability"]) / len(strange)
        assert one["strangers"] == pytest.approx(found, abs=0.12)
    assert 0.1 < shares[0] < 0.95, "or nothing is shown here"
    named = [v for v in strange if not v.unknown]
    assert len(named) < len(strange)
    assert all(v.strangers is None for v in strange if v.unknown)
    # Of strangers, as many in 100 are named as surely as is said beside the name.
    for verdict in named[::25]:
        said, sure = verdict.strangers, max(verdict.scores.values())
        found = np.mean([not v.unknown and max(v.scores.values()) >= sure for v in strange])
        assert said == pytest.approx(found, abs=0.12)


def test_the_price_of_the_target_counts_who_is_called_it(workspace: Workspace) -> None:
    done = run(workspace, head="lda", target="hand 0")
    bundle = load_model(done.folder)
    strange = judge(bundle, pictures(centres(STRANGERS, 3), 10, 4))
    assert {v.strangers for v in strange if v.label == "others"} == {None}
    assert bundle.trust.unknown is not None
    assert bundle.trust.unknown.named is not None
    called = np.mean([v.verdict == "hand 0" for v in strange])
    assert bundle.trust.unknown.named.share(0.5) == pytest.approx(called, abs=0.06)
    known = {one["probability"]: one["known"] for one in done.result["unknown"]["named"]}
    assert known[0.5] < 0.3, "like with like: of known pictures, too, those that are called the target"
    assert "were called “hand 0”" in done.page.read_text("utf-8")


def test_a_picture_of_another_kind_is_told_from_another_hand(tmp_path: Path) -> None:
    made, common = Workspace(tmp_path, tuple(f"hand {k}" for k in range(HANDS)), EACH), 8 * np.eye(DIM)[0]
    made.points = pictures(centres(HANDS, 1) + common, EACH, 2)
    made.write()
    bundle = load_model(run(made, head="lda").folder)
    others = judge(bundle, pictures(centres(STRANGERS, 3) + common, 10, 4))
    assert np.mean([bool(v.unknown) for v in others]) > 0
    assert np.mean([bool(v.another_kind) for v in others]) < 0.1
    away = judge(bundle, pictures(centres(STRANGERS, 3) - common, 10, 4))
    assert all(v.another_kind and v.unknown for v in away)


def test_two_labels_have_no_price(tmp_path: Path) -> None:
    done = run(Workspace(tmp_path, ("ann", "bob")), head="lda")
    assert done.result["unknown"]["named"] is None
    bundle = load_model(done.folder)
    assert bundle.trust.unknown is not None
    assert bundle.trust.unknown.named is None
    assert judge(bundle, bundle.golden_vectors)[0].strangers is None
    assert json.loads((done.folder / "result.json").read_text())["unknown"]["named"] is None
