"""One pass over the rows with Adam, as Keras makes it: the loop that all networks trained here share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from styleid.heads.mlp_network import BETAS, cross_entropy, keras_epsilon, n_right


class KerasAdam:
    """Adam with Keras's epsilon, over parameters or groups of them; its moments begin at zero."""

    def __init__(self, parameters: Iterable[Tensor] | list[dict[str, Any]], learning_rate: float) -> None:
        self.adam = torch.optim.Adam(parameters, lr=learning_rate, betas=BETAS, fused=True)
        self.n_steps = 0

    def epoch(
        self,
        targets: Tensor,
        batch_size: int,
        chance: torch.Generator,
        logits_at: Callable[[Tensor], Tensor],
        penalty: Callable[[], float] = lambda: 0.0,
    ) -> tuple[float, float]:
        """Learn once from every row, in a drawn order; return the mean loss and the accuracy Keras prints.

        `logits_at` takes (b,) row numbers; `penalty` is a part of the loss whose gradient Adam adds itself.
        """
        loss_sum, right = 0.0, 0
        for batch in torch.split(torch.randperm(len(targets), generator=chance), batch_size):
            logits = logits_at(batch)
            loss = cross_entropy(logits, targets[batch])
            loss_sum += (loss.item() + penalty()) * len(batch)
            right += n_right(logits, targets[batch])
            self.adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.n_steps += 1
            for group in self.adam.param_groups:
                group["eps"] = keras_epsilon(self.n_steps)
            self.adam.step()
        return loss_sum / len(targets), right / len(targets)
