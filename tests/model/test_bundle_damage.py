"""What happens to files that are not as styleid wrote them: one line each, and nothing is run."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from bundle_cases import bundle, vectors
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from styleid import load_model
from styleid.errors import BundleError
from styleid.model import make
from styleid.model.bundle import save_bundle
from styleid.model.contents import Bundle
from styleid.model.file import archive
from styleid.model.file.archive import pack, unpack

Members = dict[str, bytes]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_bundle(tmp_path / "model.styleid", bundle())
    return tmp_path / "model.styleid"


def _one_line(path: Path, match: str) -> str:
    with pytest.raises(BundleError, match=match) as caught:
        load_model(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def _sealed(members: Members) -> bytes:
    """Pack members with digests that fit, as somebody who means it would."""
    manifest = json.loads(members.pop("manifest.json"))
    manifest["members"] = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    return pack({"manifest.json": json.dumps(manifest).encode(), **members})


def _change(path: Path, change: Callable[[Members], None]) -> None:
    members = unpack(path.read_bytes(), "")
    change(members)
    path.write_bytes(_sealed(members))


def _change_manifest(path: Path, **fields: Any) -> None:
    def change(members: Members) -> None:
        members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **fields}).encode()

    _change(path, change)


def _change_schema(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    def apply(members: Members) -> None:
        inner = unpack(members["heads/000.skops"], "")
        schema = json.loads(inner["schema.json"])
        change(schema)
        members["heads/000.skops"] = pack({**inner, "schema.json": json.dumps(schema).encode()})

    _change(path, apply)


def _outcome(path: Path) -> Bundle | BundleError:
    try:
        return load_model(path)
    except BundleError as error:
        return error


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    _one_line(tmp_path / "none.styleid", "cannot read the model .*No such file")


def test_a_folder(tmp_path: Path) -> None:
    _one_line(tmp_path, "cannot read the model .*directory")


def test_a_file_that_may_not_be_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    _one_line(path, "cannot read the model .*Permission denied")


@pytest.mark.parametrize("content", [b"", b"P", b"<html>", b"PK\x05\x06" + b"\0" * 18, b"\x80\x04."])
def test_a_file_that_is_no_bundle(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _one_line(path, "expected a model")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    _one_line(path, "expected a model written by styleid, found a file that is damaged, cut off or no zip")


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_flipped_bit_is_found_or_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "flipped"
    save_bundle(path, bundle())
    content = bytearray(path.read_bytes())
    # Half the draws in the directory at the end, where zipfile itself looks.
    start = data.draw(st.sampled_from([0, len(content) - 500]))
    content[data.draw(st.integers(start, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    found = _outcome(path)
    if isinstance(found, BundleError):
        assert "\n" not in str(found)
        assert "flipped" in str(found)
    else:
        X, _ = vectors()
        assert np.array_equal(found.scores(X), bundle().scores(X))
        assert found.labels == bundle().labels


def test_a_byte_of_a_head_that_differs_is_found(path: Path) -> None:
    members = unpack(path.read_bytes(), "")
    head = bytearray(members["heads/000.skops"])
    head[len(head) // 2] ^= 1
    path.write_bytes(pack({**members, "heads/000.skops": bytes(head)}))  # a zip whose own check sums fit
    _one_line(path, r"not as listed in its manifest: heads/000\.skops")


def test_a_head_of_another_bundle_is_found(path: Path) -> None:
    save_bundle(path.with_name("other"), bundle("knn"))
    other = unpack(path.with_name("other").read_bytes(), "")
    members = unpack(path.read_bytes(), "")
    path.write_bytes(pack({**members, "heads/000.skops": other["heads/000.skops"]}))
    _one_line(path, r"not as listed in its manifest: heads/000\.skops")


def test_two_heads_that_changed_places_are_found(path: Path) -> None:
    save_bundle(path, bundle("logreg", True))
    members = unpack(path.read_bytes(), "")
    first, second = members["heads/000.skops"], members["heads/001.skops"]
    swapped = {**members, "heads/000.skops": second, "heads/001.skops": first}
    path.write_bytes(pack(swapped))
    _one_line(path, r"not as listed in its manifest: heads/000\.skops, heads/001\.skops")
    path.write_bytes(_sealed(swapped))  # with digests made anew, the golden scores tell
    _one_line(path, "scores its golden vectors otherwise")


def test_a_member_that_is_missing_or_one_too_many(path: Path) -> None:
    members = unpack(path.read_bytes(), "")
    path.write_bytes(pack({**members, "extra.txt": b"hello"}))
    _one_line(path, "not as listed in its manifest: extra.txt")
    path.write_bytes(pack({k: v for k, v in members.items() if k != "golden.safetensors"}))
    _one_line(path, r"not as listed in its manifest: golden\.safetensors")
    path.write_bytes(pack({k: v for k, v in members.items() if k != "manifest.json"}))
    _one_line(path, "no manifest that can be read")


def test_a_newer_format_asks_for_a_newer_styleid(path: Path) -> None:
    _change_manifest(path, format_version=4)
    _one_line(path, "the model is of format 4, this styleid reads up to 3: .*; install a newer styleid")


def test_an_older_format_asks_for_a_new_fit(path: Path) -> None:
    _change_manifest(path, format_version=1)
    _one_line(path, "the model is of format 1, .* this styleid reads up to 3: .*; fit it again")


@pytest.mark.parametrize("found", [0, "1", None, [1], 0.5])
def test_a_format_that_never_was(path: Path, found: object) -> None:
    _change_manifest(path, format_version=found)
    _one_line(path, "format_version is")


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"labels": ["anna", "bruno"]}, "damaged or was changed"),
        ({"labels": 3}, "damaged or was changed"),
        ({"kind": "both"}, "damaged or was changed"),
        ({"kind": "one-vs-rest"}, "damaged or was changed"),
        ({"space": {"dim": 99}}, "its space and the space's id do not belong together"),
        ({"space": None}, "damaged or was changed"),
    ],
)
def test_a_manifest_that_contradicts_the_heads(path: Path, fields: dict[str, Any], match: str) -> None:
    _change_manifest(path, **fields)
    _one_line(path, match)


def test_other_scores_name_the_versions_then_and_now(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(members: Members) -> None:
        golden = load_tensors(members["golden.safetensors"])
        golden["scores"] = golden["scores"] + 2e-6
        members["golden.safetensors"] = save_tensors(golden)

    _change(path, change)
    _one_line(path, r"by up to 2e-06\).*the library versions are the same")
    monkeypatch.setattr(
        "styleid.model.bundle.library_versions", lambda: {**bundle().versions, "scikit-learn": "9.9"}
    )
    _one_line(path, r"scikit-learn \S+ then, 9\.9 now; fit it again, or install those versions")


def test_scores_that_differ_by_rounding_are_let_pass(path: Path) -> None:
    def change(members: Members) -> None:
        golden = load_tensors(members["golden.safetensors"])
        golden["scores"] = golden["scores"] + 1e-7
        members["golden.safetensors"] = save_tensors(golden)

    _change(path, change)
    load_model(path)


class Trap:
    """What would run if a file could name any type."""

    def __reduce__(self) -> Any:
        raise AssertionError("reduced")

    def __setstate__(self, state: Any) -> None:
        raise AssertionError("a foreign type was made")


def _foreign(loader: str, module: str, name: str, **more: Any) -> dict[str, Any]:
    return {"__class__": name, "__module__": module, "__loader__": loader, "__id__": 7001, **more}


@pytest.mark.parametrize(
    ("node", "named"),
    [
        (_foreign("FunctionNode", "os", "system"), "os.system"),
        (_foreign("TypeNode", "os", "system"), "os.system"),
        (_foreign("FunctionNode", "builtins", "eval"), "builtins.eval"),
        # These skops itself would let in.
        (_foreign("FunctionNode", "numpy", "add"), "numpy.add"),
        (_foreign("ObjectNode", "sklearn.tree._classes", "DecisionTreeClassifier"), "DecisionTreeClassifier"),
        (_foreign("TypeNode", "builtins", "map"), "builtins.map"),
        # A type of ours, by a loader that would call it.
        (_foreign("ConstructorFromReduceNode", "styleid.heads.knn", "KNNHead", content={}), "KNNHead"),
        (_foreign("ObjectNode", "test_bundle_damage", "Trap", content=None), "Trap"),
        (_foreign("NdArrayNode", "builtins", "eval", type="numpy", file="000.npy"), "builtins.eval"),
        ({"__loader__": "JsonNode", "content": "1"}, "None.None"),
        ({"__loader__": ["JsonNode"], "__class__": "str", "__module__": "builtins"}, "builtins.str"),
    ],
)
def test_a_foreign_type_is_refused_by_name_before_anything_is_made(
    path: Path, monkeypatch: pytest.MonkeyPatch, node: dict[str, Any], named: str
) -> None:
    def change(schema: dict[str, Any]) -> None:
        schema["content"]["content"]["extra"] = node

    _change_schema(path, change)
    monkeypatch.setattr(skops.io, "loads", lambda *a, **k: pytest.fail("skops was asked"))
    message = _one_line(path, "only the types of styleid's heads, found ")
    assert f"found {named}" in message or f".{named} " in message
    assert "heads/000.skops" in message


def test_a_file_that_skops_writes_of_a_function_is_refused(path: Path) -> None:
    def change(members: Members) -> None:
        members["heads/000.skops"] = skops.io.dumps({"run": os.system})

    _change(path, change)
    _one_line(path, r"found \w+\.system")


def test_a_schema_nested_without_end(path: Path) -> None:
    def change(members: Members) -> None:
        deep = '{"a":' * 100_000 + "1" + "}" * 100_000
        members["heads/000.skops"] = pack({"schema.json": deep.encode()})

    _change(path, change)
    _one_line(path, "does not read")


def test_a_head_that_is_no_head(path: Path) -> None:
    def change(members: Members) -> None:
        members["heads/000.skops"] = skops.io.dumps(["just", "words"])

    _change(path, change)
    _one_line(path, "damaged or was changed")


def _npy(header: str, body: bytes = b"") -> bytes:
    text = header.encode() + b" " * ((64 - (10 + len(header) + 1) % 64) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body


@pytest.mark.parametrize(
    "content",
    [
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }", b"\0" * 8),
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", b"\0" * 8),
        _npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"\x80\x04."),
        _npy("{'descr': __import__('os'), }"),
        b"",
        b"\x93NUMPY\x09\x00",
    ],
)
def test_an_array_that_lies_about_itself(path: Path, content: bytes) -> None:
    def change(members: Members) -> None:
        inner = unpack(members["heads/000.skops"], "")
        members["heads/000.skops"] = pack({**inner, "000.npy": content})

    _change(path, change)
    _one_line(path, "does not read|damaged or was changed")


@pytest.mark.parametrize("two", [False, True])
@pytest.mark.parametrize("attribute", ["coef_", "vectors_", "intercept_"])
def test_support_vectors_that_do_not_fit_together(path: Path, attribute: str, two: bool) -> None:
    save_bundle(path, bundle("svm", two))

    def change(members: Members) -> None:
        inner = unpack(members["heads/000.skops"], "")
        svc = json.loads(inner["schema.json"])["content"]["content"]["model_"]["content"]["content"]["steps"]
        name = svc["content"][1]["content"][1]["content"]["content"][attribute]["file"]
        array = np.load(io.BytesIO(inner[name]))
        buffer = io.BytesIO()
        np.save(buffer, array[..., :-1])
        members["heads/000.skops"] = pack({**inner, name: buffer.getvalue()})

    _change(path, change)
    _one_line(path, "does not read|damaged|does not score")


def test_weights_of_an_mlp_that_do_not_fit_together(path: Path) -> None:
    save_bundle(path, bundle("mlp"))

    def change(members: Members) -> None:
        arrays = load_tensors(members["heads/000.safetensors"])
        arrays["coefs_0"] = arrays["coefs_0"][:-1].copy()
        members["heads/000.safetensors"] = save_tensors(arrays)

    _change(path, change)
    _one_line(path, "damaged or was changed")


def _zip(path: Path, compression: int, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)


def test_a_bomb_is_refused_before_it_is_inflated(path: Path) -> None:
    _zip(path, zipfile.ZIP_DEFLATED, bomb=b"\0" * 50_000_000)
    assert path.stat().st_size < 100_000
    _one_line(path, "found 'bomb', which is compressed")

    def change(members: Members) -> None:
        _zip(path.with_name("inner"), zipfile.ZIP_DEFLATED, bomb=b"\0" * 50_000_000)
        members["heads/000.skops"] = path.with_name("inner").read_bytes()

    save_bundle(path, bundle())
    _change(path, change)
    _one_line(path, "found 'bomb', which is compressed: heads/000.skops in ")


def test_a_member_beyond_the_limit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBER", 1000)
    _one_line(path, r"which has [\d,]+ bytes, more than 1,000")


def test_members_that_claim_more_than_the_file_has(path: Path) -> None:
    data = bytearray(pack({"a": b"x" * 100}))
    for mark, offset in ((b"PK\x03\x04", 18), (b"PK\x01\x02", 20)):  # both sizes, in both headers
        start = data.index(mark) + offset
        data[start : start + 8] = (10_000_000).to_bytes(4, "little") * 2
    path.write_bytes(data)
    _one_line(path, "names or bytes used twice")


def test_a_name_that_is_there_twice(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("manifest.json", b"{}")
    _one_line(path, "names or bytes used twice")


def test_versions_leave_out_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make, "_LIBRARIES", ("numpy", "no-such-library"))
    assert set(make.library_versions()) == {"styleid", "python", "numpy"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"options": []}, "options and versions by their names"),
        ({"versions": "x"}, "options and versions by their names"),
        ({"options": {"policy": 7}}, "must be a mapping, not int"),
        ({"options": {"policy": {"version": 99}}}, "version 99 is not known"),
        ({"options": {"policy": {"formats": ["EVIL"]}}}, "no picture format 'EVIL'"),
        ({"options": {"policy": {"max_bytes": -1}}}, "max_bytes expects"),
        ({"options": {"policy": {"allow": 1}}}, "unexpected keyword argument 'allow'"),
    ],
)
def test_options_that_were_edited(path: Path, fields: dict[str, Any], reason: str) -> None:
    _change_manifest(path, **fields)
    _one_line(path, reason)
