"""Evolution strategies: learning without a gradient, for which a choice is no obstacle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from memnets.registry import Registry

from ..design.data import BadData, hint
from ..design.settings import check_number, check_whole, require
from .base import Outcome, Procedure, Recorder, Row, procedures
from .lengths import trained_lengths
from .training_settings import (
    TEST_DEFAULTS,
    TEST_KEY,
    backend_parts,
    check_training,
    share_done,
    tested_lengths,
    training_line,
)

if TYPE_CHECKING:
    from ..design.trial import Trial

SHAPINGS = ("centred_ranks", "utilities", "standardised")


@procedures.register("evolution")
@dataclass(frozen=True, kw_only=True)
class Evolution(Procedure):
    """Move parameters towards the perturbed ones that do better (Salimans et al., 2017).

    In each update, `population` members stand in pairs at θ + σε and θ − σε, with `sigma` σ and
    normal ε. All of them run the same `batch_size` sequences as a test does: in `eval()`, so that
    a discrete memory uses one slot, the most probable, and nothing is differentiated. Their costs,
    as `shaping` makes weights of them, give the gradient that the optimiser descends, to which
    `weight_decay` times the parameters is added. What an estimator does for gradients has no part
    in this.

    Rows, test lengths and `solved_errors` are as in `Supervised`. `sequences` counts those that
    members ran: population times batch size per update. Rows of training describe θ itself, and
    `population_bits` is the mean cost of the members.
    """

    row_key: ClassVar = TEST_KEY
    score: ClassVar = "accuracy"
    row_defaults: ClassVar = TEST_DEFAULTS

    updates: int = 1_000
    population: int = 64
    sigma: float = 0.05
    shaping: str = "centred_ranks"
    batch_size: int = 16
    learning_rate: float = 1e-2
    optimiser: str = "adam"
    weight_decay: float = 0.0
    evaluate_every: int = 100
    test_lengths: tuple[int, ...] | None = None
    test_sequences: int = 64
    solved_errors: float | None = None
    backend: str = "auto"

    def __post_init__(self) -> None:
        check_training(self)
        check_whole(self, population=2)
        even = self.population % 2 == 0
        require(even, self, "", "population", "an even number: members stand in pairs")
        check_number(self, "", "sigma", above=0)
        check_number(self, "", "weight_decay", least=0)
        if not isinstance(self.shaping, str) or self.shaping not in SHAPINGS:
            raise BadData(
                f"no shaping {self.shaping!r:.60}.{hint(str(self.shaping), list(SHAPINGS))}"
            )

    def takes(self, task: Any) -> Mapping[str, Any]:
        """The task's shortest and longest trained lengths."""
        low, high = trained_lengths(task, "evolution")
        tested_lengths(self, task)
        return {"min_length": low, "max_length": high}

    def parts(self) -> Iterator[tuple[str, Registry[Any], str]]:
        """A backend of another package."""
        return backend_parts(self)

    def run(self, trial: Trial, recorder: Recorder) -> Outcome:
        """Search and test; goes on from the last evaluation. Raises Diverged."""
        from .evolution_search import search

        return search(trial, self, recorder)

    def progress(self, row: Row) -> str:
        """Updates, speed and bits per sequence, after a row of training."""
        return training_line(self, row)

    def share_done(self, row: Row) -> float | None:
        """The share of its updates, after a row of training."""
        return share_done(self, row)
