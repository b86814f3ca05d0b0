"""What a trial takes of a worker, and where its scheduler is found."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies import ResultStore, run
from studies.design.data import BadData
from studies.running.cluster import address_of
from studies.running.resources import fitting, have_room, places, shared_out, taken


@given(st.integers(1, 8), st.integers(1, 40))
def test_shares_of_one_gpu_fill_it_and_no_more(threads, shares):
    found = fitting(threads, {"GPU": 1.0}, {"GPU": 1 / shares})
    assert found == min(threads, shares)


@pytest.mark.parametrize(
    ("threads", "there", "wanted", "count"),
    [
        (4, {}, {}, 4),
        (4, {"GPU": 1}, {}, 4),
        (4, {}, {"GPU": 1}, 0),
        (4, {"GPU": 2, "MEMORY": 8e9}, {"GPU": 0.5, "MEMORY": 3e9}, 2),
        (4, {"GPU": 0.4}, {"GPU": 0.5}, 0),
    ],
)
def test_a_worker_makes_as_many_trials_as_it_has_what_they_take(threads, there, wanted, count):
    assert fitting(threads, there, wanted) == count


AMOUNTS = st.sampled_from([{}, {"GPU": 0.5}, {"GPU": 1.0}, {"MEMORY": 3.0}, {"GPU": 2.0}])
WORKERS = st.lists(st.tuples(st.integers(0, 4), AMOUNTS), max_size=4)


@given(WORKERS, AMOUNTS, st.integers(0, 12))
def test_there_is_room_for_as_many_equal_trials_as_there_are_places(workers, wanted, count):
    assert have_room(workers, [wanted] * count) == (count <= places(workers, wanted))


@given(WORKERS, st.lists(AMOUNTS, max_size=8))
def test_trials_that_have_room_take_no_more_than_there_is(workers, wants):
    if have_room(workers, wants):
        assert len(wants) <= sum(threads for threads, _ in workers)
        for name in ("GPU", "MEMORY"):
            there = sum(amounts.get(name, 0) for _, amounts in workers)
            assert sum(wanted.get(name, 0) for wanted in wants) <= there
        # fewer have room too
        assert have_room(workers, wants[:-1])


def test_a_model_takes_what_all_do_and_what_its_patterns_say(study):
    trial = next(study.trials())
    label = trial.model_label
    resources = {"GPU": 0.5, "MEMORY": 8, f"{label[0]}*": {"GPU": 1}, "other*": {"MEMORY": 64}}
    assert taken(resources, trial) == {"GPU": 1, "MEMORY": 8}
    assert taken({**resources, label: {"DISK": 1}}, trial) == {"GPU": 1, "MEMORY": 8, "DISK": 1}


def test_local_workers_take_turns_with_the_gpus():
    assert [shared_out(worker, 2) for worker in range(5)] == [
        "cuda:0", "cuda:1", "cuda:0", "cuda:1", "cuda:0",
    ]  # fmt: skip
    # one GPU is shared, and the workers of a scheduler have their own
    assert shared_out(3, 1) == shared_out("tcp://host:1", 2) == "cuda"


def test_a_scheduler_is_given_by_address_or_by_file(tmp_path):
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"type": "Scheduler", "address": "tcp://10.0.0.1:8786"}))
    assert address_of(str(file)) == "tcp://10.0.0.1:8786"
    assert address_of("tls://host:8786") == "tls://host:8786"
    assert address_of("host:8786") == "host:8786"


@pytest.mark.parametrize("content", [None, "{", "[]", "{}", "3"])
def test_what_is_no_scheduler_s_file_is_one_line(content, tmp_path, study):
    file = tmp_path / "scheduler.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(BadData, match="`dask scheduler --scheduler-file .*` writes one") as caught:
        run(study, ResultStore(tmp_path / "runs"), scheduler=str(file), quiet=True)
    assert "\n" not in str(caught.value) and str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ("GPU", "resources is 'GPU'; it must map names to positive numbers"),
        ({"GPU": 0}, "resources gives GPU 0; it must"),
        ({"GPU": "1"}, "resources gives GPU '1'; it must"),
        ({"GPU": float("inf")}, "resources gives GPU inf; it must"),
        ({1: 1}, "resources names 1; it must"),
        ({"dnc*": {"GPU": -1}}, r"resources gives GPU -1; it must .* for the models 'dnc\*'"),
        ({"dnc*": {"GPU": {}}}, "resources gives GPU {}; it must"),
        ({"dnc*": {1: 1}}, "resources names 1; it must"),
        ({"GPU": 1}, "are those of a scheduler's workers: one must be given too"),
    ],
)
def test_resources_that_mean_nothing_are_one_line(resources, said, tmp_path, study):
    with pytest.raises(BadData, match=said):
        run(study, ResultStore(tmp_path / "runs"), resources=resources, quiet=True)


@pytest.mark.slow
def test_trials_go_where_their_resources_are(tmp_path, study, start_workers, monkeypatch):
    address, _ = start_workers(options={"first": ("--resources", "GPU=1")})
    monkeypatch.chdir(tmp_path)
    store = ResultStore("/proc/self/cwd/runs")
    with pytest.raises(BadData, match="no worker has GPU=2 for a trial; .* have GPU=1. Start one"):
        run(study, store, scheduler=address, resources={"GPU": 2}, quiet=True)
    some = {next(study.trials()).model_label: {"GPU": 1}}
    with pytest.raises(BadData, match="no worker has MEMORY=1 for a trial"):
        run(study, store, scheduler=address, resources={"*": {"MEMORY": 1}}, quiet=True)
    given = {"GPU": 0.5, **some}
    assert run(study, store, scheduler=address, resources=given, quiet=True).done == 6
