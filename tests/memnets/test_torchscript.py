"""Networks as TorchScript: the file alone says what the network says."""

import subprocess
import sys

import pytest
import torch

from memnets.cells import cells
from memnets.spec import ModelSpec
from memnets.torchscript import export

from .building import built, small
from .variants import slow_but

WAYS = ("soft", "top_k", "straight_through", "reinforce")
PERSISTENT = ["sam", "tardis", "rlntm"]
# torch tells to leave TorchScript; it is what runs without Python
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize("estimator", slow_but(WAYS, ("soft", "reinforce")))
@pytest.mark.parametrize("cell", list(cells))
def test_every_cell_says_the_same_of_any_number_of_steps_and_sequences(cell, estimator, tmp_path):
    network = small(cell, estimator, backend="reference").train()
    export(network, tmp_path / "step.ts")
    assert network.training
    network.eval()
    exported = torch.jit.load(tmp_path / "step.ts")
    inputs_TBX = torch.randn(9, 7, 4)
    with torch.no_grad():
        expected = network(inputs_TBX).logits_TBY
        found, state = exported(inputs_TBX[:4], [])
        rest, _ = exported(inputs_TBX[4:], state)
    torch.testing.assert_close(torch.cat([found, rest]), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("controller", ["gru", "rnn", "feedforward", "graves2013"])
def test_every_controller(controller, tmp_path):
    network = built("ntm", "soft", controller, bypass_dropout=0.5)
    export(network, tmp_path / "step.ts")
    inputs_TBX = torch.randn(3, 2, 4)
    with torch.no_grad():
        found, _ = torch.jit.load(tmp_path / "step.ts")(inputs_TBX, [])
        torch.testing.assert_close(found, network.eval()(inputs_TBX).logits_TBY)


def test_symbols_come_in_as_indices(tmp_path):
    network = ModelSpec("ntm", controller_size=8, embedding=3).build(1, 4, symbols=5)
    export(network, tmp_path / "step.ts")
    indices = torch.randint(5, (6, 3, 1))
    with torch.no_grad():
        found, _ = torch.jit.load(tmp_path / "step.ts")(indices, [])
        torch.testing.assert_close(found, network.eval()(indices).logits_TBY)


def test_the_file_needs_no_memnets(tmp_path):
    export(small("dntm", "reinforce"), tmp_path / "step.ts")
    code = (
        "import sys, torch; found, _ = torch.jit.load('step.ts')(torch.rand(3, 2, 4), []); "
        "assert found.shape == (3, 2, 2) and 'memnets' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, check=True, capture_output=True
    )


@pytest.mark.parametrize("cell", PERSISTENT)
def test_a_persistent_memory_is_refused_in_one_line(cell, tmp_path):
    network = small(cell, "reinforce", cell_options={"persistent": True})
    with pytest.raises(ValueError, match="cannot be exported: its state holds a") as caught:
        export(network, tmp_path / "step.ts")
    assert "persistent=False" in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "step.ts").exists()


def test_what_a_trace_gets_wrong_is_refused(tmp_path):
    network = small("ntm", "soft")
    plain = type(network.cell).forward

    def counted(self, h_BC, state):
        # a number of sequences that a trace takes for a constant
        read_BO, after, address = plain(self, h_BC, state)
        return read_BO * int(h_BC.shape[0]), after, address

    network.cell.forward = counted.__get__(network.cell)
    with pytest.raises(
        ValueError, match="NTM cannot be exported: as TorchScript it says something"
    ):
        export(network, tmp_path / "step.ts")
    assert not (tmp_path / "step.ts").exists()
