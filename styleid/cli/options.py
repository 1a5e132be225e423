"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from styleid.cli.words import warn
from styleid.errors import InputError
from styleid.heads.base import REGISTRY

if TYPE_CHECKING:
    from styleid.data.decode.policy import DecodePolicy
    from styleid.runs.place import Place

_BY_DEFAULT = "by default {}, or that of the newest FOLDER-styleid where data/ holds none."
Manifest = Annotated[
    Path | None,
    typer.Option(
        "--manifest", help=f"The table of pictures; {_BY_DEFAULT.format('data/manifest.csv')}", metavar="FILE"
    ),
]
Store = Annotated[
    Path | None,
    typer.Option(
        "--store", help=f"Folder of the vectors; {_BY_DEFAULT.format('data/vectors')}", metavar="FOLDER"
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", help=f"Folder of the runs; {_BY_DEFAULT.format('reports')}", metavar="FOLDER"),
]
Target = Annotated[
    str | None, typer.Option("--target", help="This label against all others.", metavar="LABEL")
]
Where = Annotated[
    str | None,
    typer.Option(
        "--where", help="Only pictures whose COLUMN of the manifest is VALUE.", metavar="COLUMN=VALUE"
    ),
]
SkipSmall = Annotated[
    bool, typer.Option("--skip-small", help="Leave out labels that are too small to be scored.")
]
Space = Annotated[str | None, typer.Option("--space", help="Which vectors; by default those embedded last.")]
Spaces = Annotated[
    list[str] | None,
    typer.Option(
        "--space",
        help="Which vectors; by default those embedded last. Named twice: a head of each, scores averaged.",
    ),
]
#: As `styleid.given` has it, which is not imported for ``--help``.
HIGHEST_SEED = 2**32 - 1
Seed = Annotated[int, typer.Option("--seed", min=0, max=HIGHEST_SEED, help="Seed of everything random.")]
Folds = Annotated[int, typer.Option("--folds", min=2, help="Number of folds.")]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", min=1, help="Folds, files or trainings worked on at a time; by default one a core."
    ),
]
ModelWeights = Annotated[
    Path | None,
    typer.Option(
        "--weights", help="The weights the vectors were made with, if not the backbone's own.", metavar="FILE"
    ),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]
