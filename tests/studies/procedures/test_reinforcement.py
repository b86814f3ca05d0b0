"""Agents as trials: ids, rows, stopping and going on, and what cannot be trained."""

import dataclasses

import pytest
import torch
from stable_baselines3.common.vec_env import VecEnvWrapper

from memnets.spec import ModelSpec
from studies import Reinforcement, TaskSpec, Trial
from studies.design.data import BadData
from studies.procedures.agent_environment import environments
from studies.procedures.agent_evaluation import evaluate, played, under_other_addresses
from studies.procedures.agent_training import Agent
from studies.procedures.base import BadCheckpoint
from studies.procedures.reinforcement import ALGORITHMS

from ..recorders import Memory, Stopped, rows_of, timeless

ESTIMATORS = {"ppo": "soft", "address_ppo": "reinforce", "episodic_reinforce": "reinforce"}
OTHERS = {
    "algorithm": "address_ppo",
    "batch_size": 6,
    "gamma": 0.5,
    "gae_lambda": 0.5,
    "solved_success": 0.5,
}


def trial(algorithm="ppo", task="copy", estimator=None, **settings):
    procedure = Reinforcement(
        algorithm=algorithm,
        **{"total_timesteps": 96, "n_envs": 4, "n_steps": 8, "evaluate_every": 32, "n_epochs": 2}
        | {"test_episodes": 6, "lstm_hidden_size": 8, "solved_success": None}
        | settings,
    )
    options = {"symbols": 2, "max_length": 1} if task == "copy" else {}
    model = ModelSpec(
        "ntm",
        estimator or ESTIMATORS[algorithm],
        controller_size=6,
        cell_options={"slots": 4, "width": 3},
    )
    return Trial(TaskSpec(task, options), model, procedure, seed=7)


def test_every_setting_changes_the_id():
    first = trial()
    ids = {first.id}
    for item in dataclasses.fields(Reinforcement):
        value = getattr(first.procedure, item.name)
        changed = {item.name: OTHERS.get(item.name) or value * 2 + 1}
        ids.add(
            dataclasses.replace(first, procedure=dataclasses.replace(first.procedure, **changed)).id
        )
    assert len(ids) == 1 + len(dataclasses.fields(Reinforcement))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_rows_and_facts(algorithm):
    rows, outcome = rows_of(trial(algorithm))
    assert [row["kind"] for row in rows[:2]] == ["train", "test"]
    tests = [row for row in rows if row["kind"] == "test"]
    steps = [row["step"] for row in tests if row["address"] == "own"]
    assert steps == sorted(set(steps)) and steps[0] >= 32 and steps[-1] >= 96
    ends = [row["address"] for row in tests if row["step"] == steps[-1]]
    choices = {"ppo": ["one slot"], "address_ppo": [], "episodic_reinforce": ["soft"]}[algorithm]
    assert ends == ["own", *choices, "cut off", "frozen", "shuffled"]
    # those under other addresses come at the end only, and say nothing live
    assert len(tests) == len(steps) + len(ends) - 1
    assert trial(algorithm).procedure.progress(rows[-1]) == ""
    for row in rows:
        assert 0 <= row["success"] <= 1 and row["episodes"] > 0
        assert ("unread" in row) is (row["kind"] == "test")
    assert outcome.facts["timesteps"] == steps[-1] and outcome.facts["solved"] is None
    one_slot = algorithm != "ppo"
    assert (outcome.facts["in_training"] == "one slot") is one_slot
    line = trial(algorithm).procedure.progress({**rows[1], "seconds": 2.0})
    assert line.startswith(f"{rows[1]['step']}/96") and "success" in line


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_trial_that_is_stopped_goes_on_as_if_it_had_not_been(algorithm):
    whole, outcome = rows_of(trial(algorithm))
    recorder = Memory(stop_after=3)
    with pytest.raises(Stopped):
        trial(algorithm).procedure.run(trial(algorithm), recorder)
    recorder.stop_after = None
    again = trial(algorithm).procedure.run(trial(algorithm), recorder)
    key = trial(algorithm).procedure.row_key
    found = {tuple(row.get(name) for name in key): timeless(row) for row in recorder.rows}
    assert list(found.values()) == whole
    assert again.facts["timesteps"] == outcome.facts["timesteps"]


def test_a_trial_is_solved_by_its_tests_and_stops():
    rows, outcome = rows_of(trial(solved_success=1e-9, total_timesteps=320))
    tests = [row for row in rows if row["kind"] == "test" and row["address"] == "own"]
    assert outcome.facts["solved"]["step"] == tests[-1]["step"]
    assert all(row["success"] == 0 for row in tests[:-1]) and tests[-1]["success"] > 0


