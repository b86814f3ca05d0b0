"""What a trial takes of a worker, and where its scheduler is found."""

import json

import pytest
from distributed import Client
from hypothesis import given
from hypothesis import strategies as st

from memnets.cli.assignments import amounts
from studies import ResultStore, run
from studies.design.data import BadData
from studies.running.cluster import address_of
from studies.running.resources import chosen, fitting, places, shared_out, taken, without


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
WORKERS = st.lists(st.tuples(st.integers(0, 4), AMOUNTS), max_size=4).map(
    lambda workers: {f"tcp://{number}": worker for number, worker in enumerate(workers)}
)


def handed_out(workers, wants):
    """How many of these find room, one after the other."""
    free, count = dict(workers), 0
    for wanted in wants:
        if (worker := chosen(free, wanted)) is not None:
            free[worker], count = without(free[worker], wanted), count + 1
    return free, count


@given(WORKERS, AMOUNTS)
def test_equal_trials_fill_all_places(workers, wanted):
    assert handed_out(workers, [wanted] * 20)[1] == places(workers.values(), wanted)


@given(WORKERS, st.lists(AMOUNTS, max_size=8))
def test_no_worker_gives_more_than_it_has(workers, wants):
    free, _ = handed_out(workers, wants)
    for threads, there in free.values():
        assert threads >= 0 and all(amount >= 0 for amount in there.values())


def test_a_trial_leaves_what_it_does_not_need_to_others():
    workers = {"gpu": (1, {"GPU": 1}), "cpu": (8, {}), "busy": (2, {})}
    assert chosen(workers, {}) == "cpu" and chosen(workers, {"GPU": 1}) == "gpu"
    assert handed_out(workers, [{}, {"GPU": 1}])[1] == 2
    assert chosen({"gpu": (1, {"GPU": 1})}, {}) == "gpu" and chosen({}, {}) is None


def test_a_model_takes_what_all_do_and_what_its_patterns_say():
    resources = {"GPU": 0.5, "MEMORY": 8, "dnc*": {"GPU": 1}, "ntm*": {"MEMORY": 64}}
    assert taken(resources, "dnc/soft") == {"GPU": 1, "MEMORY": 8}
    assert taken(resources, "sam/soft") == {"GPU": 0.5, "MEMORY": 8}
    more = {**resources, "*/soft": {"DISK": 1}}
    assert taken(more, "dnc/soft") == {"GPU": 1, "MEMORY": 8, "DISK": 1}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (
            ("GPU=0.5", "dnc*:GPU=1", "dnc*:MEMORY=8e9"),
            {"GPU": 0.5, "dnc*": {"GPU": 1, "MEMORY": 8e9}},
        ),
        (("a:b*:GPU=1",), {"a:b*": {"GPU": 1}}),
    ],
)
def test_resources_of_the_command(texts, said):
    assert amounts(texts) == said


@pytest.mark.parametrize(
    "texts",
    [
        *[("GPU",), (":GPU=1",), ("dnc*:=1",), ("dnc*:GPU",)],
        *[("GPU=1", "GPU:GPU=1"), ("GPU:GPU=1", "GPU=1")],
    ],
)
def test_resources_of_another_form_are_one_line(texts):
    with pytest.raises(BadData, match="NAME=AMOUNT is needed, such as GPU=0.5, or MODELS:NAME"):
        amounts(texts)


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
        ({"dnc*": {"GPU": -1}}, "resources gives GPU -1; it must .* or patterns of models"),
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
    with pytest.raises(BadData, match="no worker has GPU=2 for a trial of .*; .* have GPU=1."):
        run(study, store, scheduler=address, resources={"GPU": 2}, quiet=True)
    with pytest.raises(BadData, match="no worker has MEMORY=1 for a trial of "):
        run(study, store, scheduler=address, resources={"*": {"MEMORY": 1}}, quiet=True)
    with pytest.raises(BadData, match="names models 'nobody', which none of the study's is"):
        run(study, store, scheduler=address, resources={"nobody": {"GPU": 1}}, quiet=True)
    seen = []
    monkeypatch.setattr(Client, "submit", _noting(Client.submit, seen))
    large = next(study.trials()).model_label
    given = {"GPU": 0.5, large: {"GPU": 1}}
    assert run(study, store, scheduler=address, resources=given, quiet=True).done == 6
    took = {(trial.model_label, more["resources"]["GPU"]) for trial, more in seen}
    assert took == {(name, 1 if name == large else 0.5) for name in study.models}


def _noting(submit, seen):
    def noting(self, function, trial, *arguments, **more):
        seen.append((trial, more))
        return submit(self, function, trial, *arguments, **more)

    return noting
