"""What is kept for judgement is never trained on, and copies go."""

from __future__ import annotations

import io
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from backbone.build_corpus import MOST_JUDGED, _fewer, twins
from backbone.crops import Crops
from backbone.drawing import drawn
from backbone.gather import Item, items, pictures
from backbone.sources import CLIPART, CLIPART_LEAST, HELD, SOURCES, Source, held_set


def test_sources_are_named_once_and_hold_no_emoji() -> None:
    names = [source.package for source in SOURCES]
    assert len(set(names)) == len(names)
    demo = ("emojione", "fluent-emoji", "noto", "openmoji", "twemoji", "fxemoji", "emoji")
    assert not [name for name in names if any(word in name for word in demo)]
    assert not [name for name in names if "wesnoth" in name]


def test_hands_are_kept_for_judgement_whole() -> None:
    for name, hands in HELD.items():
        assert all(held_set("icons", hand, 3) == name for hand in hands)
    assert held_set("icons", "logos", 500) == ""
    sets = {held_set(CLIPART, f"author {i}", CLIPART_LEAST) for i in range(40)}
    assert sets == {"", CLIPART}
    assert not any(held_set(CLIPART, f"author {i}", CLIPART_LEAST - 1) for i in range(40))


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=20))
def test_of_copies_one_stays_and_it_is_one_kept_for_judgement(rows: list[tuple[int, bool]]) -> None:
    looks = np.random.default_rng(0).integers(0, 256, (4, 32), dtype=np.uint8)
    hashes = np.stack([looks[which] for which, _ in rows])
    hashes[:, 0] ^= np.arange(len(rows), dtype=np.uint8) & 3  # a few bits differ
    trained = np.array([train for _, train in rows])
    stays = ~twins(hashes, trained)
    for which in {which for which, _ in rows}:
        same = np.array([which == other for other, _ in rows])
        assert stays[same].sum() == 1
        assert trained[stays & same].all() == trained[same].all()


def test_a_large_hand_is_thinned_evenly() -> None:
    hand = next(iter(HELD["avatars"]))
    many = [Item("p", "avatars", hand, str(i)) for i in range(1000)]
    kept = [int(item.subject) for item in _fewer(many, Counter({hand: 1000}))]
    assert len(kept) == MOST_JUDGED
    assert set(np.diff(kept)) <= {8, 9}


def picture(folder: Path, name: str, size: tuple[int, int], seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)
    return file


@pytest.mark.parametrize(
    ("size", "becomes"), [((200, 180), (200, 180)), ((512, 600), (256, 300)), ((900, 400), (384, 256))]
)
def test_pictures_are_made_small_and_never_large(
    tmp_path: Path, size: tuple[int, int], becomes: tuple[int, int]
) -> None:
    made = drawn(Item("p", "files", "p", "a", file=picture(tmp_path, "a.png", size)))
    assert made is not None
    with Image.open(io.BytesIO(made[0])) as image:
        assert image.size == becomes


def test_what_is_small_flat_or_no_picture_is_left_out(tmp_path: Path) -> None:
    Image.new("RGB", (300, 300), "red").save(tmp_path / "flat.png")
    (tmp_path / "junk.png").write_bytes(b"junk")
    picture(tmp_path, "small.png", (159, 300))
    for name in ("flat", "junk", "small"):
        assert drawn(Item("p", "files", "p", name, file=tmp_path / f"{name}.png")) is None


def test_a_clear_drawing_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (50, 50, 150, 150))
    image.save(tmp_path / "a.png")
    made = drawn(Item("p", "files", "p", "a", file=tmp_path / "a.png"))
    assert made is not None
    with Image.open(io.BytesIO(made[0])) as image:
        assert (image.getpixel((0, 0)), image.getpixel((100, 100))) == ((255, 255, 255), (255, 0, 0))


def test_wallpapers_are_hands_of_their_own_cut_into_tiles(tmp_path: Path) -> None:
    picture(tmp_path, "usr/share/backgrounds/a.jpg", (800, 620))
    made = list(items(Source("p", "tiles"), tmp_path))
    assert len(made) == 1 + 4 + 16
    assert {item.hand for item in made} == {"usr/share/backgrounds/a.jpg"}
    assert [drawn(item) is not None for item in made] == [True] * 5 + [False] * 16  # 155 pixels are too few


def test_what_only_a_renderer_looks_at_is_no_picture(tmp_path: Path) -> None:
    for name in ("data/hero.png", "data/hero_norm.png", "data/icons/hero.png", "data/hero_spec.png"):
        picture(tmp_path, name, (200, 200))
    assert [file.name for file in pictures(tmp_path)] == ["hero.png"]


