"""`ntm.c` as a torch module: compiled with the system's compiler, loaded with ctypes."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from memnets.network import MemoryNetwork

SOURCE = Path(__file__).with_name("ntm.c")
FLAGS = (
    "-std=gnu11 -O3 -march=native -fopenmp -shared -fPIC -ffp-contract=fast -fno-math-errno "
    "-fno-trapping-math -fno-signed-zeros -fassociative-math"
).split()


class Sizes(ctypes.Structure):
    """`Sizes` of ntm.c."""

    _fields_ = [
        (name, ctypes.c_int32)
        for name in "steps batch slots width writes reads hidden segment chunk threads".split()
    ]


def build(folder: str, *extra: str) -> ctypes.CDLL:
    """Compiles ntm.c into the folder and loads it."""
    library = Path(folder) / f"ntm{''.join(extra)}.so"
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, *FLAGS, *extra, str(SOURCE), "-o", str(library), "-lm"], check=True)
    loaded = ctypes.CDLL(str(library))
    loaded.ntm_history.restype = ctypes.c_size_t
    return loaded


class Fused(torch.autograd.Function):
    """Hidden states and reads of the whole sequence."""

    histories: dict[int, list[Tensor]] = {}
    """Blocks to use again, by size: a new block would cost page faults in every step."""

    @staticmethod
    def forward(ctx: Any, library: Any, sizes: Sizes, x_TBX: Tensor, *weights: Tensor) -> Any:
        w_ih, w_hh, b_ih, b_hh, w_heads, b_heads = weights
        T, B, X = x_TBX.shape
        floats = library.ntm_history(ctypes.byref(sizes))
        free = Fused.histories.setdefault(floats, [])
        history = free.pop() if free else torch.empty(floats)
        inputs = torch.addmm(b_ih + b_hh, x_TBX.reshape(T * B, X), w_ih[:, :X].t())
        hidden_TBC = torch.empty(T, B, sizes.hidden)
        reads_TBO = torch.empty(T, B, sizes.reads * sizes.width)
        tensors = (w_ih, w_hh, w_heads, b_heads, inputs, history, hidden_TBC, reads_TBO)
        library.ntm_forward(ctypes.byref(sizes), X, *map(_address, tensors))
        ctx.library, ctx.sizes, ctx.history = library, sizes, history
        ctx.save_for_backward(x_TBX, w_ih, w_hh, w_heads, hidden_TBC, reads_TBO)
        return hidden_TBC, reads_TBO

    @staticmethod
    def backward(ctx: Any, grad_hidden: Tensor, grad_reads: Tensor) -> Any:  # type: ignore[override]
        x_TBX, w_ih, w_hh, w_heads, hidden_TBC, reads_TBO = ctx.saved_tensors
        T, B, X = x_TBX.shape
        gates, raw = torch.empty(T * B, w_hh.shape[0]), torch.empty(T * B, w_heads.shape[0])
        grads = (grad_hidden.contiguous(), grad_reads.contiguous())
        tensors = (w_ih, w_hh, w_heads, ctx.history, *grads, gates, raw)
        ctx.library.ntm_backward(ctypes.byref(ctx.sizes), X, *map(_address, tensors))
        Fused.histories[ctx.history.numel()].append(ctx.history)
        # the inputs of the gates: the input, and the read and hidden state of the step before
        seen = torch.zeros(T, B, X + reads_TBO.shape[-1] + w_hh.shape[1])
        seen[..., :X] = x_TBX
        torch.cat([reads_TBO[:-1], hidden_TBC[:-1]], -1, out=seen[1:, :, X:])
        sizes = [w_ih.shape[1], w_hh.shape[1]]
        d_ih, d_hh = (gates.t() @ seen.flatten(0, 1)).split(sizes, 1)
        bias = gates.sum(0)
        d_x = (gates @ w_ih[:, :X]).view_as(x_TBX) if ctx.needs_input_grad[2] else None
        heads = raw.t() @ hidden_TBC.flatten(0, 1)
        return None, None, d_x, d_ih, d_hh, bias, bias, heads, raw.sum(0)


def _address(tensor: Tensor) -> ctypes.c_void_p:
    assert tensor.is_contiguous() and tensor.dtype == torch.float32
    return ctypes.c_void_p(tensor.data_ptr())


class InC(nn.Module):
    """A memnets NTM whose rollout is computed by ntm.c; it shares the network's parameters."""

    def __init__(self, network: MemoryNetwork, library: Any, segment: int, chunk: int) -> None:
        super().__init__()
        self.network, self.library, self.segment, self.chunk = network, library, segment, chunk

    def forward(self, x_TBX: Tensor) -> Tensor:
        network: Any = self.network
        cell, lstm, heads = network.cell, network.controller.cells[0], network.cell.interface.linear
        reads = len(cell.heads) - cell.writes
        T, B, _ = x_TBX.shape
        threads = torch.get_num_threads()
        sizes = Sizes(T, B, cell.slots, cell.width, cell.writes, reads, lstm.hidden_size)
        sizes.segment, sizes.chunk, sizes.threads = self.segment, self.chunk, threads
        weights = (lstm.weight_ih, lstm.weight_hh, lstm.bias_ih, lstm.bias_hh)
        hidden, read = Fused.apply(self.library, sizes, x_TBX, *weights, heads.weight, heads.bias)
        return network.readout(torch.cat([hidden, read], -1))
