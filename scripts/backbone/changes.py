"""What happens to pictures on their way that is not the hand's: colours lost or turned, compression, size."""

from __future__ import annotations

import io

from PIL import Image


def grey(image: Image.Image) -> Image.Image:
    """Take the colours away."""
    return image.convert("L").convert("RGB")


def turned(image: Image.Image, by: int) -> Image.Image:
    """Turn every hue by so many 256ths of the circle."""
    hue, *rest = image.convert("HSV").split()
    hue = hue.point([(value + by) % 256 for value in range(256)])
    return Image.merge("HSV", (hue, *rest)).convert("RGB")


def compressed(image: Image.Image, quality: int) -> Image.Image:
    """Store it as a JPEG and open it again."""
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=quality)
    return Image.open(packed).convert("RGB")


def small(image: Image.Image, side: int) -> Image.Image:
    """Shrink it to a square and enlarge it again."""
    return image.resize((side, side), Image.Resampling.BICUBIC).resize(image.size, Image.Resampling.BICUBIC)
