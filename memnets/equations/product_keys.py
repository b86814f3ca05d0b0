"""Many learned slots found by two half-keys each: product keys.

Pure functions (Lample et al., 2019, section 3; Berges et al., 2024). Slot n has the key
[a_i ; b_j] with i = n // J and j = n % J, where there are I first and J second halves, so N = I J.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import embedding

from ..types import Address


def factors(slots: int) -> tuple[int, int]:
    """How many first and second half-keys make so many slots: two factors as near as may be.

    A square has its root twice, as in the paper; a prime number has every slot as a half.
    """
    first = next(i for i in range(math.isqrt(slots), 0, -1) if slots % i == 0)
    return first, slots // first


def nearest(
    query_BHZ: Tensor, first_HNZ: Tensor, second_HNZ: Tensor, count: int
) -> tuple[Tensor, Tensor]:
    """The `count` slots whose keys have the largest product with the query, largest first.

    Products and slots, both (B, H, K); all slots where there are fewer. The query is split in two.
    A slot is among the best only if both of its halves are, so that the best of `count` first and
    `count` second halves, combined, hold them all; those of the other slots are never computed.
    """
    one_BHZ, two_BHZ = query_BHZ.chunk(2, -1)
    first_BHK, rows_BHK = _best(torch.einsum("bhz,hiz->bhi", one_BHZ, first_HNZ), count)
    second_BHK, columns_BHK = _best(torch.einsum("bhz,hjz->bhj", two_BHZ, second_HNZ), count)
    scores_BHZ = (first_BHK.unsqueeze(-1) + second_BHK.unsqueeze(-2)).flatten(-2)
    slots_BHKK = rows_BHK.unsqueeze(-1) * second_HNZ.shape[1] + columns_BHK.unsqueeze(-2)
    scores_BHK, best_BHK = _best(scores_BHZ, count)
    return scores_BHK, slots_BHKK.flatten(-2).gather(-1, best_BHK)


def placed(choice: Address, slots_BHK: Tensor) -> Address:
    """The address of the slots that are meant by an address among K candidates.

    It is sparse: a chosen candidate is one slot. Log-probability and entropy are those among them.
    """
    if choice.slots_BHK is None:
        return choice._replace(slots_BHK=slots_BHK)
    return choice._replace(slots_BHK=slots_BHK.gather(-1, choice.slots_BHK))


def lookup(values_NW: Tensor, address: Address, *, sparse_gradient: bool = False) -> Tensor:
    """Weighted sum of the learned rows that a sparse address names, (B, H, W).

    It touches these rows and no others, and so does its gradient if `sparse_gradient`, which is
    then a sparse tensor; otherwise the gradient is as large as the table. Raises ValueError for a
    dense address.
    """
    if address.slots_BHK is None:
        raise ValueError("a lookup needs an address that names its slots")
    rows_BHKW = embedding(address.slots_BHK, values_NW, sparse=sparse_gradient)
    return (address.weights_BHK.unsqueeze(-2) @ rows_BHKW).squeeze(-2)


def _best(scores_BHN: Tensor, count: int) -> tuple[Tensor, Tensor]:
    values_BHK, places_BHK = scores_BHN.topk(min(count, scores_BHN.shape[-1]), -1)
    return values_BHK, places_BHK
