"""Embed what a store does not hold yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import AUTO
from styleid.backbones.choose import Choice
from styleid.backbones.weights_file import check_tensors, load_tensors
from styleid.data.images import PASSING_CODES, Decoded, DecodePolicy, decode
from styleid.data.manifest import Manifest, Row
from styleid.data.views import CENTER
from styleid.vectors.prepare import Preparer
from styleid.vectors.provenance import provenance
from styleid.vectors.store import SpaceStore
from styleid.vectors.writer import ShardWriter

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class EmbedOptions:
    """How to embed.

    Attributes
    ----------
    backbone : str
        A name, or ``auto``.
    weights : str or None
        File to use instead of the backbone's own weights.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    batch_size : int
        Pictures that go through the network at once.
    threads : int or None
        Threads that decode.
    isolate : bool
        Decode in child processes with limits of time and memory, for files nobody vouches for.
    views : tuple of str
        Which views to embed, from `styleid.data.views.parse_views`.
    """

    backbone: str = AUTO
    weights: str | None = None
    device: str = "auto"
    batch_size: int = 32
    threads: int | None = None
    isolate: bool = False
    views: tuple[str, ...] = (CENTER,)


@dataclass
class Embedding:
    """What a run of `embed` did; seconds are summed over threads for decoding.

    Attributes
    ----------
    n_images, n_known, n_embedded, n_failed : int
        Pictures asked for; whose vectors were all there; embedded now; without a vector, now or before.
    n_vectors : int
        Vectors computed now: one a picture and view.
    failures : list of dict
        ``image_id``, ``code`` and ``message`` of each picture without a vector.
    seconds, decode_seconds, network_seconds, write_seconds : float
        Wall time, and time spent in each stage.
    quarantined : list of str
        Damaged files of the store that were put aside.
    """

    n_images: int = 0
    n_known: int = 0
    n_embedded: int = 0
    n_vectors: int = 0
    failures: list[dict[str, str]] = field(default_factory=list)
    seconds: float = 0.0
    decode_seconds: float = 0.0
    network_seconds: float = 0.0
    write_seconds: float = 0.0
    quarantined: list[str] = field(default_factory=list)

    @property
    def n_failed(self) -> int:
        """Pictures without a vector."""
        return len(self.failures)


def embed(
    manifest: Manifest,
    store: SpaceStore,
    choice: Choice,
    policy: DecodePolicy,
    options: EmbedOptions,
    progress: Progress = lambda done, total: None,
) -> Embedding:
    """Give every picture of a manifest a vector a view, computing only those that are missing.

    Pictures with the same bytes are embedded once. A picture that fails is recorded with its reason and tried
    again only when its bytes or the policy change.

    Parameters
    ----------
    manifest : Manifest
        The pictures, with their digests.
    store : SpaceStore
        Where the vectors go.
    choice : Choice
        Backbone and weights; must be those of the store's space.
    policy : DecodePolicy
        How files become pixels.
    options : EmbedOptions
        How to run.
    progress : callable
        Called as ``progress(done, total)``.

    Returns
    -------
    Embedding

    Raises
    ------
    WeightsError, InputError
        If the network cannot be set up.
    OutputError
        If the store cannot be written; shards written before stay.
    """
    started = time.perf_counter()
    store.create()
    missing = _missing_views(manifest, store, options.views)
    failed = _settled_failures(store, policy, options.views)
    todo: dict[str, Row] = {}
    for row in manifest.rows:
        if row.sha256 in missing and row.sha256 not in failed:
            todo.setdefault(row.sha256, row)
    run = Embedding(len(manifest), sum(row.sha256 not in missing for row in manifest.rows))
    if todo:
        views = {manifest.file(row): missing[sha256] for sha256, row in todo.items()}
        with _preparer(choice, policy, options, views) as preparer:
            _run(manifest, list(todo.values()), preparer, store, choice, options, run, progress)
        missing = _missing_views(manifest, store, options.views)
        failed = _settled_failures(store, policy, options.views)
    told = {failure["image_id"] for failure in run.failures}
    for row in manifest.rows:
        if row.sha256 in missing and row.sha256 in failed and row.image_id not in told:
            failure = failed[row.sha256]
            run.failures.append(
                {"image_id": row.image_id, "code": failure["code"], "message": failure["message"]}
            )
    run.quarantined = store.quarantined
    run.seconds = time.perf_counter() - started
    return run


def _missing_views(
    manifest: Manifest, store: SpaceStore, views: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Return, for each content that lacks any of the views, those it lacks."""
    known = store.known()
    lacking = {
        row.sha256: tuple(view for view in views if (row.sha256, view) not in known) for row in manifest.rows
    }
    return {sha256: lacks for sha256, lacks in lacking.items() if lacks}


