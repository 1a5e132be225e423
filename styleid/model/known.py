"""The pictures that evidence is shown from: what a model keeps of those it learned from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from styleid.data.facts import STEPS, FileFacts
from styleid.errors import BundleError
from styleid.model.learned import KEPT

#: Members of a model that hold it.
ARRAYS, PLAIN = "known.safetensors", "known.json"
#: Fields of `FileFacts` that are kept as they are; colours have an array, hashes and digests stand elsewhere.
_FACTS: dict[str, type] = {
    **dict.fromkeys(("width", "height", "n_bytes"), int),
    **dict.fromkeys(("format", "mode", "tables"), str),
    "coarseness": float,
    **dict.fromkeys(("has_exif", "has_icc"), bool),
    "spread": float,
}
#: Type and inner shape of each array.
_ARRAYS = {
    "labels": ("int32", ()),
    "components": ("int32", ()),
    "digests": ("uint8", (KEPT,)),
    "places": ("float32", (2,)),
    "read": ("bool", ()),
    "colours": ("uint8", (STEPS**3,)),
    "borders": ("float32", (4,)),
    "thumbnails": ("uint8", ()),
    "lengths": ("int64", ()),
}


@dataclass(frozen=True, eq=False)
class Known:
    """n pictures, in the order of the rows of the detector of strangers; no name of a file is kept."""

    names: tuple[str, ...]  # labels as the user calls them, also where a target was fitted
    labels: NDArray[np.int64]  # (n,) numbers of names
    components: NDArray[np.int64]  # (n,) a number for all that stayed together in folds
    digests: NDArray[np.uint8]  # (n, 16) the first bytes of each SHA-256
    places: NDArray[np.float32]  # (n, 2) in the projection; no rows where there was none
    facts: tuple[FileFacts | None, ...]  # None: the file could not be read; no digests and hashes
    thumbnails: tuple[bytes, ...]  # WebP, empty where there is none; none at all if left out
    n_learned: int  # pictures that the model learned from, of which these are some
    said: Mapping[str, Any] = field(default_factory=dict)  # headline and cautions of the fit's report

    def __post_init__(self) -> None:
        n = len(self.labels)
        sound = (
            self.labels.shape == self.components.shape == (n,)
            and self.digests.shape == (n, KEPT)
            and self.places.shape in ((n, 2), (0, 2))
            and len(self.facts) == n
            and len(self.thumbnails) in (0, n)
            and (n == 0 or 0 <= self.labels.min() <= self.labels.max() < len(self.names))
        )
        if not sound:
            raise BundleError(f"expected what is known of {n} pictures, found parts of other lengths")

    def __len__(self) -> int:
        return len(self.labels)

    def to_members(self) -> dict[str, bytes]:
        """Return the files of the model that hold it, by name."""
        there = [one is not None for one in self.facts]
        shares = [one.histogram for one in self.facts if one is not None]
        borders = [one.border for one in self.facts if one is not None]
        arrays = {
            "labels": self.labels.astype(np.int32),
            "components": self.components.astype(np.int32),
            "digests": self.digests,
            "places": self.places,
            "read": np.array(there, bool),
            # Roots of shares, as witnesses take them; of a palette two digits will do.
            "colours": np.round(np.sqrt(np.array(shares).reshape(-1, STEPS**3)) * 255).astype(np.uint8),
            "borders": np.array(borders, np.float32).reshape(-1, 4),
            "thumbnails": np.frombuffer(b"".join(self.thumbnails), np.uint8),
            "lengths": np.array([len(one) for one in self.thumbnails], np.int64),
        }
        plain = {
            "names": self.names,
            "n_learned": self.n_learned,
            "said": dict(self.said),
            "facts": [[getattr(one, name) for name in _FACTS] for one in self.facts if one is not None],
        }
        text = json.dumps(plain, ensure_ascii=False, allow_nan=False)
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        return {ARRAYS: save_tensors(contiguous), PLAIN: text.encode("utf-8", "surrogateescape")}

    @classmethod
    def from_members(cls, members: Mapping[str, bytes]) -> Known:
        """Read what `to_members` wrote; a `ValueError`, or another of its kind, where somebody changed it."""
        arrays = load_tensors(members[ARRAYS])
        for name, (dtype, inner) in _ARRAYS.items():
            array = arrays[name]
            if array.dtype != dtype or array.shape[1:] != inner or not np.isfinite(array).all():
                raise ValueError(f"{name} are not as they were written")
        plain = json.loads(members[PLAIN].decode("utf-8", "surrogateescape"))
        shares = (arrays["colours"].astype(np.float32) / 255) ** 2
        rows = zip(plain["facts"], shares, arrays["borders"].astype(float), strict=True)
        facts: list[FileFacts | None] = [None] * len(arrays["read"])
        for place, (row, share, border) in zip(np.flatnonzero(arrays["read"]), rows, strict=True):
            values = dict(zip(_FACTS, row, strict=True))
            if not all(map(_is_fact, values.values(), _FACTS.values())):
                raise ValueError("facts of files are not as they were written")
            facts[place] = FileFacts(sha256="", hashes=None, histogram=share, border=border, **values)
        names, said = plain["names"], plain["said"]
        texts = [*names, *([said["headline"], *said["cautions"]] if said else [])]
        if not isinstance(names, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError("names or what the report said are not as they were written")
        ends = np.cumsum(arrays["lengths"])
        whole = arrays["thumbnails"].tobytes()
        if (arrays["lengths"] < 0).any() or ends[-1:].sum() != len(whole):
            raise ValueError("small pictures are not as long as they were written")
        return cls(
            names=tuple(names),
            labels=arrays["labels"].astype(np.int64),
            components=arrays["components"].astype(np.int64),
            digests=arrays["digests"],
            places=arrays["places"],
            facts=tuple(facts),
            thumbnails=tuple(
                whole[end - length : end] for end, length in zip(ends, arrays["lengths"], strict=True)
            ),
            n_learned=max(int(plain["n_learned"]), len(facts)),
            said=said,
        )


def _is_fact(value: object, kind: type) -> bool:
    """Say whether a value is of a kind, and a number one that can be reckoned with."""
    if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
        return False
    return kind in (str, bool) or (0 < value < 2**53 if kind is int else bool(np.isfinite(value)))  # type: ignore[operator, call-overload]
