from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from obedient import SOUND, ObedientPool
from picture_bytes import encoded, picture
from PIL import Image

import styleid
import styleid.data.decode.images as images
from styleid import DecodePolicy
from styleid.data.decode.hostile.pool import DecodePool
from styleid.data.decode.images import decode
from styleid.data.facts import facts_of, file_facts
from styleid.errors import ImageError, InputError

POLICY = DecodePolicy()


def code_of(pool: DecodePool, data: bytes) -> str:
    with pytest.raises(ImageError, match=r"\A[^\n]+\Z") as caught:  # in one line
        pool.decode(data)
    return caught.value.code


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def children() -> set[str]:
    pid = os.getpid()
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def test_the_same_picture_as_without_a_child() -> None:
    image = picture(width=900, height=700)  # sent in two strips
    image.putalpha(200)
    for data in (SOUND, encoded(image, "PNG"), encoded(picture().convert("CMYK"), "JPEG")):
        with DecodePool(1, POLICY) as pool:
            there, here = pool.decode(data), decode(data, POLICY)
        assert there.image.tobytes() == here.image.tobytes()
        assert (there.image.size, there.image.mode, there.flags) == (here.image.size, "RGB", here.flags)
        assert there.stored == here.stored, "sides and mode as in the file, of which facts are made"


def test_the_facts_of_a_file_without_decoding_it_here(tmp_path: Path) -> None:
    image = picture(width=900, height=700)
    files = [encoded(image, kind) for kind in ("PNG", "JPEG", "TIFF")]
    with DecodePool(1, DecodePolicy(formats=("PNG",))) as pool:
        for data in files:
            (tmp_path / "picture").write_bytes(data)
            here, there = file_facts(tmp_path / "picture"), facts_of(data, small_copy=pool.small)
            assert here is not None
            assert there is not None
            for name, value in vars(here).items():
                assert np.array_equal(value, getattr(there, name)), f"{name}, and whatever the policy"
        assert facts_of(b"no picture", small_copy=pool.small) is None


def test_the_policy_goes_with_it() -> None:
    tiff = encoded(picture(), "TIFF")
    with DecodePool(1, DecodePolicy(formats=("TIFF",), max_pixels=959)) as pool:
        with pytest.raises(ImageError, match="expected at most 959 pixels, found 40 x 24") as caught:
            pool.decode(tiff)
        assert caught.value.code == "too-many-pixels"
        assert code_of(pool, SOUND) == "format-refused"


@pytest.mark.parametrize(
    ("order", "code", "message"),
    [
        (b"hang", "time-limit", "expected at most 0.5 s of decoding, took longer"),
        (b"sleep", "time-limit", "took longer"),
        (b"crash", "crashed", r"process died of it \(SIGSEGV\)"),
        (b"exit", "crashed", r"process died of it \(exit code 3\)"),
        (b"memory", "memory-limit", "not enough memory"),
    ],
)
def test_only_the_one_picture_is_lost(order: bytes, code: str, message: str) -> None:
    with ObedientPool(1, POLICY, time_limit=0.5) as pool:
        assert pool.decode(SOUND).image.size == (40, 24)
        with pytest.raises(ImageError, match=message) as caught:
            pool.decode(order)
        assert caught.value.code == code
        for _ in range(2):
            assert pool.decode(SOUND).image.tobytes() == decode(SOUND, POLICY).image.tobytes()


def test_a_real_picture_out_of_time() -> None:
    slow = encoded(Image.new("RGB", (6000, 6000), (1, 2, 3)), "PNG", compress_level=1)
    with DecodePool(1, POLICY, time_limit=0.05) as pool:
        assert code_of(pool, slow) == "time-limit"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is sure to have the limit")
def test_a_real_picture_out_of_memory() -> None:
    large = encoded(Image.new("L", (12_000, 10_000)), "PNG", compress_level=1)
    with DecodePool(1, POLICY, memory_limit=256 * 2**20) as pool:
        assert code_of(pool, large) == "memory-limit"
        assert pool.decode(SOUND).image.size == (40, 24)


def test_what_libraries_print_does_not_get_into_the_conversation() -> None:
    with ObedientPool(1, POLICY) as pool:
        assert pool.decode(b"babble").image.tobytes() == decode(SOUND, POLICY).image.tobytes()


def test_large_pictures_take_turns_with_their_clocks_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    turn = threading.Semaphore(1)
    inside, most, lock = 0, 0, threading.Lock()

    class Counted:
        def __enter__(self) -> None:
            nonlocal inside, most
            turn.acquire()
            with lock:
                inside += 1
                most = max(most, inside)

        def __exit__(self, *error: object) -> None:
            nonlocal inside
            with lock:
                inside -= 1
            turn.release()

    monkeypatch.setattr("styleid.data.decode.hostile.link.one_large", Counted())
    with ObedientPool(3, POLICY, time_limit=3) as pool, ThreadPoolExecutor(6) as threads:
        results = list(threads.map(pool.decode, [b"wait"] * 6))
    assert len(results) == 6
    assert most == 1


