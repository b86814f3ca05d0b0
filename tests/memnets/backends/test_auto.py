"""The switch: what is chosen, what falls back and says so, and that results stay the same."""

import copy
import re
import subprocess
import sys
import warnings
from functools import partial
from pathlib import Path

import pytest
import torch
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from memnets import load, save
from memnets.backends import BackendFallback, backends, choose, explain, guards, warm_up
from memnets.checks.enumeration import with_estimator
from memnets.estimators import Replay
from memnets.registry import UnknownName, cells
from memnets.spec import ModelSpec

from .. import building
from .rollouts import run

STEPS, BATCH, INPUTS, OUTPUTS = 6, 3, 5, 4
DOC = Path(__file__).parents[3] / "docs" / "backends.md"


class Tagged(torch.Tensor):
    pass


class Watching(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


built = partial(building.built, inputs=INPUTS, outputs=OUTPUTS)


@pytest.fixture
def inputs_TBX():
    return torch.randn(STEPS, BATCH, INPUTS)


@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
def test_auto_takes_the_kernels_and_gives_what_the_reference_gives(estimator, inputs_TBX):
    network = built("ntm", estimator)
    assert choose(network, "auto", inputs_TBX).backend == "numba"
    expected, wanted, _ = run(copy.deepcopy(network), inputs_TBX, "reference")
    found, gradients, _ = run(network, inputs_TBX, "auto")
    for value, other in zip(pytree.tree_leaves(found), pytree.tree_leaves(expected), strict=True):
        torch.testing.assert_close(value, other, rtol=1e-4, atol=1e-5)
    assert set(gradients) == set(wanted)
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, wanted[name], rtol=1e-3, atol=1e-5)


def test_the_reference_runs_where_it_is_asked_for_and_in_every_single_step(inputs_TBX, monkeypatch):
    def refuse(*_):
        raise AssertionError("the kernels ran")

    monkeypatch.setattr("memnets.backends.numba.backend.Numba.unroll", refuse)
    network = built(backend="reference")
    network(inputs_TBX)
    network.backend = "auto"
    network.step(inputs_TBX[0], network.initial_state(BATCH))
    with pytest.raises(AssertionError, match="the kernels ran"):
        network(inputs_TBX)


def hooked(network):
    network.cell.interface.register_forward_hook(lambda *_: None)


def patched(network):
    network.controller.forward = network.controller.forward


