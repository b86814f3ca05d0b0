"""Whole sequences of a memory at once, chunk by chunk: the delta rule and xLSTM's matrix memory.

Pure functions. Within a chunk all steps are matrix products; from chunk to chunk the memory is
carried on. Outputs and gradients are those of the steps. A chunk of C steps takes C × C numbers per
head; the last one may be shorter. There is at least one step.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from . import matrix_memory

CHUNK = 64
"""Steps of a chunk, as in flash-linear-attention."""


class Matrix(NamedTuple):
    """xLSTM's memory and sum of keys, both over e^stabiliser."""

    memory_BHNW: Tensor
    keys_BHN: Tensor
    stabiliser_BH: Tensor


def delta(
    memory_BHNW: Tensor,
    query_BHTN: Tensor,
    key_BHTN: Tensor,
    value_BHTW: Tensor,
    rate_BHT: Tensor,
    log_decay_BHT: Tensor | None = None,
    *,
    chunk: int = CHUNK,
) -> tuple[Tensor, Tensor]:
    """The reads of every step, (B, H, T, W), and the memory after the last (Yang et al., 2024).

    The same as steps of `fast_weights.delta`, each read with its query after its write; with
    `log_decay_BHT` the matrix decays before every write (Yang et al., 2025). What step t writes,
    β_t (v_t - α_t W_{t-1} k_t), depends on what the steps before it in its chunk wrote: that is a
    triangular system (the WY form), solved for all chunks side by side.
    """
    if log_decay_BHT is None:
        log_decay_BHT = torch.zeros_like(rate_BHT)
    # time is padded with steps that write nothing and let nothing decay
    query_BHMCN, key_BHMCN, value_BHMCW = (
        _chunks(part, chunk) for part in (query_BHTN, key_BHTN, value_BHTW)
    )
    rate_BHMC, log_decay_BHMC = (
        _chunks(part.unsqueeze(-1), chunk).squeeze(-1) for part in (rate_BHT, log_decay_BHT)
    )
    # of what step s wrote, this is left at step t
    left_BHMCC = matrix_memory.log_weights(log_decay_BHMC, torch.zeros_like(log_decay_BHMC)).exp()
    begun_BHMC1 = log_decay_BHMC.cumsum(-1).exp().unsqueeze(-1)
    rate_BHMC1 = rate_BHMC.unsqueeze(-1)
    overlap_BHMCC = rate_BHMC1 * (key_BHMCN @ key_BHMCN.mT) * left_BHMCC
    solved = _solve(
        overlap_BHMCC, rate_BHMC1 * torch.cat([value_BHMCW, begun_BHMC1 * key_BHMCN], -1)
    )
    new_BHMCW, recalled_BHMCN = solved.split([value_BHTW.shape[-1], key_BHTN.shape[-1]], -1)
    scores_BHMCC = query_BHMCN @ key_BHMCN.mT * left_BHMCC
    queries_BHMCN = begun_BHMC1 * query_BHMCN
    keys_BHMCN = left_BHMCC[..., -1, :].unsqueeze(-1) * key_BHMCN
    reads = []
    for m in range(query_BHMCN.shape[2]):
        written_BHCW = new_BHMCW[:, :, m] - recalled_BHMCN[:, :, m] @ memory_BHNW
        reads.append(queries_BHMCN[:, :, m] @ memory_BHNW + scores_BHMCC[:, :, m] @ written_BHCW)
        kept_BH11 = begun_BHMC1[:, :, m, -1:]
        memory_BHNW = kept_BH11 * memory_BHNW + keys_BHMCN[:, :, m].mT @ written_BHCW
    return torch.cat(reads, 2)[:, :, : query_BHTN.shape[2]], memory_BHNW


def matrix(
    state: Matrix,
    query_BHTN: Tensor,
    key_BHTN: Tensor,
    value_BHTW: Tensor,
    log_forget_BHT: Tensor,
    log_input_BHT: Tensor,
    *,
    chunk: int = CHUNK,
) -> tuple[Tensor, Matrix]:
    """The reads of every step, (B, H, T, W), and the memory after the last (Beck et al., 2024).

    The same as steps of `matrix_memory.stabilised`, outer products and `normalised`; with one
    chunk of a whole sequence, from an empty memory, as `matrix_memory.parallel`.
    """
    reads = []
    parts = (query_BHTN, key_BHTN, value_BHTW, log_forget_BHT, log_input_BHT)
    for query, key, value, forget, gate in zip(
        *(part.split(chunk, 2) for part in parts), strict=True
    ):
        read_BHCW, state = _matrix_chunk(state, query, key, value, forget, gate)
        reads.append(read_BHCW)
    return torch.cat(reads, 2), state


def _matrix_chunk(
    state: Matrix,
    query_BHCN: Tensor,
    key_BHCN: Tensor,
    value_BHCW: Tensor,
    log_forget_BHC: Tensor,
    log_input_BHC: Tensor,
) -> tuple[Tensor, Matrix]:
    # a last column is the sum of keys: a memory whose every value is one
    value_BHCW = torch.cat([value_BHCW, torch.ones_like(value_BHCW[..., :1])], -1)
    memory_BHNW = torch.cat([state.memory_BHNW, state.keys_BHN.unsqueeze(-1)], -1)
    log_gates_BHCC = matrix_memory.log_weights(log_forget_BHC, log_input_BHC)
    log_kept_BHC = log_forget_BHC.cumsum(-1) + state.stabiliser_BH.unsqueeze(-1)
    stabiliser_BHC = torch.maximum(log_gates_BHCC.amax(-1), log_kept_BHC)
    gates_BHCC = (log_gates_BHCC - stabiliser_BHC.unsqueeze(-1)).exp()
    kept_BHC1 = (log_kept_BHC - stabiliser_BHC).exp().unsqueeze(-1)
    scores_BHCC = query_BHCN @ key_BHCN.mT * gates_BHCC
    read_BHCW = scores_BHCC @ value_BHCW + kept_BHC1 * (query_BHCN @ memory_BHNW)
    last_BHC1 = gates_BHCC[..., -1, :].unsqueeze(-1)
    memory_BHNW = kept_BHC1[:, :, -1:] * memory_BHNW + (last_BHC1 * key_BHCN).mT @ value_BHCW
    read_BHCW = matrix_memory.normalised(read_BHCW[..., :-1], read_BHCW[..., -1], stabiliser_BHC)
    after = Matrix(memory_BHNW[..., :-1], memory_BHNW[..., -1], stabiliser_BHC[..., -1])
    return read_BHCW, after


def _solve(overlap_BHMCC: Tensor, right_BHMCZ: Tensor) -> Tensor:
    """X of (1 + L) X = R, where L is what stands below the diagonal; the rest is not looked at."""
    # torch solves no system in bfloat16
    precise = torch.promote_types(right_BHMCZ.dtype, torch.float32)
    solved = torch.linalg.solve_triangular(
        overlap_BHMCC.to(precise), right_BHMCZ.to(precise), upper=False, unitriangular=True
    )
    return solved.to(right_BHMCZ)


def _chunks(part_BHTZ: Tensor, chunk: int) -> Tensor:
    """Time cut into chunks, (B, H, M, C, Z), zeros after the last step."""
    steps = part_BHTZ.shape[2]
    chunk = min(chunk, max(steps, 1))
    padded = pad(part_BHTZ, (0, 0, 0, -steps % chunk))
    return padded.unflatten(2, (-1, chunk))
