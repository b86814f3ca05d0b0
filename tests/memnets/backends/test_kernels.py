"""Kernels are found by the registered name of the exact class that they run."""

import pytest
import torch

from memnets.backends import choose
from memnets.backends.controllers.base import fast_controllers
from memnets.backends.kernels import Kernels
from memnets.backends.numba.cells.base import CellKernels, numba_cells
from memnets.cells.none import NoMemory
from memnets.registry import Registry, cells, controllers
from memnets.spec import ModelSpec


@pytest.fixture
def spoons():
    """A registry of parts, and the kernels of such parts."""
    parts = Registry("memnets.spoons", home="memnets.no_such_home")
    return parts, Kernels("memnets.fast_spoons", "memnets.no_such_home", parts, "fast kernel")


def test_a_part_has_the_kernel_of_its_name_and_a_subclass_has_none(spoons):
    parts, kernels = spoons
    spoon = parts.register("spoon")(type("Spoon", (), {}))
    assert kernels.refuses(spoon()) == "the spoon Spoon has no fast kernel"
    fast = kernels.register("spoon")(type("FastSpoon", (), {}))
    assert kernels.refuses(spoon()) is None and kernels.of(spoon()) is fast
    ladle = type("Ladle", (spoon,), {})
    assert kernels.refuses(ladle()) == "the spoon Ladle has no fast kernel"


def test_what_fails_to_load_is_tried_once_and_says_why(spoons, monkeypatch):
    parts, kernels = spoons
    spoon, tries = parts.register("spoon")(type("Spoon", (), {})), []
    kernels.register("spoon")(type("FastSpoon", (), {}))

    def get(name):
        tries.append(name)
        raise ModuleNotFoundError("No module named 'metal'", name="metal")

    monkeypatch.setattr(kernels, "get", get)
    reasons = {kernels.refuses(spoon()) for _ in range(3)}
    assert reasons == {"metal is not installed"} and tries == ["spoon"]


@pytest.mark.parametrize(
    ("kernels", "parts"), [(numba_cells, cells), (fast_controllers, controllers)]
)
def test_every_kernel_runs_a_part_that_is_registered(kernels, parts):
    assert len(set(kernels)) > 2 and set(kernels) <= set(parts)


def test_a_kernel_of_somebody_elses_cell_is_one_class(monkeypatch):
    for registry in (cells, numba_cells):
        for memo in ("_registered", "_found"):
            monkeypatch.setattr(registry, memo, dict(getattr(registry, memo)))

    @cells.register("mine")
    class Mine(NoMemory):
        pass

    @numba_cells.register("mine")
    class Runs(CellKernels):
        @classmethod
        def refuses(cls, network):
            return None if network.training else "it runs in training only"

        @classmethod
        def unroll(cls, network, inputs_TBX, state):
            rollout = network.unroll(inputs_TBX, state)
            return rollout._replace(logits_TBY=torch.full_like(rollout.logits_TBY, 7.0))

    network = ModelSpec("mine", controller_size=4).build(3, 2)
    assert choose(network).backend == "numba"
    assert bool((network(torch.zeros(2, 1, 3)).logits_TBY == 7).all())
    assert choose(network.eval()).refusals["numba"] == "it runs in training only"