def test_authors_of_clip_art_are_read_from_the_drawing(tmp_path: Path) -> None:
    creator = "<dc:creator><cc:Agent><dc:title> Ann  Lee </dc:title></cc:Agent></dc:creator>"
    (tmp_path / "tree.svg").write_text(f"<svg>{creator}<dc:title>t</dc:title></svg>")
    (tmp_path / "void.svg").write_text("<svg/>")
    (tmp_path / "bush.svg").write_text(f"<svg>{creator.replace('Ann  Lee', 'Unknown')}</svg>")
    made = {item.subject: item.hand for item in items(Source("p", CLIPART), tmp_path)}
    assert made == {"tree": "ann lee", "void": "unknown, void", "bush": "unknown, bush"}
    assert not held_set(CLIPART, made["void"], 1)


def test_crops_are_repeatable_and_hold_several_of_each(tmp_path: Path) -> None:
    lines = ["file,set,package,kind,hand,subject"]
    for hand in "abc":
        for number in range(3):
            name = f"pictures/train/{hand}/{number}.png"
            picture(tmp_path, name, (170, 200), seed=number)
            lines.append(f"{name},train,p,files,{hand},s")
    lines.append("pictures/clipart/d/0.png,clipart,p,clipart,d,s")  # is not opened: there is no such file
    (tmp_path / "corpus.csv").write_text("\n".join(lines))
    first, again = (next(Crops(tmp_path, 64, 3, 2, 2, seed=5)) for _ in range(2))
    assert first.pixels.shape == (12, 64, 64, 3)
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert np.unique(first.hand, return_counts=True)[1].tolist() == [4, 4, 4]


def test_a_batch_with_a_subject_shows_it_by_every_hand_that_drew_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["file,set,package,kind,hand,subject"]
    for hand in "abcdefgh":
        for subject in ("cat", "dog", f"only {hand}"):
            if hand in "abcdef" or subject != "cat":
                name = f"{hand}-{subject}.png"
                picture(tmp_path, name, (170, 200))
                lines.append(f"{name},train,p,icons,{hand},{subject}")
    (tmp_path / "corpus.csv").write_text("\n".join(lines))
    monkeypatch.setattr("backbone.crops.SAME_SUBJECT", 1.0)
    crops = Crops(tmp_path, 32, 7, 2, 1, seed=0)
    seen = set()
    for _ in range(20):
        chosen = list(crops._chosen())
        assert len({hand for hand, _ in chosen}) == 7
        subjects = [file.stem.partition("-")[2] for _, file in chosen]
        cats, dogs = subjects[::2].count("cat"), subjects[::2].count("dog")
        assert cats == 6 or dogs == 7
        seen.add(cats >= 6)
    assert seen == {True, False}


def test_a_theme_gives_each_icon_once_and_as_large_as_it_has_it(tmp_path: Path) -> None:
    for name in (
        "48x48/apps/cat.png",
        "256x256/apps/cat.png",
        "16/apps/dog.svg",
        "64/apps/dog.svg",
        "512x512/apps/dog.png",
        "scalable/apps/fox.svg",
        "64/apps/fox.svg",
        "symbolic/apps/fox.svg",
        "64/apps/owl-symbolic.svg",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "256x256/apps/copy.png").symlink_to("cat.png")
    found = list(items(Source("p", "themes", "who"), tmp_path))
    assert {item.subject: item.file and item.file.relative_to(tmp_path).as_posix() for item in found} == {
        "cat": "256x256/apps/cat.png",
        "dog": "64/apps/dog.svg",
        "fox": "scalable/apps/fox.svg",
    }
    assert {item.hand for item in found} == {"who"}


def test_faces_without_the_rest_are_by_the_same_hand(tmp_path: Path) -> None:
    lines = ['["adventurer", 0, "<svg/>"]', '["adventurerNeutral", 0, "<svg/>"]']
    (tmp_path / "avatars.jsonl").write_text("\n".join(lines), encoding="utf-8")
    found = list(items(Source("p", "avatars"), tmp_path))
    assert [(item.hand, item.subject) for item in found] == [("adventurer", "0")] * 2
    assert held_set("avatars", found[1].hand, 2) == "avatars"


def test_the_side_may_change_while_a_batch_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["file,set,package,kind,hand,subject"]
    for hand in "ab":
        picture(tmp_path, f"{hand}.png", (170, 200))
        lines.append(f"{hand}.png,train,p,files,{hand},{hand}")
    (tmp_path / "corpus.csv").write_text("\n".join(lines))
    crops = Crops(tmp_path, 32, 2, 1, 2, seed=0)
    whole = crops._crop

    def meanwhile(image: Image.Image, side: int) -> np.ndarray:
        crops.side += 8
        return whole(image, side)

    monkeypatch.setattr(crops, "_crop", meanwhile)
    sides = [next(crops).pixels.shape[1] for _ in range(5)]
    assert sides == sorted(sides)
    assert sides[-1] > 32
