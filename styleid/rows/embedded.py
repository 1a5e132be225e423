"""The pictures of a manifest that have a vector, whatever their label."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from styleid.data.manifest.labels import left_out
from styleid.data.manifest.table import Manifest, read_manifest
from styleid.data.views.names import asking_for, parse_views, views_text
from styleid.errors import StoreError
from styleid.files import StrPath
from styleid.given import as_path
from styleid.report.notebook import show
from styleid.report.numbers import count_of
from styleid.rows.selection import Selection, settled
from styleid.vectors.pooling import MEAN, pool_views
from styleid.vectors.store.space import find_space
from styleid.vectors.store.store import SpaceStore


@dataclass(frozen=True, eq=False)
class Embedded:
    """The n pictures with a vector, in manifest order, and where in the store's array each view stands."""

    manifest: Manifest
    store: SpaceStore
    views: tuple[str, ...]
    positions: NDArray[np.int64]  # (n, v)
    pool: str
    notes: tuple[str, ...]  # how the manifest was read, and which of its pictures are not here

    def X(self) -> NDArray[np.float32]:
        """Read the vectors, (n, dim); where v views vote, (n, v * dim): side by side."""
        return pool_views(self.store.vectors[self.positions], self.pool)

    def columns(self) -> dict[str, list[str]]:
        """Return the manifest's columns by name, those of `Row` first."""
        rows = self.manifest.rows
        extra = dict.fromkeys(name for row in rows for name in row.extra)
        names = ("image_id", "path", "label", "group", "source", "split", "sha256", *extra)
        return {name: [row.value(name) for row in rows] for name in names}


def embedded(manifest: StrPath, store: StrPath, selection: Selection) -> Embedded:
    """Find the pictures of a manifest in a store; one that lacks a view is left out, with a note.

    Where no picture is left it is a `StoreError`.
    """
    root = as_path(store, "store")
    space = SpaceStore(root, find_space(root, selection.space))
    selection = settled(selection, space)
    views = parse_views(str(selection.views))
    listed = read_manifest(as_path(manifest, "manifest")).where(selection.where)
    positions = space.positions(listed, views)
    here = np.all(positions >= 0, axis=1)
    run = f"`styleid embed --views {asking_for(views)}`"
    if not here.any():
        raise StoreError(
            f"expected vectors of the {len(listed):,} pictures of {manifest} in {space.folder}, views "
            f"{views_text(views)}, found none; run {run}, or say by --store where they are",
            root=root,
        )
    notes = list(listed.notes)
    if absent := [
        row.image_id for row, is_here in zip(listed.rows, here.tolist(), strict=True) if not is_here
    ]:
        notes.append(left_out(absent, f"have no vector of the views {views_text(views)} ({run})"))
    rows = tuple(row for row, is_here in zip(listed.rows, here.tolist(), strict=True) if is_here)
    found = replace(listed, rows=rows)
    return Embedded(found, space, views, positions[here], selection.pool, tuple(notes))


class Vectors(NamedTuple):
    """What `load_vectors` returns."""

    X: NDArray[np.float32]  # (n, dim)
    table: Any  # n rows, with the manifest's columns
    notes: tuple[str, ...]

    def _repr_html_(self) -> str:
        columns = {name: list(self.table[name]) for name in ("image_id", "label", "group")}
        title = f"{count_of(len(self.X), 'picture')}, {self.X.shape[1]:,} numbers each"
        return show(title, self.notes, [*columns], [*zip(*columns.values(), strict=True)])


def load_vectors(
    store: StrPath = "data/vectors",
    manifest: StrPath | None = None,
    space: str | None = None,
    views: str | None = None,
    pool: str = MEAN,
) -> Vectors:
    """Load the vectors of a store's pictures, and the table of the pictures beside them.

    Parameters
    ----------
    store : path
        Folder of the vectors.
    manifest : path or None
        The table of the pictures; by default ``manifest.csv`` beside the store.
    space : str or None
        Which vectors, as for ``--space``; by default those embedded last.
    views : str or None
        Which views, as for ``--views``; by default those embedded first.
    pool : str
        ``mean``: one vector a picture; ``vote``: the vectors of its v views side by side.

    Returns
    -------
    X : NDArray of float32
        (n, dim), or (n, v * dim) for ``vote``, in the order of the manifest.
    table : DataFrame, or dict of str to list of str
        The manifest's columns, (n,) each; a DataFrame where pandas is installed.
    notes : tuple of str
        How the manifest was read, and which of its pictures have no vector and are left out.

    Raises
    ------
    StoreError
        If no picture of the manifest has a vector.
    InputError
        If there is no manifest, or no such space, views or pooling.

    Examples
    --------
    >>> X, table, notes = load_vectors("data/vectors")
    >>> X[table["label"] == "noto"].mean(axis=0)
    """
    root = as_path(store, "store")
    selection = Selection(space=space, views=views, pool=pool)
    known = embedded(root.parent / "manifest.csv" if manifest is None else manifest, root, selection)
    table: Any = known.columns()
    with suppress(ImportError):  # the columns by their names serve as well
        import pandas as pd

        table = pd.DataFrame(table)
    return Vectors(known.X(), table, known.notes)
