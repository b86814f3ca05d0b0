"""The report of agents, from a store with known numbers."""

import pytest

from memnets.spec import ModelSpec
from reports import build
from reports.results import read
from reports.views.reinforcement.frames import curves, summary
from reports.views.reinforcement.view import Reinforcement as View
from studies import Reinforcement, ResultStore, Study, TaskSpec
from studies.running.recorder import FolderRecorder

MODELS = {
    "lstm": ModelSpec("none"),
    "ntm": ModelSpec("ntm"),
    "slots as actions": ModelSpec("ntm", "reinforce"),
}
SUCCESS = {"lstm": 0.2, "ntm": 0.9, "slots as actions": 0.8}


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
            recorder.row({**row, "kind": "test", "reward": 2 * success, "success": success})
        solved = {"step": 200, "seconds": 20.0} if last > 0.85 + 0.05 * (last < 0.91) else None
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
    assert found.loc["ntm", "solved_step"] == 200 and found["speed"].eq(10).all()
    assert found["algorithm"].tolist() == ["ppo", "ppo", "address_ppo"]


def test_curves_run_over_steps_and_seconds(store):
    for x, end in (("step", 200), ("seconds", 20)):
        frame = curves(read(store), x=x, y="success")
        assert frame.groupby("model")["x"].max().eq(end).all() and frame["n"].eq(3).all()


def test_the_answer_counts_what_was_solved(store):
    sentence = View().answer(read(store)).sentence
    assert sentence.startswith("On copy, seeds that solved it:") and "ntm 2 of 3" in sentence


def test_the_page_has_curves_and_the_table(store, tmp_path):
    page = build(store, tmp_path / "report").read_text(encoding="utf-8")
    assert "address ppo" in page and "2 / 3" in page
    figures = {path.stem for path in (tmp_path / "report" / "figures").glob("*.svg")}
    assert {"agents-success-step", "agents-success-seconds", "agents-reward-step"} <= figures
    assert (tmp_path / "report" / "tables" / "agents.csv").exists()
