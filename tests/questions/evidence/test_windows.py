"""Windows over a picture, and the map of who leads where."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from styleid import make_head
from styleid.questions.evidence.windows import Windows, beside_whole


@pytest.mark.parametrize(("width", "height"), [(224, 224), (300, 200), (90, 200), (640, 200), (5, 3), (1, 1)])
def test_windows_cover_a_picture_and_overlap(width: int, height: int) -> None:
    windows = Windows.over(width, height)
    columns, rows, cells = windows.cells(np.ones((len(windows.boxes()), 2)))
    assert (columns[0], columns[-1], rows[0], rows[-1]) == (0, 1, 0, 1)
    np.testing.assert_allclose(cells, 1.0)
    assert windows.width * width == pytest.approx(min(width, height) / 2)
    assert windows.height * height == pytest.approx(min(width, height) / 2)
    step = windows.width / 2 if width <= 2 * height else windows.width
    assert max(np.diff(windows.lefts)) <= step + 1e-9
    assert windows.cut(Image.new("RGB", (width, height)), 8).shape == (len(windows.boxes()), 8, 8, 3)


def test_what_no_window_sees_has_no_value() -> None:
    windows = Windows.over(3000, 100)
    _, _, cells = windows.cells(np.ones((len(windows.boxes()), 1)))
    assert np.isnan(cells).any()
    assert not np.isnan(cells).all()


def test_a_window_is_the_part_of_the_picture_that_its_box_says() -> None:
    pixels = np.zeros((80, 120, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = np.arange(120), np.arange(80)[:, None]
    windows = Windows.over(120, 80)
    for box, cut in zip(windows.boxes(), windows.cut(Image.fromarray(pixels), 40), strict=True):
        red, green = cut[..., 0].mean(), cut[..., 1].mean()
        assert red == pytest.approx(120 * (box[0] + box[2]) / 2 - 0.5, abs=0.6)
        assert green == pytest.approx(80 * (box[1] + box[3]) / 2 - 0.5, abs=0.6)


def test_a_cell_is_the_mean_of_the_windows_over_it() -> None:
    windows = Windows.over(100, 100)
    scores = np.zeros((9, 1))
    scores[0] = 1  # the window at the top left
    _, _, cells = windows.cells(scores)
    np.testing.assert_allclose(cells[:, :, 0], np.outer([1, 0.5, 0, 0], [1, 0.5, 0, 0]))


def test_two_chosen_windows_do_not_show_the_same() -> None:
    windows = Windows.over(900, 100)
    scores = np.zeros(len(windows.boxes()))
    scores[:3] = [0.9, 0.8, 0.7]
    assert windows.leading(scores, 2) == [0, 1]
    assert len(windows.leading(np.zeros(len(scores)), 1000)) == len(scores)


def test_windows_stand_beside_the_picture_as_a_whole() -> None:
    rng = np.random.default_rng(0)
    cut, views = (rng.normal(size=shape).astype(np.float32) for shape in ((9, 6), (2, 6)))
    rows = beside_whole(cut, views)
    assert rows.shape == (9, 12)
    np.testing.assert_allclose(rows.mean(axis=0), views.ravel(), atol=1e-5)
    np.testing.assert_allclose(rows[1, :6] - rows[0, :6], cut[1] - cut[0], atol=1e-5)
    np.testing.assert_allclose(rows[1, 6:] - rows[0, 6:], cut[1] - cut[0], atol=1e-5)


def test_the_map_of_two_halves_finds_both_hands_although_all_windows_look_strange() -> None:
    """In made-up vectors: what windows share, here far off, must not name the hand."""
    rng = np.random.default_rng(0)
    hands = 3 * np.eye(8)[:4]
    y = np.arange(200) % 4
    head = make_head("lda").fit((hands[y] + rng.normal(0, 1, (200, 8))).astype(np.float32), y.astype(str))
    right = raw = 0
    windows = Windows.over(64, 64)
    shared = 8 * np.eye(8)[3]  # every window seems to be of the fourth hand
    for _ in range(50):
        first, second = rng.choice(3, 2, replace=False)
        weight = (windows.lefts + windows.width / 2)[None].repeat(3, axis=0).ravel()  # share of the second
        seen = np.outer(1 - weight, hands[first]) + np.outer(weight, hands[second])
        vectors = (2.2 * seen + rng.normal(0, 0.3, seen.shape)).astype(np.float32)
        whole = vectors.mean(axis=0, keepdims=True) / 2.2
        moved = windows.cells(head.predict_proba(beside_whole(vectors + shared.astype(np.float32), whole)))[2]
        plain = windows.cells(head.predict_proba(vectors + shared))[2]
        for cells, counts in ((moved, "right"), (plain, "raw")):
            found = [int(part.mean(axis=(0, 1)).argmax()) for part in (cells[:, :2], cells[:, 2:])]
            hit = sum(a == b for a, b in zip(found, (first, second), strict=True))
            right, raw = right + hit * (counts == "right"), raw + hit * (counts == "raw")
    assert right >= 90
    assert raw <= 20
