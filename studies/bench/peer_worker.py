"""A program that runs training steps of one implementation on request, and times them.

It also runs in the peers' virtual environment, which has torch but not this project. So it imports
our code only in order to run our own models. Requests and answers are lines of JSON:
{"batch": 16, "steps": 3} and {"seconds": 0.12, "cpu_seconds": 0.2}.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch


class Model(NamedTuple):
    """A network to train: from inputs (T, B, X) to logits (T, B, Y), or to their sigmoids."""

    module: torch.nn.Module
    forward: Callable[[torch.Tensor], torch.Tensor]
    sigmoid: bool = False


SLOTS, WIDTH, HEADS, UNITS, BITS, CHANNELS = 128, 20, 4, 100, 8, 10


def pytorch_dnc(checkout: str | None) -> Model:
    """The DNC of ixaxaar/pytorch-dnc, installed as `dnc`."""
    network = importlib.import_module("dnc").DNC(
        input_size=CHANNELS,
        hidden_size=UNITS,
        rnn_type="lstm",
        num_layers=1,
        num_hidden_layers=1,
        nr_cells=SLOTS,
        cell_size=WIDTH,
        read_heads=HEADS,
        batch_first=True,
        gpu_id=-1,
    )

    def forward(inputs_TBX: torch.Tensor) -> torch.Tensor:
        # its outputs have as many channels as its inputs; the first ones are the answer
        outputs, _ = network(inputs_TBX.transpose(0, 1), reset_experience=True)
        return outputs.transpose(0, 1)[..., :BITS]

    return Model(network, forward)


def pytorch_ntm(checkout: str | None) -> Model:
    """The NTM of a checkout of loudinthecloud/pytorch-ntm, one head of each kind."""
    network = importlib.import_module("ntm.aio").EncapsulatedNTM(
        CHANNELS, BITS, UNITS, 1, 1, SLOTS, WIDTH
    )

    def forward(inputs_TBX: torch.Tensor) -> torch.Tensor:
        network.init_sequence(inputs_TBX.shape[1])
        return torch.stack([network(x_BX)[0] for x_BX in inputs_TBX])

    return Model(network, forward, sigmoid=True)


def csordas_dnc(checkout: str | None) -> Model:
    """The DNC of a checkout of RobertCsordas/dnc, without its masks, deallocation and sharpness."""
    _accept_old_addcmul()
    module = importlib.import_module("Models.DNC")
    network = module.DNC(
        CHANNELS,
        BITS,
        WIDTH,
        SLOTS,
        HEADS,
        module.LSTMController([UNITS]),
        batch_first=False,
        mask=False,
        dealloc_content=False,
        link_sharpness_control=False,
    )
    return Model(network, network)


PEERS: dict[str, Callable[[str | None], Model]] = {
    "pytorch-dnc": pytorch_dnc,
    "pytorch-ntm": pytorch_ntm,
    "csordas-dnc": csordas_dnc,
}


def peer_step(model: Model, batch: int, length: int) -> Callable[[], None]:
    """A full training step: draw a batch, forward, backward, clip at norm 10, RMSprop."""
    parameters = list(model.module.parameters())
    optimiser = torch.optim.RMSprop(parameters, lr=1e-4)
    name = "binary_cross_entropy" if model.sigmoid else "binary_cross_entropy_with_logits"
    loss_of = getattr(torch.nn.functional, name)

    def step() -> None:
        inputs_TBX, bits_TBY = copy_task(batch, length)
        answer_TBY = model.forward(inputs_TBX)[length + 2 :]
        loss = loss_of(answer_TBY, bits_TBY)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 10.0)
        optimiser.step()
        loss.item()

    return step


def copy_task(batch: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs of our copy task (start, vectors, end, silence), and the vectors."""
    bits_TBY = torch.randint(2, (length, batch, BITS)).float()
    inputs_TBX = torch.zeros(2 * length + 2, batch, CHANNELS)
    inputs_TBX[0, :, BITS] = 1
    inputs_TBX[1 : length + 1, :, :BITS] = bits_TBY
    inputs_TBX[length + 1, :, BITS + 1] = 1
    return inputs_TBX, bits_TBY


def our_step(name: str, batch: int, length: int) -> Callable[[], None]:
    """A step of our own model "memnets CELL BACKEND".

    Raises NotCovered where the backend would fall back to the reference.
    """
    # this file is part of our package only where it runs our models
    from .training_step import Point, first_step

    _, cell, backend = name.split()
    run = first_step(Point(cell, "soft", "lstm", batch, length), backend, "cpu").step

    def step() -> None:
        run(1)

    return step


def main() -> None:
    """Answer requests until there are no more."""
    asked = json.loads(sys.argv[1])
    # the output of an implementation must not mix with the answers
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if asked["checkout"]:
        sys.path.insert(0, asked["checkout"])
    torch.manual_seed(0)
    torch.set_num_threads(asked["threads"])
    steps: dict[int, Callable[[], None]] = {}
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        batch, name = request["batch"], asked["name"]
        if batch not in steps:
            if name in PEERS:
                steps[batch] = peer_step(PEERS[name](asked["checkout"]), batch, asked["length"])
            else:
                steps[batch] = our_step(name, batch, asked["length"])
        start, own = time.perf_counter(), time.process_time()
        for _ in range(request["steps"]):
            steps[batch]()
        spent = {
            "seconds": time.perf_counter() - start,
            "cpu_seconds": time.process_time() - own,
        }
        print(json.dumps(spent), file=answers, flush=True)


def _accept_old_addcmul() -> None:
    """Let torch.addcmul take its factor as the second argument, as old versions of torch do."""
    present = torch.addcmul

    def addcmul(source: torch.Tensor, *rest: Any, **named: Any) -> torch.Tensor:
        if rest and isinstance(rest[0], int | float):
            return present(source, *rest[1:], value=rest[0], **named)
        return present(source, *rest, **named)

    torch.addcmul = addcmul  # type: ignore[assignment]


if __name__ == "__main__":
    main()
