"""Settings of what may steer a supervised training beside its curriculum."""

from __future__ import annotations

from dataclasses import dataclass

from ..design.settings import check_number, check_one_of, check_whole, require

OWN = "own"
"""The address that a network's estimator makes at test."""
ADDRESSES = (OWN, "soft", "one slot")
"""By which test, named as in column `address` of the rows, a trial may be judged."""
SHAPES = ("constant", "cosine", "steps")
"""Of a learning rate over the updates."""


@dataclass(frozen=True)
class Selection:
    """Keep the best network of a training, not the last; judge by one of the tests.

    `address` names the test that says which evaluation is best and when a trial is solved: under
    the network's own address, all softly, or with one slot; a model that is not tested so, as one
    without memory, is judged by its own. The best evaluation has the fewest errors, averaged over
    the test lengths that were trained, and of several the fewest bits. At the end its network is
    what is traced and stored, and its tests are the last rows.

    With `restore_best` n > 0, after n evaluations in a row that are no better than the best, all is
    again as it was then, and the learning rate is multiplied by `factor`; once it is below
    `least_rate`, training ends. Stack RNN (Joulin & Mikolov, 2015) is "one slot", 1, 0.5, 1e-5
    with a first rate of 0.1. With `lost`, only what was learned and lost is restored: of the
    errors in training before the first evaluation, training before the best had at most this share,
    and training before those that count has more.
    """

    address: str = OWN
    restore_best: int = 0
    factor: float = 0.5
    least_rate: float = 1e-5
    lost: float | None = None

    def __post_init__(self) -> None:
        check_one_of(self, "selection", "address", ADDRESSES)
        check_whole(self, "selection", restore_best=0)
        check_number(self, "selection", "factor", above=0)
        require(self.factor < 1, self, "selection", "factor", "below 1")
        check_number(self, "selection", "least_rate", least=0)
        if self.lost is not None:
            check_number(self, "selection", "lost", above=0)


@dataclass(frozen=True)
class Restarts:
    """Begin again, at most `at_most` times, where a trial does not learn (Stack RNN does).

    An attempt is judged once, at its first evaluation after a `share` of the trial's updates. It is
    given up where, in training since the evaluation before, the share of right answers was below
    `accuracy`, or the mean entropy of a weighting above `entropy` nats (None: it may be anything).
    The next begins with weights and batches of a new seed, which is made from the trial's own.

    All attempts together have the trial's `updates`; its steps, sequences and seconds are those of
    all.
    """

    at_most: int = 3
    share: float = 0.2
    accuracy: float = 0.9
    entropy: float | None = None

    def __post_init__(self) -> None:
        check_whole(self, "restarts", at_most=1)
        check_number(self, "restarts", "share", above=0)
        wanted = f"so small that {self.at_most} restarts leave updates to the last attempt"
        require(self.at_most * self.share < 1, self, "restarts", "share", wanted)
        check_number(self, "restarts", "accuracy", least=0)
        require(self.accuracy <= 1, self, "restarts", "accuracy", "a share, at most 1")
        if self.entropy is not None:
            check_number(self, "restarts", "entropy", least=0)


@dataclass(frozen=True)
class Budget:
    """End a training before its `updates`: what is reached first ends it, after a last evaluation.

    `seconds` are of training on the machine at hand, without tests, by the trial's `clock`, so
    results differ between machines and runs; `sequences` are trained ones. With `patience` n a
    training that stands still ends: n evaluations in a row whose bits per sequence, averaged over
    the test lengths that were trained, are not at least the share `gain` below the best before.
    """

    seconds: float | None = None
    sequences: int | None = None
    patience: int | None = None
    gain: float = 0.01

    def __post_init__(self) -> None:
        if self.seconds is not None:
            check_number(self, "budget", "seconds", above=0)
        for name in ("sequences", "patience"):
            if getattr(self, name) is not None:
                check_whole(self, "budget", **{name: 1})
        check_number(self, "budget", "gain", least=0)
        require(self.gain < 1, self, "budget", "gain", "below 1")

    def share_spent(self, seconds: float, sequences: int) -> float:
        """How much of it is spent, of what is limited; 1 and more is all."""
        shares = [0.0]
        if self.seconds is not None:
            shares.append(seconds / self.seconds)
        if self.sequences is not None:
            shares.append(sequences / self.sequences)
        return max(shares)


@dataclass(frozen=True)
class Averaging:
    """Test an exponential moving average of the weights in their place.

    It begins as the weights after update `start` of an attempt; after each later one it is `decay`
    times itself plus 1 - `decay` times the weights. At the end it takes their place for good.
    """

    decay: float = 0.999
    start: int = 1

    def __post_init__(self) -> None:
        check_whole(self, "averaging", start=1)
        check_number(self, "averaging", "decay", least=0)
        require(self.decay < 1, self, "averaging", "decay", "below 1")


@dataclass(frozen=True)
class FallingRate:
    """Lower the learning rate as the task is learned: it is multiplied by factor^r.

    r = max(0, 1 - c / (learned c0)) rises from 0 to 1; c is a running mean of the cost of a
    sequence, which keeps `decay` of itself at each update, and c0 the mean of the first `warm`. It
    is the gate by which a price on entropy opens (`memnets.estimators.Gate`).
    """

    factor: float = 0.1
    learned: float = 0.15
    decay: float = 0.98
    warm: int = 20

    def __post_init__(self) -> None:
        check_whole(self, "falling_rate", warm=1)
        check_number(self, "falling_rate", "factor", "learned", above=0)
        check_number(self, "falling_rate", "decay", least=0)
        require(self.decay < 1, self, "falling_rate", "decay", "below 1")


@dataclass(frozen=True)
class RateSchedule:
    """The learning rate of each update, as a share of the trial's `learning_rate`.

    It rises linearly to 1 over the first `warm_up` updates and then follows its `shape`: it stays
    (constant); falls along half a cosine to `least` at the last update (Loshchilov & Hutter, 2017,
    without restarts); or is multiplied by `factor` after every `every` updates (steps).
    """

    shape: str = "constant"
    warm_up: int = 0
    least: float = 0.0
    factor: float = 0.1
    every: int = 1_000

    def __post_init__(self) -> None:
        check_one_of(self, "schedule", "shape", SHAPES)
        check_whole(self, "schedule", warm_up=0, every=1)
        check_number(self, "schedule", "least", least=0, most=1)
        check_number(self, "schedule", "factor", above=0)
