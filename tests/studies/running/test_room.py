"""Room for trials on the workers of now, and workers of this machine that end meanwhile."""

import time
from types import SimpleNamespace

import dask

from studies import ResultStore
from studies.running import room as rooms
from studies.running.agenda import Agenda
from studies.running.cluster import connected
from studies.running.room import Room


def room_of(workers, study, resources, monkeypatch, tmp_path):
    monkeypatch.setattr(rooms, "workers_now", lambda _: workers)
    monkeypatch.setattr(rooms, "local_workers", lambda _: 0)
    agenda = Agenda(list(study.trials()), ResultStore(tmp_path / "runs"))
    return Room(None, resources, agenda, SimpleNamespace()), agenda


def test_what_finds_no_room_beside_the_running_trials_waits(study, monkeypatch, tmp_path):
    trials = list(study.trials())
    large, small = trials[0], next(each for each in trials if each.model != trials[0].model)
    resources = {"GPU": 0.5, large.model_label: {"GPU": 1}}
    workers = {"a": (4, {"GPU": 1.0}), "b": (1, {"GPU": 1.0})}
    room, agenda = room_of(workers, study, resources, monkeypatch, tmp_path)

    def found(*running):
        room.look(running)
        return room.worker_for(large), room.worker_for(small)

    assert found() == ("a", "a")
    assert found((large, "a")) == ("b", "b")
    # where they are is what counts, not where they would fit best
    assert found((small, "a"), (small, "b")) == (None, "a")
    assert found((small, "a")) == ("b", "a")
    assert found((small, "b"), (large, "a")) == (None, None)
    # what ran on a worker that is gone takes nothing
    assert found((large, "gone")) == ("a", "a")
    # the first trials do not fit, and the first of those that do is the next
    room.look([(small, "a"), (small, "b")])
    assert agenda.next(room.fits) == small and agenda.next() == large


def test_trials_without_a_need_keep_clear_of_the_gpu(study, monkeypatch, tmp_path):
    trials = list(study.trials())
    large, plain = trials[0], next(each for each in trials if each.model != trials[0].model)
    workers = {"gpu": (1, {"GPU": 1.0}), "cpu": (8, {})}
    resources = {large.model_label: {"GPU": 1}}
    room, _ = room_of(workers, study, resources, monkeypatch, tmp_path)
    room.look([(plain, "cpu")])
    assert room.worker_for(large) == "gpu" and room.worker_for(plain) == "cpu"


def test_a_worker_that_dask_has_given_up_is_begun_anew(study, monkeypatch, tmp_path):
    monkeypatch.setattr(rooms, "LONG", 2.0)
    said = []
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "0.1s"}),
        connected(2, None) as client,
    ):
        agenda = Agenda(list(study.trials()), ResultStore(tmp_path / "runs"))
        room = Room(client, {}, agenda, SimpleNamespace(note=said.append))
        trial = agenda.trials[0]
        assert len(_free(room, trial)) == 2 and not said
        # with what would start the worker again when it is killed
        client.sync(client.cluster.workers[0].close)
        ended = time.monotonic() + 60
        while len(free := _free(room, trial)) < 2 or not said:
            assert len(free) == 1 and time.monotonic() < ended
            time.sleep(0.05)
    assert set(said) == {"1 of 2 workers ended; others begin"}


def _free(room, trial):
    """The workers that take a trial each, one after the other."""
    running = []
    room.look(running)
    while worker := room.worker_for(trial):
        running.append((trial, worker))
        room.look(running)
    return running
