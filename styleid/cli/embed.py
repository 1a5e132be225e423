"""``styleid embed``: give every picture its vector, once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from styleid.cli.options import (
    AllowTruncated,
    Device,
    Formats,
    Json,
    Manifest,
    Store,
    decode_policy,
    joined,
    place_to_read,
    reads_folder,
)
from styleid.cli.progress import stage_bar
from styleid.cli.scan import end_well, show_differences, show_failures, show_scan
from styleid.cli.words import say, say_json, warn

if TYPE_CHECKING:
    from styleid.data.manifest.record import ScanOptions
    from styleid.runs.embed import EmbedRun


@reads_folder
def embed(
    reading: ScanOptions,
    images: Annotated[
        Path | None,
        typer.Argument(
            help="Folder of pictures; by default the manifest's, or data/images.", metavar="IMAGES"
        ),
    ] = None,
    manifest: Manifest = None,
    store: Store = None,
    backbone: Annotated[
        list[str] | None,
        typer.Option(help="A name of `styleid backbones`, or auto; may be named twice.", show_default="auto"),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Weights to use instead of the backbone's own.", metavar="FILE")
    ] = None,
    device: Device = "auto",
    batch_size: Annotated[
        int, typer.Option(min=1, help="Pictures that go through the network at once.")
    ] = 32,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads that decode; by default one a core.")
    ] = None,
    isolate: Annotated[
        bool,
        typer.Option(
            "--isolate", help="Decode in child processes with limits, for files nobody vouches for."
        ),
    ] = False,
    views: Annotated[
        str,
        typer.Option(
            help="Which views, joined by +: square, the largest one in the middle; center, with less of its "
            "margin; fit, the whole picture on white; grid:N@S, N x N windows of the picture scaled to short "
            "side S; augment:K, seeded random changes of the centre.",
            metavar="VIEWS",
        ),
    ] = "square",
    descriptor: Annotated[
        str,
        typer.Option(
            help="What to read off the network, joined by +: avgpool (its end), style (its middle).",
            metavar="NAMES",
        ),
    ] = "style",
    runtime: Annotated[
        str, typer.Option(help="What executes the network: auto, winograd, openvino, torch.")
    ] = "auto",
    precision: Annotated[str, typer.Option(help="fp32; int8 by openvino; fp16 or bf16 on a GPU.")] = "fp32",
    formats: Formats = None,
    allow_truncated: AllowTruncated = None,
    json: Json = False,
) -> None:
    """Give every picture its vector, once.

    Scans IMAGES first, then computes what the store does not hold yet with a frozen network.
    """
    from styleid.data.views.names import parse_views
    from styleid.runs.embed import embed as run_embed
    from styleid.vectors.embed.embed import EmbedOptions

    place = place_to_read(images, manifest, store)
    _point_to_tried(images, place.manifest)
    policy = decode_policy(place.store, formats, allow_truncated)
    options = EmbedOptions(
        backbone=joined(backbone) or "auto",
        weights=weights,
        device=device,
        batch_size=batch_size,
        threads=threads,
        isolate=isolate,
        views=parse_views(views),
        descriptors=tuple(descriptor.split("+")),
        runtime=runtime,
        precision=precision,
    )
    with stage_bar("pictures", "pictures") as progress:
        run = run_embed(images, *place[:2], options, scan=reading, policy=policy, progress=progress)
    if json:
        say_json(run.summary())
    else:
        show_embedded(run)
        say(run.closing_line())
        for other in run.others:
            show_embedded(other, scanned=False)
            say(other.closing_line())
    end_well(run.embedding.n_known + run.embedding.n_embedded)


def _point_to_tried(images: Path | None, manifest: Path) -> None:
    """Say that another manifest of these pictures is there, which `styleid FOLDER` made."""
    tried = None if images is None else Path(f"{os.path.realpath(images)}-styleid")
    where = Path(os.path.realpath(manifest))  # unlike `resolve`, it takes a loop of links
    if tried is not None and os.path.isfile(tried / "manifest.csv") and tried not in where.parents:
        warn(
            f"{tried} holds another manifest of these pictures; to go on there: `styleid {images}`, or "
            f"--manifest {tried / 'manifest.csv'} --store {tried / 'vectors'}"
        )


def show_embedded(run: EmbedRun, scanned: bool = True) -> None:
    """Print what was scanned and embedded, by which weights, and what could not be."""
    warn(f"weights: {run.choice.reason}")
    if scanned and (run.embedding.n_embedded or run.embedding.failures):
        say(run.scan.sizes())
        show_scan(run.scan)
    elif scanned:
        show_differences(run.scan)
    if run.embedding.quarantined:
        warn(f"put aside as damaged, and made anew: {', '.join(run.embedding.quarantined)}")
    show_failures("without a vector", run.embedding.failures)
