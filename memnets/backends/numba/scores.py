"""Learned scores of slots, before they become a weighting (TARDIS)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...equations.scores import VARIANCE_FLOOR
from .compiler.jit import ONE, ZERO, kernel, tanh

_FLOOR = np.float32(VARIANCE_FLOOR)


@kernel
def additive(
    query_BF: Any,
    key_FN: Any,
    content_BFN: Any,
    count_F: Any,
    counts_BN: Any,
    vector_F: Any,
    out_BN: Any,
) -> None:
    """Score v · tanh(query + row) of every slot (TARDIS: e).

    A row is the sum of three projections: of the slot's key, the same in every sample, of its
    content, and of its standardised count, which goes by `count_F`.
    """
    batch, features, slots = content_BFN.shape
    for b in range(batch):
        out_N, counts_N = out_BN[b], counts_BN[b]
        for n in range(slots):
            out_N[n] = ZERO
        for f in range(features):
            query, count, vector = query_BF[b, f], count_F[f], vector_F[f]
            key_N, content_N = key_FN[f], content_BFN[b, f]
            for n in range(slots):
                out_N[n] += vector * tanh(query + key_N[n] + content_N[n] + count * counts_N[n])


@kernel
def additive_vjp(
    query_BF: Any,
    key_FN: Any,
    content_BFN: Any,
    count_F: Any,
    counts_BN: Any,
    vector_F: Any,
    grad_out_BN: Any,
    grad_query_BF: Any,
    grad_key_BFN: Any,
    grad_content_BFN: Any,
    grad_count_BF: Any,
    grad_counts_BN: Any,
    grad_vector_BF: Any,
    scratch_N: Any,
) -> None:
    """Adds to the gradients of all that it takes; what samples share has one for each."""
    batch, features, slots = content_BFN.shape
    for b in range(batch):
        grad_N, counts_N, grad_counts_N = grad_out_BN[b], counts_BN[b], grad_counts_BN[b]
        for f in range(features):
            query, count, vector = query_BF[b, f], count_F[f], vector_F[f]
            key_N, content_N = key_FN[f], content_BFN[b, f]
            to_query, to_count, to_vector = ZERO, ZERO, ZERO
            for n in range(slots):
                value = tanh(query + key_N[n] + content_N[n] + count * counts_N[n])
                grad = grad_N[n] * vector * (ONE - value * value)
                to_vector += grad_N[n] * value
                to_query += grad
                to_count += grad * counts_N[n]
                scratch_N[n] = grad
            grad_query_BF[b, f] += to_query
            grad_count_BF[b, f] += to_count
            grad_vector_BF[b, f] += to_vector
            grad_key_N, grad_content_N = grad_key_BFN[b, f], grad_content_BFN[b, f]
            for n in range(slots):
                grad_key_N[n] += scratch_N[n]
                grad_content_N[n] += scratch_N[n]
            for n in range(slots):
                grad_counts_N[n] += count * scratch_N[n]


@kernel
def standardised(usage_BN: Any, deviation_B: Any, out_BN: Any) -> None:
    """Usage counts less their mean, over their standard deviation (TARDIS: norm of u)."""
    batch, slots = usage_BN.shape
    share = ONE / np.float32(slots)
    for b in range(batch):
        total, square = ZERO, ZERO
        for n in range(slots):
            total += usage_BN[b, n]
        mean = total * share
        for n in range(slots):
            centred = usage_BN[b, n] - mean
            square += centred * centred
            out_BN[b, n] = centred
        deviation = math.sqrt(square * share + _FLOOR)
        inverse = ONE / deviation
        for n in range(slots):
            out_BN[b, n] *= inverse
        deviation_B[b] = deviation


@kernel
def standardised_vjp(out_BN: Any, deviation_B: Any, grad_out_BN: Any, grad_usage_BN: Any) -> None:
    """Adds to the gradient of the usage."""
    batch, slots = out_BN.shape
    share = ONE / np.float32(slots)
    for b in range(batch):
        total, along = ZERO, ZERO
        for n in range(slots):
            total += grad_out_BN[b, n]
            along += grad_out_BN[b, n] * out_BN[b, n]
        mean, along, inverse = total * share, along * share, ONE / deviation_B[b]
        for n in range(slots):
            # the standardised counts sum to zero
            grad_usage_BN[b, n] += (grad_out_BN[b, n] - mean - along * out_BN[b, n]) * inverse


@kernel
def avoid(scores_BN: Any, previous_BN: Any, penalty: Any, out_BN: Any) -> None:
    """Scores lowered where was read just before: e - 100 w^r (TARDIS)."""
    batch, slots = scores_BN.shape
    for b in range(batch):
        for n in range(slots):
            out_BN[b, n] = scores_BN[b, n] - penalty * previous_BN[b, n]


@kernel
def avoid_vjp(penalty: Any, grad_out_BN: Any, grad_scores_BN: Any, grad_previous_BN: Any) -> None:
    """Adds to the gradients of the scores and of the previous read."""
    batch, slots = grad_out_BN.shape
    for b in range(batch):
        for n in range(slots):
            grad_scores_BN[b, n] += grad_out_BN[b, n]
            grad_previous_BN[b, n] -= penalty * grad_out_BN[b, n]
