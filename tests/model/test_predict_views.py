"""A picture is judged from the views its model was made from, pooled in the same way."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from styleid import Embedder, EmbedOptions, FitOptions, embed, make_table, predict
from styleid.data.manifest.table import read_manifest
from styleid.data.views.names import parse_views
from styleid.errors import InputError
from styleid.evaluate.crossval import fit_final
from styleid.heads.base import get_head
from styleid.heads.voting import voting_head
from styleid.model.contents import Bundle
from styleid.model.make import make_bundle
from styleid.model.trust import Trust
from styleid.rows.selection import settled
from styleid.rows.training_set import TrainingSet, training_set
from styleid.rules.label_sets import METHOD, LabelSets
from styleid.vectors.store.space import find_space, read_current
from styleid.vectors.store.store import SpaceStore

VIEWS = "center+fit+grid:2@300"


class Seen:
    """Pictures, their store, and models of them."""

    def __init__(self, images: Path, root: Path) -> None:
        self.images, self.root = images, root
        options = EmbedOptions("resnet18-style", views=parse_views(VIEWS))
        embed(images, root / "manifest.csv", root / "vectors", options)

    @property
    def store(self) -> SpaceStore:
        return SpaceStore(self.root / "vectors", find_space(self.root / "vectors"))

    def model(self, **options: Any) -> tuple[Bundle, TrainingSet]:
        chosen = settled(FitOptions(head="centroid", **options), self.store)
        data = training_set(read_manifest(self.root / "manifest.csv"), self.store, chosen, 1)
        head = voting_head(get_head("centroid"), data.n_views)
        estimator, params, _ = fit_final(head, make_table(data.X, data.y, data.components), seed=0)
        saved = asdict(chosen) | {"params": params}
        return make_bundle("centroid", data.labels, estimator, self.store.space.identity, data.X, saved), data


@pytest.fixture
def seen(pictures: Path, tmp_path: Path) -> Seen:
    return Seen(pictures, tmp_path / "made")


@pytest.mark.parametrize(
    ("options", "dim"),
    [
        ({}, 896),
        ({"pool": "vote"}, 6 * 896),
        ({"views": "center"}, 896),
        ({"views": "grid:2@300", "pool": "vote"}, 4 * 896),
    ],
)
def test_a_training_picture_scores_as_its_row_of_the_store(
    seen: Seen, options: dict[str, str], dim: int
) -> None:
    assert read_current(seen.store.root).views[seen.store.space.folder] == VIEWS
    bundle, data = seen.model(**options)
    assert bundle.dim == data.X.shape[1] == dim
    paths = [data.manifest.file(row) for row in data.manifest.rows][::5]
    verdicts = predict(bundle, paths)
    for verdict, scores in zip(verdicts, bundle.scores(data.X)[::5], strict=True):
        told = [verdict.scores[label] for label in bundle.labels]
        np.testing.assert_allclose(told, scores, atol=1e-4)
    other, _ = seen.model(views="fit")
    assert np.ptp(other.scores(data.vectors) - bundle.scores(data.X)) > 1e-2, "views change the scores"


def test_one_picture_by_itself_and_a_folder_of_it_are_judged_alike(seen: Seen, tmp_path: Path) -> None:
    bundle, data = seen.model()
    picture = tmp_path / "alone" / "new.png"
    picture.parent.mkdir()
    picture.write_bytes(data.manifest.file(data.manifest.rows[0]).read_bytes())
    listed = predict(bundle, [picture])
    assert (
        predict(bundle, picture) == predict(bundle, str(picture)) == predict(bundle, picture.parent) == listed
    )
    assert listed[0].path == str(picture)


def test_a_picture_that_the_view_does_not_fit_has_no_verdict(seen: Seen) -> None:
    Image.new("RGB", (1000, 2)).save(seen.root / "long.png")
    bundle, data = seen.model()
    good = data.manifest.file(data.manifest.rows[0])
    one, bad, two = predict(bundle, [good, seen.root / "long.png", good])
    assert bad.error is not None
    assert bad.error.code == "too-narrow"
    assert one.scores == two.scores


def test_the_embedder_pools_views(seen: Seen) -> None:
    paths = sorted(seen.images.rglob("*.png"))[:3]
    alone = {view: Embedder("resnet18-style", views=view).transform(paths) for view in ("center", "fit")}
    vote = Embedder("resnet18-style", batch_size=4, views="fit+center", pool="vote").transform(paths)
    mean = Embedder("resnet18-style", views="fit+center").transform(paths)
    size = np.abs(vote).max()
    np.testing.assert_allclose(vote, np.hstack([alone["fit"], alone["center"]]), atol=1e-4 * size)
    np.testing.assert_allclose(mean, (alone["fit"] + alone["center"]) / 2, atol=1e-4 * size)
    with pytest.raises(InputError, match="--pool expects one of mean, vote"):
        Embedder("resnet18-style", pool="max").transform(paths)
    with pytest.raises(InputError, match="the short side must hold a window of 224 pixels"):
        Embedder("resnet18-style", views="grid:2@100").transform(paths)


def test_the_set_is_of_the_coverage_asked_for(seen: Seen) -> None:
    bundle, data = seen.model()
    sets = LabelSets(METHOD, np.linspace(0, 0.5, 40), np.arange(40))
    picture = data.manifest.file(data.manifest.rows[0])
    bundle = replace(bundle, trust=Trust(sets=sets))
    sizes = [len(predict(bundle, picture, coverage=level)[0].label_set or ()) for level in (0.3, 0.99)]
    assert sizes == [1, 3], "40 groups cannot promise 99 %"
