"""Where a command finds the table of the pictures, their vectors and the runs: one rule for all of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, NoReturn

from styleid.errors import InputError
from styleid.files import is_file, is_folder, is_there, paths_in
from styleid.model.bundle import MODEL

#: What `styleid FOLDER` makes beside the folder, and where its runs are in there.
TRIED, REPORTS = "-styleid", "reports"
#: A run is made in a folder of such a name beside its place, and moved aside into one.
_UNFINISHED = re.compile(r"\..+\.\d+\.(new|old)")


class Place(NamedTuple):
    """A manifest, a store and a folder of runs that belong together."""

    manifest: Path
    store: Path
    out: Path
    note: str = ""  # what was found without being named, for a person


DATA = Place(Path("data/manifest.csv"), Path("data/vectors"), Path(REPORTS))


def find_place(
    manifest: Path | None = None,
    store: Path | None = None,
    out: Path | None = None,
    named: Path | None = None,
) -> Place:
    """Return what was asked for, the rest by `named`, from ``data/``, or from the newest `styleid FOLDER`."""
    place, note, made = DATA, "", tried_in(Path())
    if named is not None:
        place = _inside(tried_by(named) or _refuse(named))
    elif made and manifest is None and store is None:
        lacking = [path for path in DATA[:2] if not is_there(path)]
        absent = " and ".join(map(str, lacking)) + (" is" if len(lacking) == 1 else " are") + " not here"
        folder, there = made[0].name.removesuffix(TRIED), _inside(made[0])
        if len(lacking) == len(DATA[:2]):
            newest = f", the newest of {len(made)}" if len(made) > 1 else ""
            note = f"going on in {made[0]}{newest}, which `styleid {folder}` made: {absent}"
            place = there
        elif lacking:
            note = (
                f"{absent}, but in {made[0]}, which `styleid {folder}` made: to go on there, --manifest "
                f"{there.manifest} --store {there.store} --out {there.out}"
            )
    return Place(manifest or place.manifest, store or place.store, out or place.out, note)


def find_model(named: Path | None, out: Path) -> tuple[Path, str]:
    """Return the model that is meant, by default the newest in `out` or beside it, and what to say of it."""
    looked = (out / "*", out.parent / f"*{TRIED}" / REPORTS / "*")
    if named is None:
        models = models_in(out)
    elif is_file(named):
        return named, ""
    else:
        made = next((path / REPORTS for path in (named, place_for(named)) if _is_tried(path)), None)
        if made is None and (not is_folder(named) or is_file(named / MODEL)):
            return named, ""
        models, looked = _newest_first(files_of_runs(made or named, MODEL)), (named, (made or named) / "*")
    if not models:
        raise InputError(
            f"expected a {MODEL}, found none in {' or '.join(str(place.absolute()) for place in looked)}; "
            "`styleid FOLDER` or `styleid fit` makes one; name it by --model: the file, the folder of its "
            f"run, or FOLDER{TRIED}",
            out=out,
        )
    others = f", the newest of {len(models)}; --model takes another" if len(models) > 1 else ""
    return models[0], f"model: {models[0]}{others}"


def find_run(named: Path | None, out: Path, kind: str) -> tuple[Path, str]:
    """Return the file of that kind (a pattern of names) of the run that is meant, and what to say of it.

    Nothing named is the newest in `out` or beside it; a FOLDER's name is the newest of what was made of it.
    """
    runs = [out, *paths_in(out.parent, f"*{TRIED}/{REPORTS}")]
    folders = runs
    if named is not None:
        if is_file(named) and named.match(kind):
            return named, ""
        places = dict.fromkeys((named, *(run / named for run in runs)))  # once, where it is a whole path
        if own := [file for place in places for file in paths_in(place, kind)]:
            return own[0], f"one of {len(own)} of that name" if len(own) > 1 else ""
        folders = [place / REPORTS for place in (named, place_for(named)) if _is_tried(place)]
    files = _newest_first(file for folder in folders for file in files_of_runs(folder, kind))
    if not files:
        there = [str(file.parent) for folder in runs for file in files_of_runs(folder, kind)]
        names = f"there are {', '.join(there)}" if there else "`styleid FOLDER` or `styleid fit` makes one"
        meant = f"in {out} or {out.parent / f'*{TRIED}'}" if named is None else f"by the name {named}"
        raise InputError(f"expected a run that has {kind}, found none {meant}; {names}", path=named or out)
    return files[0], f"the newest of {len(files)}" if len(files) > 1 else ""


def manifest_of(run: Path) -> Path:
    """Return the manifest that a run's folder was made from, by where it lies."""
    made = run.parent.parent / DATA.manifest.name
    return made if run.parent.name == REPORTS and is_file(made) else DATA.manifest


