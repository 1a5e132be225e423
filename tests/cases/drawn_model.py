"""A small set of drawn pictures, embedded, and a one-vs-rest model of it: what a label is added to."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from drawing import draw

from styleid import EmbedOptions, FitOptions, embed
from styleid.data.manifest.table import read_manifest
from styleid.data.views.names import DEFAULT_VIEW
from styleid.evaluate.calibration import calibrate
from styleid.evaluate.crossval import fit_final
from styleid.heads.base import get_head
from styleid.heads.one_vs_rest import one_vs_rest_head
from styleid.model.bundle import save_bundle
from styleid.model.make import make_bundle
from styleid.model.trust import Trust
from styleid.questions.strangers.measure import learn_unknown, unknown_gate
from styleid.rows.made_from import MADE_FROM, made_from
from styleid.rows.training_set import training_set
from styleid.rules.label_sets import LabelSets, own_nonconformity
from styleid.runs.learned import learned_from
from styleid.vectors.store.space import find_space
from styleid.vectors.store.store import SpaceStore

#: Pictures a label, two in a group.
N = 10


@dataclass
class Drawn:
    """Where everything lies; the whole folder may be copied."""

    root: Path

    @property
    def images(self) -> Path:
        return self.root / "images"

    @property
    def manifest(self) -> Path:
        return self.root / "manifest.csv"

    @property
    def vectors(self) -> Path:
        return self.root / "vectors"

    @property
    def model(self) -> Path:
        return self.root / "model.styleid"

    @property
    def watchful(self) -> Path:
        """The same model with a detector of strangers, which takes a second to learn."""
        return self.root / "watchful.styleid"

    @property
    def new(self) -> Path:
        """Pictures of a third hand, outside the images."""
        return self.root / "new"

    def store(self) -> SpaceStore:
        return SpaceStore(self.vectors, find_space(self.vectors))

    def embed(self) -> None:
        self.embed_only(self.images, self.manifest)

    def embed_only(self, folder: Path, manifest: Path) -> None:
        """Put the vectors of a folder into the store, and list it in a manifest in a folder of its own."""
        embed(folder, manifest, self.vectors, EmbedOptions("resnet18-style"))

    def copy(self, root: Path) -> Drawn:
        shutil.copytree(self.root, root)
        return Drawn(root)


def draw_series(folder: Path, style: int, seed: int, n: int = N) -> None:
    """Draw pictures of one style, two in a sub-folder."""
    for i in range(n):
        draw(folder / f"series{i // 2}" / f"{i}.png", seed=seed + i, style=style, size=(64, 64))


def drawn_model(root: Path, head: str = "centroid") -> Drawn:
    """Draw blots and stripes, fit a model with one head a label, and draw noise beside them."""
    made = Drawn(root)
    for style, label in enumerate(("stripe", "blot")):
        draw_series(made.images / label, style, 100 * style)
    draw_series(made.new, 2, 500)
    made.embed()
    options = FitOptions(head=head, folds=3, one_vs_rest=True, seed=3, false_alarm=0.1, views=DEFAULT_VIEW)
    data = training_set(read_manifest(made.manifest), made.store(), options, 1)
    plain = get_head(head)
    wrapped = one_vs_rest_head(plain)
    final = fit_final(wrapped, data.table, seed=3)
    units, known, _ = calibrate(wrapped, final.params, data.table, seed=3)
    calibrator = units.in_units(final.lead)
    own = own_nonconformity(known.true, known.scores)
    components = np.unique(known.components, return_inverse=True)[1].astype(np.int64)
    sets = LabelSets("lac", own, components, {"level": 0.9, "coverage": 0.95, "size": 1.2})
    gate = unknown_gate(learn_unknown(data.table, false_alarm=0.1, seed=3))
    bundle = make_bundle(
        head,
        data.labels,
        final.estimator,
        made.store().space.identity,
        data.X,
        asdict(options) | {"params": final.params, MADE_FROM: made_from(data.manifest.rows)},
        trust=Trust(calibrator, sets, gate),
    )
    bundle = replace(bundle, learned=learned_from(data.manifest, made.store(), 1))
    save_bundle(made.watchful, bundle)
    save_bundle(made.model, replace(bundle, trust=replace(bundle.trust, unknown=None)))
    return made
