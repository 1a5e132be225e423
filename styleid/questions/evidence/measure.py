"""What a verdict on one picture rests on, from the model alone: no store, and none of its pictures' files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from styleid.data.decode.images import Decoded
from styleid.data.facts import SmallCopy
from styleid.data.thumbnails import small_picture
from styleid.files import StrPath
from styleid.model.contents import Bundle
from styleid.model.predict import predict_each
from styleid.model.verdict import Verdict


@dataclass(frozen=True, eq=False)
class Sheet:
    """The evidence of one picture; where it could not be used, the verdict's error is all there is."""

    verdict: Verdict  # its path is the name of the picture

    @property
    def name(self) -> str:
        """What the picture is called."""
        return self.verdict.path

    def plain(self) -> dict[str, Any]:
        """Return the sheet as plain values for JSON, without pictures."""
        return self.verdict.plain()


class Evidence:
    """Makes sheets by one model: the network is loaded once, the witnesses are grown when first asked.

    `decode` and `small_copy` read the bytes of pictures: by default in this process, by the model's policy.
    One object may be used by one thread at a time.
    """

    def __init__(
        self,
        model: Bundle,
        weights: StrPath | None = None,
        device: str = "auto",
        decode: Callable[[bytes], Decoded] | None = None,
        small_copy: SmallCopy = small_picture,
    ) -> None:
        self.model = model
        self._weights, self._device = weights, device

    def of(self, pictures: Sequence[StrPath | bytes], names: Sequence[str] | None = None) -> list[Sheet]:
        """Make a sheet of each picture, in order; `names` are what they are called, by default their paths."""
        paths = [Path(str(picture)) for picture in pictures]
        return [Sheet(verdict) for verdict in predict_each(self.model, paths, self._weights, self._device)]
