from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from command import here_in
from drawing import draw

from styleid import DecodePolicy, ScanOptions
from styleid.data.manifest.folder import find_pictures, place
from styleid.data.manifest.scan import Scan, scan_folder
from styleid.data.manifest.table import Manifest, read_manifest, write_manifest
from styleid.errors import InputError

POLICY = DecodePolicy()


def scanned(root: Path | None, manifest: Path, **options: object) -> Scan:
    return scan_folder(ScanOptions(images=root, **options), manifest, POLICY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("image_id", "expected"),
    [
        ("monet/a.png", ("monet", "", "")),
        ("monet/lilies/a.png", ("monet", "monet/lilies", "")),
        ("monet/lilies/1906/a.png", ("monet", "monet/lilies/1906", "")),
        ("train/monet/a.png", ("monet", "", "train")),
        ("Validation/monet/lilies/a.png", ("monet", "monet/lilies", "val")),
        ("testing/monet/a.png", ("monet", "", "test")),
        ("monet/test/a.png", ("monet", "", "test")),
        ("a.png", ("", "", "")),
        ("train/a.png", ("", "", "train")),
    ],
)
def test_a_place_tells_label_group_and_split(image_id: str, expected: tuple[str, str, str]) -> None:
    splits = ("train", "validation", "testing", "test")
    assert tuple(place(image_id, splits=splits).values()) == expected


def test_a_pattern_reads_the_group_off_the_name() -> None:
    assert place("monet/lilies_01.png", re.compile(r"^([a-z]+)_"))["group"] == "monet/lilies"
    assert place("monet/07.png", re.compile(r"^([a-z]+)_"))["group"] == ""


def test_a_scan_lists_each_picture_once_in_order(pictures: Path, tmp_path: Path) -> None:
    path = tmp_path / "data" / "manifest.csv"
    scan = scanned(pictures, path)
    ids = [row.image_id for row in scan.manifest.rows]
    assert ids == sorted(ids)
    assert len(set(ids)) == 24
    assert scan.counts() == {"blot": 8, "noise": 8, "stripe": 8}
    assert scan.groups() == {"blot": 4, "noise": 4, "stripe": 4}
    assert read_manifest(path).rows == scan.manifest.rows
    record = json.loads((tmp_path / "data" / "manifest.scan.json").read_text())
    assert record["labels"] == {"blot": 8, "noise": 8, "stripe": 8}
    assert record["options"]["images"] == "../pictures"


def test_twins_and_conflicts_are_told(pictures: Path, tmp_path: Path) -> None:
    twin = (pictures / "blot/series0/0.png").read_bytes()
    (pictures / "blot/copy.png").write_bytes(twin)
    (pictures / "noise/copy.png").write_bytes(twin)
    summary = scanned(pictures, tmp_path / "manifest.csv").summary()
    assert summary["twins"] == [["blot/copy.png", "blot/series0/0.png", "noise/copy.png"]]
    assert summary["conflicts"] == summary["twins"]
    shown = here_in(tmp_path, "scan", pictures, "--manifest", tmp_path / "manifest.csv").stdout
    counted = "3 pictures left out of learning: they have the same bytes under two labels"
    assert counted in shown, "as many as `styleid fit` leaves out, in the same words"


def test_what_is_no_picture_is_counted_and_what_claims_to_be_is_listed(
    pictures: Path, tmp_path: Path
) -> None:
    (pictures / "blot/notes.txt").write_text("not a picture")
    (pictures / "blot/.DS_Store").write_bytes(b"\0")
    (pictures / "blot/Thumbs.db").write_bytes(b"\0")
    (pictures / "blot/page.jpg").write_text("<html>")
    draw(pictures / "blot/nosuffix.png", 7).rename(pictures / "blot/nosuffix")
    (pictures / "blot/gone.png").symlink_to("nowhere")
    (pictures / "blot/folder.png").mkdir()
    os.mkfifo(pictures / "blot/pipe.png")
    scan = scanned(pictures, tmp_path / "manifest.csv")
    ids = {row.image_id for row in scan.manifest.rows}
    assert {"blot/page.jpg", "blot/nosuffix"} <= ids
    assert scan.passed_over == {"TXT": 1, "hidden or of the system": 2}
    assert {entry["image_id"] for entry in scan.unreadable} == {
        "blot/gone.png",
        "blot/folder.png",
        "blot/pipe.png",
    }
    assert all(entry["code"] and entry["message"] for entry in scan.unreadable)


