"""Random changes of a picture that leave its hand the same: turned, shifted, sheared, zoomed, mirrored.

Ranges and their meaning are those of Keras's ``ImageDataGenerator``, which trained both seed projects: one
affine map a picture, bilinear, around its centre, with the nearest pixel where it looks beyond an edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Augmentation:
    """Ranges from which affine maps are drawn."""

    rotation: float = 0.0  # largest angle either way, in degrees
    shift: float = 0.0  # largest shift either way along each axis, as a share of the side
    shear: float = 0.0  # largest angle either way, in degrees
    zoom: tuple[float, float] = (1.0, 1.0)  # drawn for each axis; above 1 the picture becomes smaller
    horizontal_flip: bool = False
    vertical_flip: bool = False

    def draw(
        self, rng: np.random.Generator, height: int, width: int
    ) -> tuple[NDArray[np.float64], bool, bool]:
        """Draw one map for a picture of these sides; each call takes equally many random numbers.

        The (3, 3) matrix takes (row, column, 1) of the new picture to those of the old one; the two
        booleans say whether its columns, and its rows, are reversed afterwards.
        """
        angle, shear = np.radians(rng.uniform(-1, 1, 2) * (self.rotation, self.shear))
        rows, columns = rng.uniform(-1, 1, 2) * self.shift * (height, width)
        zoom_rows, zoom_columns = rng.uniform(*self.zoom, 2)
        flips = rng.random(2) < 0.5
        matrix = (
            np.array(
                [[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]]
            )
            @ np.array([[1, 0, rows], [0, 1, columns], [0, 0, 1]])
            @ np.array([[1, -math.sin(shear), 0], [0, math.cos(shear), 0], [0, 0, 1]])
            @ np.diag([zoom_rows, zoom_columns, 1.0])
        )
        centre, back = np.eye(3), np.eye(3)
        centre[:2, 2] = (height - 1) / 2, (width - 1) / 2
        back[:2, 2] = -centre[:2, 2]
        return (
            centre @ matrix @ back,
            bool(flips[0] and self.horizontal_flip),
            bool(flips[1] and self.vertical_flip),
        )

    def apply(self, pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Change a picture of shape (height, width) or (height, width, channels); the shape stays."""
        from scipy.ndimage import affine_transform  # half a second of every other start

        matrix, mirrored, upside_down = self.draw(rng, *pixels.shape[:2])
        planes = pixels.reshape(*pixels.shape[:2], -1)
        changed = np.empty_like(planes)
        for channel in range(planes.shape[2]):
            affine_transform(
                planes[..., channel],
                matrix[:2, :2],
                matrix[:2, 2],
                output=changed[..., channel],
                order=1,
                mode="nearest",
            )
        if mirrored:
            changed = changed[:, ::-1]
        if upside_down:
            changed = changed[::-1]
        return np.ascontiguousarray(changed).reshape(pixels.shape)


#: The project that looked for one illustrator.
ARTIST = Augmentation(rotation=20, shift=0.2, zoom=(0.8, 1.2), horizontal_flip=True)
#: The notebook that trained one small network an actor.
ACTORS = Augmentation(
    rotation=30, shift=0.2, shear=15, zoom=(0.7, 1.4), horizontal_flip=True, vertical_flip=True
)
