"""Averaged weights and a falling rate, against loops over the updates."""

import pytest
import torch
from torch.optim import SGD, lr_scheduler

from studies import Averaging, FallingRate, RateSchedule, Restarts
from studies.design.data import BadData
from studies.procedures.evaluation import controls, evaluate
from studies.procedures.schedules import Average, RateFall, share_at
from studies.procedures.trained import trained
from studies.procedures.training import update

from ..recorders import Memory
from .steered import same, start, steered, weights


class Double:
    """A learner of one weight in float64, whose updates a test makes."""

    def __init__(self, watcher):
        self.network = torch.nn.Linear(3, 1).double()
        self.optimiser = torch.optim.SGD(self.network.parameters(), lr=0.5)
        self.watchers = (watcher,)


@pytest.mark.parametrize(("decay", "first"), [(0.9, 1), (0.5, 3), (0.0, 1)])
def test_the_average_is_the_exponential_one_of_the_weights_from_its_start_on(decay, first):
    average = Average(Averaging(decay=decay, start=first))
    learner, expected = Double(average), None
    for step in range(1, 8):
        with torch.no_grad():
            for parameter in learner.network.parameters():
                parameter.add_(torch.randn_like(parameter))
        average.updated(learner, torch.zeros(1, 1))
        now = [p.tolist() for p in (learner.network.weight[0], learner.network.bias)]
        if step == first:
            expected = now
        elif step > first:
            expected = [
                [decay * a + (1 - decay) * w for a, w in zip(*pair, strict=True)]
                for pair in zip(expected, now, strict=True)
            ]
        if step < first:
            assert average.weights == []
        else:
            found = [average.weights[0][0].tolist(), average.weights[1].tolist()]
            for row, wanted in zip(found, expected, strict=True):
                assert row == pytest.approx(wanted, abs=1e-14)


def test_a_network_is_tested_with_its_average_and_trained_without(trial):
    learner = start(steered(trial, averaging=Averaging(decay=0.9)))
    average = learner.watchers[0]
    for _ in range(3):
        update(learner)
    own = weights(learner)
    with learner.watchers.testing(learner.network):
        assert same(weights(learner), average.weights)
        assert not same(weights(learner), own)
    assert same(weights(learner), own)


def test_before_its_start_the_weights_themselves_are_tested(trial):
    learner = start(steered(trial, averaging=Averaging(start=3)))
    update(learner)
    own = weights(learner)
    with learner.watchers.testing(learner.network):
        assert same(weights(learner), own)


def test_at_the_end_the_average_is_what_is_stored(trial, tmp_path):
    trial = steered(trial, learning_rate=0.1, averaging=Averaging(decay=0.9))
    memory = Memory()
    trial.procedure.run(trial, memory)
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(memory.checkpoint)
    _, network = trained(path)
    task = trial.task.build()
    tests = evaluate(network, task, (1, 2, 3), 3, trial.seed)
    tests += controls(network, task, (1, 2), 3, trial.seed)
    last = [row for row in memory.rows if row["step"] == 6 and row["kind"] == "test"]
    assert [test["bits"] for test in tests] == [row["bits"] for row in last]
    plain = Memory()
    bare = steered(trial, averaging=None)
    bare.procedure.run(bare, plain)
    others = [row["bits"] for row in plain.rows if row["step"] == 6 and row["kind"] == "test"]
    assert others != [row["bits"] for row in last]


def naive_rates(costs, base, factor, learned, decay, warm):
    """The rate after each cost: factor^r of it, r = max(0, 1 - c / (learned c0))."""
    rates, seen, running = [], [], None
    for cost in costs:
        if len(seen) < warm:
            seen.append(cost)
            first = running = sum(seen) / len(seen)
        else:
            running = decay * running + (1 - decay) * cost
        opening = max(0.0, 1 - running / (learned * first)) if len(seen) >= warm else 0.0
        rates.append(base * factor**opening)
    return rates


