"""A study with a search: which setting is chosen, and what of it is run once, again and after."""

import dataclasses
import json
import math
import threading
from dataclasses import dataclass

import pandas as pd
import pytest

from memnets.spec import ModelSpec
from studies import Criterion, Outcome, Procedure, ResultStore, Search, Study, TaskSpec, run
from studies.design.data import BadData
from studies.running import choices
from studies.running.choices import Ended, ended, with_choices
from studies.running.plan import planned

RATES = (0.001, 0.01, 0.1)
BEST = {"none": 0.01, "ntm": 0.1}


@dataclass(frozen=True)
class Valley(Procedure):
    """Errors grow with the distance of the rate from the cell's best; a rate of `broken` fails."""

    row_key = ("kind", "step", "length")

    rate: float = 0.01
    broken: float = 0.0
    flat: bool = False

    def takes(self, task):
        return {"min_length": 1, "max_length": 4}

    def run(self, trial, recorder):
        if self.rate == self.broken and trial.seed in (8, 1):
            raise RuntimeError("broken")
        away = abs(math.log10(self.rate / BEST[trial.model.cell]))
        steps = 10 - int(away)
        for step in (1, steps):
            for length, worse in ((2, 0.0), (4, 2.0), (9, 1000.0 * (2 - away))):
                errors = 1.0 if self.flat else away + worse + (step == 1) * 100 + trial.seed / 10
                recorder.row({"kind": "test", "step": step, "length": length, "errors": errors})
        return Outcome({"seconds": 1.0}, {})

    def progress(self, row):
        return ""


def valley(**options):
    procedure = options.pop("procedure", Valley())
    search = {"space": {"rate": RATES}, "seeds": (7, 8), **options}
    return Study(
        name="valley",
        question="Where is the best rate?",
        tasks={"copy": TaskSpec("copy")},
        models={"none": ModelSpec("none"), "ntm": ModelSpec("ntm")},
        procedure=procedure,
        seeds=(0, 1, 2),
        tuning=Search(**search),
    )


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path / "runs")


def compared(store):
    rows = store.load()
    return rows[rows["procedure"] != "tuning"]


def rates(store):
    trials = [trial for trial in store.trials() if trial.procedure.name != "tuning"]
    return {(trial.model_label, trial.procedure.rate) for trial in trials}


def test_each_model_is_compared_with_the_setting_that_was_best_for_it(store, capfd):
    summary = run(valley(), store, workers=0, quiet=False)
    assert (summary.done, summary.skipped, summary.failed) == (2 * 3 * 2 + 2 * 3, 0, 0)
    assert rates(store) == {("none", 0.01), ("ntm", 0.1)}
    assert set(compared(store)["seed"]) == {0, 1, 2}
    said = capfd.readouterr().err
    assert "chosen for none on copy: rate 0.01\n" in said
    assert "chosen for ntm on copy: rate 0.1\n" in said


def test_a_second_run_makes_nothing_and_a_cut_one_goes_on(store):
    run(valley(), store, workers=0)
    again = run(valley(), store, workers=0)
    assert (again.done, again.skipped, again.failed) == (0, 18, 0)
    gone = next(trial for trial in store.trials() if trial.procedure.name != "tuning")
    tried = next(trial for trial in store.trials() if trial.procedure.name == "tuning")
    for trial in (gone, tried):
        (store.path(trial) / "done.json").unlink()
    third = run(valley(), store, workers=0)
    assert (third.done, third.skipped, third.failed) == (2, 16, 0)


def test_a_folder_that_was_used_for_another_task_since_still_knows_what_it_chose(store):
    other = dataclasses.replace(valley(), tasks={"reverse": TaskSpec("reverse")})
    run(valley(), store, workers=0)
    run(other, store, workers=0)
    assert set(store.load()["task"]) == {"reverse"}
    again = run(valley(), store, workers=0)
    assert (again.done, again.skipped, again.failed) == (0, 18, 0)
    assert rates(store) == {("none", 0.01), ("ntm", 0.1)}


def test_a_setting_that_fails_on_a_seed_is_not_chosen_nor_tried_again(store, capfd):
    study = valley(procedure=Valley(broken=0.01))
    summary = run(study, store, workers=0)
    assert summary.failed == 2 and summary.done == 10 + 6
    assert rates(store) == {("none", 0.001), ("ntm", 0.1)}
    again = run(study, store, workers=0)
    assert (again.done, again.skipped, again.failed) == (0, 18, 0)


def test_a_model_that_always_fails_is_said_to(store):
    study = valley(procedure=Valley(broken=0.01), space={"rate": (0.01,)})
    with pytest.raises(BadData, match="no setting of 'none' on 'copy' finished on every seed"):
        run(study, store, workers=0)


