"""Scan, choose a backbone, embed: the whole of `styleid embed`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from styleid.backbones.choose import Choice, choose_backbone
from styleid.data.decode.policy import DecodePolicy
from styleid.data.manifest.record import ScanOptions
from styleid.data.manifest.scan import Scan, scan_folder
from styleid.data.manifest.table import Manifest
from styleid.data.views.names import DEFAULT_VIEW, check_views, parse_views, views_text
from styleid.errors import InputError, StoreError
from styleid.files import StrPath
from styleid.given import as_path, check_options
from styleid.vectors.embed.embed import Embedding, EmbedOptions, embed_missing
from styleid.vectors.store.space import current_space, read_current, space_of, space_policy, write_current
from styleid.vectors.store.store import SpaceStore

Progress = Callable[[str, int, int], None]  # (stage, done, total)


@dataclass(frozen=True)
class EmbedRun:
    """What `embed` found and did; the store is that of the first descriptor."""

    scan: Scan
    choice: Choice
    store: SpaceStore
    embedding: Embedding
    others: tuple[EmbedRun, ...] = ()  # of the further backbones

    def summary(self) -> dict[str, Any]:
        """Return the run as plain values, for ``--json``."""
        run = self.embedding
        return {
            "n_images": run.n_images + len(self.scan.unreadable),
            "n_embedded": run.n_embedded,
            "n_vectors": run.n_vectors,
            "n_known": run.n_known,
            "n_failed": run.n_failed + len(self.scan.unreadable),
            "failures": [*self.scan.unreadable, *run.failures],
            "labels": self.scan.counts(),
            "first_of_several": run.first_of_several,
            "passed_over": dict(self.scan.passed_over),
            "space": self.store.space.id,
            "backbone": self.choice.backbone.name,
            "weights": self.choice.weights.origin,
            "weights_digest": self.choice.digest,
            "reason": self.choice.reason,
            "timing_seconds": {
                "total": run.seconds,
                "decode": run.decode_seconds,
                "network": run.network_seconds,
                "write": run.write_seconds,
                "setup": run.setup_seconds,
            },
            "busy": run.busy,
            "pictures_per_second": run.n_embedded / run.seconds if run.seconds else None,
            "peak_memory_mb": peak_memory_mb(),
            "quarantined": run.quarantined,
            "notes": list(self.scan.notes),
            **({"others": [other.summary() for other in self.others]} if self.others else {}),
        }

    def closing_line(self) -> str:
        """Say in one line what was done, and where the time went."""
        run, place = self.embedding, self.store.folder
        if not run.n_embedded:
            n_images = run.n_images + len(self.scan.unreadable)
            there = f"{run.n_known:,} of {n_images:,} pictures have their vectors in {place}"
            lost = zip(map(len, self.scan.lost()), ("gone", "cannot be read"), strict=True)
            return f"nothing to embed: {there}" + "".join(f", {n:,} {what}" for n, what in lost if n)
        stages = {"decode": run.decode_seconds, "network": run.network_seconds, "write": run.write_seconds}
        busy = sum(stages.values()) or 1.0
        shares = ", ".join(f"{name} {seconds / busy:.0%}" for name, seconds in stages.items())
        slowest = max(run.busy, key=run.busy.__getitem__)
        memory, rate = peak_memory_mb(), run.n_embedded / run.seconds
        plural = "" if run.n_embedded == 1 else "s"
        views = f" ({run.n_vectors:,} vectors)" if run.n_vectors != run.n_embedded else ""
        return (
            f"embedded {run.n_embedded:,} picture{plural}{views} in {run.seconds:.1f} s ({rate:.0f} a "
            f"second) into {place}; {shares}; {slowest} busy {run.busy[slowest]:.0%} of the time"
            + (f"; peak memory {memory:,.0f} MB" if memory else "")
        )


def embed(
    images: StrPath | None = None,
    manifest: StrPath = "data/manifest.csv",
    store: StrPath = "data/vectors",
    options: EmbedOptions = EmbedOptions(),
    *,
    scan: ScanOptions = ScanOptions(),
    policy: DecodePolicy | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> EmbedRun:
    """Bring the manifest up to date and embed what has no vector yet.

    Parameters
    ----------
    images : path or None
        Folder of pictures, a sub-folder a label; None means the manifest's, or ``data/images``.
    manifest, store : path
        The table of the pictures and the folder of their vectors; made if they are not there.
    options : EmbedOptions
        Backbone, views, device and the like.
    scan : ScanOptions
        How the folder is read: by which table, what tells groups; by default as in the manifest's last scan.
    policy : DecodePolicy or None
        How files become pixels; None means as in the vectors embedded last.
    progress : callable
        Called as ``progress(stage, done, total)``: ``reading`` for files whose digest is not known, then
        ``embedding``, behind which the number of failures stands where there are any.

    Returns
    -------
    EmbedRun
        What was done; ``embedding.failures`` lists the pictures that could not be used, with the reason.

    Raises
    ------
    InputError
        If what is given is not of its type, there is no such folder or backbone, the folder is not the
        manifest's or another than `scan` names, a table cannot be used, or a view does not suit the backbone.
    WeightsError
        If the weights are missing or damaged.
    OutputError
        If the manifest or a vector cannot be written; vectors written before stay.

    Examples
    --------
    >>> run = embed("data/images", options=EmbedOptions(views=("square", "fit")))
    >>> print(run.closing_line())
    """
    root, table = as_path(store, "store"), as_path(manifest, "manifest")
    options, scan = check_options(options, EmbedOptions), check_options(scan, ScanOptions)
    policy = check_options(policy or space_policy(root, current_space(root)), DecodePolicy)
    asked = scan if images is None else replace(scan, images=as_path(images, "images"))
    if scan.images is not None and Path(scan.images) != Path(asked.images or ""):
        raise InputError(f"images names {images}, scan.images {scan.images}: give one folder, once")
    scanned = scan_folder(asked, table, policy, partial(progress, "reading"))
    names = list(dict.fromkeys(options.backbone.split("+")))
    if len(names) == 1:
        return embed_scanned(scanned, root, options, policy, progress)
    if options.weights:
        raise InputError(
            f"--weights {options.weights} is of one network, found {len(names)} backbones; embed one by one"
        )
    for name in names:
        choose_backbone(name)  # before any work is done
    each = [replace(options, backbone=name) for name in names]
    # What is written last is current.
    runs = [embed_scanned(scanned, root, one, policy, progress) for one in reversed(each)]
    return replace(runs[-1], others=tuple(reversed(runs[:-1])))


def embed_scanned(
    scanned: Scan, root: Path, options: EmbedOptions, policy: DecodePolicy, progress: Progress
) -> EmbedRun:
    """Embed what a scan found and has no vector yet."""
    weights = Path(options.weights) if options.weights else None
    choice = choose_backbone(options.backbone, weights, read_current(root).automatic)
    check_views(options.views, choice.backbone.preset.crop)
    stores = {
        name: SpaceStore(root, space_of(choice, policy, name, options.precision))
        for name in choice.backbone.check_descriptors(options.descriptors)
    }
    first = next(iter(stores.values()))
    views, note = _views_of_a_fit(first, scanned.manifest, options.views)
    if lost := read_current(root).lost:
        asked = policy.asked()
        note += (f"{lost}, and pictures are read {f'by {asked}' if asked else 'as by default'}",)
    for each in reversed(stores.values()):  # what is written last is current
        each.create()
        write_current(root, each.space, choice.automatic, views, policy)
    embedding = Embedding()

    def report(done: int, total: int) -> None:
        failed = f", {embedding.n_failed:,} failed" if embedding.n_failed else ""
        progress(f"embedding{failed}", done, total)

    embed_missing(scanned.manifest, stores, choice, policy, options, report, embedding)
    told = replace(scanned, notes=(*scanned.notes, *note, *embedding.notes()))
    return EmbedRun(told, choice, first, embedding)


def _views_of_a_fit(
    store: SpaceStore, manifest: Manifest, asked: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """Return which views a fit takes by itself from now on, and what to say of it.

    They stay what they were as long as every picture has them: views that are embedded for one purpose, such
    as augmented ones for a study, must not change every later fit. A plain embedding brings back the default.
    """
    text = views_text(asked)
    before = read_current(store.root).views.get(store.space.folder)
    if before is None or before == text:
        return text, ()
    known, failed = store.known(), {failure["sha256"] for failure in store.failures()}
    asked_for = {row.sha256 for row in manifest.rows} - failed
    there = all((sha256, view) in known for sha256 in asked_for for view in {*parse_views(before)} - {*asked})
    if there and text != DEFAULT_VIEW:
        return before, (f"`styleid fit` goes on looking at {before}; with --views {text} it looks at these",)
    return text, (f"`styleid fit` now looks at {text}; before it looked at {before}",)


def embed_views(
    manifest: Manifest,
    store: SpaceStore,
    views: tuple[str, ...],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Embed what a store lacks of these views; what a fit takes by itself stays as it is."""
    if store.holds(manifest, views):
        return
    space, policy = store.space, space_policy(store.root, store.space)
    choice = choose_backbone(str(space.identity["backbone"]))
    if space_of(choice, policy, space.descriptor, space.precision).id != space.id:
        raise StoreError(
            f"expected vectors of {views_text(views)} in {store.folder}, and cannot make them: the space has "
            f"weights or a policy of its own; run `styleid embed --views {views_text(views)}` as it was made",
            space=space.id,
        )
    options = EmbedOptions(views=views, precision=space.precision)
    embed_missing(manifest, {space.descriptor: store}, choice, policy, options, progress)


def peak_memory_mb() -> float | None:
    """Return the process's peak memory in units of 10^6 bytes; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6  # bytes there, KiB elsewhere
