from reports import formats
from reports.reproduction import reproduce
from reports.results import read
from studies.design.study import studies
from studies.running.store import ResultStore


def test_a_model_that_depends_on_the_task_is_shown_task_by_task(tmp_path):
    store = ResultStore(tmp_path / "reproduce_ntm")
    study = studies.get("reproduce_ntm")()
    store.declare(study)
    for trial in study.trials():
        store.begin(trial)
    table = reproduce(read(store)).blocks[1]
    shown = table.shown.set_index(["Model", "Task"])
    assert shown.loc[("lstm, three layers", "repeat_copy"), "Size"] == "512"
    assert shown.loc[("lstm, three layers", "priority_sort"), "Size"] == "128"
    assert len(shown.loc["dnc/lstm"]) == 1


def test_the_time_of_finished_trials_says_that_tests_are_left_out(demo):
    results = read(demo)
    (definitions, _) = reproduce(results).blocks
    seconds = results.facts["seconds"].sum()
    said = dict(definitions.entries)["Time of finished trials"]
    assert said == f"{formats.duration(seconds)}, tests left out"
