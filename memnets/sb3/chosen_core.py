"""A memory whose addresses are drawn outside of it, as actions are, and replayed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from ..addressing import SHUFFLED
from ..episodes import begun
from ..estimators import SOFT, Estimator, Recorded, Replay, Shuffled
from ..network import MemoryNetwork
from ..spec import ModelSpec
from ..types import NetworkState, Rollout
from .core import Memory, MemoryCore, spec_of
from .packing import Packed

E = TypeVar("E", bound=Estimator)

_COUNTED_STEPS = 3


class Chosen(NamedTuple):
    """What a memory with chosen addresses gives; shapes with time where a sequence was replayed."""

    hidden_BC: Tensor
    """The controller's outputs, which have seen no choice of their own step: for a critic."""
    output_BY: Tensor
    log_prob_B: Tensor
    """Of all choices of a step."""
    entropy_B: Tensor
    """Of all weightings of a step, in nats."""


class ChosenCore(MemoryCore):
    """A core that draws one slot, or the no-op, per decision, and takes stored choices again."""

    def __init__(self, memory: Memory, input_size: int, output_size: int) -> None:
        super().__init__(choosing(memory), input_size, output_size)
        # no kernel draws or replays choices of outside
        self.network.backend = "reference"
        self.choices = choices_of(self.network)
        """How many choices each decision of a step has."""
        self._moves: torch.Generator | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """As those of any memory, but for whole weightings: its choices are actions."""
        return tuple(each for each in super().addresses if each != SOFT)

    @contextlib.contextmanager
    def addressed(self, address: str, *, seed: int = 0) -> Iterator[None]:
        """As of any memory; what is shuffled are the slots that `draw` chooses.

        Raises ValueError for whole weightings.
        """
        if address == SOFT:
            raise ValueError("slots that are actions are chosen one by one: they are never soft")
        if address != SHUFFLED:
            with super().addressed(address, seed=seed):
                yield
            return
        self._moves = torch.Generator().manual_seed(seed)
        try:
            yield
        finally:
            self._moves = None

    def draw(
        self, x_BF: Tensor, packed: Packed, starts_B: Tensor, *, greedy: bool = False
    ) -> tuple[Chosen, Tensor, Packed]:
        """One step with choices of its own; they come second, (B, D), the next state last."""
        recorded = Recorded(greedy=greedy)
        moved = recorded if self._moves is None else Shuffled(recorded, self._moves)
        with _using(self.network, moved):
            rollout = self.run(x_BF.unsqueeze(0), packed, starts_B.unsqueeze(0))
        choices_BD = recorded.choices_BU
        self._require(choices_BD.shape[1], 1)
        chosen = Chosen._make(part[0] for part in _chosen(rollout))
        return chosen, choices_BD, self.packing.pack(rollout.state)

    def replay(
        self, x_TBF: Tensor, packed: Packed, starts_TB: Tensor, choices_TBD: Tensor
    ) -> Chosen:
        """A sequence with choices (T, B, D) that were made before, under the present weights."""
        script_BU = choices_TBD.transpose(0, 1).flatten(1)
        with _using(self.network, Replay(script_BU)) as estimator:
            rollout = self.run(x_TBF, packed, starts_TB)
        self._require(len(estimator.choices), len(x_TBF))
        return _chosen(rollout)

    def _require(self, asked: int, steps: int) -> None:
        if asked != steps * len(self.choices):
            raise ValueError(
                f"the memory asked for {asked} choices in {steps} steps of {len(self.choices)}: "
                f"weightings that are empty in a whole batch cannot be replayed"
            )

    def hidden(self, x_BF: Tensor, packed: Packed, starts_B: Tensor) -> Tensor:
        """The controller's output of the next step, (B, C), before anything is chosen."""
        first = self.network.initial_state(len(x_BF))
        state: NetworkState = begun(starts_B, self.unpacked(packed), first)
        seen_BX = torch.cat([x_BF, state.read_BO], -1)
        hidden_BC: Tensor = self.network.controller(seen_BX, state.controller)[0]
        return hidden_BC


def address_choices(memory: Memory) -> list[int]:
    """How many choices each decision of a step of this memory has: slots and the no-op.

    Decisions come in the order in which the cell asks for them. Raises ValueError for a memory
    whose addresses cannot be actions.
    """
    with torch.random.fork_rng(devices=[]):
        return choices_of(choosing(memory).build(1, 1))


def choosing(memory: Memory) -> ModelSpec:
    """The model with one slot per choice, whatever the estimator of its spec: so is its state."""
    return replace(spec_of(memory), estimator="reinforce", estimator_options={})


def choices_of(network: MemoryNetwork) -> list[int]:
    """As `address_choices`, of a network."""
    name = type(network.cell).__name__
    if network.cell.read_steps != 1:
        raise ValueError(f"{name} reads again after it has chosen: take read_steps=1")
    most = _COUNTED_STEPS * len(network.cell.heads)
    with torch.no_grad(), _using(network, Replay(torch.zeros(1, most, dtype=torch.long))) as trial:
        inputs_TBX = network.readout.weight.new_zeros(_COUNTED_STEPS, 1, network.input_size)
        network(inputs_TBX)
        asked = trial.choices
    decisions = len(asked) // _COUNTED_STEPS
    if not decisions or asked != asked[:decisions] * _COUNTED_STEPS:
        raise ValueError(f"{name} does not choose among as many slots at every step")
    return asked[:decisions]


def _chosen(rollout: Rollout) -> Chosen:
    return Chosen(
        rollout.hidden_TBC,
        rollout.logits_TBY,
        rollout.address.log_prob_BH.sum(-1),
        rollout.address.entropy_BH.sum(-1),
    )


@contextlib.contextmanager
def _using(network: MemoryNetwork, estimator: E) -> Iterator[E]:
    own, network.cell.estimator = network.cell.estimator, estimator
    try:
        yield estimator
    finally:
        network.cell.estimator = own
