"""Rows found by an index: the nearest ones, after writes and after rollbacks, and SAM with it."""

import sys

import pytest
import torch

from memnets.cells.sam import CANDIDATES
from memnets.equations import content
from memnets.registry import cells, estimators
from memnets.storage import NearestRows, PersistentMemory

pytest.importorskip("faiss")

B, H, W = 2, 3, 20


def exact(contents, query, count):
    return content.cosine_similarity(query, contents).topk(count, -1).indices


def recall(found, wanted):
    return (found.unsqueeze(-1) == wanted.unsqueeze(-2)).any(-1).double().mean().item()


def test_of_few_rows_the_nearest_are_found_exactly_before_and_after_writes_and_rollbacks():
    memory = PersistentMemory.of(torch.randn(B, 300, W))
    query, found = torch.randn(B, H, W), []
    written = memory.put(torch.tensor([[7, 200], [0, 299]]), torch.randn(B, 2, W))
    for version in (memory, written, memory, written.put(torch.ones(B, 1).long(), query[:, :1])):
        found.append(NearestRows.of(version).search(version, query, 16))
        assert torch.equal(found[-1], exact(version.dense(), query, 16))
    assert torch.equal(found[0], found[2])
    assert (found[3][:, 0, 0] == 1).all()


def test_rows_that_start_alike_are_found_once_they_are_written():
    memory = PersistentMemory.of(torch.full((B, 50, W), 1e-6))
    query = torch.randn(B, H, W)
    written = memory.put(torch.tensor([[4], [9]]), query[:, :1])
    other = memory.put(torch.tensor([[5], [5]]), query[:, :1])
    index = NearestRows.of(memory)
    for version, slots in ((written, [4, 9]), (memory, [-1, -1]), (other, [5, 5])):
        found = index.search(version, query, 2)
        assert found[:, 0, 0].tolist() == slots
        assert (found[..., 1] == -1).all()
    assert NearestRows.of(written) is index


def test_of_many_rows_most_of_the_nearest_are_found_and_a_rollback_changes_no_answer():
    memory = PersistentMemory.of(torch.randn(B, 20_000, W))
    near = memory.take(torch.randint(20_000, (B, H)))
    index, anything = NearestRows.of(memory), torch.randn(B, 20, W)
    before = index.search(memory, anything, 16)
    # directions without any structure are the worst case; a row once stored is what memory is for
    assert recall(before, exact(memory.dense(), anything, 16)) > 0.75
    noisy = near + 0.1 * near.norm(dim=-1, keepdim=True) * torch.randn(B, H, W) / W**0.5
    assert recall(index.search(memory, noisy, 1), exact(memory.dense(), noisy, 1)) > 0.99
    slots = torch.randperm(20_000)[:400].expand(B, -1)
    changed = memory.put(slots, torch.randn(B, 400, W))
    assert not torch.equal(index.search(changed, anything, 16), before)
    assert torch.equal(index.search(memory, anything, 16), before)


def made(slots, **options):
    torch.manual_seed(0)
    make = estimators.get("top_k")(k=3, renormalise=True)
    return cells.get("sam")(5, make, slots=slots, width=W, heads=2, persistent=True, **options)


def test_sam_with_an_index_that_proposes_every_slot_is_sam_that_looks_at_all():
    h_TBC, results = torch.randn(9, B, 5, dtype=torch.float64), []
    contents = torch.randn(B, CANDIDATES, W, dtype=torch.float64)
    for options in ({}, {"index": "faiss"}):
        cell, steps = made(CANDIDATES, **options).double(), []
        state = cell.initial_state(B)._replace(memory_BNW=PersistentMemory.of(contents))
        for h_BC in h_TBC:
            read, state, address = cell(h_BC, state)
            steps += [read, address.dense(CANDIDATES)]
        loss = sum(step.square().sum() for step in steps)
        results.append([*steps, *torch.autograd.grad(loss, list(cell.parameters()))])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-10)


@pytest.mark.parametrize("estimator", list(estimators))
def test_an_address_among_candidates_names_slots_of_the_memory_each_once(estimator):
    make = estimators.get(estimator)()
    cell = cells.get("sam")(5, make, slots=200, width=W, heads=2, persistent=True, index="faiss")
    state = cell.initial_state(B)
    for _ in range(8):
        _, state, address = cell(torch.randn(B, 5), state)
        for weights, slots in zip(
            address.weights_BHK[:, 2:].flatten(0, 1),
            address.slots_BHK[:, 2:].flatten(0, 1),
            strict=True,
        ):
            used = slots[weights > 0].tolist()
            assert len(used) == len(set(used)) > 0


def test_without_faiss_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match="pip install faiss-cpu"):
        NearestRows(PersistentMemory.of(torch.zeros(1, 4, W)))


def test_an_index_cut_short_by_an_interrupt_is_made_anew(monkeypatch):
    memory, query = PersistentMemory.of(torch.randn(B, 30, W)), torch.randn(B, H, W)
    written = memory.put(torch.tensor([[7, 20], [0, 29]]), torch.randn(B, 2, W))
    index = NearestRows.of(memory)

    def interrupted(rows):
        raise KeyboardInterrupt

    monkeypatch.setattr("memnets.storage.nearest._unit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        index.search(written, query, 8)
    monkeypatch.undo()
    for version in (memory, written):
        found = NearestRows.of(version).search(version, query, 8)
        assert torch.equal(found, exact(version.dense(), query, 8))
