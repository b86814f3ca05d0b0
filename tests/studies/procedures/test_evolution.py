"""Evolution strategies: ids, rows, one batch for all members, and stopping."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from studies import Evolution, Supervised
from studies.design.data import BadData
from studies.procedures.base import BadCheckpoint
from studies.procedures.evolution_gradient import SHAPINGS, estimated_gradient
from studies.procedures.evolution_search import Search, evaluated, in_one_piece, update
from studies.procedures.trained import trained
from studies.procedures.training import Diverged

from ..recorders import Memory, Stopped, rows_of, timeless

OTHERS = {"shaping": "utilities", "optimiser": "sgd", "backend": "reference"}


@pytest.fixture
def trial(trial):
    """As the supervised one, but for the procedure: four members, six updates."""
    procedure = Evolution(
        updates=6,
        population=4,
        batch_size=2,
        evaluate_every=2,
        test_lengths=(1, 2, 3),
        test_sequences=3,
    )
    model = dataclasses.replace(trial.model, estimator="straight_through")
    return dataclasses.replace(trial, model=model, procedure=procedure)


def change(trial, **settings):
    return dataclasses.replace(trial, procedure=dataclasses.replace(trial.procedure, **settings))


def start(trial):
    return Search.start(trial, trial.procedure, "cpu")


def test_every_setting_changes_the_id(trial):
    ids = {trial.id}
    for item in dataclasses.fields(Evolution):
        value = getattr(trial.procedure, item.name)
        other = OTHERS.get(item.name) or {"solved_errors": 0.1, "test_lengths": (1,)}.get(item.name)
        ids.add(change(trial, **{item.name: other or value * 2 + 2}).id)
    assert len(ids) == 1 + len(dataclasses.fields(Evolution))


def test_it_takes_tasks_that_generate_batches_and_keeps_their_lengths(trial):
    assert trial.procedure.takes(trial.task.build()) == {"min_length": 1, "max_length": 2}
    with pytest.raises(BadData, match="evolution needs a task that generates batches"):
        trial.procedure.takes(object())
    unjudged = dataclasses.replace(trial.procedure, solved_errors=0.1, test_lengths=(9,))
    with pytest.raises(BadData, match="none of the trained lengths"):
        unjudged.takes(trial.task.build())


def test_codes_which_only_training_moves_are_refused_in_a_line(trial):
    options = {"slots": 3, "width": 2, "routed": True, "scores": "codes"}
    model = dataclasses.replace(trial.model, cell="slots", cell_options=options)
    with pytest.raises(BadData, match="slots: its codes move by keys seen in training"):
        start(dataclasses.replace(trial, model=model))


def test_rows_have_the_columns_of_supervised_training(trial):
    rows, outcome = rows_of(trial)
    supervised = Supervised(
        updates=6, batch_size=2, evaluate_every=2, test_lengths=(1, 2, 3), test_sequences=3
    )
    theirs, facts = rows_of(dataclasses.replace(trial, procedure=supervised))
    key = ("step", "kind", "length", "address")
    assert [[row.get(name) for name in key] for row in rows] == [
        [row.get(name) for name in key] for row in theirs
    ]
    for row, other in zip(rows, theirs, strict=True):
        assert set(row) - {"population_bits"} == set(other)
    assert set(outcome.facts) == set(facts.facts)
    assert all(row["sequences"] == 4 * 2 * row["step"] for row in rows)
    assert outcome.facts["sequences"] == 4 * 2 * 6 and outcome.facts["seconds"] > 0


def test_members_address_as_in_a_test_and_the_facts_say_so(trial):
    _, chosen = rows_of(trial)
    assert chosen.facts["in_training"] == "one slot"
    soft = dataclasses.replace(trial, model=dataclasses.replace(trial.model, estimator="soft"))
    _, whole = rows_of(soft)
    assert whole.facts["in_training"] == "soft"


def test_estimators_that_differ_for_gradients_only_are_the_same_here(trial):
    expected, _ = rows_of(trial)
    for name in ("reinmax", "leave_one_out"):
        model = dataclasses.replace(trial.model, estimator=name)
        rows, _ = rows_of(dataclasses.replace(trial, model=model))
        for row, other in zip(rows, expected, strict=True):
            assert row["bits"] == pytest.approx(other["bits"], rel=1e-5)


def test_rows_are_those_of_the_reference(trial):
    expected, _ = rows_of(change(trial, backend="reference"))
    rows, outcome = rows_of(trial)
    assert outcome.facts["backend"] == "numba"
    for row, other in zip(rows, expected, strict=True):
        assert row["bits"] == pytest.approx(other["bits"], rel=1e-3, abs=1e-4)


def test_an_update_is_a_step_of_the_optimiser_along_the_estimated_gradient(trial):
    trial = change(trial, optimiser="sgd", weight_decay=0.5, learning_rate=0.1)
    found, loop = start(trial), start(trial)
    centre_D = loop.centre_D.detach().clone()
    batch = loop.task.sample(loop.rng, 2)
    inputs, targets, mask = map(torch.from_numpy, batch)
    noise_ND = torch.randn(2, len(centre_D), generator=loop.noise)
    costs = torch.zeros(2, 2)
    for n, noise_D in enumerate(noise_ND):
        for side, sign in enumerate((1, -1)):
            torch.nn.utils.vector_to_parameters(
                centre_D + sign * trial.procedure.sigma * noise_D, loop.network.parameters()
            )
            with torch.no_grad():
                logits = loop.network(inputs).logits_TBY
            per_bit = torch.nn.functional.binary_cross_entropy_with_logits(
                logits, targets, reduction="none"
            )
            costs[side, n] = (per_bit.sum(-1) * mask).sum(0).mean()
    shaped = SHAPINGS["centred_ranks"](-costs.flatten()).view(2, 2)
    gradient_D = estimated_gradient(noise_ND, shaped, trial.procedure.sigma)
    update(found)
    expected = centre_D - 0.1 * (0.5 * centre_D - gradient_D)
    torch.testing.assert_close(found.centre_D.detach(), expected)
    inside = torch.nn.utils.parameters_to_vector(found.network.parameters())
    assert torch.equal(inside, found.centre_D)


def test_parameters_are_parts_of_one_vector_and_what_does_not_learn_is_left_out():
    network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    network[1].bias.requires_grad_(False)
    before = [part.clone() for part in network.parameters()]
    vector_D = in_one_piece(network)
    assert len(vector_D) == 6 + 3 + 3
    assert all(torch.equal(*pair) for pair in zip(network.parameters(), before, strict=True))
    vector_D.zero_()
    assert not network[0].weight.any() and torch.equal(network[1].bias, before[-1])


def test_all_members_run_one_batch_that_is_the_one_of_supervised_training(trial, monkeypatch):
    found = start(trial)
    expected = found.task.sample(np.random.default_rng([trial.seed]), 2).inputs_TBX
    seen, run = [], type(found.network).forward

    def watched(network, inputs_TBX):
        seen.append(inputs_TBX.numpy().copy())
        return run(network, inputs_TBX)

    monkeypatch.setattr(type(found.network), "forward", watched)
    update(found)
    # four members, and the centre for its row
    assert len(seen) == 4 + 1
    for inputs in seen:
        np.testing.assert_array_equal(inputs, expected)


def test_a_run_stopped_after_any_update_gives_the_same_rows_to_the_bit(trial):
    whole, _ = rows_of(trial)
    found, rows = start(trial), []
    while not found.over:
        update(found)
        rows += evaluated(found) if found.due else []
        checkpoint = found.checkpoint()
        torch.manual_seed(123)
        found = start(trial)
        found.restore(checkpoint)
    assert [timeless(row) for row in rows] == whole


def test_a_run_killed_between_checkpoints_gives_the_lost_rows_again(trial):
    whole, outcome = rows_of(trial)
    memory = Memory(stop_after=15)
    with pytest.raises(Stopped):
        trial.procedure.run(trial, memory)
    again, ended = rows_of(trial, memory.checkpoint)
    assert again == whole[13:]
    for name, array in outcome.trace.items():
        np.testing.assert_array_equal(ended.trace[name], array)


def test_a_checkpoint_of_another_trial_or_procedure_is_refused_in_one_line(trial, tmp_path):
    memory = Memory()
    trial.procedure.run(trial, memory)
    with pytest.raises(BadCheckpoint, match="is of trial"):
        rows_of(dataclasses.replace(trial, seed=4), memory.checkpoint)
    supervised = dataclasses.replace(trial, procedure=Supervised(updates=6))
    for one, checkpoint in ((supervised, memory.checkpoint), (trial, b"nothing")):
        with pytest.raises(BadCheckpoint) as caught:
            rows_of(one, checkpoint)
        assert "\n" not in str(caught.value)


def test_a_checkpoint_gives_back_trial_and_network(trial, tmp_path):
    memory, path = Memory(), tmp_path / "checkpoint.pt"
    trial.procedure.run(trial, memory)
    path.write_bytes(memory.checkpoint)
    again, network = trained(path)
    assert again == trial and not network.training
    found = start(trial)
    found.restore(memory.checkpoint)
    inside = torch.nn.utils.parameters_to_vector(network.parameters())
    assert torch.equal(inside, found.centre_D)


def test_a_trial_stops_once_it_is_solved_twice(trial):
    rows, outcome = rows_of(change(trial, solved_errors=100.0, updates=20))
    assert rows[-1]["step"] == 4 and outcome.facts["solved"]["step"] == 2


def test_one_member_that_diverges_is_only_the_worst_and_a_centre_that_does_ends_the_trial(trial):
    found = start(trial)
    with torch.no_grad():
        found.centre_D[-1] = math.nan
        found.members_D.copy_(found.centre_D)
    with pytest.raises(Diverged, match="loss is nan at update 1: a smaller learning_rate or sigma"):
        update(found)


@pytest.mark.parametrize("shaping", list(SHAPINGS))
def test_every_shaping_makes_finite_updates(trial, shaping):
    rows, _ = rows_of(change(trial, shaping=shaping, updates=2))
    assert math.isfinite(rows[-1]["bits"])


def test_the_live_line_follows_rows_of_training(trial):
    row = {"kind": "train", "step": 2, "sequences": 16, "seconds": 0.0, "bits": 1.0}
    assert trial.procedure.progress(row).startswith("2/6  ")
    assert trial.procedure.progress({"kind": "test", "step": 2, "length": 1}) == ""