def test_of_equal_settings_the_quickest_is_chosen_then_the_first(store):
    run(valley(procedure=Valley(flat=True)), store, workers=0)
    # the further from the best rate, the fewer steps
    assert rates(store) == {("none", 0.001), ("ntm", 0.001)}


def test_a_criterion_may_maximise_and_count_all_lengths(store):
    criterion = Criterion(maximise=True, lengths="all")
    run(valley(criterion=criterion), store, workers=0)
    assert rates(store) == {("none", 0.01), ("ntm", 0.1)}
    untrained = ResultStore(store.folder.with_name("other"))
    run(valley(criterion=Criterion(maximise=True)), untrained, workers=0)
    assert rates(untrained) == {("none", 0.001), ("ntm", 0.001)}


def test_a_column_that_tests_lack_is_named(store):
    with pytest.raises(BadData, match="goes by 'success', which no test of trained lengths has"):
        run(valley(criterion=Criterion(column="success")), store, workers=0)


def test_the_score_is_of_the_own_address_at_trained_lengths_of_the_last_tests():
    rows = pd.DataFrame(
        [
            {"kind": "train", "step": 9, "errors": 50.0},
            {"kind": "test", "step": 5, "length": 2, "errors": 40.0, "address": "own"},
            {"kind": "test", "step": 9, "length": 2, "errors": 1.0, "address": "own"},
            {"kind": "test", "step": 9, "length": 3, "errors": 2.0, "address": "own"},
            {"kind": "test", "step": 9, "length": 3, "errors": 20.0, "address": "soft"},
            {"kind": "test", "step": 9, "length": 8, "errors": 30.0, "address": "own"},
            {"kind": "test", "step": 9, "length": 3, "errors": 9.0, "number": "nodes"},
        ]
    ).assign(min_length=1, max_length=3)
    assert ended(rows, Criterion()) == Ended(1.5, 9)
    assert ended(rows, Criterion(lengths="all")) == Ended(11.0, 9)
    assert ended(rows.drop(columns=["number", "length"]), Criterion()).steps == 9


def test_the_comparison_waits_for_all_of_the_search(store):
    study = valley()
    store.declare(study)
    assert with_choices(study, store).choices is None
    run(study, store, workers=0)
    found = with_choices(study, store).choices
    assert found == {("copy", "none"): {"rate": 0.01}, ("copy", "ntm"): {"rate": 0.1}}
    failed = next(trial for trial in study.trials())
    (store.path(failed) / "done.json").unlink()
    assert with_choices(study, store).choices is None


def test_a_study_without_a_search_is_as_before(store):
    plain = dataclasses.replace(valley(), tuning=None)
    assert with_choices(plain, store) is plain
    assert run(plain, store, workers=0).done == 6
    assert list(choices.chosen_lines(plain)) == []


def test_a_plan_counts_search_and_comparison(study, tmp_path):
    small = dataclasses.replace(study, tuning=Search(space={"learning_rate": RATES}, seeds=(7,)))
    rows = planned(small, ResultStore(tmp_path / "runs"), "cpu")
    counts = {(row.model, row.procedure): (row.trials, row.missing) for row in rows}
    assert counts["ntm/soft", "tuning"] == (3, 3)
    assert counts["ntm/soft", "supervised"] == (2, 2)
    assert all(row.seconds for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_real_trials_are_tuned_on_every_engine(study, tmp_path, workers):
    search = Search(space={"learning_rate": (1e-3, 1e-2)}, seeds=(7,), procedure={"updates": 2})
    part = dataclasses.replace(study.part(models=["ntm/soft"]), tuning=search)
    store = ResultStore(tmp_path / "runs")
    summary = run(part, store, workers=workers)
    assert (summary.done, summary.failed) == (4, 0)
    found = with_choices(part, store).choices["copy", "ntm/soft"]["learning_rate"]
    tests = store.load().query("procedure == 'tuning' and kind == 'test' and address == 'own'")
    last = tests[(tests["step"] == 2) & (tests["length"] <= 2)]
    errors = {trial: part["errors"].mean() for trial, part in last.groupby("trial")}
    tried = {
        trial.id: trial.procedure.tried["learning_rate"]
        for trial in store.trials()
        if trial.procedure.name == "tuning"
    }
    assert errors[next(key for key, rate in tried.items() if rate == found)] == min(errors.values())
    assert json.loads((store.folder / "study.json").read_text())["name"] == study.name


def test_two_runs_of_one_study_share_its_search_and_its_comparison(store, tmp_path):
    study, summaries = valley(), []

    def work():
        summaries.append(run(study, ResultStore(store.folder), workers=0))

    runs = [threading.Thread(target=work) for _ in range(2)]
    for thread in runs:
        thread.start()
    for thread in runs:
        thread.join(60)
    assert sum(each.done for each in summaries) == 18
    assert rates(store) == {("none", 0.01), ("ntm", 0.1)} and len(store.facts()) == 18
