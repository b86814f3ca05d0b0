"""Room for trials on the workers of now, and workers of this machine that end meanwhile."""

import time
from types import SimpleNamespace

import dask

from studies.running import room as rooms
from studies.running.cluster import connected
from studies.running.resources import distinct
from studies.running.room import Room


def test_what_finds_no_room_beside_the_running_trials_waits(study, monkeypatch):
    trials = list(study.trials())
    large, small = trials[0], next(each for each in trials if each.model != trials[0].model)
    resources = {"GPU": 0.5, large.model_label: {"GPU": 1}}
    client = SimpleNamespace(cluster=None)
    workers = [(4, {"GPU": 1.0}), (1, {"GPU": 1.0})]
    monkeypatch.setattr(rooms, "workers_now", lambda _: workers)
    monkeypatch.setattr(rooms, "local_workers", lambda _: 0)
    room = Room(client, resources, distinct(resources, trials), SimpleNamespace())

    def found(*running):
        fits = room.beside(running)
        return fits(large), fits(small)

    assert found() == (True, True)
    assert found(large) == (True, True)
    assert found(large, small) == (False, False)
    # two small ones share the first GPU, and one alone has the thread of the second
    assert found(small) == (True, True)
    assert found(small, small, small) == (False, False)


def test_a_worker_that_dask_has_given_up_is_begun_anew(monkeypatch):
    monkeypatch.setattr(rooms, "LONG", 2.0)
    said = []
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "0.1s"}),
        connected(2, None) as client,
    ):
        room = Room(client, {}, [{}], SimpleNamespace(note=said.append))
        assert room.beside([None])(None) and not room.beside([None] * 2)(None) and not said
        # with what would start the worker again when it is killed
        client.sync(client.cluster.workers[0].close)
        ended = time.monotonic() + 60
        while not room.beside([None])(None) or not said:
            assert time.monotonic() < ended
            time.sleep(0.05)
    assert set(said) == {"1 of 2 workers ended; others begin"}
