"""Make golden runs of a checkout, or compare those of two.

Usage:
  python scripts/golden make OUT [--of CHECKOUT] [--sets drawn,demo]   run every command, go on after a kill
  python scripts/golden compare BEFORE AFTER                           exit 1 where a number or a word differs

Processors differ in their last digits: compare runs of one machine only.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from golden.compare import compare_runs  # noqa: E402  # the folder has to be found first
from golden.make import SETS, make_runs  # noqa: E402


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description="Golden runs of styleid.")
    actions = parser.add_subparsers(required=True, dest="action")
    make = actions.add_parser("make", help="run every command of a checkout")
    make.add_argument("out", type=Path)
    make.add_argument("--of", type=Path, default=Path(__file__).resolve().parents[2], help="the checkout")
    make.add_argument("--sets", default=",".join(SETS))
    make.add_argument(
        "--only", help="some of the runs, such as embed,fit-lda; embed and what they read first"
    )
    compare = actions.add_parser("compare", help="compare every number of two golden runs")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    compare.add_argument("--partial", action="store_true", help="pass over what was not run after")
    given = parser.parse_args()
    if given.action == "make":
        only = given.only.split(",") if given.only else None
        make_runs(given.out.resolve(), given.of.resolve(), given.sets.split(","), only)
        return
    differences, n_files = compare_runs(given.before, given.after, given.partial)
    for line in differences:
        print(line)
    print(f"{n_files} files compared, {len(differences)} differences")
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
