"""Codes of slots: they follow the keys, come back to life, and change nothing between updates."""

import pytest
import torch

from memnets.cells import codebook as module
from memnets.cells.codebook import Codebook
from memnets.equations import quantisation
from memnets.spec import ModelSpec
from memnets.testing import check_cell

R, N, W = 2, 6, 3
CODED = {"routed": True, "scores": "codes", "slots": N, "width": W, "heads": R}


def clusters(count, spread=0.01):
    """Keys around N places, of each head its own."""
    places_RNW = 5 * torch.randn(R, N, W)
    which_MR = torch.randint(N, (count, R))
    return places_RNW[torch.arange(R), which_MR] + spread * torch.randn(count, R, W)


def used(book, keys_MRW):
    """How many codes of each head are the nearest of some key."""
    nearest_MR = quantisation.distances(keys_MRW, book.codes_RNW).argmin(-1)
    return [len(nearest_MR[:, r].unique()) for r in range(R)]


def trained(book, keys_MRW, updates):
    for _ in range(updates):
        book(keys_MRW)
        book.advance()
    return book


def test_without_revival_codes_die_and_with_it_all_are_used():
    keys_MRW = clusters(400)
    # all keys are nearest to one code at first
    far = {"decay": 0.8, "revive_below": 0.0}
    dead, alive = (Codebook(R, N, W, **far | more) for more in ({}, {"revive_below": 0.3}))
    for book in (dead, alive):
        book.codes_RNW[:, 1:] += 1e3
        book.sums_RNW.copy_(book.codes_RNW / N)
        trained(book, keys_MRW, 200)
    assert used(dead, keys_MRW) == [1, 1]
    assert used(alive, keys_MRW) == [N, N]
    far_apart, near = (
        quantisation.distances(keys_MRW, book.codes_RNW).min(-1).values.mean()
        for book in (dead, alive)
    )
    assert near < 0.2 * far_apart


def test_codes_are_the_same_between_updates_and_in_a_test():
    book, keys_MRW = Codebook(R, N, W), clusters(50)
    before = {name: value.clone() for name, value in book.state_dict().items()}
    assert torch.equal(book(keys_MRW), book(keys_MRW))
    assert all(torch.equal(value, before[name]) for name, value in book.state_dict().items())
    book.advance()
    assert not torch.equal(book.codes_RNW, before["codes_RNW"])
    after = book.codes_RNW.clone()
    book.eval()(keys_MRW)
    with torch.no_grad():
        book.train()(keys_MRW)
    book.advance()
    assert torch.equal(book.codes_RNW, after)


def test_keys_of_steps_count_as_those_of_a_whole_sequence():
    one, keys_MRW = Codebook(R, N, W, revive_below=0.0), clusters(60)
    other = Codebook(R, N, W, revive_below=0.0)
    other.load_state_dict(one.state_dict())
    trained(one, keys_MRW, 1)
    for part_BRW in keys_MRW.split(20):
        other(part_BRW)
    other.advance()
    torch.testing.assert_close(one.codes_RNW, other.codes_RNW)


def test_of_more_steps_than_are_kept_the_last_count(monkeypatch):
    monkeypatch.setattr(module, "MOST_STEPS", 2)
    book, keys_MRW = Codebook(R, N, W), clusters(30)
    for part_BRW in keys_MRW.split(10):
        book(part_BRW)
    assert [len(each) for each in book._keys] == [10, 10]


@pytest.mark.parametrize("estimator", ["soft", "straight_through", "reinforce", "noisy_top_k"])
def test_slots_that_are_found_by_codes_keep_the_contract(estimator):
    check_cell("slots", estimator, options=CODED)


def test_an_update_of_the_network_moves_codes_and_schedules():
    network = ModelSpec("slots", "hardened", cell_options=CODED).build(4, 2)
    book = network.cell.codebook
    before, share = book.codes_RNW.clone(), network.estimator.one_slot_share
    network(torch.randn(5, 3, 4)).logits_TBY.sum().backward()
    network.advance()
    assert not torch.equal(book.codes_RNW, before)
    assert network.estimator.one_slot_share >= share
    assert "cell.codebook.codes_RNW" in network.state_dict()


def test_a_write_goes_to_the_slot_of_the_nearest_code():
    network = ModelSpec("slots", "straight_through", cell_options=CODED).build(4, 2).eval()
    cell, h_BC = network.cell, torch.randn(8, network.controller.output_size)
    key_BRW = cell.written(h_BC, cell.estimator)[1]
    address = cell(h_BC, cell.initial_state(8))[2]
    nearest_BR = quantisation.distances(key_BRW, cell.codebook.codes_RNW).argmin(-1)
    assert torch.equal(address.dense(N)[:, :R].argmax(-1), nearest_BR)


def test_without_codes_there_is_no_codebook():
    for options in ({"routed": True}, {"routed": False}):
        assert ModelSpec("slots", cell_options=options).build(4, 2).cell.codebook is None
