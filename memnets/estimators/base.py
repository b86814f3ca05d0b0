"""What an estimator is."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias

from torch import Tensor, nn

from ..inputs import check_starts
from ..options import check_options
from ..types import Address
from .gate import Gate
from .packed import Parts
from .price import Price

SOFT, K_SLOTS, ONE_SLOT = "soft", "k slots", "one slot"
"""How an address is made: of every slot, of the k largest weights, of one slot or the no-op."""

Estimates: TypeAlias = Callable[[Tensor], Address]
"""Makes an address out of a weighting: an estimator, or what a backend puts in its place."""


class Estimator(nn.Module, ABC):
    """Makes addresses out of weightings and supplies the gradient that a discrete choice loses.

    Built as Estimator(**options). One that has a parameter `feature_size` is built with the width C
    of the features that its `loss` will be given, which are the controller's outputs; one that has
    `external_size`, with the width X of the network's inputs. One that is
    made of others takes the name of each as an option, such as `first`, and its options as
    `first_options`. Every estimator takes `price`, the options of a `Price`; None charges none.
    """

    in_training: str
    """How it makes addresses in `train()`: SOFT, K_SLOTS or ONE_SLOT, or one "then" another."""
    at_test: str
    """How it makes addresses in `eval()`: SOFT, K_SLOTS or ONE_SLOT."""
    repeatable: bool = False
    """Whether a weighting has one address, without a draw, which is the same in training and at
    test: what an algorithm needs that runs a stored sequence again."""
    _takes: ClassVar[frozenset[str]] = frozenset()
    rollouts: int = 1
    """Sampled rollouts per sequence that `loss` wants beside each other in the batch."""

    def __init__(self, *, price: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        if price is not None:
            check_options("price", Price, price)
        self.price = None if price is None else Price(**price)

    @abstractmethod
    def forward(self, weighting_BHN: Tensor) -> Address:
        """The address to use for a weighting whose rows sum to at most one."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._takes = frozenset(inspect.signature(cls.loss).parameters)

    def loss(self, address: Address, cost_TB: Tensor, features_TBC: Tensor | None = None) -> Tensor:
        """What is added to `cost_TB.sum(0).mean()`: a surrogate for the gradient that is missing,
        which one that misses some adds to this, and the price.

        `address` is that of the rollout (every field stacked over time), `cost_TB` the cost of each
        step in nats, `features_TBC` the controller's outputs, for a learned baseline, as
        `MemoryNetwork.features` gives them. A `loss` that has a parameter `inputs_TBX` is also
        given the network's inputs; one that has `lengths_B`, how many steps each sequence has,
        where they are parts of packed ones: after them come zeros.
        """
        return cost_TB.new_zeros(()) if self.price is None else self.price(address, cost_TB)

    def surrogate(
        self,
        address: Address,
        cost_TB: Tensor,
        features_TBC: Tensor,
        inputs_TBX: Tensor,
        starts_TB: Tensor | None = None,
    ) -> Tensor:
        """`loss`, given of a rollout what it takes: what a training loop calls.

        Where episodes are packed end to end, `starts_TB` says where they begin, as it does to the
        network. Each part is then a sequence of its own, and so is what a row begins with: this
        times the number of rows is the `loss` of the parts side by side times their number, a sum
        over episodes as `cost_TB.sum()` is. A moving baseline, a price and a schedule see as many
        sequences as there are parts.
        """
        if starts_TB is None or not self.has_loss or not cost_TB.numel():
            return self.loss_of(address, cost_TB, features_TBC, inputs_TBX=inputs_TBX)
        check_starts(starts_TB, inputs_TBX)
        parts = Parts.of(starts_TB, self.rollouts)
        loss = self.loss_of(
            parts.addresses(address),
            parts.apart(cost_TB),
            parts.apart(features_TBC),
            inputs_TBX=parts.apart(inputs_TBX),
            lengths_B=parts.lengths_B,
        )
        return loss * (len(parts.lengths_B) / cost_TB.shape[1])

    def loss_of(
        self, address: Address, cost_TB: Tensor, features_TBC: Tensor | None, **more: Tensor | None
    ) -> Tensor:
        """`loss`, given of these what it has a parameter for."""
        taken = {name: value for name, value in more.items() if name in self._takes}
        return self.loss(address, cost_TB, features_TBC, **taken)

    @property
    def has_loss(self) -> bool:
        """Whether `loss` ever adds anything; no, where the address itself has a gradient."""
        return type(self).loss is not Estimator.loss or self.price is not None

    @property
    def follows_cost(self) -> bool:
        """Whether a price or a schedule of it moves with the cost that `loss` is given."""
        return any(isinstance(module, Price | Gate) for module in self.modules())

    @property
    def one_slot_share(self) -> float:
        """The share of its choices in training that it makes with one slot at present, 0 to 1."""
        return float(self.in_training == ONE_SLOT)

    def in_force(self) -> Estimator:
        """What makes the addresses of this minibatch: itself, or an estimator that it holds."""
        return self

    @property
    def draws(self) -> bool:
        """Whether an address takes random numbers in the present mode, `train()` or `eval()`."""
        return self.training and not self.repeatable

    def draw(self, like_BHN: Tensor) -> Tensor:
        """The numbers, (B, H, U), that an address of such a weighting takes, drawn ahead of it.

        They do not depend on what the weighting holds. An estimator that has this takes them as the
        second argument of `forward`, which else draws them: so many steps are made at once, each
        with the numbers that it would have drawn. Raises NotImplementedError where it has not.
        """
        raise NotImplementedError(f"{type(self).__name__} draws no numbers ahead")

    @property
    def draws_ahead(self) -> bool:
        """Whether it has `draw`."""
        return type(self).draw is not Estimator.draw

    def spread(self, batch_TBZ: Tensor) -> Tensor:
        """The batch with each sequence repeated, side by side, once per rollout of `rollouts`."""
        return batch_TBZ if self.rollouts == 1 else batch_TBZ.repeat_interleave(self.rollouts, 1)

    def advance(self) -> None:
        """Moves schedules on after every update; `network.advance()` calls it."""
