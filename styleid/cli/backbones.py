"""``styleid backbones``: the frozen networks there are."""

from __future__ import annotations

from styleid.cli.words import say, table


def backbones() -> None:
    """List the networks for `embed --backbone`."""
    from styleid.backbones.base import REGISTRY, get_backbone
    from styleid.backbones.hub import cache
    from styleid.backbones.torchvision_network import networks_here

    entries = [*(get_backbone(name) for name in REGISTRY), *networks_here()]
    rows = [
        (
            b.name,
            ", ".join(f"{name} {read.dim}" for name, read in b.descriptors.items()),
            "here" if b.on_disk() else "to be downloaded",
            b.summary,
        )
        for b in entries
    ]
    table(("backbone", "descriptors and their numbers", "weights", "what it is"), rows)
    say(
        "any other classifier of torchvision goes by its name there, such as mobilenet_v3_small, with "
        f"--weights FILE or weights in {cache()}"
    )
    say("auto takes resnet18 when its weights are here or can be had, else resnet18-style")
