"""Every case of the decode policy's list: it is decoded, or fails with the code it always fails with."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest
from hostile import NAMES, write_hostile_corpus
from hostile_bytes import hostile_bytes

from styleid import DecodePolicy
from styleid.data.decode.hostile.pool import DecodePool
from styleid.data.decode.images import decode
from styleid.data.decode.policy import CODES
from styleid.data.decode.reading import read_bytes
from styleid.errors import ImageError

POLICY = DecodePolicy()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("corpus")
    return folder, write_hostile_corpus(folder)


def test_the_corpus_is_whole(corpus: tuple[Path, dict[str, str]]) -> None:
    folder, expected = corpus
    assert set(expected) == set(os.listdir(folder))
    assert set(expected.values()) <= {"vector", *CODES}
    # all codes that files alone can bring about
    assert set(CODES) - set(expected.values()) <= {
        "unreadable",
        "no-decoder",
        "memory-limit",
        "time-limit",
        "crashed",
        "too-narrow",  # of the view `fit`, not of the file
    }
    assert len(set(expected) & NAMES) >= 10


def test_every_file_has_its_outcome(corpus: tuple[Path, dict[str, str]]) -> None:
    folder, expected = corpus
    found: dict[str, str] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in expected:
            try:
                decoded = decode(read_bytes(folder / name, POLICY), POLICY)
            except ImageError as error:
                found[name] = error.code if error.message.isprintable() else "more than one line"
            else:
                found[name] = "vector"
                assert decoded.image.mode == "RGB"
    assert found == expected


def test_in_child_processes_every_outcome_is_the_same() -> None:
    found: dict[str, str] = {}
    expected: dict[str, str] = {}
    with DecodePool(1, POLICY) as pool:
        for name, (data, outcome) in hostile_bytes().items():
            expected[name] = outcome
            try:
                there = pool.decode(data)
            except ImageError as error:
                found[name] = error.code
            else:
                found[name] = "vector"
                here = decode(data, POLICY)
                assert there.flags == here.flags
                assert there.image.tobytes() == here.image.tobytes()
                assert there.image.size == here.image.size
    assert found == expected