@pytest.mark.parametrize("factor", [0.1, 0.5])
def test_the_rate_falls_to_its_factor_as_the_cost_falls_under_a_share_of_the_first(factor):
    settings = FallingRate(factor=factor, learned=0.5, decay=0.5, warm=3)
    fall = RateFall(settings)
    fall.gate.double()
    learner = Double(fall)
    costs = [8.0, 10.0, 9.0, 8.0, 5.0, 2.0, 1.0, 0.1, 0.0, 0.0, 0.0, 4.0, 9.0]
    found = []
    for cost in costs:
        # a mean over two sequences of two steps
        fall.updated(learner, torch.tensor([[cost, 0.0], [0.0, cost]], dtype=torch.float64))
        found.append(learner.optimiser.param_groups[0]["lr"])
    expected = naive_rates(costs, 0.5, factor, 0.5, 0.5, 3)
    assert found == pytest.approx(expected, rel=1e-12)
    assert found[0] == 0.5 and min(found) < 0.6 * factor and found[-1] > min(found)


def test_the_gate_opens_with_the_cost_of_training(trial):
    falling = FallingRate(learned=10.0, warm=1, decay=0.0)
    learner = start(steered(trial, learning_rate=0.01, falling_rate=falling))
    update(learner)
    # one update is all of the first cost, a tenth of which is the share
    assert learner.optimiser.param_groups[0]["lr"] == pytest.approx(0.01 * 0.1**0.9)


def test_both_begin_again_with_an_attempt(trial):
    settings = {"averaging": Averaging(), "falling_rate": FallingRate(learned=10.0, warm=1)}
    learner = start(steered(trial, restarts=Restarts(), **settings))
    fall, average, _ = learner.watchers
    update(learner)
    assert fall.rate < 1 and average.weights
    learner.begin_again(1)
    assert fall.rate == 1 and fall.gate.updates == 0 and not average.weights
    assert learner.optimiser.param_groups[0]["lr"] == learner.settings.learning_rate


@pytest.mark.parametrize(
    ("settings", "theirs"),
    [
        (
            RateSchedule("cosine", least=0.1),
            lambda optimiser: lr_scheduler.CosineAnnealingLR(optimiser, 19, eta_min=0.1),
        ),
        (
            RateSchedule("steps", every=6, factor=0.5),
            lambda optimiser: lr_scheduler.StepLR(optimiser, 6, 0.5),
        ),
        (
            RateSchedule(warm_up=5),
            lambda optimiser: lr_scheduler.LambdaLR(optimiser, lambda n: min(1.0, (n + 1) / 5)),
        ),
    ],
)
def test_a_planned_rate_is_torchs(settings, theirs):
    optimiser = SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    plan = theirs(optimiser)
    for step in range(1, 21):
        assert share_at(settings, step, 20) == pytest.approx(optimiser.param_groups[0]["lr"])
        optimiser.step()
        plan.step()


def test_after_a_warm_up_the_shape_begins_and_ends_where_it_should():
    cosine = RateSchedule("cosine", warm_up=4, least=0.2)
    shares = [share_at(cosine, update, 20) for update in range(1, 21)]
    assert shares[:5] == [0.25, 0.5, 0.75, 1.0, 1.0] and shares[-1] == pytest.approx(0.2)
    assert shares[4:] == sorted(shares[4:], reverse=True)
    steps = RateSchedule("steps", warm_up=1, every=2, factor=0.1)
    found = [share_at(steps, update, 7) for update in range(1, 8)]
    assert found == pytest.approx([1, 1, 1, 0.1, 0.1, 0.01, 0.01])
    assert share_at(RateSchedule("cosine", warm_up=9), 9, 3) == 1.0


def test_a_trial_has_the_planned_rate_at_every_update_and_multiplies_the_others(trial):
    planned = {"shape": "steps", "warm_up": 2, "every": 2, "factor": 0.1}
    learner = start(steered(trial, schedule=planned, learning_rate=1.0, updates=6))
    rates = []
    for _ in range(6):
        rates.append(learner.optimiser.param_groups[0]["lr"])
        update(learner)
    assert rates == pytest.approx([0.5, 1, 1, 1, 0.1, 0.1])
    learner.begin_again(1)
    assert learner.optimiser.param_groups[0]["lr"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shape": "linear"}, "schedule shape is 'linear'; it must be one of constant, cosine"),
        ({"warm_up": -1}, "schedule warm_up is -1"),
        ({"least": 2.0}, "schedule least is 2.0"),
        ({"every": 0}, "schedule every is 0"),
        ({"factor": 0.0}, "schedule factor is 0.0"),
    ],
)
def test_a_plan_out_of_range_is_refused(change, message):
    with pytest.raises(BadData, match=message):
        RateSchedule(**change)
