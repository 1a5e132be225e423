"""Energy that the processors used, where the machine tells (RAPL under Linux)."""

from __future__ import annotations

from pathlib import Path

POWERCAP = Path("/sys/class/powercap")


class Energy:
    """Counts from its making on.

    Parameters
    ----------
    root : Path
        Where the system lists its meters.
    """

    def __init__(self, root: Path = POWERCAP) -> None:
        # One zone a package; its sub-zones (cores, memory) have a second colon and are part of it.
        self._zones = [zone for zone in sorted(root.glob("intel-rapl:*")) if zone.name.count(":") == 1]
        self._begun = self._read()

    def used(self) -> float | None:
        """Return joules since the making; None where no meter can be read.

        Returns
        -------
        float or None
        """
        now = self._read()
        if not self._begun or now is None:
            return None
        total = 0.0
        for zone, before, after in zip(self._zones, self._begun, now, strict=True):
            turn = int((zone / "max_energy_range_uj").read_text()) if after < before else 0
            total += (after - before + turn) / 1e6
        return total

    def _read(self) -> list[int] | None:
        try:
            return [int((zone / "energy_uj").read_text()) for zone in self._zones]
        except OSError:  # since 2020 only root may read it
            return None
