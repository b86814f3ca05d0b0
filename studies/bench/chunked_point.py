"""One form of one memory for `memnets bench chunked`: a pass to be timed, and its peak memory.

Run as a program with one JSON object as argument; prints peaks in MB by length as one JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import torch

from memnets.backends import choose
from memnets.spec import ModelSpec

from .memory_point import peak
from .timing import NotCovered, Timer, clocked

INPUTS = 8
"""Numbers of a step's input, and of its logits."""


def one_pass(
    cell: str, form: str, length: int, batch: int, controller_size: int
) -> Callable[[], None]:
    """Forward and backward over one sequence; raises NotCovered where a form refuses the model."""
    torch.manual_seed(0)
    spec = ModelSpec(cell, "soft", "lstm", controller_size, feed_read=False)
    network = spec.build(INPUTS, INPUTS, backend=form).train()
    inputs_TBX = torch.randn(length, batch, INPUTS)
    choice = choose(network, form, inputs_TBX)
    if choice.backend != form:
        raise NotCovered(choice.reason)

    def run() -> None:
        network.zero_grad()
        network(inputs_TBX).logits_TBY.square().mean().backward()

    return run


def timer(cell: str, form: str, length: int, batch: int, controller_size: int) -> Timer:
    """Times passes of `one_pass`."""
    return clocked(one_pass(cell, form, length, batch, controller_size))


def peaks(
    cell: str, form: str, lengths: list[int], batch: int, controller_size: int
) -> dict[int, float]:
    """By how many MB a pass raises the resident memory of this process, by length."""
    # what is loaded at the first pass is none of a sequence's memory
    one_pass(cell, form, min(lengths), batch, controller_size)()
    return {
        length: peak(one_pass(cell, form, length, batch, controller_size)) for length in lengths
    }


if __name__ == "__main__":
    request = json.loads(sys.argv[1])
    torch.set_num_threads(request.pop("threads"))
    print(json.dumps(peaks(**request)))
