"""What is kept for judgement is never trained on, and copies go."""

from __future__ import annotations

import io
import sys
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from backbone import build_corpus
from backbone.build_corpus import MOST_JUDGED, _fewer_a_hand, fewer, join, shelve
from backbone.copies import twins
from backbone.credits import Credits
from backbone.drawing import drawn
from backbone.gather import Item, items, pictures
from backbone.shelves import Picture, Shelves, read_list, write_list
from backbone.sources import (
    CLIPART,
    CLIPART_LEAST,
    DEBIAN,
    HELD,
    NPM,
    SOURCES,
    WATCHED,
    Source,
    held_set,
)

from styleid import StyleIdError
from styleid.evaluate.duplicates import MAX_BITS


def test_sources_are_named_once_and_hold_no_emoji() -> None:
    names = [source.package for source in SOURCES]
    assert len(set(names)) == len(names)
    demo = ("emojione", "fluent-emoji", "noto", "openmoji", "twemoji", "fxemoji", "emoji")
    assert not [name for name in names if any(word in name for word in demo)]
    assert not [name for name in names if "wesnoth" in name or "naev" in name], "others judge by them"
    early = {source.kind for source in SOURCES[: len(SOURCES) // 4]}
    assert early >= {"icons", "themes", "files", "textures", "tiles"}, "a part is a mixture, too"
    assert {source.registry for source in SOURCES} == {NPM, DEBIAN}


def test_hands_are_kept_for_judgement_whole() -> None:
    for name, hands in HELD.items():
        assert all(held_set("icons", hand, 3) == name for hand in hands)
    assert held_set("icons", "logos", 500) == ""
    sets = {held_set(CLIPART, f"author {i}", CLIPART_LEAST) for i in range(40)}
    assert sets == {"", CLIPART}
    assert not any(held_set(CLIPART, f"author {i}", CLIPART_LEAST - 1) for i in range(40))
    watched = [held_set("textures", f"game/{i}", 1) for i in range(1000)].count(WATCHED)
    assert 10 < watched < 60
    assert not any(held_set("files", f"game/{i}", 1) for i in range(1000))


@settings(deadline=None)  # a busy machine is no mistake
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


@pytest.mark.parametrize("bits", [MAX_BITS, MAX_BITS + 1])
def test_copies_are_found_by_however_few_bits_they_differ_and_no_others(bits: int) -> None:
    rng = np.random.default_rng(0)
    looks = rng.integers(0, 2, (300, 256), dtype=np.uint8)
    looks[:, :200] = looks[0, :200]  # many with equal bands, as pictures on white have
    other = looks.copy()
    for row in other:
        row[rng.choice(256, bits, replace=False)] ^= 1
    hashes = np.packbits(np.concatenate((looks, other)), axis=1)
    found = twins(hashes, np.ones(600, dtype=bool))
    n = len(hashes)
    words = hashes.view(np.uint64)
    expected = np.zeros(n, dtype=bool)
    for i in range(1, n):  # by the definition
        differing = np.bitwise_count(words[:i] ^ words[i]).sum(axis=1)
        expected[i] = ((differing <= MAX_BITS) & ~expected[:i]).any()
    np.testing.assert_array_equal(found, expected)


def test_a_large_hand_and_a_large_package_are_thinned_evenly() -> None:
    hand = next(iter(HELD["avatars"]))
    many = [Item("p", "avatars", hand, str(i)) for i in range(1000)]
    kept = [int(item.subject) for item in _fewer_a_hand(many, Counter({hand: 1000}))]
    assert len(kept) == MOST_JUDGED
    assert set(np.diff(kept)) <= {8, 9}
    assert len(fewer(many, 300)) == 300
    assert fewer(many, 1000) == many


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
    assert len(made) == 1 + 4  # of sixteen each would be too small
    assert {item.hand for item in made} == {"usr/share/backgrounds/a.jpg"}
    assert all(drawn(item) for item in made)


def test_textures_are_their_authors_or_their_folders_and_cut_where_large(tmp_path: Path) -> None:
    copyright = """Files: *
Copyright: 2001 Somebody Else

Files: art/stone/* art/two.png
Copyright: (c) 2009-2012, Ann Lee <ann@example.org>

Files: art/stone/wall.png
Copyright: 2010 Ann Lee
 2011 Bob Ray

Files: art/stone/team.png
Copyright: The Stone Team
"""
    (tmp_path / "usr/share/doc/p").mkdir(parents=True)
    (tmp_path / "usr/share/doc/p/copyright").write_text(copyright)
    for name in ("stone/floor.jpg", "stone/wall.png", "stone/team.png", "sand/a.png", "sand/a_normal.png"):
        picture(tmp_path, f"usr/share/p/art/{name}", (340, 340))
    made = list(items(Source("p", "textures"), tmp_path))
    assert Counter(item.hand for item in made) == {"ann lee": 5, "p/stone": 10, "p/sand": 5}
    assert {item.hand for item in items(Source("p", "files"), tmp_path)} == {"ann lee", "p"}


def test_who_is_credited_is_one_person_or_nobody(tmp_path: Path) -> None:
    (tmp_path / "usr/share/doc/p").mkdir(parents=True)
    stanzas = {"Ann Lee, Bob Ray": "", "The Ann Project": "", "Copyright © 1999 Ann Lee": "ann lee"}
    for said, author in stanzas.items():
        (tmp_path / "usr/share/doc/p/copyright").write_text(f"Files: a/*\nCopyright: {said}\n")
        assert Credits(tmp_path).whose("usr/share/p/a/b.png") == author
    assert not Credits(tmp_path).whose("usr/share/p/c/b.png")


def test_paint_is_packed_small_and_a_flat_drawing_as_it_is(tmp_path: Path) -> None:
    image = Image.new("RGB", (200, 200), "white")
    image.paste((255, 0, 0), (50, 50, 150, 150))
    image.save(tmp_path / "flat.png")
    picture(tmp_path, "noise.png", (300, 300))
    flat, noise = (drawn(Item("p", "files", "p", n, file=tmp_path / f"{n}.png")) for n in ("flat", "noise"))
    assert flat is not None
    assert noise is not None
    assert flat[0].startswith(b"\x89PNG")
    np.testing.assert_array_equal(Image.open(io.BytesIO(flat[0])), image)
    assert noise[0].startswith(b"\xff\xd8")


def test_the_alpha_of_a_texture_hides_nothing(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 4), dtype=np.uint8)
    pixels[..., 3] = 0  # where games keep gloss or a team's colour
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert drawn(Item("p", "files", "p", "a", file=tmp_path / "a.png")) is None
    assert drawn(Item("p", "textures", "p", "a", file=tmp_path / "a.png")) is not None


def test_a_file_of_another_format_is_not_opened(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png", "TIFF")
    assert drawn(Item("p", "files", "p", "a", file=tmp_path / "a.png")) is None


class Inline:
    """A pool that draws where it is asked."""

    @staticmethod
    def map(function: Any, wanted: list[Item], chunksize: int) -> Any:
        return map(function, wanted)


def test_what_is_on_the_shelves_is_joined_without_copies_and_without_hands_on_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shelves").mkdir()
    held = next(iter(HELD["files-icons"]))
    sources = (Source("one", "files"), Source("two", "icons"), Source("three", "files"))
    monkeypatch.setattr(build_corpus, "SOURCES", sources)
    made = {"one": ("p", "q"), "two": (held,), "three": (held, "q")}
    seeds = {"one": (1, 2), "two": (2,), "three": (3, 4)}
    for source in sources[:2]:  # the third is not there yet
        wanted = [
            Item(
                source.package,
                source.kind,
                hand,
                "s",
                file=picture(tmp_path, f"{seed}.png", (200, 200), seed),
            )
            for hand, seed in zip(made[source.package], seeds[source.package], strict=True)
        ]
        assert shelve(source.package, wanted, tmp_path, Inline()) == len(wanted)  # type: ignore[arg-type]
    said = join(tmp_path)
    rows = list(read_list(tmp_path / "corpus.csv"))
    assert [(row.shelf, row.set, row.hand) for row in rows] == [
        ("one", "train", "p"),
        ("two", "files-icons", held),
    ]
    assert said[0].startswith("1 near-dup"), "what is judged stays"
    judged = list((tmp_path / "pictures/files-icons").rglob("*.jpg"))
    assert [file.read_bytes() for file in judged] == [Shelves(tmp_path).read(rows[1])]
    groups = (tmp_path / "pictures/files-icons/metadata.csv").read_text().splitlines()
    assert groups[0] == "file_name,group"
    assert groups[1].endswith(",s")
    wanted = [
        Item("three", "files", hand, "s", file=picture(tmp_path, f"{seed}.png", (200, 200), seed))
        for hand, seed in zip(made["three"], seeds["three"], strict=True)
    ]
    shelve("three", wanted, tmp_path, Inline())  # type: ignore[arg-type]
    monkeypatch.setattr(build_corpus, "held_set", lambda *_: "")
    join(tmp_path)
    sets = {(row.hand, row.set) for row in read_list(tmp_path / "corpus.csv")}
    assert sets == {("p", "train"), (held, "files-icons"), ("q", "train")}


def test_the_builder_goes_on_where_it_was_ended_and_past_what_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def unpacked(source: Source, home: Path) -> Path | None:
        asked.append(source.package)
        if source.package == "gone":
            return None
        if source.package == "dumb":
            raise StyleIdError("npm said nothing")
        picture(home / source.package, "usr/share/a.png", (200, 200), seed=len(source.package))
        return home / source.package

    monkeypatch.setattr(
        build_corpus, "SOURCES", tuple(Source(n, "files") for n in ("a", "gone", "dumb", "four"))
    )
    monkeypatch.setattr(build_corpus, "unpacked", unpacked)
    monkeypatch.setattr(build_corpus, "DEMO_FOLDER", tmp_path / "none")
    monkeypatch.setattr(build_corpus, "ProcessPoolExecutor", lambda _: nullcontext(Inline()))
    monkeypatch.setattr(sys, "argv", ["build_corpus.py", str(tmp_path / "corpus")])
    for _ in range(2):
        build_corpus.main()
    assert asked == ["a", "gone", "dumb", "four", "gone", "dumb"]
    assert [row.package for row in read_list(tmp_path / "corpus" / "corpus.csv")] == ["a", "four"]
    assert not list((tmp_path / "corpus" / "packages").iterdir()), "what is shelved is not kept twice"
    said = capsys.readouterr().out
    assert "gone: not in the archive" in said
    assert "dumb: npm said nothing" in said
    assert "set train: 2 pictures by 2 hands" in said


def test_a_list_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = [Picture("s", 3, 5, "train", "p", "files", 'a, "b"\nc', "", "00ff")]
    write_list(rows, tmp_path / "a.csv")
    assert list(read_list(tmp_path / "a.csv")) == rows


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
