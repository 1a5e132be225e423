"""The projection: pictures whose vectors are alike stand close together."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox, ScaledTranslation
from numpy.typing import NDArray

from styleid.questions.run_data import Projection, RunData
from styleid.report.canvas import clear_frame, drawing, new_figure, to_png
from styleid.report.numbers import count_of
from styleid.report.palette import INK, MANY_LABELS, colour, marker, short_names

#: Share of an axis that may be empty in one stretch.
WIDEST_GAP = 0.08
#: The frame of an axis: its middle 96 %, and as much again on either side; what lies further out stands in a
#: strip at the edge, of this share of the frame. Of fewer pictures nobody can say which lies far out.
TAIL, STRIP, FEWEST = 0.02, 0.05, 12

METHODS = {"umap": "UMAP", "pca": "PCA"}
#: Names written into the plane; more would hide the points.
MOST_NAMES = 60


def describe_projection(projection: Projection) -> str:
    """Say in one line how the plane was made and how far it can be believed."""
    trust = projection.trustworthiness
    words = "trustworthiness not defined" if trust is None else f"trustworthiness {trust:.2f} (1 is best)"
    return f"{METHODS.get(projection.method, projection.method)}, {words}"


def write_far(projection: Projection) -> str:
    """Say how many pictures stand at the edge since they lie further out; nothing where none does."""
    far = int(place_points(projection.coordinates)[1].any(axis=1).sum())
    if not far:
        return ""
    are = "lies far outside and stands" if far == 1 else "lie far outside and stand"
    return f"{count_of(far, 'picture')} {are} at the edge, with a triangle that points outwards"


def place_points(coordinates: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Place (n, 2) points so that the bulk of them fills the plane, and say which lie outside its frame.

    Those are drawn to the edge, in their order; (n, 2) tells on which side, by -1, 0 or 1 for each axis.
    """
    placed, beyond = np.array(coordinates, dtype=np.float64), np.zeros(coordinates.shape, dtype=np.int64)
    for axis in (0, 1) if len(coordinates) >= FEWEST else ():
        values = placed[:, axis].copy()
        # The order of a single stray one at either end is left out, even of few.
        low = float(np.quantile(values, TAIL, method="higher"))
        high = float(np.quantile(values, 1 - TAIL, method="lower"))
        width = high - low
        if width > 0:
            inside = np.clip(values, low - width, high + width)
            outside = values - inside
            placed[:, axis] = inside + STRIP * 3 * width * outside / (width + np.abs(outside))
            beyond[:, axis] = np.sign(outside)
    return _shorten_gaps(placed), beyond


