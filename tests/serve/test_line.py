"""The waiting line: none is lost, each in its turn, and whoever hangs or dies hurts nobody."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from obedient import SOUND, ObedientPool
from PIL import Image

from styleid import DecodePolicy
from styleid.errors import ImageError

pytest.importorskip("starlette", reason="needs the extra serve")

from styleid.serve import line as line_module
from styleid.serve.line import Line


class Noted:
    """Stands in for the evidence: one picture at a time, whose pixels were decoded before."""

    def __init__(self, model: Any, weights: Any, device: str, decode: Any, small_copy: Any) -> None:
        self.decode, self.small_copy = decode, small_copy
        self.made: list[str] = []
        self.busy = threading.Lock()

    def of(self, pictures: Sequence[bytes], names: Sequence[str]) -> list[Any]:
        assert self.busy.acquire(blocking=False), "two at a time"
        time.sleep(0.01)
        self.made.append(names[0])
        image = self.decode(pictures[0]).image
        size = image.size
        small = self.small_copy(pictures[0], "PNG", 16)
        assert (max(small.image.size), small.stored.width) == (16, size[0])
        assert image.size == size, "the picture itself is as it was"
        self.busy.release()
        return [SimpleNamespace(name=names[0], size=size)]


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(line_module, "Evidence", Noted)
    monkeypatch.setattr(line_module, "DecodePool", ObedientPool)
    monkeypatch.setattr(line_module, "policy_of", lambda model: DecodePolicy())
    monkeypatch.setattr(line_module, "PATIENCE", 0.6)
    monkeypatch.setattr(line_module, "TIME_LIMIT", 2.5)
    made = Line(SimpleNamespace())  # type: ignore[arg-type]
    made.warm()
    made._evidence.made.clear()  # type: ignore[attr-defined]
    yield made
    made.close()


def sized(side: int) -> bytes:
    file = BytesIO()
    Image.new("RGB", (side, 20)).save(file, "PNG")
    return file.getvalue()


async def all_at_once(line: Line, pictures: Sequence[bytes]) -> tuple[list[Any], list[int]]:
    """Send all, and note in which order they are answered."""
    order: list[int] = []

    async def send(number: int) -> Any:
        try:
            return await line.answer(pictures[number], str(number))
        finally:
            order.append(number)

    sends = [send(number) for number in range(len(pictures))]
    return await asyncio.gather(*sends, return_exceptions=True), order


def test_sixteen_at_once_are_answered_in_the_order_they_came(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "PATIENCE", 60.0)  # however busy the machine is
    pictures = [sized(20 + number) for number in range(16)]
    answers, order = asyncio.run(all_at_once(line, pictures))
    assert order == list(range(16))
    assert [answer.name for answer in answers] == list(map(str, range(16)))
    assert [answer.size[0] for answer in answers] == [20 + number for number in range(16)], "each its own"


@pytest.mark.parametrize(
    ("hostile", "code"),
    [
        (b"crash", "crashed"),
        (b"exit", "crashed"),
        (b"memory", "memory-limit"),
        (b"hang", "time-limit"),
        (b"sleep", "time-limit"),
        (b"", "empty"),
        (b"nothing known", "not-an-image"),
        (SOUND[:50], "truncated"),
    ],
)
def test_a_hostile_picture_gets_its_reason_and_hurts_nobody(
    hostile: bytes, code: str, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    if code != "time-limit":
        monkeypatch.setattr(line_module, "PATIENCE", 60.0)  # however busy the machine is
    pictures = [sized(21), hostile, sized(22), sized(23), sized(24), sized(25)]
    answers, order = asyncio.run(all_at_once(line, pictures))
    bad = answers[1]
    assert isinstance(bad, ImageError)
    assert bad.code == code
    good = [number for number in order if number != 1]
    assert good == [0, 2, 3, 4, 5]
    assert [answers[number].size[0] for number in good] == [21, 22, 23, 24, 25]
    assert (order[-1] == 1) == (code == "time-limit"), "others pass by one that takes long, and no other"


def test_a_small_file_of_very_many_pixels_is_refused(line: Line) -> None:
    assert line.policy.max_pixels == line_module.MAX_PIXELS < DecodePolicy().max_pixels
    huge = BytesIO()
    Image.new("1", (8000, 8000)).save(huge, "PNG")
    with pytest.raises(ImageError, match="at most 50000000 pixels, found 8000 x 8000; scale it down"):
        asyncio.run(line.answer(huge.getvalue(), "huge"))


def test_a_slow_picture_is_answered_when_it_is_there(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    real = line._pool.decode

    def slow(data: bytes) -> Any:
        if data == SOUND:
            time.sleep(1.5)
        return real(data)

    monkeypatch.setattr(line._pool, "decode", slow)
    answers, order = asyncio.run(all_at_once(line, [SOUND, sized(22), sized(23)]))
    assert order == [1, 2, 0]
    assert answers[0].size == (40, 24)


def test_more_slow_ones_than_children_are_all_answered(line: Line) -> None:
    pictures = [b"sleep"] * 5 + [sized(21)]
    answers, _ = asyncio.run(all_at_once(line, pictures))
    assert [getattr(answer, "code", None) for answer in answers] == ["time-limit"] * 5 + [None]
    assert answers[5].size == (21, 20)