NewestModel = Annotated[
    Path | None,
    typer.Option(
        "--model",
        "-m",
        help="A model.styleid, the folder of its run, or a FOLDER-styleid; by default the newest "
        "in --out and in the FOLDER-styleid beside it.",
        metavar="FILE",
    ),
]
Model = Annotated[
    Path,
    typer.Option(
        "--model", "-m", help="A model.styleid, the folder of its run, or a FOLDER-styleid.", metavar="FILE"
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON value on standard output instead of words.")
]
Views = Annotated[
    str | None,
    typer.Option(
        "--views",
        help="Which views, as for `styleid embed`; by default those embedded first, or square.",
        metavar="VIEWS",
    ),
]
Pool = Annotated[
    str,
    typer.Option(
        "--pool",
        help="mean: learn from the mean of a picture's views; vote: from each view, scores averaged.",
        metavar="NAME",
    ),
]
Formats = Annotated[
    str | None,
    typer.Option(
        "--formats",
        help="Also read these (+heif), or only these (jpeg,png); by default as before.",
        metavar="NAMES",
    ),
]
AllowTruncated = Annotated[
    bool | None,
    typer.Option(
        "--allow-truncated/--no-allow-truncated",
        help="Use cut files as far as they go, in a vector space of their own; by default as before.",
    ),
]


def _not_a_head(folder: Path | None) -> Path | None:
    if str(folder) in REGISTRY and not folder.is_dir():  # type: ignore[union-attr]
        raise InputError(f"found {folder}, a head: `styleid fit --head {folder}` scores it", folder=folder)
    return folder


Folder = Annotated[
    Path | None,
    typer.Argument(
        help="A FOLDER that `styleid FOLDER` looked at, or its FOLDER-styleid, to go on there.",
        callback=_not_a_head,
        metavar="[FOLDER]",
    ),
]


def find_place(
    manifest: Path | None, store: Path | None, out: Path | None = None, named: Path | None = None
) -> Place:
    """Return where a command finds its things, and say so where nobody named the place."""
    from styleid.runs import place

    found = place.find_place(manifest, store, out, named)
    if found.note:
        warn(found.note)
    return found


def place_to_read(images: Path | None, manifest: Path | None, store: Path | None = None) -> Place:
    """Return where the pictures of a folder are listed; without a folder, where one was tried."""
    from styleid.runs.place import DATA

    if images is not None or Path("data/images").is_dir():
        manifest, store = manifest or DATA.manifest, store or DATA.store
    return find_place(manifest, store)


def find_model(named: Path | None, out: Path | None = None) -> Path:
    """Return the model that is meant, and say which where its file was not named."""
    from styleid.runs import place

    found, note = place.find_model(named, out or place.DATA.out)
    if note:
        warn(note)
    return found


def decode_policy(store: Path, formats: str | None, allow_truncated: bool | None) -> DecodePolicy:
    """Return the policy of the vectors embedded last, changed by what is asked for."""
    from styleid.data.decode.policy import parse_formats
    from styleid.vectors.store.space import current_space, space_policy

    policy = space_policy(store, current_space(store))
    if formats is None and allow_truncated is None and policy.asked():
        warn(f"as for the vectors in {store}: {policy.asked()}")
    if formats is not None:
        policy = replace(policy, formats=parse_formats(formats))
    return policy if allow_truncated is None else replace(policy, allow_truncated=allow_truncated)


def joined(names: list[str] | None) -> str | None:
    """Return what an option named several times holds, joined by +."""
    return "+".join(names) if names else None


def names_in(text: str) -> tuple[str, ...]:
    """Return names that have commas between them."""
    return tuple(name.strip() for name in text.split(","))


#: Options of commands that read a folder, as `ScanOptions` has them.
_READING = {
    "table": "CSV or .xlsx that names files and says more; by default IMAGES/metadata.csv.",
    "file_column": "Column of that table that names the file.",
    "label_column": "Column of that table that holds the label.",
    "group_column": "Column of that table that holds the group.",
    "group_regex": "Pattern that reads the group off a file's name.",
    "split_folders": "Folders that are parts of a split, as train,test; by default if no others lie beside.",
}
_FLAGS: dict[str, Any] = {
    "tidy_labels": Annotated[
        bool | None, typer.Option(help="Join labels that differ by blanks or case only.")
    ],
    "fresh": Annotated[
        bool, typer.Option("--fresh", help="Make the manifest anew, without your edits; a copy is kept.")
    ],
    "rehash": Annotated[
        bool, typer.Option("--rehash", help="Read every file anew, also those that look unchanged.")
    ],
}


def reads_folder(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options by which a folder is read; they reach it as one, `reading`."""
    del command.__annotations__["reading"]  # its type is not loaded before it is needed
    own = signature(command, eval_str=True)
    kinds = {name: Annotated[str | None, typer.Option(help=text)] for name, text in _READING.items()} | _FLAGS
    parameters = [parameter for name, parameter in own.parameters.items() if name != "reading"]
    for name, kind in kinds.items():
        default = False if name in ("fresh", "rehash") else None
        parameters.append(Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind))

    def with_options(**values: Any) -> None:
        from styleid.data.manifest.record import ScanOptions

        asked = {name: values.pop(name) for name in kinds}
        if asked["split_folders"] is not None:
            asked["split_folders"] = tuple(filter(None, names_in(asked["split_folders"])))
        command(reading=ScanOptions(**asked), **values)

    with_options.__name__, with_options.__doc__ = command.__name__, command.__doc__
    with_options.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return with_options
