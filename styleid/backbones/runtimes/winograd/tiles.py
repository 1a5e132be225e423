"""The innermost work of the Winograd runtime, written down as instructions: products, transforms, pooling."""

from __future__ import annotations

from typing import Any

from numba.core import cgutils

from styleid.backbones.runtimes.winograd.lanes import INDEX, Lanes, Memory, index, kernel
from styleid.backbones.runtimes.winograd.sizes import COLUMNS, LANES, ROWS, TILE_IN, TILE_OUT


def _emit_product(
    builder: Any,
    a: Memory,
    a_rows: Memory,
    a_at: Any,
    segments: Any,
    step: Any,
    length: Any,
    b: Memory,
    b_at: Any,
    bias: Memory,
    bias_at: Any,
    c: Memory,
    c_rows: Memory,
    c_at: Any,
    row: Any,
    rectify: Any,
    ahead: Any,
    pace: Any,
) -> None:
    """Sum `ROWS` x `COLUMNS` products; each row of `a` is `segments` stretches of `length`, `step` apart.

    Meanwhile what lies in `b` from `ahead` on is fetched, `pace` numbers for each number of a row.
    """
    columns = range(0, COLUMNS, LANES)
    rows = [a.at(a_at, a_rows.at(row, r).number()) for r in range(ROWS)]
    sums = [[Lanes.variable(builder) for _ in columns] for _ in rows]
    for q, column in enumerate(columns):
        start = bias.at(bias_at, column).load()
        for r in range(ROWS):
            builder.store(start.value, sums[r][q])
    with cgutils.for_range(builder, segments, intp=INDEX) as outer:
        begin = builder.mul(outer.index, step)
        stretches = [memory.at(begin) for memory in rows]
        panel = b.at(b_at, builder.mul(builder.mul(outer.index, length), index(COLUMNS)))
        later = b.at(ahead, builder.mul(builder.mul(outer.index, length), pace))
        with cgutils.for_range(builder, length, intp=INDEX) as inner:
            line = panel.at(builder.mul(inner.index, index(COLUMNS)))
            later.at(builder.mul(inner.index, pace)).prefetch()
            factors = [line.at(column).load() for column in columns]
            for r, stretch in enumerate(stretches):
                number = stretch.at(inner.index).repeat()
                for q, factor in enumerate(factors):
                    total = number * factor + Lanes(builder, builder.load(sums[r][q]))
                    builder.store(total.value, sums[r][q])
    zero = Lanes.constant(builder, 0.0)
    wanted = builder.icmp_signed("!=", rectify, index(0))
    for r in range(ROWS):
        target = c.at(c_at, c_rows.at(row, r).number())
        for q, column in enumerate(columns):
            total = Lanes(builder, builder.load(sums[r][q]))
            positive = total.maximum(zero)
            target.at(column).store(Lanes(builder, builder.select(wanted, positive.value, total.value)))


def _emit_into(
    builder: Any, x: Memory, x_at: Any, row: Any, column: Any, v: Memory, v_at: Any, plane: Any
) -> None:
    """Transform 6 x 6 pixels: V = B^T d B."""
    steps = range(TILE_IN)
    pixels = [x.at(x_at, builder.mul(column, index(j))) for j in steps]
    half = [into_tile([pixel.at(builder.mul(row, index(i))).load() for i in steps]) for pixel in pixels]
    for i in steps:
        for j, value in enumerate(into_tile([half[j][i] for j in steps])):
            v.at(v_at, builder.mul(plane, index(TILE_IN * i + j))).store(value)


def _emit_out_of(
    builder: Any,
    m: Memory,
    m_at: Any,
    plane: Any,
    bias: Memory,
    shortcut: Memory,
    add: Any,
    y: Memory,
    y_at: Any,
    channel: Any,
    row: Any,
    column: Any,
    high: Any,
    wide: Any,
    waste: Any,
) -> None:
    """Transform back to 4 x 4 pixels, Y = A^T m A, add bias and shortcut, rectify; keep `high` x `wide`."""
    steps = range(TILE_IN)
    places = [[m.at(m_at, builder.mul(plane, index(TILE_IN * i + j))) for i in steps] for j in steps]
    half = [out_of_tile([place.load() for place in line]) for line in places]
    constant = bias.at(channel).load()
    zero = Lanes.constant(builder, 0.0)
    adds = builder.icmp_signed("!=", add, index(0))
    for i in range(TILE_OUT):
        in_height = builder.icmp_signed("<", index(i), high)
        for j, value in enumerate(out_of_tile([half[s][i] for s in steps])):
            inside = builder.and_(in_height, builder.icmp_signed("<", index(j), wide))
            offset = builder.add(builder.mul(row, index(i)), builder.mul(column, index(j)))
            place = builder.add(builder.add(y_at, offset), channel)
            # The array's first pixel is padding, hence zero: to add it is to add nothing.
            other = shortcut.at(builder.select(builder.and_(adds, inside), place, channel)).load()
            result = (value + constant + other).maximum(zero)
            y.at(builder.select(inside, place, builder.add(waste, channel))).store(result)


def into_tile(d: list[Any]) -> list[Any]:
    """Multiply 6 numbers or lanes by B^T of F(4, 3) (Lavin and Gray 2016, arXiv:1509.09308, 4.3)."""
    near, far = d[4] - d[2] * 4.0, d[3] - d[1] * 4.0
    even, odd = d[4] - d[2], (d[3] - d[1]) * 2.0
    first = d[0] * 4.0 + (d[4] - d[2] * 5.0)
    last = d[1] * 4.0 + (d[5] - d[3] * 5.0)
    return [first, near + far, near - far, even + odd, even - odd, last]


def out_of_tile(m: list[Any]) -> list[Any]:
    """Multiply 6 numbers or lanes by A^T of the same, which gives 4."""
    near, half = m[1] + m[2], m[1] - m[2]
    far, twice = m[3] + m[4], m[3] - m[4]
    return [m[0] + near + far, twice * 2.0 + half, far * 4.0 + near, twice * 8.0 + half + m[5]]


def _emit_largest(
    builder: Any, x: Memory, top: Any, middle: Any, bottom: Any, column: Any, y: Memory, y_at: Any
) -> None:
    """Take the largest of 3 x 3 pixels."""
    starts = [x.at(start, builder.mul(column, index(j))) for start in (top, middle, bottom) for j in range(3)]
    best = starts[0].load()
    for start in starts[1:]:
        best = best.maximum(start.load())
    y.at(y_at).store(best)


product = kernel(_emit_product)
into = kernel(_emit_into)
out_of = kernel(_emit_out_of)
largest = kernel(_emit_largest)
