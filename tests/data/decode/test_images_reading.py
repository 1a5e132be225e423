from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import pytest
from picture_bytes import encoded, picture

import styleid.data.decode.reading as reading
from styleid import DecodePolicy
from styleid.data.decode.images import decode
from styleid.data.decode.reading import read_bytes
from styleid.errors import ImageError

POLICY = DecodePolicy(max_bytes=100_000)


def code_of(path: Path | str, policy: DecodePolicy = POLICY) -> str:
    with pytest.raises(ImageError, match=r"\A[^\n]+\Z") as caught:  # in one line
        read_bytes(path, policy)
    return caught.value.code


@pytest.mark.parametrize("size", [1, 4096, 99_999, 100_000])
def test_what_is_there_is_read(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "a").write_bytes(content)
    assert read_bytes(tmp_path / "a", POLICY) == content
    assert read_bytes(str(tmp_path / "a"), POLICY) == content


def test_one_byte_too_many(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(100_001))
    with pytest.raises(ImageError, match="at most 100000 bytes, found 100001 or more: .*a; leave it"):
        read_bytes(tmp_path / "a", POLICY)


def test_codes_of_things_that_are_no_file(tmp_path: Path) -> None:
    assert code_of(tmp_path / "nothing") == "missing"
    assert code_of(tmp_path) == "not-a-file"
    (tmp_path / "file").write_bytes(b"")
    assert code_of(tmp_path / "file") == "empty"
    assert code_of(tmp_path / "file" / "below") == "missing"
    assert code_of(f"{tmp_path}/zero\0byte") == "missing"
    assert code_of(tmp_path / ("x" * 300)) == "unreadable"


def test_the_message_stays_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"line\\nbreak"):
        read_bytes(tmp_path / "line\nbreak", POLICY)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in this file system")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(code_of(tmp_path / "pipe")), daemon=True)
    thread.start()
    thread.join(20)
    assert found == ["not-a-file"]


def test_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object, flags: int) -> int:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a").write_bytes(b"x")
    monkeypatch.setattr(reading.os, "open", refuse)
    with pytest.raises(ImageError, match="cannot read .*a: Permission denied; check") as caught:
        read_bytes(tmp_path / "a", POLICY)
    assert caught.value.code == "unreadable"


def growing(monkeypatch: pytest.MonkeyPatch, path: Path, more: int) -> None:
    """Let the file grow by `more` bytes each time its open file is looked at."""
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        with open(path, "ab") as file:
            file.write(b"+" * more)
        return status

    monkeypatch.setattr(reading.os, "fstat", fstat)


def test_a_file_that_grows_is_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    growing(monkeypatch, path, 50)
    for start in (b"-" * 10, b""):
        path.write_bytes(start)
        assert read_bytes(path, POLICY) == start + b"+" * 50


def test_a_file_that_grows_too_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"-" * 10)
    growing(monkeypatch, path, 200_000)
    assert code_of(path) == "too-large-file"


def test_replaced_or_deleted_after_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    data = encoded(picture(), "JPEG")
    path.write_bytes(data)
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        path.unlink(missing_ok=True)
        path.write_bytes(b"another")
        return real(descriptor)

    monkeypatch.setattr(reading.os, "fstat", fstat)
    assert read_bytes(path, POLICY) == data
    assert decode(data, POLICY).image.size == picture().size
    path.unlink()
    assert code_of(path) == "missing"


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    descriptor = os.open(tmp_path / "a", os.O_RDONLY)
    os.close(descriptor)
    for path in (tmp_path / "a", tmp_path, tmp_path / "nothing"):
        with contextlib.suppress(ImageError):
            read_bytes(path, POLICY)
    again = os.open(tmp_path / "a", os.O_RDONLY)
    os.close(again)
    assert again == descriptor