def test_a_link_in_a_circle_ends(pictures: Path) -> None:
    (pictures / "blot/loop").symlink_to(pictures)
    assert len(find_pictures(pictures).pictures) == 24


def test_splits_are_never_classes(pictures: Path, tmp_path: Path) -> None:
    root = tmp_path / "parts"
    for part, folder in (("train", "blot"), ("val", "noise"), ("test", "stripe")):
        (root / part).mkdir(parents=True)
        (pictures / folder).rename(root / part / folder)
    scan = scanned(root, tmp_path / "manifest.csv")
    assert scan.counts() == {"blot": 8, "noise": 8, "stripe": 8}
    assert {(row.label, row.split) for row in scan.manifest.rows} == {
        ("blot", "train"),
        ("noise", "val"),
        ("stripe", "test"),
    }


def test_a_table_says_more_than_the_folder(pictures: Path, tmp_path: Path) -> None:
    (pictures / "metadata.csv").write_text(
        "file_name,who,series,source,version\nblot/series0/0.png,Miró,stars,museum,v1\nabsent.png,x,y,z,v1\n",
        encoding="utf-8",
    )
    scan = scanned(pictures, tmp_path / "manifest.csv", label_column="who", group_column="series")
    row = scan.manifest.rows[0]
    assert (row.label, row.group, row.source, row.value("version")) == ("Miró", "stars", "museum", "v1")
    assert scan.manifest.rows[1].label == "blot"
    assert any("1 row" in note for note in scan.notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\nx\n", "expects a column 'file_name'"),
        ("file_name,split\nblot/series0/0.png,dev\n", "split 'dev'"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(
    pictures: Path, tmp_path: Path, text: str, message: str
) -> None:
    (pictures / "metadata.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        scanned(pictures, tmp_path / "manifest.csv")


def test_an_empty_folder_and_a_bad_pattern_are_refused(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no pictures in"):
        scanned(tmp_path / "empty", tmp_path / "manifest.csv")
    with pytest.raises(InputError, match="does not exist"):
        scanned(tmp_path / "absent", tmp_path / "manifest.csv")
    with pytest.raises(InputError, match="not a regular expression"):
        scanned(pictures, tmp_path / "manifest.csv", group_regex="(")


def test_refresh_scans_again_as_before_and_sees_changes(pictures: Path, tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    before = {r.image_id: r for r in scanned(pictures, path, group_regex=r"^(\d)").manifest.rows}
    draw(pictures / "blot/series0/0.png", seed=999, style=2)
    (pictures / "noise/series0/0.png").rename(pictures / "noise/series0/renamed.png")
    after = {r.image_id: r for r in scanned(None, path).manifest.rows}
    assert after["blot/series0/0.png"].sha256 != before["blot/series0/0.png"].sha256
    assert after["noise/series0/renamed.png"].sha256 == before["noise/series0/0.png"].sha256
    assert after["blot/series0/1.png"] == before["blot/series0/1.png"]
    assert after["blot/series0/1.png"].group == "blot/1"


def test_a_manifest_edited_by_hand_is_kept(pictures: Path, tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    rows = scanned(pictures, path).manifest.rows
    write_manifest(Manifest(tuple(replace(row, group="mine") for row in rows[:10]), tmp_path), path)
    (pictures / rows[3].image_id).unlink()
    scan = scanned(None, path)
    assert [row.group for row in scan.manifest.rows] == ["mine"] * 9
    assert len(read_manifest(path)) == 10, "a row whose file is gone for now is not thrown away"
    assert len(scanned(None, path).manifest) == 9, "still known to be edited by hand"
    again = scanned(pictures, path, fresh=True)
    assert len(again.manifest) == 23
    assert read_manifest(tmp_path / "manifest.former-1.csv").rows[0].group == "mine"


def test_digests_are_remembered_but_never_wrong(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "manifest.csv"
    for file in pictures.rglob("*.png"):
        os.utime(file, (1_000_000, 1_000_000))
    first = scanned(pictures, path)
    reads: list[Path] = []
    from styleid.data.manifest import digests

    monkeypatch.setattr(digests, "read_bytes", lambda file, policy: reads.append(file) or b"")
    assert scanned(pictures, path).manifest.rows == first.manifest.rows
    assert reads == []
    scanned(pictures, path, rehash=True)
    assert len(reads) == 24
    monkeypatch.undo()
    (tmp_path / ".digests.json").write_text("[1]")
    assert scanned(pictures, path).manifest.rows == first.manifest.rows


@pytest.mark.parametrize("what", ["size", "time", "inode"])
def test_a_remembered_file_that_changed_is_read_again(pictures: Path, tmp_path: Path, what: str) -> None:
    path, file = tmp_path / "manifest.csv", pictures / "stripe/series0/0.png"
    for picture in pictures.rglob("*.png"):
        os.utime(picture, (1_000_000, 1_000_000))
    before = {row.image_id: row.sha256 for row in scanned(pictures, path).manifest.rows}
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    if what == "size":
        data += b"x"
    if what == "inode":
        file.rename(tmp_path / "kept-so-that-its-inode-is-not-used-again")
    file.write_bytes(data)
    moment = 2_000_000 if what == "time" else 1_000_000
    os.utime(file, (moment, moment))
    after = {row.image_id: row.sha256 for row in scanned(pictures, path).manifest.rows}
    assert {name for name in before if before[name] != after[name]} == {"stripe/series0/0.png"}


def test_a_fresh_file_is_not_trusted_to_keep_its_time(pictures: Path, tmp_path: Path) -> None:
    path, file = tmp_path / "manifest.csv", pictures / "blot/series0/0.png"
    before = scanned(pictures, path).manifest.rows[0].sha256
    status = os.stat(file)
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    with open(file, "r+b") as stream:  # same size, same inode
        stream.write(data)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert scanned(pictures, path).manifest.rows[0].sha256 != before


def test_reading_is_told_and_what_is_remembered_is_not(pictures: Path, tmp_path: Path) -> None:
    for file in pictures.rglob("*.png"):
        os.utime(file, (1_000_000, 1_000_000))
    told: list[tuple[int, int]] = []
    options, path = ScanOptions(images=pictures), tmp_path / "manifest.csv"
    scan_folder(options, path, POLICY, progress=lambda *at: told.append(at))
    assert told[-1] == (24, 24)
    told.clear()
    written = path.stat().st_mtime_ns
    scan_folder(ScanOptions(), path, POLICY, progress=lambda *at: told.append(at))
    assert told == []
    assert path.stat().st_mtime_ns == written, "the same manifest is not written again"
    draw(pictures / "blot/series0/0.png", 7)
    (pictures / "blot/gone.png").symlink_to("nowhere")
    scan = scan_folder(ScanOptions(), path, POLICY, progress=lambda *at: told.append(at))
    assert told == [(2, 2)]
    assert [entry["image_id"] for entry in scan.unreadable] == ["blot/gone.png"]


def test_many_digests_come_in_the_order_asked(tmp_path: Path) -> None:
    from styleid.data.manifest.digests import DigestCache

    files = [tmp_path / f"{number}.png" for number in range(101)]
    for number, file in enumerate(files):
        file.write_bytes(b"%d" % number)
        if number % 3:
            os.utime(file, (1_000_000, 1_000_000))  # the others are too fresh to be remembered
    expected = [sha256(b"%d" % number).hexdigest() for number in range(101)]
    for _ in range(2):
        cache = DigestCache(tmp_path / "cache.json")
        told: list[tuple[int, int]] = []
        found = cache.digests(files, POLICY, lambda *at, told=told: told.append(at))
        assert [digest.sha256 for digest in found] == expected
        cache.save()
    assert told == [(32, 34), (34, 34)]


@pytest.mark.parametrize("way", ["relative", "with dots", "absolute"])
def test_a_file_is_remembered_however_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    from styleid.data.manifest import digests

    (tmp_path / "sub").mkdir()
    file = tmp_path / "sub" / "a.png"
    file.write_bytes(b"a")
    os.utime(file, (1_000_000, 1_000_000))
    cache = digests.DigestCache(tmp_path / "cache.json")
    cache.digests([file], POLICY)
    cache.save()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(digests, "read_bytes", lambda file, policy: pytest.fail("read"))
    name = {"relative": "sub/a.png", "with dots": "./sub/../sub/a.png", "absolute": str(file)}[way]
    (found,) = digests.DigestCache(tmp_path / "cache.json").digests([name], POLICY)
    assert found.sha256 == sha256(b"a").hexdigest()


def test_a_record_of_options_that_are_not_known_is_one_line(pictures: Path, tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    scanned(pictures, path)
    before = path.read_bytes()
    record = json.loads((tmp_path / "manifest.scan.json").read_text())
    record["options"]["colour_column"] = "ink"
    (tmp_path / "manifest.scan.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=r"manifest.scan.json is no record .*'colour_column'.*delete it"):
        scanned(None, path)
    (tmp_path / "manifest.scan.json").unlink()
    scanned(pictures, path)
    assert path.read_bytes() == before
