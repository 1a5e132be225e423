from __future__ import annotations

import numpy as np
import pytest
from drawing import draw
from hostile_bytes import hostile_bytes
from PIL import Image

from styleid.data.facts import colour_table, fact_tables, file_facts, read_facts


def test_facts_of_a_jpeg(tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "a note"
    picture = Image.new("RGB", (120, 60), (250, 10, 10))
    picture.paste((0, 0, 255), (30, 15, 90, 45))
    picture.save(tmp_path / "a.jpg", quality=90, exif=exif, icc_profile=b"profile")
    picture.save(tmp_path / "b.jpg", quality=30)
    a, b = read_facts([tmp_path / "a.jpg", tmp_path / "b.jpg"])
    assert (a.width, a.height, a.format, a.mode) == (120, 60, "JPEG", "RGB")
    assert a.n_bytes == (tmp_path / "a.jpg").stat().st_size
    assert (a.has_exif, a.has_icc, b.has_exif, b.has_icc) == (True, True, False, False)
    assert 0 < a.coarseness < b.coarseness
    assert a.tables != b.tables
    np.testing.assert_allclose(a.border[:3], (250, 10, 10), atol=4)
    assert a.histogram.sum() == pytest.approx(1)
    assert a.histogram[7 * 64] == pytest.approx(0.75, abs=0.05)  # red: 7, 0, 0 of eight steps
    assert a.histogram[7] == pytest.approx(0.25, abs=0.05)  # blue


def test_a_picture_of_one_colour_has_no_hash(tmp_path):
    Image.new("P", (40, 30), 7).save(tmp_path / "a.png")
    facts = file_facts(tmp_path / "a.png")
    assert facts.hashes is None
    assert (facts.spread, facts.mode, facts.tables, facts.coarseness) == (0.0, "P", "", 0.0)


def test_hostile_files_cannot_hurt(tmp_path):
    cases = hostile_bytes()
    paths = []
    for i, (data, _) in enumerate(cases.values()):
        paths.append(tmp_path / str(i))
        paths[-1].write_bytes(data)
    done = []
    facts = read_facts([*paths, tmp_path / "gone"], progress=lambda n, total: done.append((n, total)))
    assert facts[-1] is None
    assert done[-1] == (len(facts), len(facts))
    for (name, (_, outcome)), found in zip(cases.items(), facts, strict=False):
        if outcome == "vector":
            assert found is not None, name
            assert np.isfinite(found.border).all()


def test_tables(tmp_path):
    for i in range(6):
        draw(tmp_path / f"{i}.png", i, i % 3, (60 + i, 50))
        Image.open(tmp_path / f"{i}.png").save(tmp_path / f"{i}.{'jpg' if i % 2 else 'bmp'}")
    facts = read_facts([tmp_path / f"{i}.{'jpg' if i % 2 else 'bmp'}" for i in range(6)])
    tables = fact_tables(facts)
    assert list(tables) == ["size", "encoding", "metadata", "border"]
    assert tables["size"][:, 0].tolist() == [60, 61, 62, 63, 64, 65]
    assert all(np.isfinite(of).all() and of.shape[0] == 6 for of in tables.values())
    jpeg = np.arange(6) % 2
    assert any((column == jpeg).all() for column in tables["encoding"].T)
    assert not tables["metadata"].any()
    np.testing.assert_allclose((colour_table(facts) ** 2).sum(axis=1), 1, atol=1e-6)


def test_a_new_file_is_laid_out_in_the_columns_of_the_known_ones(tmp_path):
    known = [file_facts(draw(tmp_path / f"{i}.png", i)) for i in range(3)]
    with Image.open(tmp_path / "0.png") as image:
        image.save(tmp_path / "new.jpg")
    new = file_facts(tmp_path / "new.jpg")
    for name, columns in fact_tables(known).items():
        alone = fact_tables([new], like=known)[name]
        assert alone.shape == (1, columns.shape[1]), "a format that none of them has gets no column"
        np.testing.assert_array_equal(fact_tables(known[1:2], like=known)[name], columns[1:2])
