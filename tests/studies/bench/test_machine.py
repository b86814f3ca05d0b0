"""The description of the machine."""

import json

import torch

from studies.bench.machine import describe


def test_the_machine_is_described_in_json():
    found = json.loads(json.dumps(describe("cpu", 2)))
    assert found["cpu"] and found["cores"] >= found["cores_usable"] >= 1
    assert found["torch"] == torch.__version__
    assert {"numpy", "python", "numba", "ram_gib", "system", "cpu_capability", "gpu"} <= set(found)
    assert {"date", "commit", "threads", "device", "caches"} <= set(found)
    assert found["threads"] == 2
