"""Draw the demo pictures: people by seven illustrators, 650 in version 1 and 1,150 in version 2.

The drawings come from icon packages at pinned versions, fetched with ``npm pack`` or read from a folder;
``demo_design.py`` says which drawings, ``demo_drawing.py`` makes them. The same packages give the same
pixels, and with the same zlib the same bytes.

::

    python scripts/build_demo_data.py                       fetch, draw, write data/images
    python scripts/build_demo_data.py --packages FOLDER     the same from packages already unpacked
    python scripts/build_demo_data.py --check               are the pictures on disk those recorded?
    python scripts/build_demo_data.py --check --packages FOLDER     draw again and compare one by one
"""

from __future__ import annotations

import argparse
import hashlib
import io
import struct
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from demo_design import metadata, rows
from demo_drawing import SIZE, draw, encode_png, fetch
from PIL import Image, UnidentifiedImageError

from styleid.errors import InputError, OutputError, StyleIdError

# SHA-256 over the names and pixels of all pictures (see ``digest``). Pixels, because the bytes of a file also
# depend on the zlib that packed it. Drawn by resvg-py 0.5.0.
PIXELS_SHA256 = "60f406217cc243008810fea2df2aecdeb8e839548f6b5b0b5a4a8baf56c7db6c"


def digest(marks: Mapping[str, str]) -> str:
    """Reduce the SHA-256 of every picture's pixels, by file name, to one."""
    return hashlib.sha256("".join(f"{name} {marks[name]}\n" for name in sorted(marks)).encode()).hexdigest()


def refuse_twins(marks: Mapping[str, str]) -> None:
    """Raise InputError where two pictures have the same pixels."""
    first: dict[str, str] = {}
    for name, mark in marks.items():
        if first.setdefault(mark, name) != name:
            raise InputError(
                f"expected all pictures to differ, found {name} the same as {first[mark]}: leave one out"
            )


def refuse_strays(out: Path, wanted: set[str]) -> None:
    """Raise InputError where the folder holds a picture that is not of the design."""
    found = {path.relative_to(out).as_posix() for path in out.rglob("*.png")} if out.is_dir() else set()
    if stray := sorted(found - wanted):
        raise InputError(f"expected only pictures of the design in {out}, found {stray[0]}: remove it")


def build(packages: Path, out: Path) -> None:
    """Draw all pictures and write them with ``metadata.csv``; nothing is written before all are right.

    Parameters
    ----------
    packages : Path
        Unpacked packages.
    out : Path
        Root of the pictures; made if missing.

    Raises
    ------
    InputError
        Two drawings are the same, ``out`` holds other pictures, or the pixels are not those recorded.
    OutputError
        A file cannot be written.
    """
    files: dict[str, bytes] = {}
    marks: dict[str, str] = {}
    for name, pixels in draw(packages):
        files[name], marks[name] = encode_png(pixels), hashlib.sha256(pixels.tobytes()).hexdigest()
        if len(files) % 100 == 0:
            print(f"drawn {len(files)}, last {name}", flush=True)
    refuse_twins(marks)
    refuse_strays(out, set(files))
    if (found := digest(marks)) != PIXELS_SHA256:
        raise InputError(
            f"expected pictures with pixel digest {PIXELS_SHA256}, found {found}, nothing written: install "
            "resvg-py==0.5.0, or record the new digest if the design was changed on purpose"
        )
    try:
        for name, content in files.items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(content)
        (out / "metadata.csv").write_text(metadata(), encoding="utf-8", newline="")
    except OSError as error:
        raise OutputError(f"cannot write the pictures to {out}: {error}") from error
    print(f"wrote {len(files)} pictures, {sum(map(len, files.values())) / 1e6:.1f} MB, to {out}")


def chunk_kinds(content: bytes) -> list[bytes]:
    """List the kinds of a PNG file's chunks, and ``b"rest"`` where the file does not end with a whole one."""
    kinds, at = [], 8
    while at + 12 <= len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        kinds.append(content[at + 4 : at + 8])
        at += 12 + size
    return kinds if at == len(content) else [*kinds, b"rest"]


def mark_of(out: Path, name: str) -> str:
    """Give the SHA-256 of one picture's pixels.

    Raises
    ------
    InputError
        It is missing, is not a plain 256 x 256 RGB PNG file, or carries anything beside the pixels.
    """
    try:
        content = (out / name).read_bytes()
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            pixels = np.asarray(image)
            shape = (image.mode, *image.size)
    except FileNotFoundError:
        raise InputError(
            f"expected a picture {name} in {out}, found none: build the pictures again"
        ) from None
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise InputError(
            f"expected a PNG file {out / name}, found one that does not read: {error}"
        ) from error
    if shape != ("RGB", SIZE, SIZE):
        raise InputError(f"expected {out / name} of mode RGB and {SIZE} x {SIZE} pixels, found {shape}")
    if (kinds := chunk_kinds(content)) != [b"IHDR", b"IDAT", b"IEND"]:
        raise InputError(f"expected {out / name} to hold pixels only, found the chunks {kinds}")
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def check(out: Path, packages: Path | None) -> None:
    """Verify that the pictures on disk are those of the design.

    Parameters
    ----------
    out : Path
        Root of the pictures.
    packages : Path or None
        Unpacked packages to draw from again, so that a picture that differs is named. None: compare with the
        recorded digest.

    Raises
    ------
    InputError
        The table, the set of files or a picture is another.
    """
    try:
        with (out / "metadata.csv").open(encoding="utf-8", newline="") as file:
            table = file.read()
    except FileNotFoundError:
        raise InputError(f"expected a table {out / 'metadata.csv'}, found none: build the pictures") from None
    lines, wanted = table.splitlines(), metadata().splitlines()
    if table != metadata():
        at = next(
            (i for i, pair in enumerate(zip(lines, wanted, strict=False)) if pair[0] != pair[1]), len(lines)
        )
        raise InputError(
            f"expected {len(wanted)} lines of the design in {out / 'metadata.csv'}, found {len(lines)}, "
            f"the first other one at line {at + 1}: build the pictures again"
        )
    names = [f"{label}/{variant.stem}.png" for label, variant in rows()]
    refuse_strays(out, set(names))
    marks = {name: mark_of(out, name) for name in names}
    refuse_twins(marks)
    for name, pixels in draw(packages) if packages else ():
        if hashlib.sha256(pixels.tobytes()).hexdigest() != marks[name]:
            raise InputError(
                f"expected {out / name} as drawn from {packages}, found other pixels: build it again"
            )
    if (found := digest(marks)) != PIXELS_SHA256:
        raise InputError(
            f"expected pictures with pixel digest {PIXELS_SHA256} in {out}, found {found}: build them "
            "again, or add --packages FOLDER to learn which picture differs"
        )
    print(f"{len(names)} pictures in {out} are as designed")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script and return its exit code: 0, or that of the error it printed."""
    parser = argparse.ArgumentParser(description="Draw the demo pictures, or check those on disk.")
    parser.add_argument(
        "--out", type=Path, default=Path("data/images"), help="root of the pictures (%(default)s)"
    )
    parser.add_argument(
        "--packages", type=Path, help="folder of unpacked icon packages; left out: npm fetches them"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; compare what is on disk")
    options = parser.parse_args(argv)
    try:
        if options.check:
            check(options.out, options.packages)
        elif options.packages:
            build(options.packages, options.out)
        else:
            with tempfile.TemporaryDirectory(prefix="styleid-icons-") as folder:
                fetch(Path(folder))
                build(Path(folder), options.out)
    except StyleIdError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
