"""Workers of this machine that end while trials are made."""

import time
from types import SimpleNamespace

import dask

from studies.running import workers
from studies.running.cluster import connected


def test_a_worker_that_dask_has_given_up_is_begun_anew(monkeypatch):
    monkeypatch.setattr(workers, "LONG", 2.0)
    said = []
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "0.1s"}),
        connected(2, None) as client,
    ):
        places = workers._Places(client, {}, SimpleNamespace(note=said.append))
        assert places.count() == 2 and not said
        # with what would start the worker again when it is killed
        client.sync(client.cluster.workers[0].close)
        ended = time.monotonic() + 60
        while (found := places.count()) < 2 or not said:
            assert found == 1 and time.monotonic() < ended
            time.sleep(0.05)
    assert set(said) == {"1 of 2 workers ended; others begin"}
