from __future__ import annotations

import copy
import pickle

import pytest

from styleid import StyleIdError, errors
from styleid.errors import ImageError, InputError, MissingExtraError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, StyleIdError)]


def make(kind: type[StyleIdError]) -> StyleIdError:
    if kind is ImageError:
        return ImageError("empty", "no bytes", path="a.png")
    if kind is MissingExtraError:
        return MissingExtraError("HEIF", "heif")
    return kind("what was wrong", path="a.png")


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_one_line_drawn_in_the_tree_and_crosses_processes(kind: type[StyleIdError]) -> None:
    error = make(kind)
    assert kind.__name__ in (errors.__doc__ or "")
    assert "\n" not in str(error)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is kind
        assert (str(again), again.facts, again.exit_code) == (str(error), error.facts, error.exit_code)


def test_errors_are_also_the_built_in_they_resemble() -> None:
    assert issubclass(InputError, ValueError)
    assert issubclass(errors.OutputError, OSError)
    assert issubclass(MissingExtraError, ImportError)
    assert InputError.exit_code == 2
    assert errors.StoreError.exit_code == 1
    assert pickle.loads(pickle.dumps(make(ImageError))).code == "empty"
    assert 'pip install "styleid[heif]"' in str(make(MissingExtraError))
