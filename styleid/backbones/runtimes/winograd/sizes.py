"""Sizes that the compiled loops and those who lay out memory for them agree on."""

from __future__ import annotations

import llvmlite.binding

#: Numbers that one instruction works on: as wide as the processor's registers, which also decides how many of
#: them a sum of products may take.
LANES = 16 if llvmlite.binding.get_host_cpu_features().get("avx512f") else 8
#: So many rows and columns of a matrix product are summed at once, in 12 of a processor's 16 registers.
ROWS = 6
COLUMNS = 2 * LANES
#: Winograd's F(4 x 4, 3 x 3): 6 x 6 pixels in, 4 x 4 pixels out.
TILE_IN = 6
TILE_OUT = 4
PLANES = TILE_IN * TILE_IN
#: Numbers between two planes, without which their starts would compete for one place in the cache.
GAP = 16