def test_many_threads_few_children() -> None:
    files = [encoded(picture(seed), fmt) for seed in range(2) for fmt in ("PNG", "JPEG", "GIF")]
    alone = [decode(data, POLICY).image.tobytes() for data in files]
    with ObedientPool(2, POLICY, time_limit=20) as pool, ThreadPoolExecutor(6) as threads:

        def outcome(data: bytes) -> bytes:
            try:
                return pool.decode(data).image.tobytes()
            except ImageError as error:
                return error.code.encode()

        mixed = [item for data in files for item in (data, b"crash")]
        results = list(threads.map(outcome, mixed))
    assert results[::2] == alone
    assert set(results[1::2]) == {b"crashed"}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_nothing_is_left_behind() -> None:
    with DecodePool(1, POLICY) as pool:
        pool.decode(SOUND)
    open_before, children_before = descriptors(), children()
    with ObedientPool(2, POLICY, time_limit=0.5) as pool, ThreadPoolExecutor(3) as threads:
        for order in (b"hang", b"crash", b"exit"):
            list(threads.map(lambda data: [code_of(pool, data)], [order] * 2))
        pool.decode(SOUND)
        assert children() > children_before
    assert descriptors() == open_before
    assert children() == children_before


def test_an_interrupt_does_not_mix_up_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with DecodePool(1, POLICY) as pool:
        pool.decode(SOUND)
        child = pool._idle.queue[0]
        assert child is not None

        def interrupted(kind: bytes) -> images.Decoded:
            raise KeyboardInterrupt("by hand")

        monkeypatch.setattr(child, "_answer", interrupted)
        with pytest.raises(KeyboardInterrupt, match="by hand"):
            pool.decode(encoded(picture(9), "PNG"))
        assert pool.decode(SOUND).image.tobytes() == decode(SOUND, POLICY).image.tobytes()


def test_time_that_runs_out_just_after_the_answer() -> None:
    with DecodePool(1, POLICY) as pool:
        pool.decode(SOUND)
        child = pool._idle.queue[0]
        assert child is not None
        real = child.decode

        def just_in_time(data: bytes, side: int | None) -> images.Decoded:
            decoded = real(data, side)
            child.timed_out = True
            child._process.kill()
            return decoded

        child.decode = just_in_time  # type: ignore[method-assign]
        for _ in range(2):
            assert pool.decode(SOUND).image.size == (40, 24)


def test_answers_of_a_child_gone_over_are_not_believed() -> None:
    lies = [
        b"P" + b"\xff" * 8,
        b'E\x09\0\0\0["x","y"]',
        b"E\x02\0\0\0{]",
        b"E\xff\xff\xff\xff",
        b"P\x02\0\0\0\x02\0\0\0\x02\0\0\0{}",
        b"?",
    ]
    for lie in lies:

        class Lying(DecodePool):
            command = (
                sys.executable,
                "-c",
                f"import os, time; os.write(1, b'R'); os.read(0, 1 << 20); os.write(1, {lie!r}); os._exit(0)",
            )

        with Lying(1, POLICY) as pool:
            assert code_of(pool, SOUND) == "crashed"


def test_a_child_that_does_not_start() -> None:
    class Broken(DecodePool):
        command = (sys.executable, "-c", "raise SystemExit(5)")

    with Broken(1, POLICY) as pool:
        for _ in range(2):
            with pytest.raises(InputError, match=r"does not start \(exit code 5\); give it more memory"):
                pool.decode(SOUND)


def test_closed_pools_say_so() -> None:
    pool = DecodePool(2, POLICY)
    pool.decode(SOUND)
    pool.close()
    pool.close()
    with pytest.raises(InputError, match="is closed; open another"):
        pool.decode(SOUND)


@pytest.mark.parametrize("options", [{"workers": 0}, {"time_limit": 0.0}, {"memory_limit": 1000}])
def test_limits_that_make_no_sense(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match="expected at least 1 worker, some time and 268435456 bytes"):
        DecodePool(**{"workers": 1, "policy": POLICY, **options})  # type: ignore[arg-type]


def test_a_child_imports_little() -> None:
    heavy = "{'numpy', 'torch', 'sklearn', 'pyarrow'}"
    program = f"import sys, styleid.data.decode.hostile.child; print(sorted({heavy} & set(sys.modules)))"
    home = str(Path(styleid.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": home},
    )
    assert done.stdout.strip() == "[]"


def test_the_current_folder_is_not_imported_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json", "struct", "PIL"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    home = str(Path(styleid.__file__).parents[1])
    monkeypatch.setenv("PYTHONPATH", home)
    with DecodePool(1, POLICY) as pool:
        assert pool.decode(SOUND).image.size == (40, 24)
