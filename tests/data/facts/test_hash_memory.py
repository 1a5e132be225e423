from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from drawing import draw
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from styleid.data import hash_memory
from styleid.data.facts import file_facts, read_facts
from styleid.data.hash_memory import HashMemory
from styleid.errors import OutputError


def pictures(folder: Path, n: int = 4) -> tuple[list[Path], list[str]]:
    """Drawings, the last of one colour."""
    files = [folder / f"{i}.png" for i in range(n)]
    for i, file in enumerate(files):
        draw(file, i, style=2, size=(64, 64))
    Image.new("RGB", (64, 64), (9, 9, 9)).save(files[-1])
    return files, [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files that are read."""
    seen: list[Path] = []

    def spy(paths, workers):
        seen.extend(paths)
        return read_facts(paths, workers)

    monkeypatch.setattr(hash_memory, "read_facts", spy)
    return seen


def test_what_was_read_is_not_read_again(tmp_path, opened):
    files, sha256 = pictures(tmp_path)
    memory = HashMemory(tmp_path / "store" / "hashes.json")
    assert memory.of(sha256).unread.all()
    memory.read(files, sha256, 2)
    first = memory.of(sha256)
    for file, bits in zip(files[:-1], first.bits, strict=False):
        assert (bits == file_facts(file).hashes).all()
    assert first.has.tolist() == [True, True, True, False], "one colour: known to have no hash"
    assert not first.unread.any()
    memory.save()
    assert sorted(opened) == files

    again = HashMemory(memory.path)
    again.read(files, sha256, 2)
    assert sorted(opened) == files, "a second time, no picture is opened"
    for one, other in zip(vars(first).values(), vars(again.of(sha256)).values(), strict=True):
        np.testing.assert_array_equal(one, other)
    before = memory.path.stat().st_mtime_ns
    again.save()
    assert memory.path.stat().st_mtime_ns == before, "nothing learned, nothing written"
    back = again.of([sha256[2], "0" * 64, sha256[0]])
    assert (back.bits[0] == first.bits[2]).all()
    assert back.unread.tolist() == [False, True, False]


def test_a_content_is_read_once_and_where_it_can_be(tmp_path, opened):
    files, sha256 = pictures(tmp_path)
    copies = [tmp_path / "gone.png", files[0], files[0], tmp_path / "gone as well.png"]
    memory = HashMemory(tmp_path / "hashes.json")
    memory.read(copies, [sha256[0]] * 3 + [sha256[1]], 1)
    assert memory.of(sha256[:2]).unread.tolist() == [False, True]
    assert opened.count(files[0]) == 1


def test_other_bytes_teach_nothing_of_a_row(tmp_path):
    files, sha256 = pictures(tmp_path)
    draw(files[0], 77, style=2, size=(64, 64))
    memory = HashMemory(tmp_path / "hashes.json")
    memory.read(files[:1], sha256[:1], 1)
    assert memory.of(sha256[:1]).unread.all()
    now = hashlib.sha256(files[0].read_bytes()).hexdigest()
    assert memory.of([now]).has.all()


@pytest.mark.parametrize("part", ["hash", "bits", "crops", "side", "decode_policy"])
def test_hashes_made_in_another_way_are_made_anew(tmp_path, part):
    files, sha256 = pictures(tmp_path)
    memory = HashMemory(tmp_path / "hashes.json")
    memory.read(files, sha256, 1)
    memory.save()
    record = json.loads(memory.path.read_bytes())
    record["made_by"][part] = 0
    memory.path.write_text(json.dumps(record))
    assert HashMemory(memory.path).of(sha256).unread.all()


def test_a_place_that_cannot_be_written(tmp_path):
    files, sha256 = pictures(tmp_path)
    (tmp_path / "hashes.json").mkdir()
    memory = HashMemory(tmp_path / "hashes.json")
    memory.read(files, sha256, 1)
    with pytest.raises(OutputError, match="cannot write"):
        memory.save()
    assert not memory.of(sha256).unread.any()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    files, sha256 = pictures(folder)
    memory = HashMemory(folder / "hashes.json")
    memory.read(files, sha256, 1)
    memory.save()
    return folder, memory.path.read_bytes(), sha256, memory.of(sha256)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"null", b'{"hashes": 3}', b"[" * 100_000, b"\xff"])
def test_what_is_no_memory_is_none(kept, content):
    folder, _, sha256, _ = kept
    (folder / "damaged.json").write_bytes(content)
    assert HashMemory(folder / "damaged.json").of(sha256).unread.all()


@given(at=st.integers(0, 10**6), byte=st.integers(0, 255), cut=st.booleans())
def test_damage_never_gives_another_hash(kept, at, byte, cut):
    folder, data, sha256, good = kept
    at %= len(data)
    (folder / "damaged.json").write_bytes(data[:at] + bytes([byte]) + (b"" if cut else data[at + 1 :]))
    found = HashMemory(folder / "damaged.json").of(sha256)
    assert found.unread.all() or not found.unread.any()
    if not found.unread.any():
        assert (found.bits == good.bits).all()
        assert (found.has == good.has).all()