CHANGES = {
    "the network in float64": (lambda network: network.double(), "float64"),
    "a forward hook": (hooked, "hook"),
    "a replaced forward": (patched, "replaced|hooks"),
    "an estimator without a kernel": (
        lambda network: setattr(network.cell, "estimator", Replay(torch.zeros(BATCH, 99).long())),
        "estimator",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_the_kernels_do_not_cover_is_left_to_the_reference(change, inputs_TBX):
    network = built()
    alter, said = CHANGES[change]
    alter(network)
    inputs_TBX = inputs_TBX.to(network.readout.weight.dtype)
    choice = choose(network, "auto", inputs_TBX)
    assert choice.backend == "reference"
    assert re.search(said, choice.reason) and "never chosen unasked" in choice.reason
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = copy.deepcopy(network)(inputs_TBX)
    network.backend = "fused"
    with pytest.warns(BackendFallback, match=said):
        found = network(inputs_TBX)
    assert torch.equal(found.logits_TBY, expected.logits_TBY)


def test_a_hook_on_every_module_is_seen(inputs_TBX):
    handle = torch.nn.modules.module.register_module_forward_hook(lambda *_: None)
    try:
        assert choose(built(), "auto", inputs_TBX).backend == "reference"
    finally:
        handle.remove()
    assert choose(built(), "auto", inputs_TBX).backend == "numba"


def test_a_call_that_kernels_cannot_make_goes_to_the_reference(inputs_TBX):
    network = built(controller="feedforward", backend="fused")
    expected = network(inputs_TBX).logits_TBY
    with pytest.warns(BackendFallback, match="Tagged"):
        found = network(inputs_TBX.as_subclass(Tagged))
    torch.testing.assert_close(found.logits_TBY.as_subclass(torch.Tensor), expected)
    twice = torch.stack([inputs_TBX, inputs_TBX])
    with pytest.warns(BackendFallback, match=r"torch\.func"):
        found = torch.vmap(lambda one: network(one).logits_TBY)(twice)
    torch.testing.assert_close(found, torch.stack([expected, expected]), rtol=1e-4, atol=1e-5)
    with FlopCounterMode(display=False) as counter, pytest.warns(BackendFallback, match="hook"):
        network(inputs_TBX)
    assert counter.get_total_flops() > 0
    with Watching(), pytest.warns(BackendFallback, match="dispatch mode"):
        network(inputs_TBX)
    with torch.autocast("cpu", torch.bfloat16):
        assert choose(network, "fused", inputs_TBX).reason == "autocast is enabled"
    state = pytree.tree_map(lambda value: value.double(), network.initial_state(BATCH))
    assert "float64" in guards.odd_state(state, network, BATCH)
    strange = state._replace(cell=object())
    assert guards.no_tensors(strange) == "the state holds object, no tensor"


@pytest.mark.parametrize("backend", ["auto", "fused", "reference"])
def test_an_empty_sequence_is_an_empty_rollout(backend):
    network = built()
    network.backend = backend
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BackendFallback)
        rollout = network(torch.zeros(0, BATCH, INPUTS))
    assert rollout.logits_TBY.shape == (0, BATCH, OUTPUTS)


def test_a_fallback_is_told_once_per_network_and_reason(inputs_TBX):
    network = built("sdnc", backend="fused")
    with pytest.warns(BackendFallback, match="backend 'fused': the cell SDNC has no kernel"):
        network(inputs_TBX)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network(inputs_TBX)
    with pytest.warns(BackendFallback, match="Tagged|SDNC"):
        built("sdnc", backend="fused")(inputs_TBX)


def test_kernels_that_cannot_be_imported_are_a_reason(inputs_TBX, monkeypatch):
    monkeypatch.setitem(sys.modules, "memnets.backends.numba.backend", None)
    monkeypatch.setattr(backends, "_registered", {})
    monkeypatch.setattr(backends, "_found", {})
    monkeypatch.setattr(backends, "version", -1)
    choice = choose(built(), "fused", inputs_TBX)
    assert choice.backend == "reference" and "cannot be loaded" in choice.reason
    built()(inputs_TBX)


@pytest.mark.parametrize("name", ["fast", "", "Fused"])
def test_an_unknown_backend_is_refused_with_those_there_are(name):
    network = built()
    message = f"memnets.backends: no {name!r}"
    for wrong in (
        lambda: setattr(network, "backend", name),
        lambda: built(backend=name),
        lambda: choose(network, name),
    ):
        with pytest.raises(UnknownName, match=message):
            wrong()
    assert network.backend == "auto"


def test_the_backend_is_no_part_of_a_model(tmp_path):
    spec = ModelSpec("ntm", controller_size=8)
    network = spec.build(INPUTS, OUTPUTS, backend="reference")
    assert copy.deepcopy(network).backend == "reference"
    assert "backend" not in spec.to_json()
    assert not [name for name in network.state_dict() if "backend" in name]
    save(tmp_path / "model.pt", network, spec, INPUTS, OUTPUTS)
    assert load(tmp_path / "model.pt")[0].backend == "auto"


def test_enumeration_is_on_the_reference():
    twin = with_estimator(built(backend="fused"), Replay(torch.zeros(1, 9).long()))
    assert twin.backend == "reference"


def test_nothing_imports_numba_before_kernels_are_asked_for():
    code = (
        "import sys, memnets.backends\nassert 'torch' not in sys.modules\n"
        "import torch\nfrom memnets import ModelSpec\n"
        "ModelSpec('ntm').build(3, 2, backend='reference')(torch.zeros(2, 1, 3))\n"
        "assert 'numba' not in sys.modules and 'torch._inductor' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_models_of_a_cell_are_explained():
    told = {entry.model: str(entry) for entry in explain.of_cell("ntm")}
    assert told["ntm/soft/lstm"] == "ntm/soft/lstm: numba"
    assert told["ntm/soft/graves2013"].startswith("ntm/soft/graves2013: reference (the controller")
    sizes = {"input_size": 3, "output_size": 2}
    (broken,) = explain.of_models([("odd", ModelSpec("ntm", cell_options={"slots": 0}), sizes)])
    assert "cannot be built: slots must be" in str(broken)
    assert "about 20 s" in list(explain.lines([broken]))[-1]


@pytest.mark.parametrize("cell", sorted(cells._builtins))
def test_the_documented_coverage_is_the_real_one(cell):
    rows = re.findall(rf"^\| `{cell}` \|(.*)\|(.*)\|$", DOC.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == 1, f"docs/backends.md lacks the row of {cell}"
    known, controllers = (set(re.findall(r"`(\w+)`", part)) for part in rows[0])
    covered = {entry.model for entry in explain.of_cell(cell) if entry.backend == "numba"}
    documented = {f"{cell}/{one}/{other}" for one in known for other in controllers}
    assert documented == covered


def test_every_backend_is_documented():
    text = DOC.read_text("utf-8")
    assert all(f"| `{name}` |" in text for name in backends)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(block, names)
    assert names["network"].backend == "reference"


def test_warming_up_leaves_gradients_and_random_numbers_alone():
    network = built(estimator="reinforce")
    before = torch.get_rng_state()
    warm_up(network)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(part.grad is None for part in network.parameters())
