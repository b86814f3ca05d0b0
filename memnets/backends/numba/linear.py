"""Products of few rows with a matrix, and the lengths of slots."""

from __future__ import annotations

import math
from typing import Any

from .compiler.jit import ZERO, kernel


@kernel
def matmul(a_BZ: Any, w_ZJ: Any, out_BJ: Any) -> None:
    """`out += a @ w`, four rows and four terms at a time, so that each load of w feeds four rows.

    At the few rows of a chunk this is two to five times faster than a BLAS call.
    """
    rows, terms = a_BZ.shape
    columns = w_ZJ.shape[1]
    whole = terms - terms % 4
    for i in range(0, rows - rows % 4, 4):
        for z in range(0, whole, 4):
            a00, a01, a02, a03 = a_BZ[i, z], a_BZ[i, z + 1], a_BZ[i, z + 2], a_BZ[i, z + 3]
            a10, a11 = a_BZ[i + 1, z], a_BZ[i + 1, z + 1]
            a12, a13 = a_BZ[i + 1, z + 2], a_BZ[i + 1, z + 3]
            a20, a21 = a_BZ[i + 2, z], a_BZ[i + 2, z + 1]
            a22, a23 = a_BZ[i + 2, z + 2], a_BZ[i + 2, z + 3]
            a30, a31 = a_BZ[i + 3, z], a_BZ[i + 3, z + 1]
            a32, a33 = a_BZ[i + 3, z + 2], a_BZ[i + 3, z + 3]
            for j in range(columns):
                w0, w1, w2, w3 = w_ZJ[z, j], w_ZJ[z + 1, j], w_ZJ[z + 2, j], w_ZJ[z + 3, j]
                out_BJ[i, j] += a00 * w0 + a01 * w1 + a02 * w2 + a03 * w3
                out_BJ[i + 1, j] += a10 * w0 + a11 * w1 + a12 * w2 + a13 * w3
                out_BJ[i + 2, j] += a20 * w0 + a21 * w1 + a22 * w2 + a23 * w3
                out_BJ[i + 3, j] += a30 * w0 + a31 * w1 + a32 * w2 + a33 * w3
        for z in range(whole, terms):
            a0, a1, a2, a3 = a_BZ[i, z], a_BZ[i + 1, z], a_BZ[i + 2, z], a_BZ[i + 3, z]
            for j in range(columns):
                w = w_ZJ[z, j]
                out_BJ[i, j] += a0 * w
                out_BJ[i + 1, j] += a1 * w
                out_BJ[i + 2, j] += a2 * w
                out_BJ[i + 3, j] += a3 * w
    for i in range(rows - rows % 4, rows):
        for z in range(0, whole, 4):
            a0, a1, a2, a3 = a_BZ[i, z], a_BZ[i, z + 1], a_BZ[i, z + 2], a_BZ[i, z + 3]
            for j in range(columns):
                w0, w1, w2, w3 = w_ZJ[z, j], w_ZJ[z + 1, j], w_ZJ[z + 2, j], w_ZJ[z + 3, j]
                out_BJ[i, j] += a0 * w0 + a1 * w1 + a2 * w2 + a3 * w3
        for z in range(whole, terms):
            a0 = a_BZ[i, z]
            for j in range(columns):
                out_BJ[i, j] += a0 * w_ZJ[z, j]


@kernel
def products(rows_BHW: Any, memory_BWN: Any, out_BHN: Any) -> None:
    """`out += rows @ memory`, per sample; four parts of the width at a time."""
    batch, heads, width = rows_BHW.shape
    slots = memory_BWN.shape[2]
    whole = width - width % 4
    for b in range(batch):
        for h in range(heads):
            for w in range(0, whole, 4):
                k0, k1 = rows_BHW[b, h, w], rows_BHW[b, h, w + 1]
                k2, k3 = rows_BHW[b, h, w + 2], rows_BHW[b, h, w + 3]
                for n in range(slots):
                    out_BHN[b, h, n] += (
                        k0 * memory_BWN[b, w, n]
                        + k1 * memory_BWN[b, w + 1, n]
                        + k2 * memory_BWN[b, w + 2, n]
                        + k3 * memory_BWN[b, w + 3, n]
                    )
            for w in range(whole, width):
                k0 = rows_BHW[b, h, w]
                for n in range(slots):
                    out_BHN[b, h, n] += k0 * memory_BWN[b, w, n]


@kernel
def norms(memory_BWN: Any, norm_BN: Any) -> None:
    """Length of every slot."""
    batch, width, slots = memory_BWN.shape
    for b in range(batch):
        for n in range(slots):
            norm_BN[b, n] = ZERO
        for w in range(width):
            for n in range(slots):
                norm_BN[b, n] += memory_BWN[b, w, n] * memory_BWN[b, w, n]
        for n in range(slots):
            norm_BN[b, n] = math.sqrt(norm_BN[b, n])
