"""A memory of many learned slots, found by product keys (Lample et al., 2019)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, silu

from ..equations import product_keys
from ..estimators import Estimator
from ..interface import Interface
from ..options import require_one_of, require_positive
from ..registry import cells
from ..types import Address
from .base import MemoryCell, head_names

QUERY_NORMS = ("none", "layer")


@cells.register("product_keys")
class ProductKeys(MemoryCell[tuple[()]]):
    """Reads a few of a large table of learned values, by the nearest of as many keys.

    The key of a slot is made of two halves, each out of so few that the `k` nearest slots are found
    exactly by comparing the query's halves to the half-keys (Lample et al.). The weighting of a
    head is the softmax over these k candidates: among them the estimator chooses, and what is
    chosen is one slot. The reads of all heads are summed. Values are parameters: nothing is written
    and the state is empty, so that a step is that of a layer and its past is the controller's.

    `slots` is split in the two factors nearest to each other; a square number, as in the paper, is
    the cheapest, and a prime one compares every slot. `key_width` is that of a whole key, even.
    `query_norm` `layer` normalises queries; the paper normalises them over a batch, which would
    let the sequences of a batch see each other. `gated` multiplies the sum by a SiLU of a map of
    the controller's output (Berges et al., 2024).

    Four times the slots are twice the half-keys to compare; nothing else in a step grows. The
    gradient of the values is as large as the table, once per step, unless `sparse_gradient`: a
    sparse tensor, for an optimiser that takes them. In studies that is `sgd` without weight decay,
    clipped or not; in a loop of your own torch.optim.SGD, or SparseAdam for the values alone.
    torch's other optimisers and its clip_grad_norm_ refuse it.
    """

    def __init__(
        self,
        input_size: int,
        estimator: Estimator,
        *,
        slots: int = 2**16,
        width: int = 32,
        heads: int = 4,
        k: int = 32,
        key_width: int = 32,
        query_norm: str = "none",
        gated: bool = False,
        sparse_gradient: bool = False,
    ) -> None:
        super().__init__()
        require_positive(slots=slots, width=width, heads=heads, k=k, key_width=key_width)
        require_one_of("query_norm", query_norm, QUERY_NORMS)
        if key_width % 2:
            raise ValueError(f"key_width must be even, to make two halves, not {key_width}")
        self.estimator = estimator
        self.slots, self.width, self.k = slots, width, k
        self.normalised, self.gated, self.sparse_gradient = (
            query_norm == "layer",
            gated,
            sparse_gradient,
        )
        self.heads = head_names(0, heads)
        self.read_size = width
        shapes: dict[str, tuple[int, ...]] = {"query": (heads, key_width)}
        self.interface = Interface(input_size, shapes | ({"gate": (width,)} if gated else {}))
        first, second = product_keys.factors(slots)
        # as in the authors' code: keys uniform by their width, values normal by theirs
        bound = (key_width // 2) ** -0.5
        self.first_HNZ = nn.Parameter(_uniform(heads, first, key_width // 2, bound=bound))
        self.second_HNZ = nn.Parameter(_uniform(heads, second, key_width // 2, bound=bound))
        self.values_NW = nn.Parameter(torch.randn(slots, width) * width**-0.5)

    def initial_state(self, batch_size: int) -> tuple[()]:
        return ()

    def forward(self, h_BC: Tensor, state: tuple[()]) -> tuple[Tensor, tuple[()], Address]:
        head = self.interface(h_BC)
        query_BHZ = head["query"]
        if self.normalised:
            query_BHZ = layer_norm(query_BHZ, query_BHZ.shape[-1:])
        scores_BHK, slots_BHK = product_keys.nearest(
            query_BHZ, self.first_HNZ, self.second_HNZ, self.k
        )
        address = product_keys.placed(self.estimator(scores_BHK.softmax(-1)), slots_BHK)
        reads_BHW = product_keys.lookup(
            self.values_NW, address, sparse_gradient=self.sparse_gradient
        )
        read_BW = reads_BHW.sum(1)
        if self.gated:
            read_BW = read_BW * silu(head["gate"])
        return read_BW, state, address


def _uniform(*shape: int, bound: float) -> Tensor:
    return torch.empty(*shape).uniform_(-bound, bound)
