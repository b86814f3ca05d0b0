"""The DNC's temporal links, and reading along them (methods: L, p, f, b, w^r).

Links are gone through four rows at a time: each load then feeds several sums, and few enough arrays
are in play for LLVM to vectorise the loops over columns. undo.py has the links of chosen slots.
"""

from __future__ import annotations

from typing import Any

from .compiler.jit import ONE, ZERO, kernel
from .memory import DENSE


@kernel
def link(
    link_BPNN: Any, precedence_BPN: Any, writes_BPN: Any, out_BPNN: Any, scratch_N: Any
) -> None:
    """Links after a write, from the precedence before it (DNC: L). `out` may be the links.

    A row goes through the scratch: a loop that reads what it overwrites would not be vectorised.
    """
    batch, heads, slots = writes_BPN.shape
    for b in range(batch):
        for p in range(heads):
            for i in range(slots):
                weight = writes_BPN[b, p, i]
                rest = ONE - weight
                for j in range(slots):
                    kept = (rest - writes_BPN[b, p, j]) * link_BPNN[b, p, i, j]
                    scratch_N[j] = kept + weight * precedence_BPN[b, p, j]
                scratch_N[i] = ZERO
                for j in range(slots):
                    out_BPNN[b, p, i, j] = scratch_N[j]


@kernel
def precedence(precedence_BPN: Any, writes_BPN: Any, out_BPN: Any) -> None:
    """Which slot was written last (DNC: p)."""
    batch, heads, slots = writes_BPN.shape
    for b in range(batch):
        for p in range(heads):
            rest = ONE
            for n in range(slots):
                rest -= writes_BPN[b, p, n]
            for n in range(slots):
                out_BPN[b, p, n] = rest * precedence_BPN[b, p, n] + writes_BPN[b, p, n]


@kernel
def forward_backward(
    link_BPNN: Any, reads_BRN: Any, slot_BR: Any, forward_BRPN: Any, backward_BRPN: Any
) -> None:
    """Weightings one write later and one write earlier (DNC: f and b), of all heads in one pass.

    A chosen slot only reads its column and row of the links.
    """
    batch, heads, slots = reads_BRN.shape
    links = link_BPNN.shape[1]
    whole = slots - slots % 4
    for b in range(batch):
        for r in range(heads):
            slot = slot_BR[b, r]
            for p in range(links):
                if slot < 0:
                    for n in range(slots):
                        forward_BRPN[b, r, p, n] = ZERO
                        backward_BRPN[b, r, p, n] = ZERO
                    continue
                for n in range(slots):
                    forward_BRPN[b, r, p, n] = link_BPNN[b, p, n, slot]
                for n in range(slots):
                    backward_BRPN[b, r, p, n] = link_BPNN[b, p, slot, n]
        for p in range(links):
            for i in range(0, whole, 4):
                for r in range(heads):
                    if slot_BR[b, r] != DENSE:
                        continue
                    w0, w1 = reads_BRN[b, r, i], reads_BRN[b, r, i + 1]
                    w2, w3 = reads_BRN[b, r, i + 2], reads_BRN[b, r, i + 3]
                    f0, f1, f2, f3 = ZERO, ZERO, ZERO, ZERO
                    for j in range(slots):
                        x0, x1 = link_BPNN[b, p, i, j], link_BPNN[b, p, i + 1, j]
                        x2, x3 = link_BPNN[b, p, i + 2, j], link_BPNN[b, p, i + 3, j]
                        read = reads_BRN[b, r, j]
                        f0 += x0 * read
                        f1 += x1 * read
                        f2 += x2 * read
                        f3 += x3 * read
                        backward_BRPN[b, r, p, j] += x0 * w0 + x1 * w1 + x2 * w2 + x3 * w3
                    forward_BRPN[b, r, p, i], forward_BRPN[b, r, p, i + 1] = f0, f1
                    forward_BRPN[b, r, p, i + 2], forward_BRPN[b, r, p, i + 3] = f2, f3
            for i in range(whole, slots):
                for r in range(heads):
                    if slot_BR[b, r] != DENSE:
                        continue
                    w0, f0 = reads_BRN[b, r, i], ZERO
                    for j in range(slots):
                        x0 = link_BPNN[b, p, i, j]
                        f0 += x0 * reads_BRN[b, r, j]
                        backward_BRPN[b, r, p, j] += x0 * w0
                    forward_BRPN[b, r, p, i] = f0


@kernel
def mix_read_modes(
    modes_BRM: Any, backward_BRPN: Any, content_BRN: Any, forward_BRPN: Any, out_BRN: Any
) -> None:
    """Read weighting from its modes: P backward, one content, P forward (DNC: w^r)."""
    batch, heads, links, slots = forward_BRPN.shape
    for b in range(batch):
        for r in range(heads):
            mode = modes_BRM[b, r, links]
            for n in range(slots):
                out_BRN[b, r, n] = mode * content_BRN[b, r, n]
            for p in range(links):
                before, after = modes_BRM[b, r, p], modes_BRM[b, r, links + 1 + p]
                for n in range(slots):
                    out_BRN[b, r, n] += (
                        before * backward_BRPN[b, r, p, n] + after * forward_BRPN[b, r, p, n]
                    )
