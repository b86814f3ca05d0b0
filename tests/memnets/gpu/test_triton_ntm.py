import copy
import subprocess
import sys

import pytest
import torch
from torch.nn.utils.parametrizations import weight_norm

from memnets.gpu import coverage, covers, unroll
from memnets.spec import ModelSpec
from memnets.types import NetworkState

LSTM = {"controller": "lstm", "slots": 7, "width": 5}
CASES = {
    "lstm": LSTM,
    "feedforward": {
        **{"controller": "feedforward", "slots": 16, "width": 8, "shifts": 5},
        **{"write_heads": 2, "read_heads": 2, "memory_start": "learned"},
    },
    "read first, more shifts than slots": {
        **{"controller": "lstm", "slots": 5, "width": 3, "shifts": 7, "write_heads": 2},
        **{"read_first": True, "weights_start": "learned", "memory_start": "random"},
    },
    "three write heads": {"controller": "feedforward", "slots": 4, "width": 3, "write_heads": 3},
    "one slot of one number": {"controller": "lstm", "slots": 1, "width": 1, "shifts": 1},
}


def build(controller, **options):
    network = ModelSpec("ntm", controller=controller, controller_size=6, cell_options=options)
    network = network.build(4, 3).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return network


def leaves(state):
    return [state.read_BR, *state.cell, *(part for layer in state.controller for part in layer)]


def outputs(rollout):
    address = rollout.address
    seen = [rollout.logits_TBY, rollout.hidden_TBC, address.weights_BHK, address.entropy_BH]
    return [*seen, *leaves(rollout.state)]


def gradients(network, run, inputs, state):
    """The outputs, and the gradients of a loss in all of them, to parameters, inputs and state."""
    inputs = inputs.clone().requires_grad_()
    found = outputs(run(network, inputs, state))
    generator = torch.Generator().manual_seed(1)
    loss = 0.0
    for value in found:
        weight = torch.randn(value.shape, generator=generator, dtype=torch.float64)
        loss = loss + (weight.to(value) * value).sum()
    asked = [*network.parameters(), inputs, *leaves(state)]
    asked = [tensor for tensor in asked if tensor.requires_grad]
    grads = torch.autograd.grad(loss, asked, allow_unused=True)
    return found, [
        torch.zeros_like(t) if g is None else g for t, g in zip(asked, grads, strict=True)
    ]


def middle_of_a_sequence(network, batch):
    """A state in which nothing is zero, every part of which wants a gradient."""
    with torch.no_grad():
        state = network(torch.randn(3, batch, 4, dtype=torch.float64)).state
    return moved(state, torch.float64, "cpu")


def moved(state, dtype, device):
    def move(tensor):
        return tensor.detach().to(device, dtype).requires_grad_()

    cell = type(state.cell)(*(move(part) for part in state.cell))
    controller = tuple(tuple(move(part) for part in layer) for layer in state.controller)
    return NetworkState(controller, cell, move(state.read_BR))


def reference(network, inputs, state):
    return network.unroll(inputs, state)


def worst(found, expected):
    """The largest error of a list of tensors, each relative to its own largest number."""
    return max(
        float((f.detach().cpu().double() - e.detach()).abs().max() / e.detach().abs().max())
        for f, e in zip(found, expected, strict=True)
        if e.detach().abs().max() > 1e-12
    )


@pytest.mark.parametrize("case", CASES)
def test_kernels_give_the_reference_and_its_gradients(case, triton_device, monkeypatch):
    monkeypatch.setattr("memnets.gpu.triton_ntm.SAVE_EVERY", 3)
    network = build(**CASES[case])
    batch, steps = (2, 4) if case == "lstm" else (1, 4)
    inputs, state = torch.randn(steps, batch, 4).double(), middle_of_a_sequence(network, batch)
    expected = gradients(network, reference, inputs, state)
    twin = copy.deepcopy(network).to(triton_device)
    there = moved(state, torch.float64, triton_device)
    found = gradients(twin, unroll, inputs.to(triton_device), there)
    assert worst(found[0], expected[0]) < 1e-10
    assert worst(found[1], expected[1]) < 1e-9


@pytest.mark.parametrize(
    ("controller", "place", "weight"),
    [
        ("lstm", "controller.cells.0", "weight_ih"),
        ("feedforward", "controller.layers.0", "weight"),
        ("lstm", "cell.interface.linear", "weight"),
    ],
)
def test_a_parametrized_network_is_as_on_the_reference(controller, place, weight, triton_device):
    network = build(controller, slots=5, width=3)
    weight_norm(network.get_submodule(place), weight)
    inputs, state = torch.randn(2, 1, 4).double(), middle_of_a_sequence(network, 1)
    expected = gradients(network, reference, inputs, state)
    twin = copy.deepcopy(network).to(triton_device)
    there = moved(state, torch.float64, triton_device)
    found = gradients(twin, unroll, inputs.to(triton_device), there)
    assert worst(found[0], expected[0]) < 1e-10
    assert worst(found[1], expected[1]) < 1e-9


