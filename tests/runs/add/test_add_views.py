"""A label added to a model of several views: its pictures get them, and its head votes like its siblings."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from drawn_model import Drawn, N, draw_series

from styleid import EmbedOptions, FitOptions, embed, load_model, make_table, predict
from styleid.data.manifest.table import read_manifest
from styleid.data.views.names import parse_views
from styleid.errors import StoreError
from styleid.evaluate.crossval import fit_final
from styleid.heads.base import get_head
from styleid.heads.one_vs_rest import one_vs_rest_head
from styleid.heads.voting import Voting, voting_head
from styleid.model.bundle import save_bundle
from styleid.model.make import make_bundle
from styleid.rows.training_set import training_set
from styleid.runs.add.run import AddOptions, add_label

VIEWS = "center+fit"


def made_model(root: Path, pool: str) -> Drawn:
    made = Drawn(root)
    for style, label in enumerate(("stripe", "blot")):
        draw_series(made.images / label, style, 100 * style)
    draw_series(made.new, 2, 500)
    options = EmbedOptions("resnet18-style", views=parse_views(VIEWS))
    embed(made.images, made.manifest, made.vectors, options)
    fitted = FitOptions(head="centroid", folds=3, one_vs_rest=True, views=VIEWS, pool=pool)
    data = training_set(read_manifest(made.manifest), made.store(), fitted, 1)
    head = voting_head(get_head("centroid"), data.n_views)
    table = (data.X, data.y, data.components)
    estimator, params, _ = fit_final(one_vs_rest_head(head), make_table(*table), seed=0)
    space = made.store().space.identity
    saved = asdict(fitted) | {"params": params}
    save_bundle(made.model, make_bundle("centroid", data.labels, estimator, space, data.X, saved))
    return made


def add_more(made: Drawn, label: str, folder: Path) -> None:
    options = AddOptions(label=label, folder=folder, model=made.model)
    add_label(options, made.manifest, made.vectors, n_jobs=1)


@pytest.mark.parametrize("pool", ["mean", "vote"])
def test_a_label_is_added_to_a_model_of_several_views(tmp_path: Path, pool: str) -> None:
    made = made_model(tmp_path, pool)
    before = load_model(made.model)
    add_more(made, "noise", made.new)
    after = load_model(made.model)
    assert after.labels == ("blot", "stripe", "noise")
    assert after.dim == before.dim == {"mean": 896, "vote": 1792}[pool]
    assert [isinstance(estimator.real, Voting) for estimator in after.estimators] == [pool == "vote"] * 3
    rows = np.random.default_rng(0).normal(size=(9, after.dim)).astype(np.float32)
    np.testing.assert_array_equal(after.scores(rows)[:, :2], before.scores(rows))
    known = made.store().known()
    assert {view for _, view in known} == set(VIEWS.split("+"))
    assert len(known) == 3 * N * 2
    assert predict(after, sorted(made.new.rglob("*.png"))[:1])[0].label == "noise"
    # The next label is learned against the added one, of which only the contents are known.
    draw_series(tmp_path / "more", 2, 900)
    add_more(made, "more", tmp_path / "more")
    assert load_model(made.model).labels[-1] == "more"


def test_vectors_lost_since_name_the_views_to_make(tmp_path: Path) -> None:
    made = made_model(tmp_path, "mean")
    add_more(made, "noise", made.new)
    for shard in (made.store().folder / "shards").glob("*.parquet"):
        shard.unlink()
    with pytest.raises(StoreError, match=r"'noise'.*run `styleid embed --views center\+fit`"):
        add_more(made, "more", made.new)
