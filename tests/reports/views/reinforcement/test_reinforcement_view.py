"""The report of agents, from a store with known numbers."""

import dataclasses

import numpy as np
import pytest

from memnets.spec import ModelSpec
from reports import build
from reports.results import read
from reports.views.reinforcement.controls import by_model, controls
from reports.views.reinforcement.frames import curves, summary
from reports.views.reinforcement.survival import STEPS, times
from reports.views.reinforcement.view import Reinforcement as View
from studies import Reinforcement, ResultStore, Study, TaskSpec
from studies.running.recorder import FolderRecorder

MODELS = {
    "lstm": ModelSpec("none"),
    "ntm": ModelSpec("ntm"),
    "slots as actions": ModelSpec("ntm", "reinforce"),
}
SUCCESS = {"lstm": 0.2, "ntm": 0.9, "slots as actions": 0.8}

CONTROLS = ["cut off", "frozen", "shuffled"]
OTHERS = {"lstm": [], "ntm": ["one slot", *CONTROLS], "slots as actions": CONTROLS}
LEFT = {"one slot": 0.6, "cut off": 0.1, "frozen": 0.2, "shuffled": 0.3}


@pytest.fixture
def store(tmp_path):
    """Three seeds of each model; seeds 1 and 2 of the NTM and seed 2 of the last are solved."""
    study = Study(
        name="agents",
        question="Which memory recalls?",
        tasks={"copy": TaskSpec("copy", {"symbols": 2, "max_length": 1})},
        models=MODELS,
        procedure=Reinforcement(total_timesteps=200),
        own={("copy", "slots as actions"): {"algorithm": "address_ppo"}},
        seeds=(0, 1, 2),
    )
    store = ResultStore(tmp_path / "agents")
    store.declare(study)
    for trial in study.trials():
        store.begin(trial)
        recorder = FolderRecorder(store, trial)
        last = SUCCESS[trial.model_label] + 0.05 * trial.seed
        for step, success in ((100, last / 2), (200, last)):
            row = {"step": step, "seconds": step / 10, "episodes": 50}
            recorder.row({**row, "kind": "train", "reward": success, "success": success})
            # rows of earlier versions do not say the address
            own = {} if trial.seed else {"address": "own"}
            recorder.row({**row, **own, "kind": "test", "reward": 2 * success, "success": success})
        # as if an earlier version had made the first seed of the last model
        earlier = trial.seed == 0 and trial.model_label == "slots as actions"
        for address in [] if earlier else OTHERS[trial.model_label]:
            control = {**row, "kind": "test", "address": address, "reward": 0.1}
            recorder.row({**control, "success": LEFT[address] + 0.01 * trial.seed})
        when = {"step": 100 * trial.seed, "seconds": 10.0 * trial.seed}
        solved = when if last > 0.85 + 0.05 * (last < 0.91) else None
        kind = "one slot" if trial.model.estimator == "reinforce" else "soft"
        facts = {"parameters": 100, "seconds": 20.0, "solved": solved, "backend": "numba"}
        facts |= {"in_training": kind, "at_test": kind, "timesteps_per_second": 10.0}
        store.finish(trial, facts)
    return store


def test_a_row_per_model_counts_its_seeds(store):
    found = summary(read(store)).set_index("model")
    assert found["run"].tolist() == [3, 3, 3]
    assert found["solved"].tolist() == [0, 2, 0]
    assert found.loc["ntm", "success"] == pytest.approx(0.95)
    assert found.loc["ntm", "solved_step"] == 150 and found["speed"].eq(10).all()
    assert found["algorithm"].tolist() == ["ppo", "ppo", "address_ppo"]


def test_a_models_success_has_an_interval_over_its_seeds(store):
    found = summary(read(store)).set_index("model")
    assert (found["low"] < found["success"]).all() and (found["success"] < found["high"]).all()


def test_every_agent_with_a_memory_stands_beside_its_controls(store):
    models = by_model(read(store)).set_index("model")
    assert models.index.tolist() == ["ntm", "slots as actions"]
    # a seed without controls is no part of them
    assert models["seeds"].tolist() == [3, 2]
    assert models["success"].tolist() == pytest.approx([0.95, 0.875])
    columns = ["one_slot", "cut_off", "frozen", "shuffled"]
    assert models.loc["ntm", columns].tolist() == pytest.approx([0.61, 0.11, 0.21, 0.31])
    assert models.loc["slots as actions", columns[1:]].tolist() == (
        pytest.approx([0.115, 0.215, 0.315])
    )
    assert models["soft"].isna().all() and np.isnan(models.loc["slots as actions", "one_slot"])
    picture, table = controls(read(store)).blocks
    assert "worth most to ntm (95.0 % against 31.0 % under the mildest control)" in picture.says
    assert table.shown["Shuffled"].tolist() == ["31.0 %", "31.5 %"]


def test_results_without_controls_have_no_section_of_them(store):
    results = read(store)
    rows = results.rows[results.rows["address"].isna() | (results.rows["address"] == "own")]
    assert controls(dataclasses.replace(results, rows=rows)) is None


def test_agents_that_were_never_solved_are_censored_and_a_failed_one_to_the_longest(store):
    trial = next(t for t in store.trials() if (t.model_label, t.seed) == ("ntm", 0))
    (store.path(trial) / "done.json").unlink()
    store.fail(trial, {"error": "no more memory", "traceback": ""})
    trials = times(read(store), STEPS)
    solved = trials.groupby("model")["solved"].sum()
    times_of = trials[trials["model"] == "ntm"].set_index("seed")["time"].to_dict()
    assert times_of == {0: 200, 1: 100, 2: 200} and len(trials) == 9
    assert solved.to_dict() == {"lstm": 0, "ntm": 2, "slots as actions": 0}


def test_curves_run_over_steps_and_seconds(store):
    for x, end in (("step", 200), ("seconds", 20)):
        frame = curves(read(store), x=x, y="success")
        assert frame.groupby("model")["x"].max().eq(end).all() and frame["n"].eq(3).all()


def test_the_answer_counts_what_was_solved(store):
    sentence = View().answer(read(store)).sentence
    assert sentence.startswith("On copy, seeds that solved it:") and "ntm 2 of 3" in sentence


@pytest.mark.usefixtures("svg_only")
def test_the_page_has_curves_and_the_table(store, tmp_path):
    page = build(store, tmp_path / "report").read_text(encoding="utf-8")
    assert "address ppo" in page and "2 / 3" in page
    figures = {path.stem for path in (tmp_path / "report" / "figures").glob("*.svg")}
    assert {"agents-success-step", "agents-success-seconds", "agents-reward-step"} <= figures
    assert {"agents-controls", "survival-agents-steps", "survival-agents-seconds"} <= figures
    tables = {path.stem for path in (tmp_path / "report" / "tables").glob("*.csv")}
    assert {"agents", "agents-controls-2", "survival-agents-steps-2"} <= tables
