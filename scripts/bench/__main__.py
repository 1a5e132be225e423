"""Measure styleid beside its peers.

Usage: pip install -r scripts/bench/requirements.txt, then python scripts/bench [--quick] [--growth] [--page]

Writes reports/bench/bench.json, bench.png and table.md. Linux and macOS. No network: the weights are
those that ship with styleid, put into every peer.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.command import main  # noqa: E402  # the folder has to be found first

main()
