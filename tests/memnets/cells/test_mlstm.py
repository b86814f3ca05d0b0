"""xLSTM's matrix memory: the whole cell against a loop without a stabiliser."""

import numpy as np
import pytest
import torch

from memnets.registry import cells, estimators
from memnets.spec import ModelSpec

from ..naive import USES, sigmoid, softmax
from .unrolled import assert_same, unrolled

B, H, N, W, HIDDEN, STEPS = 2, 2, 5, 3, 4, 20


def naive_mlstm(p, inputs, use, keys, forget):
    C, n = np.zeros((H, N, W)), np.zeros((H, N))
    for h in inputs:
        raw = p["interface.linear.weight"] @ h + p["interface.linear.bias"]
        q, k, v, i, f, o = np.split(raw, np.cumsum([H * N, H * N, H * W, H, H]))
        q, k, v, o = q.reshape(H, N), k.reshape(H, N), v.reshape(H, W), o.reshape(H, W)
        found, writes, reads = [], [], []
        for head in range(H):
            gate = sigmoid(f[head]) if forget == "sigmoid" else np.exp(f[head])
            if keys == "linear":
                key, query = k[head] / np.sqrt(N), q[head]
            else:
                key, query = use(softmax(k[head])), use(softmax(q[head]))
                writes.append(key)
                reads.append(query)
            C[head] = gate * C[head] + np.exp(i[head]) * np.outer(key, v[head])
            n[head] = gate * n[head] + np.exp(i[head]) * key
            found.append(sigmoid(o[head]) * (query @ C[head]) / max(abs(n[head] @ query), 1.0))
        yield np.concatenate(found), np.array(writes + reads)


@pytest.mark.parametrize("forget", ["sigmoid", "exponential"])
@pytest.mark.parametrize("keys", ["linear", "softmax"])
@pytest.mark.parametrize(("estimator", "use"), USES)
def test_mlstm_unrolled_is_its_paper_written_twice(estimator, use, keys, forget):
    torch.manual_seed(2)
    options = {"slots": N, "width": W, "heads": H, "keys": keys, "forget": forget}
    p, inputs, rows = unrolled(
        cells.get("mlstm")(HIDDEN, estimators.get(estimator)(), **options), HIDDEN
    )
    for h, steps in zip(inputs, rows, strict=True):
        assert_same(steps, naive_mlstm(p, h, use, keys, forget))


def test_with_the_papers_keys_there_is_nothing_to_choose():
    networks = []
    for estimator in ("soft", "reinforce"):
        torch.manual_seed(0)
        networks.append(ModelSpec("mlstm", estimator).build(3, 2).train())
    assert networks[0].cell.heads == ()
    inputs_TBX = torch.randn(6, 2, 3)
    soft, drawn = (network(inputs_TBX) for network in networks)
    assert torch.equal(soft.logits_TBY, drawn.logits_TBY)
    assert soft.address.dense(32).shape == (6, 2, 0, 32)


def test_a_chosen_row_reads_the_mean_of_what_was_written_there():
    """One row, all kept: after two writes with equal gates the row holds two values; n is two."""
    options = {"slots": 1, "width": 1, "heads": 1, "keys": "softmax"}
    cell = cells.get("mlstm")(1, estimators.get("reinforce")(), **options).double().eval()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        start = cell.interface.offsets()
        cell.interface.linear.weight[start["value"]] = 1
        cell.interface.bias_of("forget").fill_(60)
        cell.interface.bias_of("output").fill_(60)
        state = cell.initial_state(1)
        for value, mean in ((3.0, 3.0), (5.0, 4.0), (10.0, 6.0)):
            read, state, _ = cell(torch.tensor([[value]], dtype=torch.float64), state)
            np.testing.assert_allclose(read.item(), mean, rtol=1e-12)


def test_most_is_kept_at_first():
    bias = cells.get("mlstm")(HIDDEN, estimators.get("soft")(), heads=4).interface.bias_of("forget")
    torch.testing.assert_close(bias.detach(), torch.tensor([3.0, 4.0, 5.0, 6.0]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "width must be a whole number, at least 1, not 0"),
        ({"keys": "elu"}, "keys 'elu' is not one of linear, softmax"),
        ({"forget": "none"}, "forget 'none' is not one of sigmoid, exponential"),
    ],
)
def test_mlstm_refuses_options_that_make_no_memory(options, message):
    with pytest.raises(ValueError, match=message):
        cells.get("mlstm")(HIDDEN, estimators.get("soft")(), **options)
