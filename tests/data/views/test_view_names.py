"""Views by name: what is asked for, what vectors are kept under, and what asks for it again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleid.data.views.names import CENTER, asking_for, augmented_views, check_views, parse_views, views_text
from styleid.errors import InputError

PARTS = st.one_of(
    st.sampled_from(["square", "center", "fit"]),
    st.builds("grid:{}@{}".format, st.integers(1, 8), st.integers(1, 4096)),
    st.builds("augment:{}".format, st.integers(1, 64)),
)


def test_names_of_views() -> None:
    assert parse_views("center") == (CENTER,)
    assert parse_views("center + augment:2") == ("center", "augment/0", "augment/1")
    assert parse_views("augment:3+augment:1+center") == ("augment/0", "augment/1", "augment/2", "center")
    assert parse_views("fit+grid:2@448") == ("fit", *(f"grid:2@448/{number}" for number in range(4)))
    assert parse_views("grid:02@0448") == parse_views("grid:2@448"), "one view has one name"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "centre",
        "center:",
        "center:1",
        "fit:",
        "fit:224",
        "augment",
        "augment:0",
        "augment:65",
        "augment:-1",
        "augment/0",
        "center+",
        "grid",
        "grid:3",
        "grid:3@",
        "grid:@448",
        "grid:0@448",
        "grid:9@448",
        "grid:3@0",
        "grid:3@4097",
        "grid:3@448/0",
        "grid:3@448@448",
        "grid:³@448",
        "grid:٣@448",
        "grid:+3@448",
    ],
)
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"--views expects square, center, fit, grid:N@S .* found "):
        parse_views(text)


def test_a_grid_of_less_than_a_window_is_refused() -> None:
    check_views(parse_views("center+fit+augment:2+grid:3@224"), 224)
    with pytest.raises(InputError, match=r"grid:3@223: .* window of 224 pixels; write grid:3@448"):
        check_views(parse_views("center+grid:3@223"), 224)


@given(st.lists(PARTS, min_size=1, max_size=5))
def test_the_shortest_text_asks_for_the_same_views(parts: list[str]) -> None:
    names = parse_views("+".join(parts))
    text = views_text(names)
    assert set(parse_views(text)) == set(names)
    assert len(text) <= len("+".join(parts))
    assert views_text(parse_views(text)) == text
    assert set(names) <= set(parse_views(asking_for(names)))


def test_augmented_views_are_asked_for_beside_the_centre() -> None:
    assert asking_for(["augment/3"]) == "center+augment:4"
    assert asking_for(["fit", "augment/3"]) == "fit+augment:4"
    assert asking_for(["grid:3@448/0"]) == "grid:3@448"


def test_the_first_views_do_not_depend_on_how_many_there_are() -> None:
    assert augmented_views(8)[:4] == augmented_views(4)
