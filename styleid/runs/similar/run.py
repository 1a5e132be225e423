"""Find the pictures of a store that are nearest to others."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.facts import FileFacts, read_facts
from styleid.data.hash_memory import HASHES, HashMemory
from styleid.data.views.names import views_text
from styleid.errors import ImageError, InputError, MissingExtraError, StoreError
from styleid.files import StrPath
from styleid.given import check_whole
from styleid.model.learned import EXACT, NOTHING
from styleid.rows.embedded import Embedded
from styleid.rows.training_set import keep_hashes
from styleid.vectors.embedder import PictureEmbedder
from styleid.vectors.pooling import MEAN, pool_views
from styleid.vectors.similar import MOST_EXACT, nearest, picture_rows
from styleid.vectors.store.space import space_policy

#: Pairs of pictures that a cosine is held against, and how few of two labels are too few.
_PAIRS, _FEW = 4096, 100


@dataclass(frozen=True)
class Neighbour:
    """One of the nearest pictures."""

    image_id: str
    path: str
    label: str
    group: str
    cosine: float  # ranks pictures within one space; never a share of anything
    nearer_than: float | None  # share of pairs of pictures by two labels that lie farther apart, 0 to 1
    copy: (
        str | None
    )  # ``exact``: the same bytes; ``near``: a near-duplicate; ``no``; None where nobody can tell


@dataclass(frozen=True)
class Similar:
    """The pictures nearest to one, nearest first, or why there are none."""

    path: str
    nearest: tuple[Neighbour, ...] = ()
    error: ImageError | None = None

    def plain(self) -> dict[str, Any]:
        """Return plain values for ``--json``, as documented in ``docs/formats.md``."""
        error = None if self.error is None else {"code": self.error.code, "message": str(self.error)}
        near = [{"rank": rank, **asdict(one)} for rank, one in enumerate(self.nearest, 1)]
        return {"path": self.path, "error": error, "nearest": near}


def similar(
    paths: Sequence[Path],
    known: Embedded,
    label: str | None = None,
    count: int = 12,
    weights: StrPath | None = None,
    device: str = "auto",
) -> tuple[list[Similar], list[str]]:
    """Return the nearest pictures to each file, in the order given, and notes; `label` looks among one's."""
    check_whole(count, "count", 1)
    among = _of_label(known, label)
    facts = read_facts(paths, min(len(paths), os.cpu_count() or 1) or 1)
    rows, errors = _vectors(paths, facts, known, weights, device)
    usable = [number for number, error in enumerate(errors) if error is None]
    index, notes = _index(among)
    found, cosines = nearest(known.store.vectors, among.positions, rows[usable], count, index)
    shares = _nearer_than(known, cosines)
    memory = HashMemory(known.store.root / HASHES)
    looked_at = [among.manifest.rows[row] for row in np.unique(found)]
    memory.read(
        [among.manifest.file(row) for row in looked_at],
        [row.sha256 for row in looked_at],
        os.cpu_count() or 1,
    )
    notes += keep_hashes(memory)
    answers = [Similar(str(path), (), error) for path, error in zip(paths, errors, strict=True)]
    for number, places, values, parts in zip(usable, found, cosines, shares, strict=True):
        near = []
        for row, cosine, share in zip([among.manifest.rows[i] for i in places], values, parts, strict=True):
            copy = _copy(facts[number], row.sha256, memory)
            file = str(among.manifest.file(row))
            near.append(Neighbour(row.image_id, file, row.label, row.group, float(cosine), share, copy))
        answers[number] = replace(answers[number], nearest=tuple(near))
    return answers, notes


def _of_label(known: Embedded, label: str | None) -> Embedded:
    if label is None:
        return known
    is_its = np.array([row.label == label for row in known.manifest.rows])
    if not is_its.any():
        labels = sorted({row.label for row in known.manifest.rows} - {""})
        raise InputError(
            f"--label {label}: no picture with a vector has it; there are {', '.join(labels) or 'none'}",
            label=label,
        )
    rows = tuple(row for row in known.manifest.rows if row.label == label)
    return replace(known, manifest=replace(known.manifest, rows=rows), positions=known.positions[is_its])


def _vectors(
    paths: Sequence[Path],
    facts: Sequence[FileFacts | None],
    known: Embedded,
    weights: StrPath | None,
    device: str,
) -> tuple[NDArray[np.float32], list[ImageError | None]]:
    """Return a vector a file, (n, dim), from the store where it has that content, and why one has none."""
    store, views = known.store, known.views
    asked = [replace(known.manifest.rows[0], sha256=file.sha256 if file else "") for file in facts]
    positions = store.positions(replace(known.manifest, rows=tuple(asked)), views)
    rows = np.full((len(paths), store.space.dim), np.nan, dtype=np.float32)
    errors: list[ImageError | None] = [None] * len(paths)
    there = (positions >= 0).all(axis=1)
    if there.any():
        rows[there] = pool_views(store.vectors[positions[there]], MEAN)
    if there.all():
        return rows, errors
    new = np.flatnonzero(~there).tolist()
    embedder = PictureEmbedder(
        str(store.space.identity["backbone"]),
        weights,
        device,
        batch_size=min(32, len(new) * len(views)),
        views=views_text(views),
        descriptor=store.space.descriptor,
        precision=store.space.precision,
        policy=space_policy(store.root, store.space),
    )
    if embedder.space.id != store.space.id:
        raise StoreError(
            f"the vectors in {store.folder} were made with other weights or rules than "
            f"{embedder.choice.weights.path}; give theirs by --weights, or run `styleid embed` again",
            folder=store.folder,
        )
    rows[new], reasons = embedder.try_transform([paths[number] for number in new])
    for number, reason in zip(new, reasons, strict=True):
        errors[number] = reason
    return rows, errors


def _index(known: Embedded) -> tuple[Path | None, list[str]]:
    """Return where the index of very many pictures is kept; up to `MOST_EXACT` none is needed."""
    if len(known.positions) <= MOST_EXACT:
        return None, []
    try:
        import usearch as usearch
    except ImportError:
        told = MissingExtraError(f"an index of {len(known.positions):,} pictures", "search")
        return None, [f"every picture was looked at, which takes its time: {told}"]
    content = sha256(views_text(known.views).encode())
    for row in known.manifest.rows:
        content.update(row.sha256.encode())
    name = f"similar-{content.hexdigest()[:16]}.usearch"
    return known.store.folder / "derived" / name, []


def _nearer_than(known: Embedded, cosines: NDArray[np.float64]) -> list[list[float | None]]:
    """Return for each cosine what share of pairs by two labels, drawn by a seed, lie farther apart."""
    labels = np.array([row.label for row in known.manifest.rows])
    pairs = np.random.default_rng(0).integers(0, len(labels), (_PAIRS, 2))
    pairs = pairs[labels[pairs[:, 0]] != labels[pairs[:, 1]]]
    if len(pairs) < _FEW:  # of one label, or nearly
        return [[None] * cosines.shape[1] for _ in cosines]
    ends = []
    for end in pairs.T:
        rows = picture_rows(known.store.vectors, known.positions[end]).astype(np.float64)
        ends.append(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300))
    drawn = np.sort((ends[0] * ends[1]).sum(axis=1))
    shares: list[list[float | None]] = (np.searchsorted(drawn, cosines) / len(drawn)).tolist()
    return shares


def _copy(file: FileFacts | None, content: str, memory: HashMemory) -> str | None:
    if file is None:
        return None
    if file.sha256 == content:
        return EXACT
    hashes = memory.of([content])
    return None if hashes.unread[0] else NOTHING.joined([content], hashes).recognise(file)
