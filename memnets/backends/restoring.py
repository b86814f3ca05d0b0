"""A network can be tried out: its buffers and the random numbers are restored afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import nn


@contextlib.contextmanager
def unchanged(network: nn.Module, device: torch.device) -> Iterator[None]:
    """Leaves a network's buffers, and the random numbers of a device and the CPU, as they were."""
    kept = [
        (module._buffers, name, buffer, buffer.clone())
        for module in network.modules()
        for name, buffer in module._buffers.items()
        if buffer is not None
    ]
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        try:
            yield
        finally:
            for buffers, name, buffer, before in kept:
                buffers[name] = buffer
                # what is copied into counts as changed, for any graph that has saved it
                if not torch.equal(buffer, before):
                    with torch.no_grad():
                        buffer.copy_(before)
