"""TARDIS: its score, its order of writing, its wormholes, and the whole cell against a loop."""

import numpy as np
import pytest
import torch

from memnets.cells.tardis import TARDIS, fill_or_overwrite
from memnets.equations import scores
from memnets.estimators import Estimator, chosen
from memnets.registry import estimators

from .unrolled import assert_same, unrolled

B, N, W, A, D, HIDDEN, STEPS = 2, 6, 3, 2, 4, 5, 20
SIZES = {"slots": N, "width": W, "key_width": A, "score_width": D}


def cut(row, keep):
    kept = sorted(range(len(row)), key=lambda i: -row[i])[:keep]
    return np.array([x if i in kept else 0.0 for i, x in enumerate(row)])


def naive_score(p, query, contents, counts):
    deviation = np.sqrt(np.mean((counts - counts.mean()) ** 2) + 1e-5)
    values = []
    for i in range(N):
        row = np.concatenate([p["key"][i], contents[i], [(counts[i] - counts.mean()) / deviation]])
        values.append(p["vector"] @ np.tanh(query + p["row.weight"] @ row))
    return np.array(values)


def naive_tardis(p, inputs, use, penalty=100.0):
    contents, counts, last = np.zeros((N, W)), np.zeros(N), np.zeros(N)
    for step, h in enumerate(inputs):
        raw = p["interface.linear.weight"] @ h + p["interface.linear.bias"]
        scored = naive_score(p, raw[W:], contents, counts) - penalty * last
        scored = np.exp(scored - scored.max())
        read = use(scored / scored.sum())
        write = np.eye(N)[step] if step < N else read
        value = read @ contents
        contents = (1 - write)[:, None] * contents + np.outer(write, raw[:W])
        counts, last = counts + read, read
        yield value, np.array([write, read])


@pytest.mark.parametrize(
    ("estimator", "options", "use"),
    [
        ("soft", {}, lambda w: w),
        ("top_k", {"k": 2}, lambda w: cut(w, 2)),
        ("gumbel", {}, lambda w: np.eye(N)[w.argmax()]),
        ("reinforce", {}, lambda w: np.eye(N)[w.argmax()]),
    ],
)
@pytest.mark.parametrize("penalty", [100.0, 1.5])
def test_tardis_unrolled_is_its_paper_written_twice(estimator, options, use, penalty):
    cell = TARDIS(HIDDEN, estimators.get(estimator)(**options), penalty=penalty, **SIZES)
    p, inputs, rows = unrolled(cell, HIDDEN)
    for h, steps in zip(inputs, rows, strict=True):
        assert_same(steps, naive_tardis(p, h, use, penalty), atol=1e-10)


def test_the_score_is_one_linear_map_of_all_that_it_sees():
    """v · tanh(W [h ; key ; content ; norm(u)] + b), with W and b in one piece."""
    draw = lambda *shape: torch.randn(*shape, dtype=torch.float64)  # noqa: E731
    h, rows, usage = draw(B, HIDDEN), draw(B, N, A + W), draw(B, N).square()
    w_h, w_row, bias, vector = draw(D, HIDDEN), draw(D, A + W + 1), draw(D), draw(D)
    counts = scores.standardised(usage).unsqueeze(-1)
    ours = scores.additive(h @ w_h.T + bias, torch.cat([rows, counts], -1) @ w_row.T, vector)
    whole = np.concatenate([w_h.numpy(), w_row.numpy()], 1)
    for b in range(B):
        u = usage[b].numpy()
        for i in range(N):
            norm = (u[i] - u.mean()) / np.sqrt(u.var() + 1e-5)
            seen = np.concatenate([h[b].numpy(), rows[b, i].numpy(), [norm]])
            expected = vector.numpy() @ np.tanh(whole @ seen + bias.numpy())
            np.testing.assert_allclose(ours[b, i], expected, rtol=0, atol=1e-10)


def test_the_gradients_of_the_score_are_those_of_central_differences():
    make = {"dtype": torch.float64, "requires_grad": True}
    query, rows, vector = (
        torch.randn(B, D, **make),
        torch.randn(B, N, D, **make),
        torch.randn(D, **make),
    )
    usage = torch.rand(B, N, **make)
    assert torch.autograd.gradcheck(scores.additive, (query, rows, vector))
    assert torch.autograd.gradcheck(scores.standardised, (usage,))
    previous = torch.rand(B, N, **make)
    assert torch.autograd.gradcheck(lambda e, w: scores.avoid(e, w, 100.0), (usage, previous))


def test_counts_of_nothing_are_standardised_to_zero():
    assert scores.standardised(torch.zeros(B, N)).eq(0).all()


@pytest.mark.parametrize("estimator", list(estimators))
def test_cells_are_filled_in_order_and_then_written_where_was_read(estimator):
    cell = TARDIS(HIDDEN, estimators.get(estimator)(), **SIZES)
    state = cell.initial_state(B)
    for step in range(2 * N):
        before = state.content_BNW
        _, state, address = cell(torch.randn(B, HIDDEN), state)
        write, read = address.dense(N).unbind(1)
        if step < N:
            assert torch.equal(write, torch.eye(N)[step].expand(B, -1))
            assert (before != state.content_BNW).any(-1).nonzero()[:, 1].tolist() == [step] * B
        else:
            assert torch.equal(write, read)
        assert address.log_prob_BH[:, 0].eq(0).all()


def test_the_cell_just_read_is_not_read_again():
    cell = TARDIS(HIDDEN, estimators.get("reinforce")(), **SIZES)
    state, last = cell.initial_state(B), None
    for _ in range(12):
        _, state, address = cell(torch.randn(B, HIDDEN), state)
        slots = address.dense(N)[:, 1].argmax(-1)
        assert last is None or (slots != last).all()
        last = slots


def test_no_gradient_passes_through_the_write_address():
    weighting = torch.rand(B, 1, N, requires_grad=True).softmax(-1)
    full = torch.full((B,), float(N))
    write = fill_or_overwrite(estimators.get("soft")()(weighting), full, N)
    assert not write.weights_BHK.requires_grad and torch.equal(write.weights_BHK, weighting)


class Fixed(Estimator):
    """Always one and the same slot."""

    discrete = True

    def __init__(self, slot: int) -> None:
        super().__init__()
        self.slot = slot

    def forward(self, weighting_BHN):
        choice_BH = torch.full(weighting_BHN.shape[:2], self.slot)
        return chosen(weighting_BHN, choice_BH)


def test_a_read_is_a_wormhole_to_the_state_that_was_written():
    """The gradient of the last read reaches step 2 undiminished, and no other step at all."""
    cell = TARDIS(HIDDEN, Fixed(2), slots=30, width=W)
    state = cell.initial_state(1)
    hidden = [torch.randn(1, HIDDEN, requires_grad=True) for _ in range(25)]
    for h_BC in hidden:
        read, state, _ = cell(h_BC, state)
    weights = torch.randn(W)
    reached = torch.autograd.grad((read @ weights).sum(), hidden, allow_unused=True)
    arrived = [0.0 if g is None else float(g.abs().max()) for g in reached]
    assert [step for step, size in enumerate(arrived) if size > 0] == [2]
    torch.testing.assert_close(reached[2][0], weights @ cell.interface.linear.weight[:W])


@pytest.mark.parametrize("name", ["slots", "width", "key_width", "score_width"])
def test_tardis_refuses_sizes_that_make_no_memory(name):
    with pytest.raises(ValueError, match=f"{name} must be a whole number, at least 1, not 0"):
        TARDIS(HIDDEN, estimators.get("soft")(), **(SIZES | {name: 0}))
