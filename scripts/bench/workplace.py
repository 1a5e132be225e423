"""Where a benchmark keeps its files, and the commands it measures."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contenders import PLAIN, Contender
from bench.measure import Cost, run

SCRIPTS = Path(__file__).resolve().parents[1]
#: Left to each library: everyone uses the threads he uses by himself.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True)
class Workplace:
    """A folder of the benchmark's own."""

    root: Path

    @property
    def sets(self) -> Path:
        """Where pictures are kept."""
        return self.root / "sets"

    @property
    def weights(self) -> Path:
        """The state dict that every peer loads."""
        return self.root / "resnet18.pt"

    @property
    def pixels(self) -> Path:
        """The pre-decoded pictures."""
        return self.root / "pixels.npy"

    def store(self, contender: Contender, name: str) -> Path:
        """Return the folder of a contender's last manifest and vectors of a set."""
        return self.root / "stores" / f"{contender.name.replace('/', '-').replace(' ', '-')}-{name}"

    def vectors(self, contender: Contender, name: str) -> Path:
        """Return the file of a peer's last vectors of a set."""
        return self.root / "vectors" / f"{contender.name.replace('/', '-').replace(' ', '-')}-{name}.npy"

    def environment(self) -> dict[str, str]:
        """Return the environment of every measured process: this one's, offline, with caches of its own."""
        kept = {name: value for name, value in os.environ.items() if name not in THREADS}
        search = [str(SCRIPTS), str(SCRIPTS.parent), kept.get("PYTHONPATH", "")]
        return kept | {
            "PYTHONPATH": os.pathsep.join(part for part in search if part),
            "XDG_CACHE_HOME": str(self.root / "cache"),
            "TORCH_HOME": str(self.root / "cache" / "torch"),
            "HF_HUB_OFFLINE": "1",
        }

    def module(self, name: str, *arguments: str | Path) -> Cost:
        """Run a module of the benchmark in a process of its own."""
        return run([sys.executable, "-m", f"bench.{name}", *arguments], self.environment())

    def told(self, name: str, *arguments: str | Path) -> Any:
        """Run a module of the benchmark and read the JSON of its last line."""
        return last_json(self.module(name, *arguments).output)

    def peer(self, contender: Contender, folder: Path, name: str) -> tuple[Cost, dict[str, Any]]:
        """Let a peer embed a folder; return what it cost, and what it timed itself."""
        assert contender.peer
        return self._worker(contender.peer.worker, "pictures", folder, self.vectors(contender, name))

    def network(self, contender: Contender) -> tuple[Cost, dict[str, Any]]:
        """Let a network read the pre-decoded pictures."""
        assert contender.network
        return self._worker(contender.network, "network", self.pixels, self.vectors(contender, "network"))

    def _worker(self, worker: str, mode: str, source: Path, out: Path) -> tuple[Cost, dict[str, Any]]:
        out.parent.mkdir(parents=True, exist_ok=True)
        cost = self.module("worker", worker, mode, source, out, repr(time.time()), self.weights)
        return cost, last_json(cost.output)

    def styleid(self, contender: Contender, folder: Path, name: str, fresh: bool = True) -> Cost:
        """Run ``styleid embed`` as a whole command, by default into a store that is not there yet."""
        place = self.store(contender, name)
        if fresh:
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
        return run(styleid_command(contender, folder, place), self.environment())


def styleid_command(contender: Contender, folder: Path, place: Path) -> list[str]:
    """Return the command that embeds a folder with the weights that ship."""
    command = [
        sys.executable,
        "-m",
        "styleid",
        "embed",
        str(folder),
        "--backbone",
        "resnet18-style",
        "--json",
    ]
    command += ["--manifest", str(place / "manifest.csv"), "--store", str(place / "vectors")]
    if contender.variant and contender.variant != PLAIN:
        runtime, precision = contender.variant.split("/")
        command += ["--runtime", runtime, "--precision", precision]
        # What peers compute: the last layer's average over the picture's middle, whatever the defaults are.
        command += ["--descriptor", "avgpool", "--views", "center"]
    return command


def last_json(text: str) -> Any:
    """Return what the last line of an output says; libraries print before it."""
    return json.loads(text.strip().splitlines()[-1])
