"""The gradients of the DNC's links, and of reading along them (links.py).

`dense_gradient` says whether every weight of a head gets a gradient although one slot was chosen.
"""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, ZERO, kernel
from .linear import matmul
from .memory import DENSE


@kernel
def link_vjp(
    link_BPNN: Any,
    precedence_BPN: Any,
    writes_BPN: Any,
    slot_BP: Any,
    dense_gradient: bool,
    grad_link_BPNN: Any,
    grad_precedence_BPN: Any,
    grad_writes_BPN: Any,
) -> None:
    """`grad_link_BPNN` goes in as the gradient of the links after the write, comes out as before.

    `link_BPNN` are the links before it. Without a dense gradient, a chosen slot touches its row and
    column of the links only.
    """
    batch, heads, slots = writes_BPN.shape
    for b in range(batch):
        for p in range(heads):
            slot = slot_BP[b, p]
            for i in range(slots):
                grad_link_BPNN[b, p, i, i] = ZERO
            if slot == DENSE or dense_gradient:
                for i in range(slots):
                    weight, total = writes_BPN[b, p, i], ZERO
                    rest = ONE - weight
                    for j in range(slots):
                        grad = grad_link_BPNN[b, p, i, j]
                        faded = grad * link_BPNN[b, p, i, j]
                        total += grad * precedence_BPN[b, p, j] - faded
                        grad_writes_BPN[b, p, j] -= faded
                        grad_precedence_BPN[b, p, j] += grad * weight
                        grad_link_BPNN[b, p, i, j] = grad * (rest - writes_BPN[b, p, j])
                    grad_writes_BPN[b, p, i] += total
            elif slot >= 0:
                for n in range(slots):
                    grad_precedence_BPN[b, p, n] += grad_link_BPNN[b, p, slot, n]
                    grad_link_BPNN[b, p, slot, n] = ZERO
                for n in range(slots):
                    grad_link_BPNN[b, p, n, slot] = ZERO


@kernel
def precedence_vjp(
    precedence_BPN: Any, writes_BPN: Any, grad_precedence_BPN: Any, grad_writes_BPN: Any
) -> None:
    """`grad_precedence_BPN` goes in as the gradient after the write and comes out as before."""
    batch, heads, slots = writes_BPN.shape
    for b in range(batch):
        for p in range(heads):
            rest, total = ONE, ZERO
            for n in range(slots):
                rest -= writes_BPN[b, p, n]
                total += grad_precedence_BPN[b, p, n] * precedence_BPN[b, p, n]
            for n in range(slots):
                grad_writes_BPN[b, p, n] += grad_precedence_BPN[b, p, n] - total
                grad_precedence_BPN[b, p, n] *= rest


@kernel
def forward_backward_vjp(
    link_BPNN: Any,
    reads_BRN: Any,
    slot_BR: Any,
    dense_gradient: bool,
    grad_forward_BRPN: Any,
    grad_backward_BRPN: Any,
    grad_link_BPNN: Any,
    grad_reads_BRN: Any,
    outer_NZ: Any,
    inner_ZN: Any,
) -> None:
    """Adds to the gradients of the links and of the last reads.

    The links' gradient is a product of two narrow matrices, which the scratch holds: Z = 2R.
    """
    batch, heads, slots = reads_BRN.shape
    links = link_BPNN.shape[1]
    for b in range(batch):
        for p in range(links):
            dense = False
            for r in range(heads):
                slot = slot_BR[b, r]
                part = ONE if slot == DENSE else ZERO
                dense = dense or slot == DENSE
                for n in range(slots):
                    outer_NZ[n, r] = grad_forward_BRPN[b, r, p, n] * part
                    outer_NZ[n, heads + r] = reads_BRN[b, r, n] * part
                for n in range(slots):
                    inner_ZN[r, n] = reads_BRN[b, r, n]
                    inner_ZN[heads + r, n] = grad_backward_BRPN[b, r, p, n]
                if slot >= 0:
                    for n in range(slots):
                        grad_link_BPNN[b, p, n, slot] += grad_forward_BRPN[b, r, p, n]
                    for n in range(slots):
                        grad_link_BPNN[b, p, slot, n] += grad_backward_BRPN[b, r, p, n]
            if dense:
                matmul(outer_NZ, inner_ZN, grad_link_BPNN[b, p])
            if dense or dense_gradient:
                _reads_vjp(
                    link_BPNN[b, p], slot_BR[b], dense_gradient, b, p,
                    grad_forward_BRPN, grad_backward_BRPN, grad_reads_BRN,
                )  # fmt: skip


