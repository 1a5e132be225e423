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
from styleid.data.views.names import check_views, views_text
from styleid.files import StrPath
from styleid.vectors.embed.embed import Embedding, EmbedOptions, embed_missing
from styleid.vectors.store.space import current_space, read_current, space_of, space_policy, write_current
from styleid.vectors.store.store import SpaceStore


@dataclass(frozen=True)
class EmbedRun:
    """What `embed` found and did; the store is that of the first descriptor."""

    scan: Scan
    choice: Choice
    store: SpaceStore
    embedding: Embedding

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
        }

    def closing_line(self) -> str:
        """Say in one line what was done, and where the time went."""
        run, place = self.embedding, self.store.folder
        if not run.n_embedded:
            lost, n_images = len(self.scan.unreadable), run.n_images + len(self.scan.unreadable)
            there = f"{run.n_known:,} of {n_images:,} pictures have their vectors in {place}"
            return f"nothing to embed: {there}" + (f", {lost:,} cannot be read" if lost else "")
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
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
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
        ``embedding``.

    Returns
    -------
    EmbedRun
        What was done; ``embedding.failures`` lists the pictures that could not be used, with the reason.

    Raises
    ------
    InputError
        If there is no such folder or backbone, the folder is not the manifest's, a table cannot be used, or
        a view does not suit the backbone.
    WeightsError
        If the weights are missing or damaged.
    OutputError
        If the manifest or a vector cannot be written; vectors written before stay.

    Examples
    --------
    >>> run = embed("data/images", options=EmbedOptions(views=("square", "fit")))
    >>> print(run.closing_line())
    """
    root, table = Path(store), Path(manifest)
    policy = policy or space_policy(root, current_space(root))
    asked = scan if images is None else replace(scan, images=images)
    scanned = scan_folder(asked, table, policy, partial(progress, "reading"))
    weights = Path(options.weights) if options.weights else None
    choice = choose_backbone(options.backbone, weights, read_current(root).automatic)
    check_views(options.views, choice.backbone.preset.crop)
    stores = {
        name: SpaceStore(root, space_of(choice, policy, name, options.precision))
        for name in choice.backbone.check_descriptors(options.descriptors)
    }
    first = next(iter(stores.values()))
    for each in reversed(stores.values()):  # what is written last is current
        each.create()
        write_current(root, each.space, choice.automatic, views_text(options.views), policy)
    embedding = embed_missing(
        scanned.manifest, stores, choice, policy, options, partial(progress, "embedding")
    )
    return EmbedRun(scanned, choice, first, embedding)


def peak_memory_mb() -> float | None:
    """Return the process's peak memory in units of 10^6 bytes; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6  # bytes there, KiB elsewhere
