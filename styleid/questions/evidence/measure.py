"""What a verdict on one picture rests on, from the model alone: no store, and none of its pictures' files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styleid.backbones.runtimes.base import Runtime
from styleid.data.decode.images import Decoded
from styleid.data.decode.images import decode as decode_bytes
from styleid.data.decode.reading import read_bytes
from styleid.data.facts import FileFacts, SmallCopy, facts_of
from styleid.data.manifest.labels import OTHERS
from styleid.data.thumbnails import small_picture, webp
from styleid.data.views.make import make_views
from styleid.errors import BundleError, ImageError
from styleid.files import StrPath
from styleid.model.contents import Bundle
from styleid.model.known import Known
from styleid.model.learned import EXACT, NEAR, first_bytes
from styleid.model.predict import embedder_of, policy_of, views_of
from styleid.model.verdict import Verdict, judge, set_rule
from styleid.questions.evidence.answer import write_answer
from styleid.questions.evidence.nearest import Neighbours, Query
from styleid.questions.evidence.ranks import Ranks
from styleid.questions.evidence.sheet import Map, Near, Plane, Sheet, Shown
from styleid.questions.evidence.windows import Windows, beside_whole
from styleid.questions.evidence.witnesses import Said, Witnesses
from styleid.questions.evidence.words import OLD
from styleid.rules.strangers import KIND
from styleid.vectors.pooling import pool_views

#: Views and windows that go through the network at once.
BATCH = 16
#: Longest sides of the picture, large and small, and of a window on a page, in pixels.
SHOWN, SMALL, ENLARGED = 720, 96, 260
#: Coverages that a reader can choose from.
COVERAGES = tuple(round(0.80 + 0.01 * step, 2) for step in range(20))
#: Labels whose nearest pictures are shown, those after the second only from this score on; pictures of each.
LEADING, LEAST, PICTURES = 3, 0.1, 4


class Evidence:
    """Makes sheets by one model: the network is loaded once, the witnesses are grown when first asked.

    `decode` and `small_copy` read the bytes of pictures: by default in this process, by the model's policy.
    One object may be used by one thread at a time.
    """

    def __init__(
        self,
        model: Bundle,
        weights: StrPath | None = None,
        device: str = "auto",
        decode: Callable[[bytes], Decoded] | None = None,
        small_copy: SmallCopy = small_picture,
    ) -> None:
        self.model = model
        self.policy = policy_of(model)
        self._decode = decode or partial(decode_bytes, policy=self.policy)
        self._small_copy = small_copy
        self._weights, self._device = weights, device
        self._views, self._pool = views_of(model)
        self.known, self.damage = _known(model)

    def of(
        self,
        pictures: Sequence[StrPath | bytes],
        names: Sequence[str] | None = None,
        coverage: float | None = None,
    ) -> list[Sheet]:
        """Make a sheet of each picture, in order; `names` call them, by default by their paths."""
        return list(self.each(pictures, names, coverage))

    def each(
        self,
        pictures: Iterable[StrPath | bytes],
        names: Sequence[str] | None = None,
        coverage: float | None = None,
    ) -> Iterator[Sheet]:
        """Yield the sheets of `of` one by one."""
        rule = None if coverage is None else set_rule(self.model, coverage)[0]
        for number, picture in enumerate(pictures):
            called = f"picture {number + 1}" if isinstance(picture, bytes) else os.fspath(picture)
            name = names[number] if names is not None else called
            try:
                data = picture if isinstance(picture, bytes) else read_bytes(picture, self.policy)
                image = self._decode(data).image
                digest = hashlib.sha256(data).hexdigest()
                views, windows, boxes = self._embed(image, digest)
            except ImageError as error:
                yield Sheet(Verdict(name, None, {}, self.model.calibrated, error=error), self.model.labels)
                continue
            row = pool_views(views[None], self._pool)
            verdict = replace(judge(self.model, row, rule)[0], path=name)
            facts = facts_of(data, 0, self._small_copy)
            if facts is not None and self.model.learned is not None:
                verdict = replace(verdict, learned=self.model.learned.recognise(facts))
            bare = Sheet(
                verdict,
                self.model.labels,
                digest,
                webp(image, SHOWN, 80),
                webp(image, SMALL),
                image.size,
                write_answer(self.model, verdict),
            )
            map_ = self._map(image, verdict, boxes, beside_whole(windows, self._whole(views)))
            yield self._known_parts(self._sets(replace(bare, map=map_)), views, facts)

    @cached_property
    def _network(self) -> tuple[Runtime, tuple[int, int]]:
        embedder = embedder_of(self.model, self._weights, self._device, BATCH)
        preset = embedder.choice.backbone.preset
        return embedder.network()[0], (preset.resize, preset.crop)

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

    def warm(self) -> None:
        """Do now what the first picture would wait for."""
        _ = self._network, self._witnesses
        if self._neighbours is not None:
            _ = self._neighbours.hubs, self._ranks

    @cached_property
    def _witnesses(self) -> Witnesses | None:
        if self.known is None or len(np.unique(self._columns)) < 2 or sum(map(bool, self.known.facts)) < 2:
            return None
        labels = [self.model.labels[column] for column in self._columns]
        return Witnesses(self.known.facts, labels, self.known.components)

    def _embed(
        self, image: Image.Image, digest: str
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], Windows]:
        """Compute vectors of the model's views (v, dim) and of windows over all of the picture (m, dim)."""
        runtime, (resize, crop) = self._network
        boxes = Windows.over(*image.size)
        pixels = [make_views(image, digest, self._views, resize, crop), boxes.cut(image, crop)]
        vectors = runtime.vectors(np.concatenate(pixels))[runtime.descriptors[0]]
        return vectors[: len(pixels[0])], vectors[len(pixels[0]) :], boxes

    def _whole(self, views: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the vectors that a head takes side by side: of each view, or one mean."""
        return views if self.model.n_views > 1 else views.mean(axis=0, keepdims=True)

    def _map(self, image: Image.Image, verdict: Verdict, boxes: Windows, rows: NDArray[np.float32]) -> Map:
        """Judge the windows; enlarged are two that decided, and the strongest of the next label."""
        scores = self.model.scores(rows)
        columns, lines, cells = boxes.cells(scores)
        blank = np.isnan(cells).any(axis=2)
        first, *others = [self.model.labels.index(label) for label in verdict.scores]
        chosen = [(first, number) for number in boxes.leading(scores[:, first], 2)]
        chosen += [(second, boxes.leading(scores[:, second], 1)[0]) for second in others[:1]]
        places, scale = boxes.boxes(), np.array([*image.size, *image.size])
        enlarged = []
        for label, number in chosen:
            box = np.round(np.array(places[number]) * scale).astype(int)
            part = image.crop(tuple(np.maximum(box, [0, 0, *(box[:2] + 1)]).tolist()))
            grown = part.resize((ENLARGED, max(1, round(ENLARGED * part.height / part.width))))
            enlarged.append((label, places[number], webp(grown, ENLARGED, 80)))
        leading = np.where(blank, -1, np.nan_to_num(cells).argmax(axis=2))
        return Map(columns, lines, leading, np.nan_to_num(cells).max(axis=2), enlarged)

    def _sets(self, sheet: Sheet) -> Sheet:
        """Add the sets of labels at every coverage a reader can choose."""
        learned = self.model.trust.sets
        if learned is None:
            why = "The fit could not set pictures aside to learn sets from: it takes two groups a label."
            return replace(sheet, lacks={**sheet.lacks, "sets": why})
        scores = np.array([[sheet.verdict.scores[label] for label in sheet.verdict.scores]])
        ranked = list(sheet.verdict.scores)
        sets = []
        notes: tuple[str, ...] = ()
        for level in COVERAGES:
            rule, notes = learned.rule(level)
            inside = rule.sets(scores)[0]
            sets.append((level, tuple(label for label, here in zip(ranked, inside, strict=True) if here)))
        return replace(sheet, sets=tuple(sets), sets_note="; ".join(notes))

    def _known_parts(self, sheet: Sheet, views: NDArray[np.float32], facts: FileFacts | None) -> Sheet:
        """Add what is shown from the pictures that the model knows."""
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
            vector = views.mean(axis=0)
            if here is None and sheet.verdict.learned in (EXACT, NEAR):
                here = int(self._neighbours.cosines(vector[None])[0].argmax())
            query = self._neighbours.ask(vector, None if here is None else int(known.components[here]))
            near = self._near(query, vector, sheet.verdict)
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

    def _near(self, query: Query, vector: NDArray[np.float32], verdict: Verdict) -> list[Near]:
        assert self._neighbours is not None
        near = []
        for place, (label, score) in enumerate(list(verdict.scores.items())[:LEADING]):
            if place > 1 and score < LEAST:
                continue
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