def test_a_submodule_of_another_class_is_refused(triton_device):
    network = build("lstm").to(triton_device)
    network.cell.interface.linear.__class__ = type("LoRA", (torch.nn.Linear,), {})
    assert covers(network) == "its cell.interface.linear is a LoRA"


@pytest.mark.parametrize("controller", ["lstm", "feedforward"])
def test_float32_from_the_start_of_a_sequence(controller, triton_device):
    network = build(controller, slots=7, width=5)
    inputs = torch.randn(3, 2, 4).double()
    expected = gradients(network, reference, inputs, network.initial_state(2))
    twin = copy.deepcopy(network).float().to(triton_device)
    found = gradients(twin, unroll, inputs.float().to(triton_device), twin.initial_state(2))
    assert worst(found[0], expected[0]) < 1e-5
    assert worst(found[1], expected[1]) < 1e-4


def test_slots_under_the_floor_pass_no_gradient_and_finite_ones_do(triton_device):
    network = build("lstm", slots=3, width=2)
    state = middle_of_a_sequence(network, 1)
    memory = torch.tensor([[[0.0, 0.0], [0.6e-4, 0.0], [0.3, -0.2]]], dtype=torch.float64)
    state = state._replace(cell=state.cell._replace(memory_BNW=memory.requires_grad_()))
    inputs = torch.randn(1, 1, 4).double()
    expected = gradients(network, reference, inputs, state)
    there = moved(state, torch.float64, triton_device)
    twin = copy.deepcopy(network).to(triton_device)
    found = gradients(twin, unroll, inputs.to(triton_device), there)
    assert worst(found[1], expected[1]) < 1e-9


def test_no_gradient_asked_for_none_prepared(triton_device):
    network = build(**LSTM).to(triton_device)
    inputs = torch.randn(2, 1, 4).double().to(triton_device)
    with torch.no_grad():
        found = unroll(network, inputs)
        expected = reference(network, inputs, network.initial_state(1))
    assert worst(outputs(found), [value.cpu() for value in outputs(expected)]) < 1e-10
    assert not found.logits_TBY.requires_grad


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"cell": "dnc"}, "the cell DNC"),
        ({"estimator": "reinforce"}, "the estimator Reinforce"),
        ({"controller": "gru"}, "the controller GRU"),
        ({"controller_options": {"layers": 2}}, "the controller has 2"),
        ({"cell_options": {"slots": 300, "width": 20}}, "300 by 20 is 16384"),
        ({"controller_size": 1025}, "1024 numbers, not of 1025"),
    ],
)
def test_what_no_kernel_covers_is_said_and_refused(changes, why, triton_device):
    network = ModelSpec(**({"cell": "ntm", "controller_size": 6} | changes)).build(4, 3)
    network = network.to(triton_device)
    assert why in covers(network)
    with pytest.raises(ValueError, match=why):
        unroll(network, torch.randn(2, 1, 4, device=triton_device))


def test_without_the_interpreter_a_processor_is_not_covered():
    network = ModelSpec("ntm").build(4, 3)
    pytest.importorskip("triton")
    assert covers(network) == "the network is on cpu, the Triton kernels are for a GPU"


def test_kernels_that_fail_to_load_are_a_reason(monkeypatch, triton_device):
    def load():
        raise RuntimeError("0 active drivers")

    monkeypatch.setattr(coverage, "_load", load)
    reason = "the fused kernels cannot be loaded (RuntimeError: 0 active drivers)"
    assert covers(build("lstm").to(triton_device)) == reason


def test_a_compiler_is_looked_for_once(monkeypatch):
    looked = []
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(coverage, "which", looked.append)
    coverage._compiler.cache_clear()
    assert not coverage._compiler() and not coverage._compiler()
    assert looked == ["gcc", "clang"]
    coverage._compiler.cache_clear()


def test_without_triton_nothing_is_covered(monkeypatch):
    monkeypatch.setattr(coverage, "installed", lambda package: False)
    assert covers(ModelSpec("ntm").build(4, 3)) == "triton is not installed"


COMPILE = """
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, compile
from memnets.gpu.triton_backward import backward
from memnets.gpu.triton_forward import forward
from memnets.gpu.triton_ntm import Sizes, meta

for kernel in (forward, backward):
    fixed = meta(Sizes(7, 5, 2, 1, 3, 11, True, False))
    options = {name: fixed.pop(name) for name in ("num_warps", "num_stages", "enable_fp_fusion")}
    kinds = {
        name: "constexpr" if name in fixed else "*fp32" if name.endswith("_ptr") else "i32"
        for name in kernel.arg_names
    }
    made = compile(
        ASTSource(kernel, kinds, fixed), target=GPUTarget("cuda", 90, 32), options=options
    )
    assert "bar.sync" in made.asm["ptx"]
"""


def test_the_compiler_takes_the_kernels_without_a_gpu(tmp_path):
    pytest.importorskip("triton")
    # in a process of its own: in this one the kernels may be those of the interpreter
    environment = {"TRITON_CACHE_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", COMPILE], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