def _shorten_gaps(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shorten empty stretches of each axis, of (n, 2) places: one far group leaves half a plane blank.

    What lies together keeps its shape; how far groups lie apart means little in such a plane.
    """
    share = max(WIDEST_GAP, 3 / max(len(coordinates), 1))
    placed = np.empty_like(coordinates)
    for axis in (0, 1):
        order = np.argsort(coordinates[:, axis], kind="stable")
        steps = np.diff(coordinates[order, axis])
        for _ in range(40):  # each shortening makes the whole shorter, and so the widest gap that may be
            steps = np.minimum(steps, share * steps.sum())
        placed[order, axis] = np.concatenate([[0.0], np.cumsum(steps)])
    return placed


def draw_projection(run: RunData) -> bytes:
    """Draw all pictures as points, coloured by their own label, wrong ones as crosses."""
    assert run.projection is not None
    labels = run.result["labels"]
    points, beyond = place_points(run.projection.coordinates)
    names = short_names(labels)
    is_right = run.true == run.predicted
    few = len(labels) <= MANY_LABELS
    right, wrong = int(is_right.sum()), int((~is_right).sum())
    lines = [
        f"{describe_projection(run.projection)}. Colour: own label; dot: named right ({right:,}); cross: "
        f"named wrong ({wrong:,})."
    ]
    lines.append("Empty stretches between far groups are shortened.")
    if not few:
        every = len(labels) <= MOST_NAMES
        stand = "each name stands amid its" if every else f"the {MOST_NAMES} largest have names amid their"
        lines.append(f"After 8 labels colours come round again, in another shape: {stand} pictures.")
    if far := write_far(run.projection):
        lines.append(f"{far}.")
    if run.projection.note:
        lines.append(f"{run.projection.note}.")
    with drawing():
        figure = new_figure(
            9.4,
            _height(points, few),
            "Pictures that stand close look alike to the backbone",
            "\n".join(lines),
        )
        axes = figure.add_subplot()
        size = float(np.clip(22000 / max(len(points), 1), 8, 46))
        # Of many labels those of one colour are drawn at once: a thousand layers take minutes.
        layers = len(labels) if len(labels) <= MOST_NAMES else MANY_LABELS
        for index, name in enumerate(names[:layers]):
            mine, shade = run.true % layers == index, colour(index)
            good, bad = points[mine & is_right], points[mine & ~is_right]
            axes.scatter(good[:, 0], good[:, 1], s=size, color=shade, edgecolors=_darker(shade),
                         marker=marker(index), linewidths=0.4,
                         label=f"{name} ({int(mine.sum())})")  # fmt: skip
            if not few:
                axes.scatter(bad[:, 0], bad[:, 1], s=size * 2.2, marker=marker(index), facecolors="none",
                             edgecolors=_darker(shade), linewidths=0.8, zorder=3)  # fmt: skip
            axes.scatter(bad[:, 0], bad[:, 1], s=size * 1.1, color=_darker(shade), marker="x",
                         linewidths=1.3, zorder=3)  # fmt: skip
        _point_out(axes, points, beyond)
        axes.set_aspect("equal", adjustable="datalim")
        clear_frame(axes)
        axes.margins(0.04)
        if few:
            axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9.5, markerscale=1.2)
        else:
            _write_names(figure, axes, points, run.true, names)
        return to_png(figure)


def _point_out(axes: Axes, points: NDArray[np.float64], beyond: NDArray[np.int64]) -> None:
    """Put a triangle beside each point at the edge, on the side where it lies further out."""
    for way in np.unique(beyond[beyond.any(axis=1)], axis=0):
        mine = points[(beyond == way).all(axis=1)]
        angle = np.degrees(np.arctan2(way[1], way[0]))
        right, up = 8 * way / np.hypot(*way)
        moved = axes.transData + ScaledTranslation(right / 72, up / 72, axes.figure.dpi_scale_trans)
        axes.plot(mine[:, 0], mine[:, 1], marker=(3, 0, angle - 90), markersize=5, color=INK, linestyle="",
                  transform=moved, clip_on=False)  # fmt: skip


def _height(points: NDArray[np.float64], has_legend: bool) -> float:
    """Choose the height in inches that fits the points into the width there is."""
    width, height = np.maximum(np.ptp(points, axis=0), 1e-9)
    return 1.2 + float(np.clip((6.9 if has_legend else 9.0) * height / width, 4.0, 7.4))


def _darker(shade: str) -> tuple[float, float, float]:
    red, green, blue = to_rgb(shade)
    return 0.8 * red, 0.8 * green, 0.8 * blue


def _write_names(
    figure: Figure, axes: Axes, points: NDArray[np.float64], true: NDArray[np.int64], names: list[str]
) -> None:
    """Write the largest labels at the median of their points, nudged up or down off those already written."""
    figure.draw_without_rendering()  # fixes the scale from points to pixels
    # One for all: each text that asks by itself holds a picture of the whole figure.
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    halo = [withStroke(linewidth=2.6, foreground="white")]
    to_pixels, frame = axes.transData, axes.get_window_extent(renderer)
    taken: list[Bbox] = []
    counts = np.bincount(true, minlength=len(names))
    largest = np.argsort(-counts, kind="stable")[:MOST_NAMES].tolist()
    medians = {i: np.median(points[true == i], axis=0) for i in largest if counts[i]}
    for index in sorted(medians, key=lambda i: -medians[i][1]):
        x, y = to_pixels.transform(medians[index])
        text = axes.text(0, 0, names[index], fontsize=8.5, fontweight="bold", ha="center", va="center",
                         path_effects=halo, zorder=4)  # fmt: skip
        text.set_position(tuple(medians[index]))
        box = text.get_window_extent(renderer)
        x += max(frame.x0 - box.x0, 0) - max(box.x1 - frame.x1, 0)  # a name at the edge is not cut off
        box = box.translated(x - to_pixels.transform(medians[index])[0], 0)
        offsets = [0.0] + [sign * k * 0.5 * box.height for k in range(1, 17) for sign in (-1, 1)]
        for offset in offsets:
            moved = box.translated(0, offset)
            if not any(moved.overlaps(other) for other in taken):
                break
        else:
            moved, offset = box, 0.0
        taken.append(moved)
        text.set_position(tuple(to_pixels.inverted().transform((x, y + offset))))
