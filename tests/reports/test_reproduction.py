import json

from reports import formats
from reports.reproduction import reproduce
from reports.results import read
from reports.together import Together
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


def test_trials_made_with_different_code_are_said_to_be(store_of):
    store = store_of(names=("ntm/soft", "ntm/reinforce"), seeds=(0, 1))
    title = "Made with different code"
    assert title not in dict(reproduce(read(store)).blocks[0].entries)
    path = store.path(store.study["trials"][0]) / "trial.json"
    stored = json.loads(path.read_text())
    stored["made_with"]["cell ntm"] = "memnets 0.1.0, source 0123456789ab"
    path.write_text(json.dumps(stored))
    for results in (read(store), read(Together({"one": store}))):
        said = dict(reproduce(results).blocks[0].entries)[title]
        assert said.startswith("cell ntm: memnets 0.1.0, source 0123456789ab (1 trial); ")
        assert said.endswith("(3 trials)")
