"""What is said while a command works, and when it is stopped."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import here_in
from drawing import draw

from styleid.cli import progress
from styleid.cli.progress import stage_bar

WAITS = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
from styleid.{module} import run as module
def work(*args, **kwargs):
    print("working", flush=True)
    time.sleep(60)
module.{name} = work
sys.argv[1:] = {arguments}
from styleid.cli import main
main()
"""


@pytest.mark.parametrize(
    ("sent", "code", "module", "name", "arguments", "kept"),
    [
        (signal.SIGINT, 130, "runs.fit", "fit", ["fit"], "a former one is as it was"),
        (signal.SIGTERM, 143, "runs.fit", "fit", ["fit"], "a former one is as it was"),
        (signal.SIGINT, 130, "runs.compare", "compare", ["compare"], "the finished folds are kept"),
        (
            signal.SIGTERM,
            143,
            "studies.forgetting",
            "study_forgetting",
            ["study", "forgetting", "--labels", "a,b"],
            "the finished trainings are kept",
        ),
        (signal.SIGINT, 130, "runs.attempt", "attempt", ["."], "what was embedded is kept"),
    ],
)
def test_a_command_that_is_stopped_says_what_is_kept(
    sent: int, code: int, module: str, name: str, arguments: list[str], kept: str, tmp_path: Path
) -> None:
    script = WAITS.format(module=module, name=name, arguments=arguments)
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        process.send_signal(sent)
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()  # or what was left open would fail other tests
        process.communicate()
    assert process.returncode == code
    last = told.splitlines()[-1]
    assert last.startswith("stopped: ")
    assert kept in last
    assert "same command" in last, "how to go on"
    assert "Traceback" not in told


ENDED = """
import sys
from styleid.cli import main, progress
progress.EVERY = 0.02
sys.argv[1:] = ["embed", "drawings", "--backbone", "resnet18-style"]
main()
"""


def test_what_is_embedded_when_a_command_is_ended_is_kept(tmp_path: Path) -> None:
    for i in range(400):
        draw(tmp_path / "drawings" / ("a" if i % 2 else "b") / f"{i}.png", seed=i, size=(600, 600))
    process = subprocess.Popen([sys.executable, "-c", ENDED], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:  # some are embedded by then, some wait for the network
        if (found := re.search(r"embedding, (\d+) of 400", line)) and int(found[1]) >= 150:
            break
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 143, told
    assert "what was embedded is kept, and the same command goes on from there" in told
    left = here_in(tmp_path, "embed", "--json")
    summary = json.loads(left.stdout)
    assert summary["n_known"] >= 32
    assert summary["n_known"] + summary["n_embedded"] == 400


def test_a_line_every_half_minute_where_nobody_watches(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.2)
    with stage_bar("pictures", "pictures") as report:
        report("embedding, 3 failed", 1000, 4000)
        time.sleep(0.5)
    lines = capsys.readouterr().err.splitlines()
    assert 1 <= len(lines) <= 3
    assert lines[-1].startswith("pictures: embedding, 3 failed, 1,000 of 4,000, ")
    assert " pictures/s, about " in lines[-1]
    assert " s left, " in lines[-1]
    with stage_bar("fit", "folds") as report:
        report("model", 0, 0)
        time.sleep(0.3)
    assert capsys.readouterr().err.startswith("fit: model, 0 s so far")
    time.sleep(0.3)
    assert capsys.readouterr().err == "", "it ends with the work"


@pytest.mark.skipif(os.name == "nt", reason="no such terminals there")
def test_at_eighty_columns_the_bar_fits_a_line() -> None:
    script = (
        "import time; from styleid.cli.progress import stage_bar\n"
        "with stage_bar('adding \\x1b]2;a-rather-long-label', 'pictures') as report:\n"
        "    for done in range(0, 20000, 1000): report('embedding, 12 failed', done, 123456); time.sleep(.02)"
    )
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm"}
    process = subprocess.Popen([sys.executable, "-c", script], stderr=theirs, env=environment)
    os.close(theirs)
    data = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        data += piece
    assert process.wait() == 0
    assert b"\x1b]" not in data, "no code of a name reaches the terminal"
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode())
    lines = [line for line in re.split(r"[\r\n]+", text) if "123456" in line]
    assert lines
    assert max(map(len, lines)) <= 80
    assert all("left" in line and "/123456" in line for line in lines)
    assert "\n\n" not in text


def test_a_failure_counts_while_embedding_goes_on(tmp_path: Path) -> None:
    from styleid import EmbedOptions, embed

    draw(tmp_path / "d" / "a" / "1.png", seed=1)
    (tmp_path / "d" / "a" / "0.png").write_bytes(b"junk")
    draw(tmp_path / "d" / "b" / "2.png", seed=2)
    stages: list[str] = []
    options = EmbedOptions(backbone="resnet18-style", threads=1)
    embed(
        tmp_path / "d", tmp_path / "m.csv", tmp_path / "v", options,
        progress=lambda stage, done, total: stages.append(stage),
    )  # fmt: skip
    assert stages[-1] == "embedding, 1 failed"
