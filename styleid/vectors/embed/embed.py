"""Embed what a store does not hold yet."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field

from styleid.backbones.base import AUTO, DEFAULT_DESCRIPTOR
from styleid.backbones.choose import Choice
from styleid.backbones.runtimes.base import FP32, Runtime, RuntimeOptions, Vectors, open_network
from styleid.data.decode.images import decode
from styleid.data.decode.policy import DecodePolicy
from styleid.data.manifest.digests import Progress
from styleid.data.manifest.labels import some
from styleid.data.manifest.table import Manifest
from styleid.data.views.names import DEFAULT_VIEW
from styleid.errors import InputError
from styleid.files import StrPath
from styleid.given import check_fields, check_whole
from styleid.report.numbers import count_of
from styleid.vectors.embed.missing import Gaps, find_gaps, policy_key
from styleid.vectors.embed.network_stage import NetworkStage, keep_freed_memory
from styleid.vectors.embed.prepare import Preparer, decode_threads
from styleid.vectors.embed.writer import ShardWriter, provenance
from styleid.vectors.store.store import Key, SpaceStore


@dataclass(frozen=True)
class EmbedOptions:
    """How to embed.

    Parameters
    ----------
    backbone : str
        A name of ``styleid backbones``, or ``auto``; several joined by ``+``.
    weights : path or None
        File to use instead of the backbone's own weights.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    batch_size : int
        Views that go through the network at once.
    threads : int or None
        Threads that decode; by default one a core, at most 8.
    isolate : bool
        Decode in child processes with limits of time and memory, for files nobody vouches for;
        `threads` of them, by default 2.
    views : tuple of str
        Names of the views to embed, as ``--views`` expands to.
    descriptors : tuple of str
        What to read off the network, all in one pass; each has a space of its own.
    runtime : str
        What executes the network: a name, or ``auto``.
    precision : str
        ``fp32``, ``fp16``, ``bf16`` or ``int8``.
    """

    backbone: str = AUTO
    weights: StrPath | None = None
    device: str = "auto"
    batch_size: int = 32
    threads: int | None = None
    isolate: bool = False
    views: tuple[str, ...] = (DEFAULT_VIEW,)
    descriptors: tuple[str, ...] = (DEFAULT_DESCRIPTOR,)
    runtime: str = AUTO
    precision: str = FP32

    def __post_init__(self) -> None:
        check_whole(self.batch_size, "batch_size", 1)
        check_whole(1 if self.threads is None else self.threads, "threads", 1)
        for name, value in (("views", self.views), ("descriptors", self.descriptors)):
            if isinstance(value, str) or not value:
                raise InputError(
                    f"{name} expects names, such as {getattr(EmbedOptions, name)}, found {value!r}"
                )
        check_fields(self)


@dataclass
class Embedding:
    """What a run of `embed` did.

    `busy` gives the share, 0 to 1, of its time in which a stage worked; it is empty if nothing was to be
    done. ``decode`` is of the time of all its threads from the first file to the last shard, ``write`` of
    one thread a descriptor over the same time, ``network`` from when it was ready to its last vector.
    """

    n_images: int = 0  # pictures asked for
    n_known: int = 0  # pictures whose vectors were all there
    n_embedded: int = 0  # contents embedded now; equal files count once
    n_vectors: int = 0  # computed now, one a content and view
    failures: list[dict[str, str]] = field(default_factory=list)  # image_id, code, message of each
    first_of_several: list[str] = field(default_factory=list)  # image_id of each read by its first page
    seconds: float = 0.0  # wall time
    decode_seconds: float = 0.0  # summed over threads
    network_seconds: float = 0.0
    write_seconds: float = 0.0
    setup_seconds: float = 0.0  # until the network was ready; the first pictures are decoded meanwhile
    busy: dict[str, float] = field(default_factory=dict)
    quarantined: list[str] = field(default_factory=list)  # damaged files put aside

    @property
    def n_failed(self) -> int:
        """Pictures without a vector, now or before."""
        return len(self.failures)

    def notes(self) -> list[str]:
        """Say which pictures embedded now are more than was looked at."""
        names = self.first_of_several
        what = f"{count_of(len(names), 'picture')} with several pages or frames, of which the first is used"
        return [f"{what}: {some(names, 10)}"] if names else []


def embed_missing(
    manifest: Manifest,
    stores: Mapping[str, SpaceStore],
    choice: Choice,
    policy: DecodePolicy,
    options: EmbedOptions,
    progress: Progress = lambda done, total: None,
    run: Embedding | None = None,
) -> Embedding:
    """Give every picture a vector a view and descriptor, computing only what is missing.

    `stores` maps a descriptor to where its vectors go; backbone and weights must be those of their spaces.
    Pictures with the same bytes are embedded once. A failure is recorded with its reason and tried again
    only when the bytes or the policy change. Shards written before an error stay. `run`, an empty one, is
    filled while it goes on, for whoever shows how it goes.
    """
    started = time.perf_counter()
    for store in stores.values():
        store.create()
    gaps = find_gaps(manifest, stores, policy, options.views)
    run = run or Embedding()
    run.n_images, run.n_known = len(manifest), gaps.n_known()
    if gaps.todo():
        with _preparer(choice, policy, options) as preparer:
            _run(gaps, preparer, stores, choice, options, run, progress)
        gaps = find_gaps(manifest, stores, policy, options.views)
    listed = {failure["image_id"] for failure in run.failures}
    for row in manifest.rows:
        if row.sha256 in gaps.missing and row.sha256 in gaps.failed and row.image_id not in listed:
            reason = {name: gaps.failed[row.sha256][name] for name in ("code", "message")}
            run.failures.append({"image_id": row.image_id, **reason})
    run.quarantined = [name for store in stores.values() for name in store.quarantined]
    run.seconds = time.perf_counter() - started
    return run


@contextmanager
def _preparer(choice: Choice, policy: DecodePolicy, options: EmbedOptions) -> Iterator[Preparer]:
    preset = choice.backbone.preset
    if not options.isolate:
        yield Preparer(preset, policy, lambda data: decode(data, policy))
        return
    from styleid.data.decode.hostile.pool import DecodePool

    with DecodePool(options.threads or 2, policy) as pool:
        yield Preparer(preset, policy, pool.decode)


def _run(
    gaps: Gaps,
    preparer: Preparer,
    stores: Mapping[str, SpaceStore],
    choice: Choice,
    options: EmbedOptions,
    run: Embedding,
    progress: Progress,
) -> None:
    todo, missing = gaps.todo(), gaps.missing
    wanted = {name for sha256 in todo for names in missing[sha256].values() for name in names}
    descriptors = [name for name in stores if name in wanted]
    execution = RuntimeOptions(
        runtime=options.runtime,
        precision=options.precision,
        device=options.device,
        batch_size=options.batch_size,
    )
    threads = options.threads or decode_threads()
    # So many views wait for the network at most, of however many pictures.
    ahead = 2 * options.batch_size // len(options.views)

    def begin() -> Runtime:
        runtime = open_network(choice, descriptors, execution)
        for writer in writers.values():
            writer.provenance = provenance(runtime.name, runtime.device, choice)
        return runtime

    def deliver(keys: Sequence[Key], vectors: Vectors) -> None:
        for name, writer in writers.items():
            rows = [i for i, (sha256, view) in enumerate(keys) if name in missing[sha256][view]]
            if rows:
                writer.add([keys[i] for i in rows], vectors[name][rows])
        run.n_vectors += len(keys)

    begun, several = time.perf_counter(), set[str]()
    keep_freed_memory()
    # What is in memory when the user interrupts, or the disk fills, is still written as far as it can be: the
    # network finishes what it was handed, then the writers write it.
    with ExitStack() as open_writers:
        writers = {name: open_writers.enter_context(ShardWriter(stores[name])) for name in descriptors}
        files = ((gaps.manifest.file(row), tuple(missing[sha256])) for sha256, row in todo.items())
        with (
            NetworkStage(begin, deliver) as network,
            closing(preparer.stream(files, threads, ahead)) as prepared,  # no thread outlives an error
        ):
            for done, (row, item) in enumerate(zip(todo.values(), prepared, strict=True), 1):
                run.decode_seconds += item.seconds
                if item.error is not None:
                    reason = {"code": item.error.code, "message": str(item.error)}
                    run.failures.append({"image_id": row.image_id, **reason})
                    key = policy_key(preparer.policy, item.error.facts.get("view"))
                    failure = {"sha256": item.sha256, "path": row.path, **reason, "policy": key}
                    for writer in writers.values():
                        writer.add_failure(failure)
                elif item.sha256 != row.sha256:
                    message = "the file changed between scan and reading; run `styleid embed` again"
                    run.failures.append({"image_id": row.image_id, "code": "changed", "message": message})
                elif item.pixels is not None:
                    run.n_embedded += 1
                    if "animated" in item.flags:
                        several.add(item.sha256)
                    for view, pixels in zip(item.views, item.pixels, strict=True):
                        network.add((item.sha256, view), pixels)
                progress(done, len(todo))
    streamed = time.perf_counter() - begun
    run.first_of_several = [row.image_id for row in gaps.manifest.rows if row.sha256 in several]
    run.setup_seconds, run.network_seconds = network.setup_seconds, network.busy_seconds
    run.write_seconds = sum(writer.seconds for writer in writers.values())
    run.busy = {
        "decode": run.decode_seconds / (threads * streamed),
        "network": network.busy_seconds / network.window_seconds if network.window_seconds else 0.0,
        "write": run.write_seconds / (len(writers) * streamed),
    }
