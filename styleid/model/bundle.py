"""``model.styleid``: a fitted model as one file that is safe to open.

The file is a zip of uncompressed members, laid out in ``docs/formats.md``.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from styleid.data.decode.policy import check_policy
from styleid.errors import BundleError
from styleid.files import StrPath, write_atomic
from styleid.given import as_path
from styleid.model.contents import Bundle
from styleid.model.file.archive import pack, unpack
from styleid.model.file.scorer import Fitted, Scorer
from styleid.model.file.skops import dump_estimator, load_estimator, read_fitted
from styleid.model.known import ARRAYS, PLAIN
from styleid.model.learned import Learned
from styleid.model.make import library_versions
from styleid.model.trust import Trust

#: What is read; a model of one space is written as the version before, which older ones read too.
FORMAT_VERSION = 3
MODEL = "model.styleid"  # its name in the folder of a run
MANIFEST, GOLDEN, TRUST = "manifest.json", "golden.safetensors", "trust.safetensors"
LEARNED = "learned.safetensors"  # models saved before have none

#: Largest difference of a golden score that is still the same model.
TOLERANCE = 1e-6

#: Lists of arrays of an estimator that are kept beside its skops file.
_ARRAYS = ("coefs_", "intercepts_")


def save_bundle(path: Path, bundle: Bundle) -> None:
    """Write a bundle, whole or not at all; the same bundle gives the same bytes."""
    members: dict[str, bytes] = {}
    for number, estimator in enumerate(bundle.estimators):
        kept = [files for read, files in bundle.stored if read is estimator]
        files = kept[0] if kept else _estimator_files(estimator)
        members |= {f"heads/{number:03d}{suffix}": content for suffix, content in files.items()}
    members[TRUST] = save_tensors(bundle.trust.to_arrays())
    if bundle.learned is not None:
        members[LEARNED] = save_tensors(bundle.learned.to_arrays())
    members |= bundle.known_members
    golden = {"vectors": bundle.golden_vectors, "scores": bundle.golden_scores}
    members[GOLDEN] = save_tensors({name: np.ascontiguousarray(array) for name, array in golden.items()})
    manifest = {
        "format_version": FORMAT_VERSION if len(bundle.dims) > 1 else FORMAT_VERSION - 1,
        "kind": bundle.kind,
        "labels": list(bundle.labels),
        "head": bundle.head,
        "space": dict(bundle.space),
        "space_id": bundle.space_id,
        "options": dict(bundle.options),
        "trust": bundle.trust.to_plain(),
        "versions": dict(bundle.versions),
        "created": bundle.created,
        "members": {name: _digest(content) for name, content in members.items()},
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False)
    write_atomic(path, pack({MANIFEST: text.encode("utf-8", "surrogateescape"), **members}))


def model_file(path: StrPath) -> Path:
    """Return the file that is meant: a model, or the one in the folder of its run."""
    path = as_path(path, "the model")
    return path / MODEL if os.path.isdir(path) else path  # reading says what is wrong


def load_model(path: StrPath) -> Bundle:
    """Read a model, check all of it, and score its golden vectors again; no code of the file is run.

    Parameters
    ----------
    path : path
        A ``model.styleid`` file, or the folder of its run.

    Returns
    -------
    Bundle
        With ``labels`` (k names), ``head``, ``options``, ``space``, and ``scores``, which turns (n, dim)
        float32 into (n, k) float64, columns in the order of ``labels``.

    Raises
    ------
    BundleError
        If it cannot be read, is damaged, is of another format version, holds a type that is not allowed, or
        scores its golden vectors otherwise than when it was made.

    Examples
    --------
    >>> model = load_model("reports/lda")
    >>> model.labels
    """
    file = model_file(path)
    where = str(file)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BundleError(
            f"cannot read the model {where}: {error.strerror or error}; give the model.styleid of a run",
            where=where,
        ) from error
    members = unpack(data, where)
    manifest = _manifest(members, where)
    try:
        bundle = _bundle(manifest, members, where)
        again = bundle.scores(bundle.golden_vectors)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, SafetensorError) as error:
        raise _damaged(where, " ".join(str(error).split()) or type(error).__name__) from error
    if not np.allclose(again, bundle.golden_scores, rtol=0.0, atol=TOLERANCE):
        raise BundleError(
            f"the model scores its golden vectors otherwise than when it was made (by up to "
            f"{np.abs(again - bundle.golden_scores).max():.2g}): {where}; "
            f"{_version_change(bundle.versions)}; fit it again, or install those versions",
            where=where,
            versions=dict(bundle.versions),
        )
    return bundle


def _bundle(manifest: Mapping[str, Any], members: Mapping[str, bytes], where: str) -> Bundle:
    n_heads = 1 if manifest["kind"] == "multiclass" else len(manifest["labels"])
    stored = []
    for number in range(n_heads):
        start = f"heads/{number:03d}"
        files = {
            name.removeprefix(start): content
            for name, content in members.items()
            if name.startswith(start + ".")
        }
        stored.append((_scorer(files, f"{start}.skops in {where}"), files))
    golden = load_tensors(members[GOLDEN])
    try:
        bundle = Bundle(
            kind=manifest["kind"],
            head=manifest["head"],
            labels=tuple(manifest["labels"]),
            estimators=tuple(estimator for estimator, _ in stored),
            space=manifest["space"],
            golden_vectors=golden["vectors"],
            golden_scores=golden["scores"],
            options=manifest["options"],
            versions=manifest["versions"],
            created=manifest["created"],
            trust=Trust.from_parts(manifest["trust"], load_tensors(members[TRUST])),
            learned=Learned.from_arrays(load_tensors(members[LEARNED])) if LEARNED in members else None,
            known_members={name: members[name] for name in (ARRAYS, PLAIN) if name in members},
            stored=tuple(stored),
        )
    except BundleError as error:
        raise _damaged(where, error.message) from error
    check_policy(bundle.options.get("policy"), bundle.space)
    if bundle.space_id != manifest["space_id"]:
        raise _damaged(where, "its space and the space's id do not belong together")
    return bundle


def _manifest(members: Mapping[str, bytes], where: str) -> dict[str, Any]:
    try:
        manifest = json.loads(members[MANIFEST].decode("utf-8", "surrogateescape"))
        found = manifest["format_version"]
        if isinstance(found, int) and found > FORMAT_VERSION:
            raise BundleError(
                f"the model is of format {found}, this styleid reads up to {FORMAT_VERSION}: {where}; "
                "install a newer styleid",
                where=where,
                found=found,
            )
        if found == 1:
            raise BundleError(
                f"the model is of format 1, which had no probabilities; this styleid reads "
                f"up to {FORMAT_VERSION}: {where}; fit it again",
                where=where,
                found=found,
            )
        if found not in (FORMAT_VERSION - 1, FORMAT_VERSION):
            raise _damaged(where, f"format_version is {found!r}")
        digests = {name: _digest(content) for name, content in members.items() if name != MANIFEST}
        wrong = sorted(name for name, digest in manifest["members"].items() if digests.get(name) != digest)
        wrong += sorted(digests.keys() - manifest["members"].keys())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(where, f"no manifest that can be read: {type(error).__name__}") from error
    if wrong:
        raise _damaged(where, f"not as listed in its manifest: {', '.join(wrong)}")
    return dict(manifest)


def _estimator_files(estimator: Any) -> dict[str, bytes]:
    """Return an estimator as suffix -> content."""
    estimator = estimator.real if isinstance(estimator, Scorer) else estimator
    arrays = {
        f"{name}{number}": np.ascontiguousarray(array)
        for name in _ARRAYS
        for number, array in enumerate(getattr(estimator, name, ()))
    }
    if not arrays:
        return {".skops": dump_estimator(estimator)}
    bare = copy.copy(estimator)
    for name in _ARRAYS:
        delattr(bare, name)
    return {".skops": dump_estimator(bare), ".safetensors": save_tensors(arrays)}


def _scorer(files: Mapping[str, bytes], where: str) -> Scorer:
    """Read a fitted head for its scores; the estimator itself is made where someone asks for it."""
    fitted = read_fitted(files[".skops"], where)
    arrays: dict[str, tuple[Any, ...]] = {}
    if ".safetensors" in files:
        tensors = load_tensors(files[".safetensors"])
        for name in _ARRAYS:
            numbers = range(sum(key.startswith(name) for key in tensors))
            arrays[name] = tuple(tensors[f"{name}{number}"] for number in numbers)

    def real() -> Any:
        estimator = load_estimator(files[".skops"], where)
        for name, values in arrays.items():
            setattr(estimator, name, values)
        return estimator

    return Scorer(Fitted(fitted.kind, {**fitted.state, **arrays}), real)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _damaged(where: str, reason: str) -> BundleError:
    return BundleError(
        f"expected a model as styleid wrote it, found one that is damaged or was changed ({reason}): "
        f"{where}; copy it again or fit the model anew",
        where=where,
        reason=reason,
    )


def _version_change(then: Mapping[str, str]) -> str:
    now = library_versions()
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    if not names:
        return "the library versions are the same, so the file or this machine's arithmetic is another"
    return "; ".join(
        f"{name} {then.get(name, 'absent')} then, {now.get(name, 'absent')} now" for name in names
    )
