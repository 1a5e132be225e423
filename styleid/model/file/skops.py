"""Fitted heads as bytes and back, by skops and a list of the types that are let in; never pickle."""

from __future__ import annotations

import io
import json
import math
import sys
import warnings
from collections.abc import Iterator, Mapping
from itertools import count
from types import ModuleType
from typing import Any

import numpy as np

from styleid.errors import BundleError
from styleid.model.file.archive import pack, unpack
from styleid.model.file.scorer import Fitted

SCHEMA = "schema.json"
#: What reading a file raises that is no head, whatever else it is.
_DAMAGE = (
    ValueError,  # also json.JSONDecodeError and UnicodeDecodeError
    KeyError,
    TypeError,
    AttributeError,
    ImportError,
    IndexError,
    EOFError,
    RecursionError,
)

#: Loader of skops -> the types it may make; all that the heads need, and nothing that can be called.
#: It is ours and not skops's own list, which lets in every estimator of scikit-learn and every ufunc.
ALLOWED = {
    "ObjectNode": {
        "styleid.heads.centroid.CentroidHead",
        "styleid.heads.centroid.NearestMean",
        "styleid.heads.cosine.CosineHead",
        "styleid.heads.cosine.WhiteCosine",
        "styleid.heads.joint.Joint",
        "styleid.heads.knn.KNNHead",
        "styleid.heads.lda.LDAHead",
        "styleid.heads.lda.ShrunkLDA",
        "styleid.heads.logreg.LogRegHead",
        "styleid.heads.mlp.MLPHead",
        "styleid.heads.one_vs_rest_svc.OneVsRestSVC",
        "styleid.heads.svm.SVMHead",
        "styleid.heads.voting.Voting",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
    },
    "NdArrayNode": {"numpy.ndarray", "numpy.float64", "numpy.int64", "numpy.int32"},
    "DictNode": {"builtins.dict"},
    "ListNode": {"builtins.list"},
    "TupleNode": {"builtins.tuple"},
    "JsonNode": {"builtins.str"},
    "TypeNode": {"builtins.str"},  # the types of dictionary keys
}


def dump_estimator(estimator: Any) -> bytes:
    """Return a fitted estimator of types in `ALLOWED` as a skops file; equal ones give equal bytes."""
    members = unpack(_skops().dumps(estimator), "skops file")
    schema = json.loads(members.pop(SCHEMA))
    arrays: dict[bytes, str] = {}
    # skops numbers nodes and names arrays by memory address: number nodes in order, and arrays so that
    # those that are equal share a name, whether or not they were one object.
    numbers = count(1)
    for node in _nodes(schema):
        if "__id__" in node:
            node["__id__"] = next(numbers)
        if "file" in node:
            node["file"] = arrays.setdefault(members[node["file"]], f"{len(arrays):03d}.npy")
    _check_types(schema, "the fitted head")
    return pack({SCHEMA: json.dumps(schema).encode(), **{name: content for content, name in arrays.items()}})


def read_fitted(data: bytes, where: str) -> Any:
    """Read a skops file as a `Fitted` after checking every type and every array in it; nothing is imported.

    Raises `BundleError` if it names a type that is not in `ALLOWED`, or is damaged.
    """
    members = unpack(data, where)
    try:
        schema = json.loads(members[SCHEMA])
        _check_types(schema, where)
        for name, content in members.items():
            if name != SCHEMA:
                _check_array(content)
        return _plain(schema, members)
    except _DAMAGE as error:
        raise _unreadable(error, where) from error


def load_estimator(data: bytes, where: str) -> Any:
    """Make the scikit-learn estimator of a skops file, checked as by `read_fitted`."""
    read_fitted(data, where)
    skops = _skops()
    from sklearn.exceptions import InconsistentVersionWarning

    try:
        with warnings.catch_warnings():
            # Whether another scikit-learn still gives the same scores is shown by the golden vectors.
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            return skops.loads(data, trusted=sorted(ALLOWED["ObjectNode"]))
    except (*_DAMAGE, skops.exceptions.UntrustedTypesFoundException) as error:
        raise _unreadable(error, where) from error


def _unreadable(error: Exception, where: str) -> BundleError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return BundleError(
        f"expected a fitted head, found something that does not read ({reason}): {where}; fit the model anew",
        where=where,
    )


def _plain(node: Any, members: Mapping[str, bytes]) -> Any:
    """Turn a node of a schema, whose types were checked, into plain values; objects become `Fitted`."""
    loader = node["__loader__"]
    if loader == "ObjectNode":
        return Fitted(node["__class__"], _plain(node["content"], members) if node.get("content") else {})
    if loader == "JsonNode":
        return json.loads(node["content"])
    if loader == "NdArrayNode":
        if node["type"] != "numpy":  # an array of objects
            return np.array([_plain(one, members) for one in node["content"]], dtype=object)
        array = np.load(io.BytesIO(members[node["file"]]), allow_pickle=False)
        return array if node["__class__"] == "ndarray" else array[()]  # or a number
    if loader == "DictNode":
        return {key: _plain(value, members) for key, value in node["content"].items()}
    values = [_plain(value, members) for value in node["content"]]
    return tuple(values) if loader == "TupleNode" else values


def _skops() -> ModuleType:
    """Import skops without torch, which it would load by walking through all of scikit-learn."""
    shim = "sklearn.externals.array_api_compat.torch"
    hidden = "skops.io" not in sys.modules and shim not in sys.modules
    if hidden:
        sys.modules[shim] = None  # type: ignore[assignment]
    try:
        import skops.io
        import skops.io.exceptions
    finally:
        if hidden:
            del sys.modules[shim]
    module: ModuleType = skops.io
    return module


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every dictionary of a schema, parents first, in written order."""
    if isinstance(value, dict):
        yield value
        for child in value.values():
            yield from _nodes(child)
    elif isinstance(value, list):
        for child in value:
            yield from _nodes(child)


def _check_types(schema: Any, where: str) -> None:
    # Every dictionary that names a class, module or loader, wherever it stands: more than skops visits.
    for node in _nodes(schema):
        if not node.keys() & {"__class__", "__module__", "__loader__"}:
            continue
        loader, name = node.get("__loader__"), f"{node.get('__module__')}.{node.get('__class__')}"
        if name not in ALLOWED.get(str(loader), ()):
            raise BundleError(
                f"expected only the types of styleid's heads, found {name} (by {loader}): {where}; "
                "do not use this file unless you know who made it, and then fit the model anew",
                where=where,
                type=name,
            )


def _check_array(content: bytes) -> None:
    """Refuse an array whose header claims other bytes than there are, before memory is taken for it."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(content) - file.tell():
        raise ValueError(f"an array of shape {shape} and type {dtype} in {len(content):,} bytes")
