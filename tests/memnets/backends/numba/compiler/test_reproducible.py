"""Cold or warm, a seed gives a network the same bits; its kernels are compiled in the test."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("numba")

STEP = """
import hashlib
import torch
from memnets import ModelSpec
torch.set_num_threads(1)
torch.manual_seed(0)
network = ModelSpec("ntm", cell_options={"slots": 128, "width": 20}).build(10, 8)
network.backend = "fused"
logits_TBY = network((torch.rand(40, 16, 10) > 0.5).float()).logits_TBY
logits_TBY.square().mean().backward()
tensors = [logits_TBY, *(parameter.grad for parameter in network.parameters())]
print(*(hashlib.sha256(tensor.detach().numpy().tobytes()).hexdigest() for tensor in tensors))
"""


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_a_training_step_has_the_same_bits_cold_warm_and_partly_warm(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}

    def step(seed: str) -> str:
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", STEP],
            env=environment | {"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout

    cold = step("1")
    assert step("2") == cold
    kept = sorted(tmp_path.rglob("*.kernel"))
    assert len(kept) > 20
    for path in kept[::2]:
        path.unlink()
    assert step("3") == cold
