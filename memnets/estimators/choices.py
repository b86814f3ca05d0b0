"""What estimators share: a weighting, its no-op, and a choice among them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import threshold

from ..types import Address

PROBABILITY_FLOOR = 1e-12
"""Probabilities are kept at or above this inside logarithms."""

ROUNDING = 1e-6
"""What a weighting lacks to one, if no more than this, is rounding: there is no no-op.

Sums of float32 softmaxes stay this near to one up to some 16,000 slots.
"""

TIE = 1e-5
"""A probability ties with the largest if it is smaller by no more than this fraction of it.

Slots of equal content have equal probabilities but for rounding, which must not choose among them:
it differs from backend to backend.
"""


def chosen(weighting_BHN: Tensor, choice_BH: Tensor) -> Address:
    """The sparse address of chosen slots with their log-probabilities; choice N is the no-op."""
    slots = weighting_BHN.shape[-1]
    prob_BHN = with_no_op(weighting_BHN)
    prob_BH = prob_BHN.gather(-1, choice_BH.unsqueeze(-1)).squeeze(-1)
    return Address(
        weights_BHK=(choice_BH < slots).unsqueeze(-1).to(weighting_BHN.dtype),
        slots_BHK=choice_BH.clamp_max(slots - 1).unsqueeze(-1),
        log_prob_BH=prob_BH.clamp_min(PROBABILITY_FLOOR).log(),
        entropy_BH=entropy(weighting_BHN),
    )


def entropy(weighting_BHN: Tensor) -> Tensor:
    """Entropy in nats of a weighting and its no-op, (B, H)."""
    rest_BH = missing(weighting_BHN).clamp_min(PROBABILITY_FLOOR)
    parts_BHN = torch.special.entr(weighting_BHN.clamp_min(PROBABILITY_FLOOR))
    return parts_BHN.sum(-1) + torch.special.entr(rest_BH)


def dense(weighting_BHN: Tensor, weights_BHN: Tensor) -> Address:
    """The dense address of such weights, nothing chosen, with the entropy of the weighting."""
    return Address.of(weights_BHN, entropy_BH=entropy(weighting_BHN))


def with_no_op(weighting_BHN: Tensor) -> Tensor:
    """The weighting and, in a last column, the no-op: what it lacks to one, (B, H, N + 1)."""
    return torch.cat([weighting_BHN, missing(weighting_BHN).unsqueeze(-1)], -1)


def missing(weighting_BHN: Tensor) -> Tensor:
    """What a weighting lacks to one, the probability of the no-op, (B, H).

    Zero, without a gradient, where it is no more than ROUNDING: that is the rounding of float32,
    and would get a gradient as large as that of a slot.
    """
    rest_BH = 1 - weighting_BHN.sum(-1)
    return threshold(rest_BH, ROUNDING, 0.0)


def uniforms(like_BHN: Tensor) -> Tensor:
    """One uniform per head, (B, H, 1), drawn in float32 for weightings of every type.

    So every backend and precision makes the same choices from the same generator.
    """
    return torch.rand(*like_BHN.shape[:-1], 1, dtype=torch.float32, device=like_BHN.device)


def sample(prob_BHN: Tensor, uniform_BH1: Tensor | None = None) -> Tensor:
    """One choice per head, (B, H): where the running sum exceeds a uniform's share of the total.

    The uniforms are those given, or drawn.
    """
    if uniform_BH1 is None:
        uniform_BH1 = uniforms(prob_BHN)
    running_BHN = prob_BHN.detach().cumsum(-1)
    choice_BH = (running_BHN <= uniform_BH1 * running_BHN[..., -1:]).sum(-1)
    return choice_BH.clamp_max(prob_BHN.shape[-1] - 1)


def gumbel_noise(*shape: int, device: torch.device | None = None) -> Tensor:
    """Standard Gumbel noise, drawn in float32 whatever it is added to.

    So every backend and precision makes the same choices from the same generator.
    """
    return -torch.empty(*shape, dtype=torch.float32, device=device).exponential_().log()


def likeliest(prob_BHN: Tensor) -> Tensor:
    """The most probable choice, (B, H): the first of those that tie by TIE."""
    bound_BH1 = prob_BHN.detach().amax(-1, keepdim=True) * (1 - TIE)
    return (prob_BHN >= bound_BH1).int().argmax(-1)


def largest(weighting_BHN: Tensor, count: int) -> Tensor:
    """The most probable slots, (B, H, count), the lowest first; all where there are fewer.

    Taken one after the other, each as in `likeliest`. Those of weight NaN are taken first.
    """
    left_BHN = weighting_BHN.detach().nan_to_num(torch.inf)
    slots = []
    for _ in range(min(count, left_BHN.shape[-1])):
        slots.append(likeliest(left_BHN).unsqueeze(-1))
        left_BHN = left_BHN.scatter(-1, slots[-1], -1.0)
    return torch.cat(slots, -1).sort(-1).values


def one_hot(choice_BH: Tensor, like_BHN: Tensor) -> Tensor:
    """Choices as weights, shaped as given."""
    return torch.zeros_like(like_BHN).scatter(-1, choice_BH.unsqueeze(-1), 1.0)


def mode(weighting_BHN: Tensor) -> Tensor:
    """The most probable choice as weights over the slots; all zero where it is the no-op."""
    prob_BHN = with_no_op(weighting_BHN)
    return one_hot(likeliest(prob_BHN), prob_BHN)[..., :-1]


def straight_through(hard_BHN: Tensor, soft_BHN: Tensor) -> Tensor:
    """The value of the first with the gradient of the second."""
    # the difference is exactly zero, so the forward value is exactly the hard one
    return hard_BHN + (soft_BHN - soft_BHN.detach())