def _settled_failures(
    store: SpaceStore, policy: DecodePolicy, views: tuple[str, ...]
) -> dict[str, dict[str, str]]:
    """Return the failures that another try would not mend: those of the bytes, not of the moment."""
    keys = {_policy_key(policy), *(_policy_key(policy, view) for view in views)}
    return {
        failure["sha256"]: failure
        for failure in store.failures()
        if failure["policy"] in keys and failure["code"] not in PASSING_CODES
    }


def _policy_key(policy: DecodePolicy, view: object = None) -> str:
    """Return under what a failure is remembered: where only one view does not fit, others may be tried."""
    return policy.key() if view is None else f"{policy.key()} {view}"


@contextmanager
def _preparer(
    choice: Choice, policy: DecodePolicy, options: EmbedOptions, views: Mapping[Path, tuple[str, ...]]
) -> Iterator[Preparer]:
    preset = choice.backbone.preset
    if not options.isolate:
        yield Preparer(preset, policy, lambda data: decode(data, policy), views)
        return
    from styleid.data.isolate import DecodePool

    with DecodePool(options.threads or 2, policy) as pool:

        def decode_apart(data: bytes) -> Decoded:
            return pool.decode(data)

        yield Preparer(preset, policy, decode_apart, views)


def _run(
    manifest: Manifest,
    rows: list[Row],
    preparer: Preparer,
    store: SpaceStore,
    choice: Choice,
    options: EmbedOptions,
    run: Embedding,
    progress: Progress,
) -> None:
    from styleid.backbones.runtimes.torch import TorchRuntime

    tensors = load_tensors(choice.weights.path)
    check_tensors(tensors, choice.backbone, choice.weights.path)
    runtime = TorchRuntime(choice.backbone, tensors, options.device, options.batch_size)
    writer = ShardWriter(store, provenance(runtime.device.type, choice))
    by_path = {manifest.file(row): row for row in rows}
    batch: list[tuple[tuple[str, str], NDArray[np.uint8]]] = []
    # So many views wait for the network at most, of however many pictures.
    ahead = max(1, 4 * options.batch_size // len(options.views))

    def flush_batch() -> None:
        begun = time.perf_counter()
        vectors = runtime.vectors(np.stack([pixels for _, pixels in batch]))
        run.network_seconds += time.perf_counter() - begun
        writer.add([key for key, _ in batch], vectors)
        batch.clear()

    # What is in memory when the user interrupts, or the disk fills, is still written as far as it can be.
    with writer:
        for done, item in enumerate(preparer.stream(by_path, options.threads, ahead), 1):
            run.decode_seconds += item.seconds
            row = by_path[item.path]
            if item.error is not None:
                told = {"code": item.error.code, "message": str(item.error)}
                run.failures.append({"image_id": row.image_id, **told})
                key = _policy_key(preparer.policy, item.error.facts.get("view"))
                writer.add_failure({"sha256": item.sha256, "path": row.path, **told, "policy": key})
            elif item.sha256 != row.sha256:
                message = "the file changed between scan and reading; run `styleid embed` again"
                run.failures.append({"image_id": row.image_id, "code": "changed", "message": message})
            elif item.pixels is not None:
                run.n_embedded += 1
                for view, pixels in zip(item.views, item.pixels, strict=True):
                    batch.append(((item.sha256, view), pixels))
                    if len(batch) == options.batch_size:
                        flush_batch()
            progress(done, len(rows))
        if batch:
            flush_batch()
    run.n_vectors, run.write_seconds = writer.n_written, writer.seconds
