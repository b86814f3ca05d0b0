"""`memnets export`: from a trial's folder to a file that torch runs."""

import pytest
import torch

from memnets import load
from memnets.cli.main import main

from .shell import refusal, train


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_trained_network_is_exported_and_says_the_same(tmp_path, capsys):
    assert train(tmp_path / "runs") == 0
    (home,) = (tmp_path / "runs").glob("*/model.pt")
    file = tmp_path / "copy.ts"
    assert main(["export", str(home.parent), "--to", str(file)]) == 0
    assert f"written to {file}" in capsys.readouterr().out
    network, _ = load(home)
    inputs_TBX = torch.rand(5, 3, network.input_size)
    with torch.no_grad():
        logits_TBY, _ = torch.jit.load(file)(inputs_TBX, [])
        torch.testing.assert_close(logits_TBY, network(inputs_TBX).logits_TBY, rtol=1e-4, atol=1e-4)
    assert "there is no checkpoint nowhere" in refusal(capsys, ["export", "nowhere"])
