"""The door: what `styleid` names is there, says how it is used, and costs nothing until it is used."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import styleid

NAMES = [name for name in styleid.__all__ if name != "__version__"]
HEAVY = ("numpy", "torch", "sklearn", "scipy", "PIL", "pyarrow", "matplotlib", "numba", "typer")
#: Sections of numpydoc that list names.
LISTS = ("Parameters", "Attributes")


def documented(text: str) -> set[str]:
    """Return the names that the sections of a numpydoc text list."""
    parts = re.split(r"^(\w[\w ]*)\n-+\n", inspect.cleandoc(text), flags=re.M)
    bodies = [body for title, body in zip(parts[1::2], parts[2::2], strict=True) if title in LISTS]
    heads = [line.split(" : ")[0] for body in bodies for line in body.splitlines() if re.match(r"\S", line)]
    return {name.strip(" *`") for head in heads for name in head.split(",")}


def parameters(value: object) -> dict[str, inspect.Parameter]:
    assert callable(value)
    signature = inspect.signature(value).parameters
    return {name: parameter for name, parameter in signature.items() if name != "self"}


def test_it_names_some_twenty_things() -> None:
    assert len(NAMES) == len(set(NAMES)) == 22
    assert {*styleid.__all__} <= {*dir(styleid)}


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_there_and_lists_each_parameter(name: str) -> None:
    value = getattr(styleid, name)
    assert value.__name__ == name
    assert value.__doc__.splitlines()[0].endswith((".", "?"))
    assert documented(value.__doc__) == {*parameters(value)}
    if inspect.isfunction(value):
        assert re.search(r"^    Returns\n    -+\n    \S", value.__doc__, re.M)


def test_methods_at_the_door_list_each_parameter() -> None:
    methods = {
        f"{name}.{key}": value
        for name in NAMES
        for key, value in vars(getattr(styleid, name)).items()
        if inspect.isfunction(value) and not key.startswith("_") and parameters(value)
    }
    assert {"Embedder.transform", "Embedder.try_transform", "Embedder.fit"} <= methods.keys()
    for name, method in methods.items():
        text = method.__doc__ or ""
        if "\n    ----" in text or name.startswith("Embedder."):
            assert documented(text) == {*parameters(method)}, name


def test_what_a_docstring_lists_is_read_right() -> None:
    text = "Do.\n\nParameters\n----------\na, b : int\n    Both.\n**c : object\n\nReturns\n-------\nint\n"
    assert documented(text) == {"a", "b", "c"}


def test_no_function_of_the_door_takes_many_parameters() -> None:
    for name in NAMES:
        value = getattr(styleid, name)
        if inspect.isfunction(value):
            assert len(parameters(value)) <= 7, name


def test_importing_it_loads_nothing_heavy() -> None:
    code = f"import sys, styleid; dir(styleid); print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_type_checkers_see_the_same_names_in_the_same_places() -> None:
    tree = ast.parse(Path(styleid.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }
    assert seen == {name: getattr(styleid, name).__module__ for name in NAMES}
    assert seen == styleid._HOMES  # where the name lives, not where it is passed on


def test_an_unknown_name_says_in_one_line_what_there_is() -> None:
    with pytest.raises(AttributeError, match="styleid has no 'embedd'") as caught:
        _ = styleid.embedd
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("styleid has no 'embedd'; it has: Embedder, embed, ")
    assert all(name in message for name in styleid.__all__)


def test_a_head_by_name_is_the_head() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b"], 20)
    X = rng.normal(size=(40, 3)) + (y == "b")[:, None]
    table = styleid.make_table(X.tolist(), y, np.arange(40) // 2)
    folds, _ = styleid.grouped_folds(y, table.components, n_splits=3)
    by_name = styleid.cross_validate("centroid", table, folds, seed=1)
    from styleid.heads.base import get_head  # behind the door: what the name stands for

    assert (by_name.scores == styleid.cross_validate(get_head("centroid"), table, folds, seed=1).scores).all()
    with pytest.raises(styleid.StyleIdError, match=r"no head called 'centre'; choose one of: lda, "):
        styleid.cross_validate("centre", table, folds)
