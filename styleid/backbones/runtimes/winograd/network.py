"""Run ResNet-18 on the CPU with fewer multiplications, in float32.

Winograd's minimal filtering (Lavin and Gray 2016, "Fast algorithms for convolutional neural networks",
arXiv:1509.09308) computes 4 x 4 pixels of a 3 x 3 convolution with 36 multiplications a channel instead of
144; 13 of the network's 20 convolutions are of that kind and make 83 % of its multiplications. Each thread
takes its own pictures through the whole network, so that threads wait for each other only at the end.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import AVGPOOL, STYLE, Preset, Tensors
from styleid.backbones.resnet import BLOCKS, DESCRIPTORS, STYLE_STAGES, WIDTHS, stages_read
from styleid.backbones.runtimes.winograd.native import load_loops
from styleid.backbones.runtimes.winograd.room import PICTURES, SIDE, Room, Stage
from styleid.backbones.runtimes.winograd.weights import aligned, pack_weights
from styleid.errors import InputError


class WinogradNetwork:
    """Maps pixels to vectors; what no descriptor in `read` needs is not computed."""

    def __init__(
        self,
        tensors: Tensors,
        read: tuple[str, ...] = (AVGPOOL,),
        threads: int | None = None,
        preset: Preset | None = None,
    ) -> None:
        self.read = read
        self.threads = threads or os.cpu_count() or 1
        preset = preset or Preset()
        self._stages = stages_read(read)
        self._layers = pack_weights(tensors, self._stages)
        self._loops = load_loops()
        self._zeros = aligned(max(WIDTHS))
        mean, std = (np.array(part, np.float32) * np.float32(255) for part in (preset.mean, preset.std))
        self._colours = (np.arange(256, dtype=np.float32)[:, None] - mean) / std  # (256, 3)
        self._rooms: SimpleQueue[Room] = SimpleQueue()

    def __call__(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Map pixels (n, 224, 224, 3) to (n, dim) each; a picture gets the same bits in any batch."""
        if pixels.shape[1:] != (SIDE, SIDE, 3) or pixels.dtype != np.uint8:
            raise InputError(
                f"expected pixels (n, {SIDE}, {SIDE}, 3) of uint8; found {pixels.shape} of {pixels.dtype}"
            )
        n = len(pixels)
        out = {name: np.empty((n, DESCRIPTORS[name].dim), np.float32) for name in self.read}
        # As many parts as threads, or a multiple of it: threads should end together.
        rounds = -(-n // (self.threads * PICTURES[self._stages - 1]))
        edges = np.linspace(0, n, min(n, rounds * self.threads) + 1).astype(int)
        parts = [slice(start, stop) for start, stop in zip(edges[:-1], edges[1:], strict=True)]

        def compute(part: slice) -> None:
            # Compiled code takes arrays that may be written to; others would be compiled for anew.
            chosen = np.require(pixels[part], requirements=["C", "W"])
            self._compute(chosen, {name: rows[part] for name, rows in out.items()})

        if self.threads == 1 or len(parts) == 1:
            for part in parts:
                compute(part)
        else:
            with ThreadPoolExecutor(self.threads, "winograd") as pool:
                list(pool.map(compute, parts))
        return out

    def _compute(self, pixels: NDArray[np.uint8], out: dict[str, NDArray[np.float32]]) -> None:
        try:
            room = self._rooms.get_nowait()
        except Empty:
            room = Room(self._stages)
        self._stage(room, self._stages - 1, pixels, out)
        if AVGPOOL in out:
            maps = room.stages[-1].maps(len(pixels))
            out[AVGPOOL][:] = maps.mean(axis=(1, 2), dtype=np.float64)  # (n, 7, 7, 512) -> (n, 512)
        self._rooms.put(room)

    def _stage(
        self, room: Room, number: int, pixels: NDArray[np.uint8], out: dict[str, NDArray[np.float32]]
    ) -> None:
        """Compute a stage's maps of the pixels, and all stages before it, in ever smaller parts."""
        stage = room.stages[number]
        assert len(pixels) <= stage.pictures  # compiled loops would write past the end
        first = f"layer{number + 1}.0"
        part = stage.pictures if number == 0 else room.stages[number - 1].pictures
        for start in range(0, len(pixels), part):
            some = slice(start, min(start + part, len(pixels)))
            if number == 0:
                self._stem(room, pixels[some])
            else:
                self._stage(room, number - 1, pixels[some], {name: rows[some] for name, rows in out.items()})
                self._halve(room, number, start, some.stop - start)
        n = len(pixels)
        if number == 0:
            self._convolve(room, stage, n, f"{first}.conv1", to_y=True)
        self._convolve(room, stage, n, f"{first}.conv2", to_y=False)
        for block in range(1, BLOCKS):
            self._convolve(room, stage, n, f"layer{number + 1}.{block}.conv1", to_y=True)
            self._convolve(room, stage, n, f"layer{number + 1}.{block}.conv2", to_y=False)
        if STYLE in out and number < STYLE_STAGES:
            self._style(stage, number, out[STYLE])

    def _stem(self, room: Room, pixels: NDArray[np.uint8]) -> None:
        stage, layer = room.stages[0], self._layers["conv1"]
        for i, picture in enumerate(pixels):
            self._loops.stem(
                picture, self._colours, room.padded, layer.panels, layer.bias, room.stem_from, room.stem_to,
                room.lines, stage.x, i * stage.size + stage.inner, stage.row,
            )  # fmt: skip

    def _halve(self, room: Room, number: int, start: int, n: int) -> None:
        """Bring `n` maps of the stage before to this one: its first convolution in y, the shortcut in x."""
        before, after = room.stages[number - 1], room.stages[number]
        windows, points, targets = room.halving[number - 1]
        rows, at, name = n * after.side**2, start * after.size, f"layer{number + 1}.0"
        length = before.channels
        layer = self._layers[f"{name}.conv1"]
        self._loops.multiply(
            before.x, windows, 0, rows, 3, before.row, 3 * length, layer.panels, 0, layer.bias,
            after.y, targets, at, after.channels, 1,
        )  # fmt: skip
        layer = self._layers[f"{name}.downsample"]
        self._loops.multiply(
            before.x, points, 0, rows, 1, 0, length, layer.panels, 0, layer.bias,
            after.x, targets, at, after.channels, 0,
        )  # fmt: skip

    def _convolve(self, room: Room, stage: Stage, n: int, name: str, to_y: bool) -> None:
        """Convolve x into y, or y into x and add what x held before."""
        source, target = (stage.x, stage.y) if to_y else (stage.y, stage.x)
        layer = self._layers[name]
        self._loops.convolve(
            source, target, target, int(not to_y), stage.tiles, stage.high, stage.wide, n * stage.tiles_each,
            stage.row, stage.channels, stage.waste, layer.panels, layer.bias, self._zeros,
            room.v, room.m, stage.v_rows, stage.block,
        )  # fmt: skip

    def _style(self, stage: Stage, number: int, rows: NDArray[np.float32]) -> None:
        width = stage.channels
        begin = 2 * sum(WIDTHS[:number])
        mean, sd = np.empty(width), np.empty(width)
        for i, row in enumerate(rows):
            self._loops.moments(stage.x, i * stage.size + stage.inner, stage.row, stage.side, mean, sd)
            row[begin : begin + width], row[begin + width : begin + 2 * width] = mean, sd
