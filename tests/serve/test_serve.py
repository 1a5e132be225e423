"""The server as people start it: ports, tokens, signals, a browser and curl."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser import BROWSER, Browser
from command import here_in
from drawing import draw
from drawn_model import Drawn, drawn_model

from styleid.serve import server as server_module

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-that-nobody-guesses"


def without_extra() -> bool:
    return server_module.find_spec("starlette") is None or server_module.find_spec("uvicorn") is None


needs_extra = pytest.mark.skipif(without_extra(), reason="needs the extra serve")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    return drawn_model(tmp_path_factory.mktemp("serve"))


@pytest.fixture(scope="module")
def token(drawn: Drawn) -> Path:
    file = drawn.root / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    return file


class Server:
    """One that was started from a command line."""

    def __init__(self, drawn: Drawn, *options: object) -> None:
        command = [sys.executable, "-W", "error", "-m", "styleid", "serve", "--no-open", "--port", "0"]
        kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self.process = subprocess.Popen(
            [*command, "--model", str(drawn.watchful), *map(str, options)],
            cwd=drawn.root,
            env=kept,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        found = re.fullmatch(r"Drop pictures on (http://\S+/#token=\S+)\n", first)
        assert found, (first, self.process.communicate())
        self.link = found[1]
        address = urlsplit(self.link)
        assert address.port is not None
        self.port, self.token = address.port, address.fragment.partition("=")[2]

    def put(self, data: bytes, name: str = "a.png", **headers: str) -> tuple[int, dict[str, object]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        own = {"Authorization": f"Bearer {self.token}", "X-Picture-Name": name, **headers}
        connection.request("PUT", "/v1/predict", data, own)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        return answer.status, content

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture(scope="module")
def server(drawn: Drawn, token: Path) -> Iterator[Server]:
    started = Server(drawn, "--token-file", token)
    try:
        yield started
    finally:
        _, _, err = started.end()
    assert "Traceback" not in err


@needs_extra
def test_the_example_of_the_page_runs(drawn: Drawn, server: Server) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("needs curl")
    [example] = re.findall(
        r"^```sh\n(.*?)^```", (ROOT / "docs/serve.md").read_text(encoding="utf-8"), re.M | re.S
    )
    shutil.copy(next(drawn.new.rglob("*.png")), drawn.root / "new.png")
    assert example.count(":8421/") == 1
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    command = example.replace(":8421/", f":{server.port}/").replace("curl ", "curl -sS ")
    done = subprocess.run(["sh", "-c", command], cwd=drawn.root, env=env, capture_output=True, check=True)
    answer = json.loads(done.stdout)
    assert set(answer["scores"]) == {"blot", "stripe"}
    assert answer["path"] == "picture"
    assert str(drawn.root) not in done.stdout.decode()


@needs_extra
def test_the_same_answer_as_the_command(drawn: Drawn, server: Server) -> None:
    picture = next((drawn.images / "blot").rglob("*.png"))
    told = here_in(drawn.root, "predict", picture, "--model", drawn.watchful, "--json")
    [said] = json.loads(told.stdout)
    status, answer = server.put(picture.read_bytes(), "blot.png")
    assert (status, said["learned"]) == (200, "exact")
    for name, value in said.items():
        if name == "scores":
            assert answer["scores"] == pytest.approx(value, abs=1e-5)
        elif name not in ("path", "nearer"):
            assert answer[name] == value, name
    assert answer["path"] == "blot.png"


@needs_extra
def test_sixteen_at_once_and_bad_ones_among_them(drawn: Drawn, server: Server) -> None:
    pictures = [path.read_bytes() for path in sorted(drawn.images.rglob("*.png"))[:16]]
    pictures[3], pictures[9] = b"<html>", pictures[9][:100]
    answers: dict[int, tuple[int, dict[str, object]]] = {}

    def send(number: int) -> None:
        answers[number] = server.put(pictures[number], f"{number}.png")

    threads = [threading.Thread(target=send, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answers[number][0] for number in range(16)] == [422 if n in (3, 9) else 200 for n in range(16)]
    assert all(answers[n][1].get("path") == f"{n}.png" for n in range(16) if n not in (3, 9))
    codes = [answers[number][1]["error"]["code"] for number in (3, 9)]  # type: ignore[index]
    assert codes == ["format-refused", "truncated"]


@needs_extra
@pytest.mark.skipif(BROWSER is None, reason="needs a Chromium")
def test_a_visit(drawn: Drawn, server: Server, tmp_path: Path) -> None:
    blot, other = (
        draw(tmp_path / name, seed, style)
        for name, seed, style in (("my blot.png", 7, 1), ("b <img src=x onerror=alert(1)>.png", 8, 0))
    )
    bad = tmp_path / "bad <img src=x onerror=alert(1)>.png"
    bad.write_bytes(b"no picture at all")
    with Browser(tmp_path) as browser:
        browser.go(server.link)
        browser.until("document.getElementById('model').textContent.includes('blot')")
        browser.press("Tab", 9)
        assert browser.do("document.activeElement.id") == "file"

        browser.drop(blot)
        browser.until("document.querySelectorAll('.sheet').length === 1")
        said = browser.do("document.querySelector('.reply .state').textContent")
        assert said
        assert browser.do("document.querySelector('.reply .top h2').textContent") == "my blot.png"
        assert said in browser.do("document.getElementById('aloud').textContent")
        assert browser.do("document.querySelector('.reply details').open")
        assert browser.do("document.querySelector('.reply .sheet').innerText.length") > 100
        assert browser.errors == []

        browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        browser.do("document.querySelector('.reply .tools button').click()")
        browser.do("new Promise((done) => setTimeout(done, 500))")
        saved = tmp_path / "my blot.html"

        browser.drop(other, bad, blot)
        browser.until("document.querySelectorAll('.sheet').length === 3")
        browser.until("document.querySelectorAll('.failed').length === 1")
        assert "found bytes of no known kind" in browser.do(
            "document.querySelector('.failed .state').textContent"
        )
        assert browser.do("document.querySelectorAll('img[onerror]').length") == 0
        assert browser.do("document.getElementById('count').textContent") == "3 of 4, 1 without one"
        assert browser.do("[...document.querySelectorAll('.reply .top h2')].map((e) => e.textContent)") == [
            "my blot.png",
            other.name,
            bad.name,
            "my blot.png",
        ]
        ids = browser.do("[...document.querySelectorAll('[id]')].map((e) => e.id)")
        assert len(ids) == len(set(ids)), "also where a picture is here twice"
        browser.do("document.querySelector('.failed .tools button').click()")
        assert browser.do("document.activeElement.textContent") == "my blot.png", "where a keyboard goes on"
        assert [one for one in browser.errors if "422" not in one] == []
        outside = [
            one
            for one in browser.requests
            if not one.startswith((f"{server.link.partition('#')[0]}", "data:", "blob:"))
        ]
        assert outside == []

        browser.requests.clear()
        browser.errors.clear()
        browser.go(saved.as_uri())
        assert browser.do("document.querySelectorAll('.sheet').length") == 1
        assert browser.errors == []
        assert [one for one in browser.requests if not one.startswith(("file:", "data:"))] == []

        browser.go(server.link.partition("#")[0])
        assert "lacks the token" in browser.until("document.getElementById('trouble').textContent")


@needs_extra
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told_to(number: int, drawn: Drawn) -> None:
    started = Server(drawn)
    assert len(started.token) >= 40, "its own, where no file gives one"
    picture = next(drawn.new.rglob("*.png")).read_bytes()
    assert started.put(picture)[0] == 200
    assert started.put(picture, Authorization=f"Bearer {TOKEN}")[0] == 401
    children = Path(f"/proc/{started.process.pid}/task/{started.process.pid}/children")
    pids = children.read_text().split() if children.exists() else []
    code, out, err = started.end(number)
    assert code == 0
    assert err.splitlines()[-1] == "ended; nothing that was sent is kept"
    assert "Traceback" not in out + err
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", started.port))


@needs_extra
def test_other_computers_are_let_in_with_a_word_about_it(drawn: Drawn, token: Path) -> None:
    started = Server(drawn, "--host", "0.0.0.0", "--token-file", token)
    try:
        assert started.link == f"http://127.0.0.1:{started.port}/#token={TOKEN}"
        assert started.put(b"no", Host="evil.example")[0] == 421
        assert started.put(b"no", Host=f"192.168.1.2:{started.port}")[0] == 422
    finally:
        _, _, err = started.end()
    assert f"open to other computers: whoever reaches http://0.0.0.0:{started.port}/" in err
    assert "not encrypted" in err


@needs_extra
def test_a_busy_port_is_one_line(drawn: Drawn) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        done = here_in(drawn.root, "serve", "--no-open", "--port", port, "--model", drawn.model)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: port {port} of 127.0.0.1 is taken by another program")
    assert done.stderr.count("\n") == 1


@needs_extra
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--host", "0.0.0.0"), "needs --token-file FILE"),
        (("--host", "192.168.0.1"), "needs --token-file FILE"),
        (("--host", "::"), "needs --token-file FILE"),
        (("--host", "no.such.host.invalid", "--token-file", "token"), "is no address of this computer"),
        (("--token-file", "gone"), "cannot read the token in gone"),
        (("--token-file", "open"), "chmod 600 open"),
        (("--token-file", "short"), "one word of at least 20 letters"),
        (("--token-file", "two"), "one word of at least 20 letters"),
        (("--token-file", "empty"), "one word of at least 20 letters"),
    ],
)
def test_what_would_let_strangers_in_is_refused(
    options: tuple[str, ...], said: str, drawn: Drawn, token: Path
) -> None:
    for name, text in (("open", TOKEN), ("short", "guess"), ("two", f"{TOKEN} {TOKEN}"), ("empty", "")):
        (drawn.root / name).write_text(text)
        (drawn.root / name).chmod(0o644 if name == "open" else 0o600)
    done = here_in(drawn.root, "serve", "--no-open", "--port", 0, "--model", drawn.model, *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_the_extra_one_line_says_how_to_get_it(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "find_spec", lambda name: None)
    done = here_in(drawn.root, "serve", "--no-open", "--model", drawn.model)
    assert done.returncode == 1
    assert done.stderr == (
        'error: `styleid serve` needs a package that is not installed: pip install "styleid[serve]"\n'
    )
