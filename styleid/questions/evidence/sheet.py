"""The record of the evidence of one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.model.verdict import Verdict
from styleid.questions.evidence.answer import Answer
from styleid.questions.evidence.witnesses import Said


@dataclass(frozen=True)
class Shown:
    """A known picture."""

    label: str
    thumbnail: bytes  # WebP; empty where the model carries none


@dataclass(frozen=True)
class Near:
    """The known pictures of one label that are nearest."""

    label: str
    rank: float | None  # share of the label's pictures that are less near to another series of their own
    pictures: tuple[Shown, ...]


@dataclass(frozen=True, eq=False)
class Map:
    """Which part of the picture speaks for whom."""

    columns: Sequence[float]  # edges of the cells, as shares of the width
    rows: Sequence[float]  # and of the height
    leading: NDArray[
        np.int64
    ]  # (rows, columns) number of the label that leads a cell; -1 where none was looked at
    strength: NDArray[np.float64]  # (rows, columns) its score there
    enlarged: Sequence[
        tuple[int, tuple[float, float, float, float], bytes]
    ]  # label, place and pixels of a window


@dataclass(frozen=True, eq=False)
class Plane:
    """Where a picture falls among the known ones."""

    places: NDArray[np.float32]  # (n, 2) of known pictures
    labels: NDArray[np.int64]  # (n,) numbers of their names
    here: tuple[float, float]
    apart: float | None  # how far its nearest lie from there, as a share of the plane; None: its own place


@dataclass(frozen=True, eq=False)
class Sheet:
    """The evidence of one picture; where it could not be used, the verdict's error is all there is."""

    verdict: Verdict  # its path is the name of the picture
    labels: tuple[str, ...] = ()  # of the model, in its order
    digest: str = ""  # SHA-256 of the file
    picture: bytes = b""  # WebP, small
    thumbnail: bytes = b""  # the same, as small as those of known pictures
    size: tuple[int, int] = (0, 0)
    answer: Answer | None = None
    known_as: Shown | None = None  # the picture, or its near-duplicate, as the model knows it
    n_learned: int = 0
    sets: Sequence[tuple[float, tuple[str, ...]]] = ()
    sets_note: str = ""
    near: Sequence[Near] = ()
    map: Map | None = None
    witnesses: Sequence[Said] = ()
    guessing: float = 0.0  # what always naming the commonest label gives
    names: tuple[str, ...] = ()  # of known pictures
    plane: Plane | None = None
    headline: str = ""
    cautions: Sequence[str] = ()
    lacks: dict[str, str] = field(default_factory=dict)  # part of the sheet -> why it is not there

    @property
    def name(self) -> str:
        """What the picture is called."""
        return self.verdict.path

    def plain(self) -> dict[str, Any]:
        """Return the sheet as plain values for JSON, without pictures, as in ``docs/formats.md``."""
        values = self.verdict.plain()
        if self.answer is None:
            return values
        values |= {
            "answer": {"title": self.answer.title, "lines": list(self.answer.lines)},
            "sets": [{"coverage": level, "labels": list(labels)} for level, labels in self.sets],
            "nearest": [{"label": near.label, "nearer_than": near.rank} for near in self.near],
            "map": None
            if self.map is None
            else {
                "columns": list(self.map.columns),
                "rows": list(self.map.rows),
                "labels": [
                    [self.labels[number] if number >= 0 else None for number in row]
                    for row in self.map.leading.tolist()
                ],
            },
            "witnesses": [
                {"witness": said.witness, "label": said.label, "right": said.right} for said in self.witnesses
            ],
            "place": None if self.plane is None else list(self.plane.here),
            "lacks": dict(self.lacks),
        }
        return values
