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
from styleid.data.facts import SmallCopy, facts_of
from styleid.data.thumbnails import small_picture, webp
from styleid.data.views.make import make_views
from styleid.errors import ImageError
from styleid.files import StrPath
from styleid.model.contents import Bundle
from styleid.model.predict import embedders_of, policy_of, views_of
from styleid.model.verdict import Verdict, judge, set_rule
from styleid.questions.evidence.answer import write_answer
from styleid.questions.evidence.gallery import Gallery
from styleid.questions.evidence.sheet import Map, Sheet
from styleid.questions.evidence.windows import Windows, beside_whole
from styleid.vectors.pooling import mean_of_views, pool_views

#: Views and windows that go through the network at once.
BATCH = 16
#: Longest sides of the picture, large and small, and of a window on a page, in pixels.
SHOWN, SMALL, ENLARGED = 720, 96, 260
#: Coverages that a reader can choose from.
COVERAGES = tuple(round(0.80 + 0.01 * step, 2) for step in range(20))


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
        self._gallery = Gallery(model)

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
            whole = mean_of_views(row, self.model.n_views, self.model.dims)[0]
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
            yield self._gallery.show(self._sets(replace(bare, map=map_)), whole, facts)

    @cached_property
    def _networks(self) -> list[tuple[Runtime, tuple[int, int]]]:
        """What computes the vectors of each space, with the sides that its preset scales to and cuts."""
        embedders = embedders_of(self.model, self._weights, self._device, BATCH)
        presets = [embedder.choice.backbone.preset for embedder in embedders]
        sides = [(preset.resize, preset.crop) for preset in presets]
        return [(one.network()[0], side) for one, side in zip(embedders, sides, strict=True)]

    def warm(self) -> None:
        """Do now what the first picture would wait for."""
        _ = self._networks
        self._gallery.warm()

    def _embed(
        self, image: Image.Image, digest: str
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], Windows]:
        """Compute vectors of the model's views (v, dim) and of windows over all of the picture (m, dim)."""
        boxes = Windows.over(*image.size)
        parts = []
        for runtime, (resize, crop) in self._networks:
            pixels = [make_views(image, digest, self._views, resize, crop), boxes.cut(image, crop)]
            parts.append(runtime.vectors(np.concatenate(pixels))[runtime.descriptors[0]])
        vectors, n = np.concatenate(parts, axis=1), len(self._views)
        return vectors[:n], vectors[n:], boxes

    def _whole(self, views: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the vectors that a head takes side by side: of each view, or one mean."""
        return views if self.model.n_views > 1 else views.mean(axis=0, keepdims=True)

    def _map(self, image: Image.Image, verdict: Verdict, boxes: Windows, rows: NDArray[np.float32]) -> Map:
        """Judge the windows; enlarged are two that decided, and the strongest of another label."""
        scores = self.model.scores(rows)
        columns, lines, cells = boxes.cells(scores)
        blank = np.isnan(cells).any(axis=2)
        leading = np.where(blank, -1, np.nan_to_num(cells).argmax(axis=2))
        first, *others = [self.model.labels.index(label) for label in verdict.scores]
        # Beside the answer's windows that of who leads most of the other cells, or else of the next label.
        others = sorted(others, key=lambda label: -int((leading == label).sum()))
        chosen = [(first, number) for number in boxes.leading(scores[:, first], 2)]
        chosen += [(label, boxes.leading(scores[:, label], 1)[0]) for label in others[:1]]
        places, scale = boxes.boxes(), np.array([*image.size, *image.size])
        enlarged = []
        for label, number in chosen:
            box = np.round(np.array(places[number]) * scale).astype(int)
            part = image.crop(tuple(np.maximum(box, [0, 0, *(box[:2] + 1)]).tolist()))
            grown = part.resize((ENLARGED, max(1, round(ENLARGED * part.height / part.width))))
            enlarged.append((label, places[number], webp(grown, ENLARGED, 80)))
        return Map(columns, lines, leading, np.nan_to_num(cells).max(axis=2), enlarged)

    def _sets(self, sheet: Sheet) -> Sheet:
        """Add the sets of labels at every coverage a reader can choose."""
        learned = self.model.trust.sets
        if learned is None:
            why = "The fit could not set pictures aside to learn sets from: it takes two groups a label."
            return replace(sheet, lacks={**sheet.lacks, "sets": why})
        scores = np.array([[sheet.verdict.scores[label] for label in sheet.verdict.scores]])
        ranked = list(sheet.verdict.scores)
        sets, said = [], ""
        for level in COVERAGES:
            rule, notes = learned.rule(level)
            if notes and not said:
                said = f"at {100 * level:g} % and more, {'; '.join(notes)}"
            inside = rule.sets(scores)[0]
            sets.append((level, tuple(label for label, here in zip(ranked, inside, strict=True) if here)))
        return replace(sheet, sets=tuple(sets), sets_note=said)
