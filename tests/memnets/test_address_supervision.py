"""Address supervision against a loop over steps, its gradient, and whom it tells what."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from memnets.regularisers import Regulariser, missed_sources

from .rollouts_and_terms import BATCH, INPUTS, SLOTS, STEPS, run, small, sources, term, weightings


def naive_missed(reads, writes, sources_TB, floor):
    """Minus the log of what a read shares with its source's write, summed; mean over sequences."""
    total = 0.0
    for t, row in enumerate(sources_TB):
        for b, source in enumerate(row):
            if source >= 0:
                shared = sum(w * u for w, u in zip(reads[t][b], writes[source][b], strict=True))
                total -= math.log((shared + floor) / (1 + floor))
    return total / len(sources_TB[0])


@pytest.mark.parametrize("floor", [1e-9, 0.1])
def test_missed_sources_are_the_log_of_what_reads_share_with_the_writes_they_need(floor):
    reads, writes = weightings(STEPS, BATCH, SLOTS), weightings(STEPS, BATCH, SLOTS, seed=1)
    actual = missed_sources(reads, writes, sources(), floor).item()
    expected = naive_missed(reads.tolist(), writes.tolist(), sources().tolist(), floor)
    assert actual == pytest.approx(expected, abs=1e-10)
    leaves = (reads.requires_grad_(), writes.requires_grad_())
    assert gradcheck(lambda reads, writes: missed_sources(reads, writes, sources(), floor), leaves)


def test_reading_where_the_source_was_written_costs_nothing_and_elsewhere_the_floor_s_log():
    here = torch.eye(SLOTS)[[0, 1, 2, 3, 4]].double().unsqueeze(1)
    sources_TB = torch.tensor([[-1], [-1], [-1], [1], [0]])
    reads = here[[4, 4, 4, 1, 0]]
    assert missed_sources(reads, here, sources_TB, 1e-6) == 0
    missed = missed_sources(reads.flip(0), here, sources_TB, 1e-6).item()
    assert missed == pytest.approx(2 * -math.log(1e-6 / (1 + 1e-6)))
    assert missed_sources(reads, here, torch.full_like(sources_TB, -1), 1e-6) == 0


@pytest.mark.parametrize(
    ("cell", "options", "writes"),
    [("ntm", {"write_heads": 2, "read_heads": 3}, 2), ("sam", {"heads": 2}, 2)],
    ids=["ntm", "sam"],
)
@pytest.mark.parametrize("estimator", ["soft", "straight_through", "top_k"])
def test_address_supervision_averages_the_heads_of_each_kind(cell, options, writes, estimator):
    network = small(cell, estimator, **options)
    rollout, inputs_TBX = run(network)
    dense = rollout.address.dense(SLOTS)
    reads, written = dense[:, :, writes:].mean(2).tolist(), dense[:, :, :writes].mean(2).tolist()
    expected = 0.3 * naive_missed(reads, written, sources().tolist(), 0.01)
    supervision = term("address_supervision", network, weight=0.3, floor=0.01)
    actual = supervision(rollout, inputs_TBX, sources_TB=sources())
    assert actual.item() == pytest.approx(expected, abs=1e-10)


def test_supervised_addresses_learn_to_read_what_they_are_told_to():
    network = small(slots=8)
    inputs_TBX = torch.randint(2, (STEPS, BATCH, INPUTS)).double()
    # which step is needed depends on the step alone, so that it can be learned
    sources_TB = torch.tensor([-1, -1, -1, 0, 1]).unsqueeze(1).expand(-1, BATCH)
    optimiser = torch.optim.Adam(network.parameters(), 0.03)
    missed = []
    for _ in range(60):
        rollout, _ = run(network, inputs_TBX)
        optimiser.zero_grad()
        loss = term("address_supervision", network, weight=1.0)(
            rollout, inputs_TBX, sources_TB=sources_TB
        )
        loss.backward()
        optimiser.step()
        missed.append(loss.item())
    assert missed[0] > 2 and missed[-1] < 0.5


def test_a_term_is_told_what_its_forward_has_parameters_for():
    class Told(Regulariser):
        def forward(self, rollout, inputs_TBX, *, mask_TB=None, other=None):
            return inputs_TBX.sum()

    class Plain(Regulariser):
        def forward(self, rollout, inputs_TBX):
            return inputs_TBX.sum()

    assert Told().wanted() == ("mask_TB",) and Plain().wanted() == ()


def test_address_supervision_refuses_a_batch_whose_answers_lie_nowhere():
    network = small()
    with pytest.raises(ValueError, match="needs a task that says where its answers lie"):
        term("address_supervision", network)(*run(network))