def test_a_hundred_right_answers_are_a_success():
    venv = environments(TaskSpec("copy", {"symbols": 2, "min_length": 107, "max_length": 107}), 1)
    venv.reset()
    targets = venv.unwrapped.vector._groups[0].cursor.batch.targets_TBY
    for target_BY in targets.astype(int):
        _, _, dones, infos = venv.step(target_BY[:, 0])
    assert dones.all() and infos[0]["is_success"]


def test_tests_are_the_same_episodes_and_draw_nothing_from_training():
    state = Agent.start(trial(), trial().procedure, "cpu")
    drawn = torch.get_rng_state()
    (*first, used), (*again, also) = played(state), played(state)
    assert first == again and used.row() == also.row()
    assert torch.equal(torch.get_rng_state(), drawn)
    assert len(first[0]) == 8


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_tests_under_other_addresses_leave_the_agent_as_it_was(algorithm):
    made = trial(algorithm)
    state = Agent.start(made, made.procedure, "cpu")
    with torch.no_grad():
        for parameter in state.network.cell.parameters():
            parameter.mul_(8)
    before, drawn = evaluate(state), torch.get_rng_state()
    rows = {row["address"]: row for row in under_other_addresses(state)}
    assert evaluate(state) == before
    assert [dict(row) for row in under_other_addresses(state)] == list(rows.values())
    assert torch.equal(torch.get_rng_state(), drawn)
    assert rows["cut off"]["episodes"] == before["episodes"] == 8
    # what is moved is used otherwise
    assert rows["shuffled"]["write_use_entropy"] != before["write_use_entropy"]


def test_an_agent_without_memory_has_no_other_address():
    made = dataclasses.replace(trial(), model=ModelSpec("none", controller_size=6))
    assert not list(under_other_addresses(Agent.start(made, made.procedure, "cpu")))


class Lengths(VecEnvWrapper):
    """Keeps how long the episodes of every environment were."""

    def __init__(self, venv):
        super().__init__(venv)
        self.of_rows = [[] for _ in range(venv.num_envs)]

    def reset(self):
        return self.venv.reset()

    def step_wait(self):
        observations, rewards, dones, infos = self.venv.step_wait()
        for row in dones.nonzero()[0]:
            self.of_rows[row].append(infos[row]["episode"]["l"])
        return observations, rewards, dones, infos


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_use_of_slots_is_counted_in_every_step_of_the_tested_episodes_and_in_no_other(
    algorithm,
):
    made, watched = trial(algorithm), []
    ragged = dataclasses.replace(made, task=TaskSpec("copy", {"symbols": 2, "max_length": 3}))
    state = Agent.start(ragged, ragged.procedure, "cpu")
    state.wrap = lambda venv, own=state.wrap: watched.append(Lengths(own(venv))) or watched[0]
    _, right, load = played(state)
    lengths = watched[0].of_rows
    # some are through before others
    steps = [sum(row[:2]) for row in lengths]
    assert len(right) == 8 and len(set(steps)) > 1
    # every head of an NTM spends one at each step
    spent_H = load.total_HN.sum(-1)
    torch.testing.assert_close(spent_H, torch.full_like(spent_H, float(sum(steps))))
    assert 0 <= load.row()["unread"] < 1


def test_a_checkpoint_of_another_trial_or_of_nothing_is_refused():
    state = Agent.start(trial(), trial().procedure, "cpu")
    other = dataclasses.replace(trial(), seed=8)
    with pytest.raises(BadCheckpoint, match="not of"):
        Agent.start(other, other.procedure, "cpu").restore(state.checkpoint())
    with pytest.raises(BadCheckpoint, match="not a checkpoint"):
        state.restore(b"garbage")


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"algorithm": "ppi"}, "no algorithm 'ppi'. Did you mean 'ppo'"),
        ({"n_envs": 0}, "n_envs is 0"),
        ({"gamma": 1.5}, "at most 1"),
        ({"solved_success": 0}, "solved_success is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"n_envs": 64, "n_steps": 16, "batch_size": 341}, "one of a single step"),
    ],
)
def test_bad_settings_get_one_line(settings, why):
    with pytest.raises(BadData, match=why):
        Reinforcement(**settings)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (TaskSpec("copi"), "environment 'memnets/copi-v0' cannot be made"),
        (TaskSpec("copy", {"simbols": 2}), "cannot be made.*simbols"),
    ],
)
def test_an_environment_that_cannot_be_made_is_refused_before_anything_runs(made, why):
    with pytest.raises(BadData, match=why):
        trial().procedure.task(made)


def test_a_network_has_the_sizes_of_the_environment():
    procedure = trial().procedure
    found = procedure.network_sizes(TaskSpec("tape_reverse_memory"))
    assert found == {"input_size": 3 + 3, "output_size": 8}


def test_a_memory_that_the_algorithm_cannot_train_is_refused():
    refused = trial(estimator="gumbel")
    with pytest.raises(ValueError, match="AddressActions.*EpisodicReinforce"):
        refused.procedure.run(refused, Memory())
