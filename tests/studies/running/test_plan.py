"""`memnets study plan`: what would be run, and how long it would take."""

import dataclasses

import pytest

from memnets.cli.describe import plan_lines
from memnets.cli.main import main
from studies import ResultStore, run
from studies.procedures import time_needed
from studies.running import plan
from studies.running.plan import Planned, planned

from ..recorders import Memory


def test_every_model_on_every_task_is_a_line_with_what_is_missing(study, tmp_path):
    store = ResultStore(tmp_path / "runs")
    before = planned(study, store, "cpu")
    assert [(row.task, row.model) for row in before] == [
        (task, model) for task in study.tasks for model in study.models
    ]
    assert all(row.missing == row.trials == len(study.seeds) for row in before)
    assert all(row.seconds > 0 and row.parameters > 0 for row in before)
    assert not store.folder.exists()
    one = dataclasses.replace(study, seeds=study.seeds[:1])
    run(one, store, workers=0, quiet=True)
    after = planned(study, store, "cpu")
    assert all(row.missing == len(study.seeds) - 1 for row in after)
    facts = store.facts().set_index("model")["parameters"]
    assert all(row.parameters == facts[row.model] for row in after)
    assert all(row.seconds is None for row in planned(one, store, "cpu"))


def test_the_time_is_that_of_all_updates_and_tests(trial, monkeypatch):
    """By a clock that goes on an hour with every update, a day with a test, and two at the end."""
    hours = [0]

    def spent(count):
        return lambda *_: hours.__setitem__(0, hours[0] + count)

    monkeypatch.setattr(time_needed, "update", spent(1))
    monkeypatch.setattr(time_needed, "evaluated", spent(24))
    monkeypatch.setattr(time_needed, "at_the_end", spent(48))
    monkeypatch.setattr(time_needed.time, "perf_counter", lambda: hours[0])
    procedure = dataclasses.replace(trial.procedure, updates=10, evaluate_every=4)
    assert time_needed.seconds_needed(trial, procedure, "cpu") == 10 + 3 * 24 + 48


def test_it_writes_nothing_and_draws_what_the_trial_will_draw_anew(trial):
    first, second = Memory(), Memory()
    trial.procedure.run(trial, first)
    trial.procedure.seconds_needed(trial, "cpu")
    trial.procedure.run(trial, second)
    assert [row["bits"] for row in first.rows] == [row["bits"] for row in second.rows]


@pytest.mark.parametrize(
    ("workers", "said"),
    [
        (1, "6 trials to run: 1:04:00 of one core, 1:04:00 on 1; of 2 it is not known"),
        (2, "1:04:00 of one core, 32:00 on 2"),
        (9, "1:04:00 of one core, 30:00 on 9"),
    ],
)
def test_the_last_line_has_the_sums(workers, said):
    rows = [
        Planned("copy", "a", "supervised", 5, 2, 1_000, 1_800.0),
        Planned("copy", "b", "supervised", 2, 2, 10, 120.0),
        Planned("copy", "done", "supervised", 5, 0, 10, None),
        Planned("copy", "unknown", "tuning", 2, 2, 10, None),
    ]
    head, *lines, last = plan_lines(rows, workers)
    assert head.split() == [
        "task",
        "model",
        "procedure",
        "trials",
        "missing",
        "parameters",
        "a",
        "trial",
        "takes",
    ]
    assert lines[0].split() == ["copy", "a", "supervised", "5", "2", "1,000", "30:00"]
    assert said in last


def test_the_command_has_the_flags_of_the_studys_own_procedure(capsys, tmp_path):
    quick = ["--procedure.updates", "4", "--procedure.evaluate-every", "2"]
    part = ["--models", "no memory", "--seeds", "3", "--folder", str(tmp_path)]
    assert main(["study", "plan", "demo", *part, *quick]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("copy  no memory") and lines[-1].startswith("1 trials to run: ")
    assert not list(tmp_path.iterdir())


def test_a_bar_says_what_is_being_timed(study, tmp_path, monkeypatch):
    said = []

    class Bar(plan.ProgressBar):
        def say(self, text):
            said.append(text)
            super().say(text)

        def advance(self):
            said.append("one more")

    monkeypatch.setattr(plan, "ProgressBar", Bar)
    rows = planned(study, ResultStore(tmp_path / "runs"), "cpu")
    assert said[::2] == [f"{row.model} on {row.task}" for row in rows]
    assert said[1::2] == ["one more"] * len(rows)
