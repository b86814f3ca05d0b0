"""The tensors that go into Triton kernels and come out of them, and how kernels are launched."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from .sizes import Constants


class Parameters(NamedTuple):
    """What multiplies inside the loop, as torch holds it: rows are outputs.

    A feed-forward controller has no `hidden_GC`; G is 4 C for the LSTM, C without.
    """

    read_GO: Tensor
    hidden_GC: Tensor
    face_IC: Tensor
    face_bias_I: Tensor


class Start(NamedTuple):
    """Controller and read before the first step; a feed-forward controller has no cells."""

    hidden_BC: Tensor
    cells_BC: Tensor
    read_BO: Tensor


class Steps(NamedTuple):
    """Every step's outputs, and the LSTM's cells after the last of them."""

    hidden_TBC: Tensor
    weights_TBHN: Tensor
    reads_TBO: Tensor
    cells_BC: Tensor


def rows(first: Tensor, steps: int) -> Tensor:
    """Room for a state before the first step, which is filled in, and after each step."""
    found = first.new_empty(steps + 1, *first.shape)
    found[0] = first
    return found


def launch(kernel: Any, constants: Constants, *arguments: Any) -> None:
    """Runs a kernel, one program per sample; its last arguments are steps, batch and every."""
    batch = arguments[-2]
    with torch.cuda.device_of(arguments[0]):
        kernel[(batch,)](*arguments, **constants)


def parameter_gradients(
    parameters: Parameters,
    grad_drive_TBG: Tensor,
    grad_raw_TBI: Tensor,
    reads: Tensor,
    hidden: Tensor,
) -> Parameters:
    """The weights' gradients from those of every step's pre-activations and interface vector.

    `reads` and `hidden` are `rows`: (T + 1, B, O) and (T + 1, B, C).
    """
    drive, raw = grad_drive_TBG.flatten(0, 1), grad_raw_TBI.flatten(0, 1)
    if len(parameters.hidden_GC):
        grad_hidden_GC = drive.t() @ hidden[:-1].flatten(0, 1)
    else:
        grad_hidden_GC = torch.zeros_like(parameters.hidden_GC)
    return Parameters(
        drive.t() @ reads[:-1].flatten(0, 1),
        grad_hidden_GC,
        raw.t() @ hidden[1:].flatten(0, 1),
        raw.sum(0),
    )
