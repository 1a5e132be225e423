"""Embed what a store does not hold yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import AUTO, AVGPOOL
from styleid.backbones.choose import Choice
from styleid.backbones.runtimes.base import FP32, RuntimeOptions, open_runtime
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
    descriptors : tuple of str
        What to read off the network, all in one pass; each has a space of its own.
    runtime : str
        What executes the network: a name, or ``auto``.
    precision : str
        ``fp32``, ``fp16``, ``bf16`` or ``int8``.
    """

    backbone: str = AUTO
    weights: str | None = None
    device: str = "auto"
    batch_size: int = 32
    threads: int | None = None
    isolate: bool = False
    views: tuple[str, ...] = (CENTER,)
    descriptors: tuple[str, ...] = (AVGPOOL,)
    runtime: str = AUTO
    precision: str = FP32

    @property
    def execution(self) -> RuntimeOptions:
        """How the network is executed."""
        return RuntimeOptions(self.runtime, self.precision, self.device, self.batch_size)


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
    stores: Mapping[str, SpaceStore],
    choice: Choice,
    policy: DecodePolicy,
    options: EmbedOptions,
    progress: Progress = lambda done, total: None,
) -> Embedding:
    """Give every picture of a manifest a vector a view and descriptor, computing only what is missing.

    Pictures with the same bytes are embedded once. A picture that fails is recorded with its reason and tried
    again only when its bytes or the policy change.

    Parameters
    ----------
    manifest : Manifest
        The pictures, with their digests.
    stores : mapping of str to SpaceStore
        Descriptor -> where its vectors go.
    choice : Choice
        Backbone and weights; must be those of the stores' spaces.
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
        If a store cannot be written; shards written before stay.
    """
    started = time.perf_counter()
    for store in stores.values():
        store.create()
    missing = _missing(manifest, stores, options.views)
    failed = _settled_failures(stores, policy, options.views)
    todo: dict[str, Row] = {}
    for row in manifest.rows:
        if row.sha256 in missing and row.sha256 not in failed:
            todo.setdefault(row.sha256, row)
    run = Embedding(len(manifest), sum(row.sha256 not in missing for row in manifest.rows))
    if todo:
        views = {manifest.file(row): tuple(missing[sha256]) for sha256, row in todo.items()}
        with _preparer(choice, policy, options, views) as preparer:
            _run(manifest, todo, missing, preparer, stores, choice, options, run, progress)
        missing = _missing(manifest, stores, options.views)
        failed = _settled_failures(stores, policy, options.views)
    told = {failure["image_id"] for failure in run.failures}
    for row in manifest.rows:
        if row.sha256 in missing and row.sha256 in failed and row.image_id not in told:
            failure = failed[row.sha256]
            run.failures.append(
                {"image_id": row.image_id, "code": failure["code"], "message": failure["message"]}
            )
    run.quarantined = [name for store in stores.values() for name in store.quarantined]
    run.seconds = time.perf_counter() - started
    return run


#: Content -> view -> the descriptors whose store lacks its vector.
Missing = Mapping[str, Mapping[str, Sequence[str]]]


def _missing(manifest: Manifest, stores: Mapping[str, SpaceStore], views: tuple[str, ...]) -> Missing:
    """Return, for each content that lacks a vector anywhere, what it lacks where."""
    known = {name: store.known() for name, store in stores.items()}
    missing: dict[str, dict[str, list[str]]] = {}
    for sha256 in {row.sha256: None for row in manifest.rows}:
        for view in views:
            for name, keys in known.items():
                if (sha256, view) not in keys:
                    missing.setdefault(sha256, {}).setdefault(view, []).append(name)
    return missing


def _settled_failures(
    stores: Mapping[str, SpaceStore], policy: DecodePolicy, views: tuple[str, ...]
) -> dict[str, dict[str, str]]:
    """Return the failures that another try would not mend: those of the bytes, not of the moment."""
    keys = {_policy_key(policy), *(_policy_key(policy, view) for view in views)}
    return {
        failure["sha256"]: failure
        for store in stores.values()
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
    todo: Mapping[str, Row],
    missing: Missing,
    preparer: Preparer,
    stores: Mapping[str, SpaceStore],
    choice: Choice,
    options: EmbedOptions,
    run: Embedding,
    progress: Progress,
) -> None:
    tensors = load_tensors(choice.weights.path)
    check_tensors(tensors, choice.backbone, choice.weights.path)
    wanted = {name for sha256 in todo for of_view in missing[sha256].values() for name in of_view}
    descriptors = [name for name in stores if name in wanted]
    runtime = open_runtime(choice.backbone, tensors, descriptors, options.execution)
    made = provenance(runtime.name, runtime.device, choice)
    by_path = {manifest.file(row): row for row in todo.values()}
    batch: list[tuple[tuple[str, str], NDArray[np.uint8]]] = []
    # So many views wait for the network at most, of however many pictures.
    ahead = max(1, 4 * options.batch_size // len(options.views))

    # What is in memory when the user interrupts, or the disk fills, is still written as far as it can be.
    with ExitStack() as open_writers:
        writers = {name: open_writers.enter_context(ShardWriter(stores[name], made)) for name in descriptors}

        def flush_batch() -> None:
            begun = time.perf_counter()
            vectors = runtime.vectors(np.stack([pixels for _, pixels in batch]))
            run.network_seconds += time.perf_counter() - begun
            for name, writer in writers.items():
                rows = [i for i, ((sha256, view), _) in enumerate(batch) if name in missing[sha256][view]]
                if rows:
                    writer.add([batch[i][0] for i in rows], vectors[name][rows])
            run.n_vectors += len(batch)
            batch.clear()

        for done, item in enumerate(preparer.stream(by_path, options.threads, ahead), 1):
            run.decode_seconds += item.seconds
            row = by_path[item.path]
            if item.error is not None:
                told = {"code": item.error.code, "message": str(item.error)}
                run.failures.append({"image_id": row.image_id, **told})
                key = _policy_key(preparer.policy, item.error.facts.get("view"))
                failure = {"sha256": item.sha256, "path": row.path, **told, "policy": key}
                for writer in writers.values():
                    writer.add_failure(failure)
            elif item.sha256 != row.sha256:
                message = "the file changed between scan and reading; run `styleid embed` again"
                run.failures.append({"image_id": row.image_id, "code": "changed", "message": message})
            elif item.pixels is not None:
                run.n_embedded += 1
                for view, pixels in zip(item.views, item.pixels, strict=True):
                    batch.append(((item.sha256, view), pixels))
                    if len(batch) == options.batch_size:
                        flush_batch()
            progress(done, len(todo))
        if batch:
            flush_batch()
    run.write_seconds = sum(writer.seconds for writer in writers.values())
