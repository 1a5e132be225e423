"""The memory one thread of the Winograd runtime works in, and its tables of places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.resnet import WIDTHS
from styleid.backbones.runtimes.winograd.sizes import GAP, PLANES, ROWS, TILE_OUT
from styleid.backbones.runtimes.winograd.weights import aligned

SIDE = 224
#: Pictures that go through each stage together, and tiles that are multiplied together. Few where pictures
#: are large, so that planes stay in the cache; many where weights are large, read once for all of them.
PICTURES = (2, 4, 12, 24)
TILES = (24, 24, 96, 96)

Places = NDArray[np.int64]


class Stage:
    """Two arrays of padded feature maps, (pictures, padded side, padded side, channels), flat.

    A block's convolutions go to and fro between `x` and `y`, whose padding is zero and stays zero. `row` and
    `size` count the numbers in a padded row and map; `waste` is a place behind the last map.
    """

    def __init__(self, number: int) -> None:
        self.channels = WIDTHS[number]
        self.side = SIDE // 4 >> number
        self.pictures = PICTURES[number]
        across = -(-self.side // TILE_OUT)
        self.tiles_each = across**2
        padded = TILE_OUT * across + 2
        self.row = padded * self.channels
        self.size = padded * self.row
        self.waste = self.pictures * self.size
        self.x = aligned(self.waste + self.channels)
        self.y = aligned(self.waste + self.channels)
        self.inner = self.row + self.channels  # the first pixel that is no padding
        picture, down, right = np.indices((self.pictures, across, across)).reshape(3, -1)
        self.tiles = picture * self.size + TILE_OUT * (down * self.row + right * self.channels)
        self.high = np.minimum(TILE_OUT, self.side - TILE_OUT * down)
        self.wide = np.minimum(TILE_OUT, self.side - TILE_OUT * right)
        self.block = -(-min(TILES[number], len(self.tiles)) // ROWS) * ROWS
        self.v_rows = np.arange(self.block) * self.channels

    def maps(self, n: int) -> NDArray[np.float32]:
        """Return the first `n` maps of `x` without padding, (n, side, side, channels)."""
        maps = self.x[: n * self.size].reshape(n, -1, self.row // self.channels, self.channels)
        return maps[:, 1 : self.side + 1, 1 : self.side + 1]


class Room:
    """Everything a thread writes to: its stages, and the arrays of `stem` and `convolve`."""

    def __init__(self, stages: int) -> None:
        self.stages = [Stage(number) for number in range(stages)]
        width = self.stages[0].channels
        self.padded = aligned((SIDE + 6) ** 2 * 3)
        line = (SIDE // 2 + 2) * width
        self.lines = aligned(4 * line)
        down, right = np.indices((2, SIDE // 2)).reshape(2, -1)
        self.stem_from = _filled(2 * down * (SIDE + 6) * 3 + 6 * right)
        self.stem_to = _filled(down * line + (right + 1) * width)
        planes = max(PLANES * (stage.block * stage.channels + GAP) for stage in self.stages)
        self.v = aligned(planes)
        self.m = aligned(planes)
        pairs = zip(self.stages, self.stages[1:], strict=False)
        self.halving = [_halving(before, after) for before, after in pairs]


def _halving(before: Stage, after: Stage) -> tuple[Places, Places, Places]:
    """Return the tables of `multiply` for stride 2: windows of 3 x 3, single pixels, and where both go."""
    picture, down, right = np.indices((before.pictures, after.side, after.side)).reshape(3, -1)
    windows = picture * before.size + 2 * (down * before.row + right * before.channels)
    targets = picture * after.size + down * after.row + right * after.channels + after.inner
    return _filled(windows), _filled(windows + before.inner), _filled(targets)


def _filled(rows: Places) -> Places:
    """Repeat the last row until there is a multiple of `ROWS`."""
    return np.pad(rows, (0, -len(rows) % ROWS), mode="edge")
