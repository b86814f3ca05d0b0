"""How good an estimator's gradient is, against the exact one: the settings of the measurement.

A procedure for studies of estimators on tasks small enough to enumerate. One sequence and one set
of parameters per seed, the same for every estimator; measured before training and after some
updates. What is measured is the gradient of the expected cost under sampled addresses with respect
to the controller and the cell: the readout's, which any rollout gives well, would hide the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..design.settings import check_number, check_whole, require, whole
from .base import Outcome, Procedure, Recorder, Row, procedures
from .lengths import trained_lengths
from .optimisers import require_taken

if TYPE_CHECKING:
    from memnets.spec import ModelSpec

    from ..design.trial import Trial


@procedures.register("gradients")
@dataclass(frozen=True, kw_only=True)
class Gradients(Procedure):
    """Measure bias, variance and cosine of an estimator's gradient, before and after training.

    The second point is reached by `updates` of the score function with `descent_rollouts` rollouts
    per sequence and a reward of `descent_entropy` for entropy. `repeats` has pairs: rollouts per
    gradient, and how many gradients of so many rollouts are drawn; `same` are drawn where nothing
    is random, enough for a median of the time. Before it is measured, a baseline learns from
    minibatches of `warm_up_batch` rollouts: `warm_up_learned` of them, at `warm_up_rate`, where it
    has parameters, `warm_up_averages` where it keeps averages.
    """

    row_key: ClassVar = ("kind", "step", "samples")
    score: ClassVar = "error"

    updates: int = 180
    batch_size: int = 16
    learning_rate: float = 1e-2
    descent_rollouts: int = 4
    descent_entropy: float = 0.1
    repeats: tuple[tuple[int, int], ...] = ((4, 80), (32, 40), (256, 30), (2048, 16))
    same: int = 5
    warm_up_batch: int = 64
    warm_up_learned: int = 200
    warm_up_averages: int = 50
    warm_up_rate: float = 1e-2

    def __post_init__(self) -> None:
        # a variance takes two draws, a leave-one-out baseline two rollouts
        check_whole(self, updates=1, batch_size=1, descent_rollouts=2, same=2)
        check_whole(self, warm_up_batch=1, warm_up_learned=0, warm_up_averages=0)
        check_number(self, "", "learning_rate", "warm_up_rate", above=0)
        check_number(self, "", "descent_entropy", least=0)
        pairs = _pairs(self.repeats)
        wanted = "pairs of rollouts, at least 1, and of gradients, at least 2"
        require(bool(pairs), self, "", "repeats", wanted)
        object.__setattr__(self, "repeats", pairs)

    def takes(self, task: Any) -> Mapping[str, Any]:
        """No columns; raises BadData for a task without batches or lengths."""
        trained_lengths(task, "measuring gradients")
        return {}

    def require_model(self, model: ModelSpec) -> None:
        """Raise BadData for sparse gradients."""
        require_taken(model)

    def run(self, trial: Trial, recorder: Recorder) -> Outcome:
        """Measure; a measurement that was stopped begins again, and repeats no row."""
        from .gradient_rows import measure

        return measure(trial, self, recorder)

    def progress(self, row: Row) -> str:
        """Where and from how many rollouts the last gradients were."""
        rollouts = f"gradients of {row['samples']:,} rollouts"
        return f"{row['step']}/{self.updates}  {rollouts}  error {row['error']:.2g}"

    def share_done(self, row: Row) -> float | None:
        """The share of the rollouts, which are as many before the updates as after them."""
        drawn = [samples * draws for samples, draws in self.repeats]
        here = [
            work for work, (n, _) in zip(drawn, self.repeats, strict=True) if n <= row["samples"]
        ]
        return (sum(here) + (row["step"] > 0) * sum(drawn)) / (2 * sum(drawn))


def _pairs(repeats: Any) -> tuple[tuple[int, int], ...]:
    """Pairs of numbers in range, () where there is anything else."""
    try:
        pairs = [(whole(rollouts), whole(draws)) for rollouts, draws in repeats]
    except (TypeError, ValueError):
        return ()
    good = [(n, draws) for n, draws in pairs if n and draws and n >= 1 and draws >= 2]
    return tuple(good) if len(good) == len(pairs) else ()
