"""`memnets export`: a trained network as a file that runs without memnets."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from .evaluate import found


def export(
    trained: Positional[Path],
    to: Path = Path("model.ts"),
    which: Literal["best", "last"] = "best",
) -> int:
    """Write a trained network as TorchScript, which torch runs without memnets, or without Python.

    `torch.jit.load(TO)(inputs_TBX, state)` gives logits and the next state; `state` is an empty
    list at the start. The file is written once it gives the network's own numbers; what cannot be
    exported, such as a persistent memory, is refused.

    Args:
        trained: The folder of a trial that `memnets train` or `memnets study run` made, its
            checkpoint.pt, or a file that `memnets.save` wrote.
        to: The file to write.
        which: Of a training that was to keep its best network, that one or the last.
    """
    from ..torchscript import export as written

    network, _ = found(trained, which=which)
    written(network, to)
    print(f"TorchScript of {trained} written to {to}")
    return 0
