"""The pictures that a model keeps of those it learned from, as evidence for a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from styleid.data.facts import FileFacts
from styleid.data.manifest.labels import OTHERS
from styleid.errors import BundleError
from styleid.model.contents import Bundle
from styleid.model.known import Known
from styleid.model.learned import EXACT, NEAR, first_bytes
from styleid.questions.evidence.nearest import Neighbours, Query
from styleid.questions.evidence.ranks import Ranks
from styleid.questions.evidence.sheet import Near, Plane, Sheet, Shown
from styleid.questions.evidence.witnesses import Said, Witnesses
from styleid.questions.evidence.words import OLD
from styleid.rules.strangers import KIND

#: Labels whose nearest pictures are shown: the first two, and one that leads in the map or has this score;
#: pictures of each.
LEADING, LEAST, PICTURES = 3, 0.1, 4


class Gallery:
    """What a model keeps, with what is made of it once; an older or damaged model keeps nothing."""

    def __init__(self, model: Bundle) -> None:
        self.model = model
        self.known, self.damage = _known(model)

    def warm(self) -> None:
        """Do now what the first picture would wait for."""
        _ = self._witnesses
        if self._neighbours is not None:
            _ = self._neighbours.hubs, self._ranks

    def show(self, sheet: Sheet, vector: NDArray[np.float32], facts: FileFacts | None) -> Sheet:
        """Add to a sheet what is shown from known pictures, and say what cannot be."""
        if self.known is None:
            lost = dict.fromkeys(("nearest", "witnesses", "plane", "said"), self.damage or OLD)
            return replace(sheet, lacks={**sheet.lacks, **lost})
        known, lacks = self.known, dict(sheet.lacks)
        row = np.flatnonzero((known.digests == first_bytes([sheet.digest])).all(axis=1))
        here = int(row[0]) if len(row) else None
        near: list[Near] = []
        plane = None
        if self._neighbours is None:
            lacks["nearest"] = "The model keeps no vectors of its pictures: it has no detector of strangers."
            lacks["plane"] = lacks["nearest"]
        else:
            # Of very many pictures only some are kept: then the one that is meant may not be among them.
            if here is None and sheet.verdict.learned == NEAR and known.n_learned == len(known):
                here = int(self._neighbours.cosines(vector[None])[0].argmax())
            query = self._neighbours.ask(vector, None if here is None else int(known.components[here]))
            near = self._near(query, vector, sheet)
            plane = self._plane(query, here if sheet.verdict.learned == EXACT else None)
        if not known.thumbnails:
            lacks["thumbnails"] = "The model carries no small pictures (it was fitted with --no-thumbnails)."
        if plane is None and "plane" not in lacks:
            lacks["plane"] = "The fit made no projection."
        witnesses: Sequence[Said] = ()
        if facts is None or self._witnesses is None:
            lacks["witnesses"] = "The facts of the file, or of the known files, could not be read."
        else:
            witnesses = self._witnesses.say(facts)
        return replace(
            sheet,
            known_as=None if here is None else self._shown(here),
            n_learned=known.n_learned,
            near=tuple(near),
            witnesses=witnesses,
            guessing=self._witnesses.guessing if self._witnesses else 0.0,
            names=known.names,
            plane=plane,
            headline=str(known.said.get("headline", "")),
            cautions=tuple(map(str, known.said.get("cautions", ()))),
            lacks=lacks,
        )

    @cached_property
    def _columns(self) -> NDArray[np.int64]:
        """The model's label of each known picture; of a target's model all others are one."""
        if self.known is None:
            return np.empty(0, np.int64)
        number = {label: column for column, label in enumerate(self.model.labels)}
        of_name = [number.get(name, number.get(OTHERS, -1)) for name in self.known.names]
        return np.array(of_name, np.int64)[self.known.labels]

    @cached_property
    def _neighbours(self) -> Neighbours | None:
        unknown = self.model.trust.unknown
        if self.known is None or unknown is None or unknown.detector.kind != KIND:
            return None
        if len(unknown.detector.arrays["rows"]) != len(self.known):
            return None
        return Neighbours(unknown.detector, self._columns, self.known.components)

    @cached_property
    def _ranks(self) -> Ranks:
        assert self._neighbours is not None
        return Ranks.among(self._neighbours)

    @cached_property
    def _witnesses(self) -> Witnesses | None:
        if self.known is None or len(np.unique(self._columns)) < 2 or sum(map(bool, self.known.facts)) < 2:
            return None
        labels = [self.model.labels[column] for column in self._columns]
        return Witnesses(self.known.facts, labels, self.known.components)

    def _near(self, query: Query, vector: NDArray[np.float32], sheet: Sheet) -> list[Near]:
        assert self._neighbours is not None
        assert sheet.map is not None
        scores = sheet.verdict.scores
        in_map = {self.model.labels[label] for label, _, _ in sheet.map.enlarged}
        shown = [
            label
            for place, label in enumerate(scores)
            if place < 2 or label in in_map or (place < LEADING and scores[label] >= LEAST)
        ]
        near = []
        for label in shown[:LEADING]:
            column = self.model.labels.index(label)
            rows = self._neighbours.of_label(query, column, PICTURES)
            rank = self._ranks.rank(vector, column, query.home)
            near.append(Near(label, rank, tuple(map(self._shown, rows))))
        return near

    def _plane(self, query: Query, here: int | None) -> Plane | None:
        assert self._neighbours is not None
        assert self.known is not None
        places = self.known.places
        if not len(places):
            return None
        if here is not None:
            x, y = places[here].tolist()
            return Plane(places, self.known.labels, (x, y), None)
        x, y, apart = self._neighbours.place(query, places)
        return Plane(places, self.known.labels, (x, y), apart)

    def _shown(self, row: int) -> Shown:
        assert self.known is not None
        thumbnail = self.known.thumbnails[row] if self.known.thumbnails else b""
        return Shown(self.known.names[self.known.labels[row]], thumbnail)


def _known(model: Bundle) -> tuple[Known | None, str]:
    """Return what the model keeps of its pictures, and why not where it is damaged."""
    try:
        return model.known, ""
    except BundleError as error:
        return None, f"{error}."
