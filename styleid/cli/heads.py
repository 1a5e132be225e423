"""``styleid heads``: the classifiers there are."""

from __future__ import annotations

from styleid.cli.words import table


def heads() -> None:
    """List the heads for `fit --head`."""
    from styleid.heads.base import REGISTRY, get_head

    table(("head", "what it is"), [(name, get_head(name).summary) for name in REGISTRY])
