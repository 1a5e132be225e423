"""Who takes part: the variants of styleid that run here, and the peers that are installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from bench.peers.base import PEERS, Peer

PLAIN = "default"


@dataclass(frozen=True)
class Contender:
    """One line of the table.

    Attributes
    ----------
    name : str
        Its key in the results.
    title : str
        Its name for a reader.
    variant : str or None
        Of styleid: ``runtime/precision``, or `PLAIN`; None for a peer.
    peer : Peer or None
        None for styleid.
    """

    name: str
    title: str
    variant: str | None = None
    peer: Peer | None = None

    @property
    def network(self) -> str | None:
        """Worker that times its network alone, None where there is none."""
        if self.peer:
            return self.peer.worker if self.peer.network else None
        return None if self.variant == PLAIN else f"styleid_network:{self.variant}"

    @property
    def note(self) -> str:
        """Why its vectors differ."""
        return self.peer.note if self.peer else ""


def styleid_contenders(
    variants: Mapping[str, str], wanted: Sequence[str] = ()
) -> tuple[list[Contender], dict[str, str]]:
    """Return the variants of styleid to measure, and those that cannot run with the reason.

    Parameters
    ----------
    variants : mapping of str to str
        ``runtime/precision`` -> why it cannot run here, empty where it can. None at all: an old styleid.
    wanted : sequence of str
        Only these; all if empty.

    Returns
    -------
    list of Contender, dict of str to str
    """
    if not variants:
        return [Contender("styleid", "styleid", variant=PLAIN)], {}
    unknown = [name for name in wanted if name not in variants]
    if unknown:
        raise SystemExit(
            f"error: --variants expects some of {', '.join(variants)}; found {', '.join(unknown)}"
        )
    chosen = [name for name in variants if not wanted or name in wanted]
    able = [name for name in chosen if not variants[name]]
    precisions = {name.partition("/")[2] for name in able}
    # A precision that one runtime has is no news of another that has it not.
    missing = {
        f"styleid {name}": variants[name]
        for name in chosen
        if variants[name] and (name.endswith("/fp32") or name.partition("/")[2] not in precisions)
    }
    titles = {name: f"styleid, {name.replace('/', ' ')}" for name in able}
    return [Contender(f"styleid {name}", titles[name], variant=name) for name in able], missing


def installed_peers(
    wanted: Sequence[str] = (), installed: Callable[[str], bool] = lambda name: find_spec(name) is not None
) -> tuple[list[Contender], dict[str, str]]:
    """Return the peers to measure, and those that cannot run with the reason.

    Parameters
    ----------
    wanted : sequence of str
        Only those whose name contains one of these; all if empty.
    installed : callable
        Whether a module can be imported.

    Returns
    -------
    list of Contender, dict of str to str
    """
    found, missing = [], {}
    for peer in PEERS:
        if wanted and not any(part in peer.title for part in wanted):
            continue
        lacking = [name for name in peer.needs if not installed(name)]
        if lacking:
            missing[peer.title] = f"not installed: {', '.join(lacking)}"
        else:
            found.append(Contender(peer.title, peer.title, peer=peer))
    return found, missing
