import pytest
import torch

from memnets.spec import ModelSpec
from studies.bench import gpu as measure


@pytest.mark.skipif(torch.cuda.is_available(), reason="here there is something to measure")
def test_without_a_gpu_it_says_so_in_a_line(capsys):
    assert measure.main(["--batches", "1"]) == 1
    assert capsys.readouterr().err == "there is no GPU here to measure\n"


def test_the_example_is_scored_in_its_second_half():
    network = ModelSpec("none", controller_size=4).build(10, 8)
    inputs_TBX, targets_TBY, mask_TB = measure.example(2, torch.device("cpu"))
    rollout = network(inputs_TBX)
    whole = measure.loss(rollout, inputs_TBX, targets_TBY, mask_TB)
    targets_TBY[:20] = 1 - targets_TBY[:20]
    assert torch.equal(whole, measure.loss(rollout, inputs_TBX, targets_TBY, mask_TB))
    targets_TBY[-1] = 1 - targets_TBY[-1]
    assert not torch.equal(whole, measure.loss(rollout, inputs_TBX, targets_TBY, mask_TB))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine")
def test_a_gpu_is_measured(capsys):
    assert measure.main(["--batches", "2", "--rounds", "1"]) == 0
    assert "graph" in capsys.readouterr().out
