"""Which networks the kernels cover, and why not the others."""

import subprocess
import sys
from functools import partial

import pytest
import torch
from torch import nn

pytest.importorskip("numba")

from memnets.backends.numba.backend import Numba
from memnets.network import MemoryNetwork
from memnets.registry import cells, controllers, estimators

from ...building import small

kernels = Numba()

CELLS = ("ntm", "dnc", "dntm", "rlntm", "tardis", "sam")
CONTROLLERS = ("lstm", "gru", "feedforward")
ESTIMATORS = (
    *("soft", "reinforce", "leave_one_out", "annealed"),
    *("straight_through", "reinmax", "gumbel", "hardened", "top_k", "noisy_top_k"),
)


build = partial(small, inputs=2, controller_size=6)


@pytest.mark.parametrize("controller", CONTROLLERS)
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("cell", CELLS)
def test_what_is_covered(cell, estimator, controller):
    network = build(cell, estimator, controller)
    assert kernels.refuses(network) is None
    assert kernels.refuses(network.eval()) is None


@pytest.mark.parametrize("name", sorted(set(cells) - {*CELLS, "none"}))
def test_another_cell_has_no_kernel(name):
    network = build(name)
    assert kernels.refuses(network) == f"the cell {type(network.cell).__name__} has no kernel"


@pytest.mark.parametrize("name", sorted(set(estimators) - set(ESTIMATORS)))
def test_another_estimator_has_no_kernel(name):
    network = build(estimator=name)
    expected = f"the estimator {type(network.estimator).__name__} has no kernel"
    assert kernels.refuses(network) == expected


@pytest.mark.parametrize("name", sorted(set(controllers) - set(CONTROLLERS)))
def test_another_controller_has_no_kernel(name):
    network = build(controller=name)
    expected = f"the controller {type(network.controller).__name__} has no kernel"
    assert kernels.refuses(network) == expected


@pytest.mark.parametrize("name", CONTROLLERS)
def test_one_layer_only(name):
    network = build(controller=name, controller_options={"layers": 3})
    assert kernels.refuses(network) == "the kernels drive one layer, the controller has 3"


def test_float32_only():
    assert "torch.float64" in (kernels.refuses(build().double()) or "")


def test_the_processor_only():
    assert "meta" in (kernels.refuses(build().to("meta")) or "")


def test_a_network_that_may_unroll_in_its_own_way():
    class Other(MemoryNetwork):
        pass

    network = build()
    network.__class__ = Other
    assert kernels.refuses(network) == "Other may unroll in its own way"


@pytest.mark.parametrize("part", ["cell", "controller", "cell.estimator", "cell.interface"])
@pytest.mark.parametrize("how", ["hook", "pre-hook", "replaced"])
def test_hooks_and_replaced_code_are_not_passed_by(part, how):
    network = build()
    module = network.get_submodule(part)
    if how == "hook":
        handle = module.register_forward_hook(lambda *_: None)
    elif how == "pre-hook":
        handle = module.register_forward_pre_hook(lambda *_: None)
    else:
        module.forward = module.forward
    assert part in (kernels.refuses(network) or "")
    with pytest.raises(ValueError, match=part):
        kernels(network, torch.zeros(2, 1, network.input_size))
    if how != "replaced":
        handle.remove()
        assert kernels.refuses(network) is None


def test_a_call_that_kernels_cannot_make_is_refused():
    network = build()
    other = network.initial_state(2)
    with pytest.raises(ValueError, match=r"the shape \(2, 1, 1\)"):
        kernels(network, torch.zeros(2, 1, 1))
    with pytest.raises(ValueError, match="float64"):
        kernels(network, torch.zeros(2, 1, network.input_size).double())
    with pytest.raises(ValueError, match="the state holds the shape"):
        kernels(network, torch.zeros(2, 1, network.input_size), other)


@pytest.mark.parametrize("cell", CELLS)
def test_a_subclass_of_a_cell_controller_or_estimator_may_do_anything(cell):
    for change in ("cell", "controller", "estimator"):
        network = build(cell)
        part = getattr(network, change)
        part.__class__ = type("Mine", (type(part),), {})
        assert "Mine has no kernel" in (kernels.refuses(network) or "")


def test_without_numba_only_a_controller_without_a_memory_is_covered():
    code = (
        "import sys; from memnets.backends import choose; from memnets.spec import ModelSpec\n"
        "sys.modules['numba'] = None\n"
        "assert choose(ModelSpec('ntm').build(2, 2), 'numba').reason == 'numba is not installed'\n"
        "assert choose(ModelSpec('none').build(2, 2)).backend == 'numba'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_asking_does_not_import_numba_where_there_is_no_kernel():
    code = (
        "import sys\n"
        "from memnets.backends import choose\n"
        "from memnets.spec import ModelSpec\n"
        "assert 'numba' not in sys.modules\n"
        "choose(ModelSpec('ntm').build(2, 2).double(), 'numba')\n"
        "assert 'numba' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_annealed_from_or_to_may_not_be_covered():
    options = {"first": "gumbel_rao", "then": "straight_through"}
    network = build(estimator="annealed", estimator_options=options)
    assert kernels.refuses(network) == "the estimator GumbelRao has no kernel"
    network.estimator.use_first = torch.tensor(False)
    assert kernels.refuses(network) is None


def test_a_controller_of_another_make():
    network = build()
    network.controller = nn.Identity()
    assert kernels.refuses(network) == "the controller Identity has no kernel"
