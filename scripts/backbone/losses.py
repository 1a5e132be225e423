"""What training makes small: the distance from a teacher's maps, and likeness of different hands."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from backbone.student import statistics

TEMPERATURE = 0.1
#: Share of a batch in the running variances; and the least variance of a channel, in units of the mean.
_MOMENTUM, _LEAST = 0.01, 0.01


class Agreement(nn.Module):
    """Squared errors of maps and of their statistics, each channel in units of its variance in the teacher.

    The variances are running means over batches, so that a batch of one kind of pictures does not set its own
    measure: the first batches count in full.
    """

    batches: torch.Tensor

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        for at, width in enumerate(widths):
            self.register_buffer(f"maps_{at}", torch.zeros(2, width))  # mean, mean of squares
            self.register_buffer(f"statistics_{at}", torch.zeros(2, 2 * width))
        self.register_buffer("batches", torch.zeros((), dtype=torch.long))

    def forward(
        self, maps: Sequence[torch.Tensor], targets: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the errors of n maps (n,) and of their statistics (n,)."""
        if self.training:
            self.batches += 1
        errors, of_statistics = [], []
        for at, (x, target) in enumerate(zip(maps, targets, strict=True)):
            x, target = x.float(), target.float()
            scale = self._variance(f"maps_{at}", target.transpose(0, 1).flatten(1).T)
            errors.append(((x - target).square().mean((0, 2, 3)) / scale).mean())
            ours, theirs = torch.cat(statistics(x), 1), torch.cat(statistics(target), 1)
            scale = self._variance(f"statistics_{at}", theirs)
            of_statistics.append(((ours - theirs).square().mean(0) / scale).mean())
        return torch.stack(errors), torch.stack(of_statistics)

    def _variance(self, name: str, rows: torch.Tensor) -> torch.Tensor:
        moments: torch.Tensor = getattr(self, name)
        if self.training:
            share = max(_MOMENTUM, 1.0 / int(self.batches))
            moments.lerp_(torch.stack((rows.mean(0), rows.square().mean(0))), share)
        return with_floor(moments[1] - moments[0].square())


def with_floor(variance: torch.Tensor) -> torch.Tensor:
    """Return variances of channels (c,), none so small that a channel that is all but silent outweighs all.

    ImageNet's ResNet-18 has such channels: a few of its first filters never answer.
    """
    return variance.clamp(min=_LEAST * float(variance.mean()) + 1e-12)


def contrast(z: torch.Tensor, hand: torch.Tensor) -> torch.Tensor:
    """Return the supervised contrastive loss (Khosla et al. 2020) of (b, d) rows of length 1."""
    likeness = z @ z.T / TEMPERATURE
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    log_share = likeness - torch.logsumexp(likeness.masked_fill(itself, -torch.inf), dim=1, keepdim=True)
    same = (hand[:, None] == hand[None]) & ~itself
    return -(log_share * same).sum(1).div(same.sum(1).clamp(min=1)).mean()