@kernel
def _reads_vjp(
    link_NN: Any, slot_R: Any, dense_gradient: bool, b: int, p: int,
    grad_forward_BRPN: Any, grad_backward_BRPN: Any, grad_reads_BRN: Any,
) -> None:  # fmt: skip
    """What one matrix of links gives the reads that followed it."""
    heads, slots = grad_reads_BRN.shape[1:]
    whole = slots - slots % 4
    for i in range(0, whole, 4):
        for r in range(heads):
            if slot_R[r] != DENSE and not dense_gradient:
                continue
            g0, g1 = grad_forward_BRPN[b, r, p, i], grad_forward_BRPN[b, r, p, i + 1]
            g2, g3 = grad_forward_BRPN[b, r, p, i + 2], grad_forward_BRPN[b, r, p, i + 3]
            t0, t1, t2, t3 = ZERO, ZERO, ZERO, ZERO
            for j in range(slots):
                x0, x1, x2, x3 = (
                    link_NN[i, j],
                    link_NN[i + 1, j],
                    link_NN[i + 2, j],
                    link_NN[i + 3, j],
                )
                grad = grad_backward_BRPN[b, r, p, j]
                t0 += x0 * grad
                t1 += x1 * grad
                t2 += x2 * grad
                t3 += x3 * grad
                grad_reads_BRN[b, r, j] += g0 * x0 + g1 * x1 + g2 * x2 + g3 * x3
            grad_reads_BRN[b, r, i] += t0
            grad_reads_BRN[b, r, i + 1] += t1
            grad_reads_BRN[b, r, i + 2] += t2
            grad_reads_BRN[b, r, i + 3] += t3
    for i in range(whole, slots):
        for r in range(heads):
            if slot_R[r] != DENSE and not dense_gradient:
                continue
            g0, t0 = grad_forward_BRPN[b, r, p, i], ZERO
            for j in range(slots):
                t0 += link_NN[i, j] * grad_backward_BRPN[b, r, p, j]
                grad_reads_BRN[b, r, j] += g0 * link_NN[i, j]
            grad_reads_BRN[b, r, i] += t0


@kernel
def mix_read_modes_vjp(
    modes_BRM: Any,
    backward_BRPN: Any,
    content_BRN: Any,
    forward_BRPN: Any,
    grad_out_BRN: Any,
    grad_modes_BRM: Any,
    grad_backward_BRPN: Any,
    grad_content_BRN: Any,
    grad_forward_BRPN: Any,
) -> None:
    """The gradients of the modes and of what they mix."""
    batch, heads, links, slots = forward_BRPN.shape
    for b in range(batch):
        for r in range(heads):
            mode, total = modes_BRM[b, r, links], ZERO
            for n in range(slots):
                total += grad_out_BRN[b, r, n] * content_BRN[b, r, n]
                grad_content_BRN[b, r, n] += mode * grad_out_BRN[b, r, n]
            grad_modes_BRM[b, r, links] += total
            for p in range(links):
                before, after = modes_BRM[b, r, p], modes_BRM[b, r, links + 1 + p]
                to_before, to_after = ZERO, ZERO
                for n in range(slots):
                    grad = grad_out_BRN[b, r, n]
                    to_before += grad * backward_BRPN[b, r, p, n]
                    to_after += grad * forward_BRPN[b, r, p, n]
                    grad_backward_BRPN[b, r, p, n] += before * grad
                    grad_forward_BRPN[b, r, p, n] += after * grad
                grad_modes_BRM[b, r, p] += to_before
                grad_modes_BRM[b, r, links + 1 + p] += to_after
