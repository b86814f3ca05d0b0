"""Models of equal size, and what is said of those that cannot be."""

import itertools

import pytest
import torch

from memnets.registry import cells
from memnets.sizes import MEASURES, TOLERANCE, Unmatched, matched, size_of, step_flops
from memnets.spec import ModelSpec

SIZES = {"input_size": 9, "output_size": 8}


def near(found, other, measure):
    wanted = size_of(other, measure, **SIZES)
    return abs(size_of(found, measure, **SIZES) - wanted) <= TOLERANCE * wanted


def test_a_size_is_measured_once_until_something_is_registered(monkeypatch):
    measured = []

    def count(network):
        measured.append(network)
        return 7

    monkeypatch.setitem(MEASURES, "state", count)
    spec = ModelSpec("ntm", cell_options={"slots": 37})
    for _ in range(2):
        assert size_of(spec, "state", **SIZES) == 7
    assert len(measured) == 1
    monkeypatch.setattr(cells, "version", cells.version + 1)
    assert size_of(spec, "state", **SIZES) == 7 and len(measured) == 2


@pytest.mark.parametrize("size", [True, 9.0, [9], -1])
def test_a_size_that_is_no_number_of_columns_is_one_line(size):
    size_of(ModelSpec("ntm"), "state", input_size=1, output_size=8)
    with pytest.raises(ValueError, match="input_size must be"):
        size_of(ModelSpec("ntm"), "state", input_size=size, output_size=8)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_pair_of_cells_is_matched_on_parameters():
    for one, other in itertools.permutations(cells, 2):
        found = ModelSpec(one).matched("parameters", ModelSpec(other), **SIZES)
        assert found.cell == one and near(found, ModelSpec(other), "parameters")


@pytest.mark.parametrize("measure", ["parameters", "state", "flops"])
@pytest.mark.parametrize("cell", ["dnc", "none", "attention"])
def test_a_model_is_matched_on_each_measure(measure, cell):
    other = ModelSpec("ntm", "straight_through")
    found = ModelSpec(cell, controller="gru").matched(measure, other, **SIZES)
    assert near(found, other, measure)
    assert (found.cell, found.controller) == (cell, "gru")


def test_a_table_that_is_tried_at_its_largest_is_not_filled():
    """The search for a state tries 65,536 slots of 65,536 numbers, which are no state."""
    ntm, table = ModelSpec("ntm"), ModelSpec("product_keys")
    found = table.matched("state", ntm, **SIZES)
    assert found.cell == "product_keys" and near(found, ntm, "state")
    largest = ModelSpec("product_keys", cell_options={"width": 1 << 16})
    assert size_of(largest, "parameters", **SIZES) > 1 << 32


def test_one_size_is_changed_where_that_is_enough():
    ntm = ModelSpec("ntm")
    assert ntm.matched("parameters", ntm, **SIZES) == ntm
    bigger = ntm.matched("state", 2 * size_of(ntm, "state", **SIZES), **SIZES)
    assert bigger.controller_size == 100 and set(bigger.cell_options) == {"slots"}
    wanted = ModelSpec("none", controller_size=80)
    assert ModelSpec("none").matched("parameters", wanted, **SIZES) == wanted


def test_what_cannot_be_matched_says_what_comes_nearest():
    with pytest.raises(Unmatched, match="none/lstm give 101 .*: the nearest are 1[0-9]+"):
        ModelSpec("none").matched("parameters", 101, **SIZES)
    with pytest.raises(Unmatched, match="give 3 numbers of state within 1.0%"):
        ModelSpec("none").matched("state", 3, **SIZES)
    with pytest.raises(Unmatched, match="parameters is 0; it must be at least 1"):
        ModelSpec("ntm").matched("parameters", 0, **SIZES)
    with pytest.raises(ValueError, match="'size' is not one of parameters, state, flops"):
        ModelSpec("ntm").matched("size", 100, **SIZES)
    with pytest.raises(ValueError, match="tolerance must be"):
        matched(ModelSpec("ntm"), "state", 100, tolerance=-1, **SIZES)


def test_sizes_draw_no_random_numbers():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    ModelSpec("ntm").matched("flops", ModelSpec("none"), **SIZES)
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_flop_of_a_step_without_memory_follow_the_closed_formula():
    network = ModelSpec("none", controller="feedforward", controller_size=7).build(9, 8)
    # products, biases and tanh; then the readout
    assert step_flops(network) == 2 * 9 * 7 + 7 + 22 * 7 + 2 * 7 * 8 + 8
    assert network.training


def test_symbols_count_with_their_embedding():
    sizes = {"input_size": 1, "output_size": 8, "symbols": 50}
    spec = ModelSpec("none", embedding=16)
    network = spec.build(**sizes)
    assert size_of(spec, "parameters", **sizes) == sum(p.numel() for p in network.parameters())