def models_in(out: Path) -> list[Path]:
    """List the models of the runs in a folder, and of what `styleid FOLDER` made beside it; newest first."""
    tried = paths_in(out.parent, f"*{TRIED}/{REPORTS}")
    return _newest_first(model for folder in (out, *tried) for model in files_of_runs(folder, MODEL))


def files_of_runs(out: Path, name: str) -> list[Path]:
    """List the files of that name in the runs of a folder, without a run that is being made or was killed."""
    return [file for file in paths_in(out, f"*/{name}") if not _UNFINISHED.fullmatch(file.parent.name)]


def place_for(images: Path, out: Path | None = None) -> Path:
    """Return where the results of a folder go: `out`, or a folder beside it that has its name."""
    named = images if images.name not in ("", "..") else Path(os.path.realpath(images))
    out = named.with_name(f"{named.name}{TRIED}") if out is None else out
    if is_there(out) and not is_folder(out):
        raise InputError(
            f"expected a folder for the results at {out}, found a file; move it, or choose another by --out",
            path=out,
        )
    lies, pictures = map(os.path.realpath, (out, images))  # unlike `resolve`, it takes a loop of links
    if Path(lies).is_relative_to(pictures):
        raise InputError(f"--out {out} lies in {images}, where nothing is written; choose another", path=out)
    return out


def tried_in(folder: Path) -> list[Path]:
    """List what `styleid FOLDER` made in a folder, the newest first."""
    return _newest_first(path for path in paths_in(folder, f"*{TRIED}") if _is_tried(path))


def tried_by(word: Path) -> Path | None:
    """Return what `styleid FOLDER` made, by its name, the FOLDER's, or that of a run or model there."""
    runs = [above.parent for above in (word, *word.parents[:2]) if above.name == REPORTS]
    return next((path for path in (word, place_for(word), *runs) if _is_tried(path)), None)


def _is_tried(path: Path) -> bool:
    known = path.name.endswith(TRIED) or is_folder(path / REPORTS)
    return known and is_file(path / DATA.manifest.name) and is_folder(path / DATA.store.name)


def _inside(made: Path) -> Place:
    return Place(made / DATA.manifest.name, made / DATA.store.name, made / REPORTS)


def _newest_first(paths: Iterable[Path]) -> list[Path]:
    def changed(path: Path) -> int:
        runs = path / REPORTS  # in which each run is put when it is done
        return (runs if is_folder(runs) else path).stat().st_mtime_ns

    return sorted(paths, key=lambda path: (-changed(path), str(path)))


def _refuse(named: Path) -> NoReturn:
    if not is_folder(named):
        raise InputError(
            f"found {named}, which is no folder; expected nothing here, a FOLDER that `styleid FOLDER` "
            "looked at, or options: `--help` lists them",
            path=named,
        )
    raise InputError(
        f"{named} is no folder that `styleid {named}` has looked at yet, nor what that made; run it for all "
        f"at once, or `styleid embed {named}`, and then this without {named}",
        path=named,
    )
