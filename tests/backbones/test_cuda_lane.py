"""The way to a GPU and back, with a device that is the CPU and writes down what it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from styleid.backbones.base import get_backbone
from styleid.backbones.runtimes.base import RuntimeOptions
from styleid.backbones.runtimes.torch.cuda import DEPTH, CudaLane
from styleid.backbones.runtimes.torch.runtime import TorchRuntime
from styleid.backbones.weights_file import load_tensors

BACKBONE = get_backbone("resnet18-style")
SHAPE = (4, 2, 2, 3)


class Device:
    """Records calls in `said`; memory counts as pinned if it came from `pin_memory`."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.said: list[str] = []
        self.stream = "compute"
        self.pinned: set[int] = set()
        self.kept: list[torch.Tensor] = []
        device, to, copy = self, torch.Tensor.to, torch.Tensor.copy_

        class Stream:
            def __init__(self, of: object = None, name: str = "copies") -> None:
                self.name = name

            def wait_stream(self, other: Stream) -> None:
                device.said.append(f"{self.name} waits for {other.name}")

        class Event:
            def __init__(self, blocking: bool = False) -> None:
                assert blocking

            def record(self, stream: Stream) -> None:
                device.said.append(f"mark in {stream.name}")

            def synchronize(self) -> None:
                device.said.append("synchronize")

        @contextmanager
        def stream(of: Stream) -> Iterator[None]:
            before, device.stream = device.stream, of.name
            yield
            device.stream = before

        def pin_memory(tensor: torch.Tensor) -> torch.Tensor:
            device.said.append("pin")
            pinned = tensor.clone()
            device.kept.append(pinned)  # or another array could get its address
            device.pinned.add(pinned.data_ptr())
            return pinned

        def send(tensor: torch.Tensor, to_device: torch.device, non_blocking: bool = False) -> torch.Tensor:
            assert tensor.data_ptr() in device.pinned, "sent from memory that is not pinned"
            assert non_blocking
            device.said.append(f"send in {device.stream}")
            return to(tensor, to_device).clone()

        def fetch(into: torch.Tensor, tensor: torch.Tensor, non_blocking: bool = False) -> torch.Tensor:
            assert into.data_ptr() in device.pinned, "fetched into memory that is not pinned"
            assert non_blocking
            device.said.append(f"fetch in {device.stream}")
            return copy(into, tensor)

        patch.setattr(torch.cuda, "Stream", Stream)
        patch.setattr(torch.cuda, "Event", Event)
        patch.setattr(torch.cuda, "stream", stream)
        patch.setattr(torch.cuda, "current_stream", lambda of: Stream(name="compute"))
        patch.setattr(torch.Tensor, "pin_memory", pin_memory)
        patch.setattr(torch.Tensor, "is_pinned", lambda tensor: tensor.data_ptr() in device.pinned)
        patch.setattr(
            torch.Tensor, "record_stream", lambda tensor, of: device.said.append(f"kept for {of.name}")
        )
        patch.setattr(torch.Tensor, "to", send)
        patch.setattr(torch.Tensor, "copy_", fetch)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Device:
    return Device(monkeypatch)


def lane(device: Device) -> CudaLane:
    def compute(pixels: torch.Tensor) -> torch.Tensor:
        device.said.append("compute")
        return pixels.flatten(1).float()[:, :2]

    return CudaLane(torch.device("cpu"), compute, SHAPE)


def batch(number: int) -> np.ndarray:
    return np.arange(number, number + 48, dtype=np.uint8).reshape(SHAPE)


def expected(number: int) -> np.ndarray:
    return batch(number).reshape(4, -1)[:, :2].astype(np.float32)


ONE = [
    "send in copies", "compute waits for copies", "kept for compute", "compute", "fetch in compute",
    "mark in compute",
]  # fmt: skip


def test_a_batch_is_pinned_sent_beside_computed_and_fetched_without_waiting(device: Device) -> None:
    made = lane(device)
    finish = made.begin(batch(5))
    assert device.said == ["pin", *ONE[:4], "pin", *ONE[4:]], "the second is for the vectors"
    np.testing.assert_array_equal(finish(), expected(5))
    assert device.said[-1] == "synchronize"


def test_pixels_in_its_room_are_sent_as_they_lie(device: Device) -> None:
    made = lane(device)
    room = made.room()
    made.begin(batch(0))()
    device.said.clear()
    room[:] = batch(9)
    np.testing.assert_array_equal(made.begin(room)(), expected(9))
    device.said.clear()
    room[:] = batch(7)
    np.testing.assert_array_equal(made.begin(room)(), expected(7))
    assert device.said == [*ONE, "synchronize"], "nothing is pinned anew, and it waits once"


def test_batches_under_way_do_not_overwrite_each_other(device: Device) -> None:
    made = lane(device)
    finishes = [made.begin(batch(number)) for number in range(DEPTH)]
    assert device.said.count("synchronize") == 0
    for number, finish in enumerate(finishes):
        np.testing.assert_array_equal(finish(), expected(number))
    assert device.said.count("synchronize") == DEPTH


def test_the_runtime_sends_the_next_batch_before_it_waits_for_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tensors = load_tensors(BACKBONE.fetch().path)
    runtime = TorchRuntime(
        BACKBONE, tensors, ["style", "avgpool"], RuntimeOptions(device="cpu", batch_size=2)
    )
    pixels = np.random.default_rng(0).integers(0, 256, (5, 224, 224, 3), dtype=np.uint8)
    on_cpu = runtime.vectors(pixels)
    device = Device(monkeypatch)
    runtime._travel_by(CudaLane(torch.device("cpu"), runtime._compute, runtime._shape))
    found = runtime.vectors(pixels)
    steps = [what for what in device.said if what in ("send in copies", "synchronize")]
    assert (
        steps
        == ["send in copies", "send in copies", "synchronize"] + ["send in copies"] + ["synchronize"] * 2
    )
    for name in on_cpu:
        np.testing.assert_array_equal(found[name], on_cpu[name])
    assert runtime.depth == DEPTH
    room = runtime.room()
    room[:] = pixels[:2]
    first, second = runtime.begin(room), runtime.begin(pixels[4:])
    np.testing.assert_array_equal(first()["avgpool"], on_cpu["avgpool"][:2])
    np.testing.assert_array_equal(second()["style"], on_cpu["style"][4:])
