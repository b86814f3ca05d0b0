"""The DNC's memory and all its options, unrolled, against a second writing of the papers."""

from functools import partial

import numpy as np
import pytest
import torch

from memnets.cells.dnc import DNC
from memnets.registry import estimators

from ..naive import HIDDEN, USES, N, Raw, W, agrees, content, oneplus, sigmoid, softmax, softplus
from ..naive import written as after_write


def sharp(weighting, power):
    """DNC-DMS: S(d, s)."""
    scaled = (weighting + 1e-6) / (weighting + 1e-6).max()
    return scaled**power / (scaled**power).sum()


def naive_dnc(
    p,
    inputs,
    use,
    *,
    write_heads=1,
    read_heads=4,
    masking=False,
    mask_floor=0.0,
    deallocation=False,
    sharpness=False,
    strength="oneplus",
    usage_stop_gradient=False,
    usage_floor=0.0,
    clip=np.inf,
    layer_norm=False,
    links=True,
):
    P, R = write_heads, read_heads
    layout = {"read_key": (R, W), "read_strength": (R,), "write_key": (P, W)}
    layout |= {"write_strength": (P,), "erase": (P, W), "add": (P, W), "free": (R,)}
    layout |= {"allocation_gate": (P,), "write_gate": (P,)}
    layout |= {"modes": (R, 2 * P + 1)} if links else {}
    layout |= {"sharpness": (2, R, P)} if links and sharpness else {}
    layout |= {"read_mask": (R, W), "write_mask": (P, W)} if masking else {}
    squash = oneplus if strength == "oneplus" else softplus
    memory, usage = np.zeros((N, W)), np.zeros(N)
    chain, precedence = np.zeros((P, N, N)), np.zeros((P, N))
    writes, reads = np.zeros((P, N)), np.zeros((R, N))

    def looked_up(raw, kind, head):
        key, power = getattr(raw, f"{kind}_key")[head], getattr(raw, f"{kind}_strength")[head]
        mask = np.ones(W)
        if masking:
            mask = mask_floor + (1 - mask_floor) * sigmoid(getattr(raw, f"{kind}_mask")[head])
        return content(memory * mask, key * mask, squash(power))

    for h, _ in inputs:
        if layer_norm:
            h = (h - h.mean()) / np.sqrt(h.var() + 1e-5) * p["norm.weight"] + p["norm.bias"]
        raw = Raw(p, np.clip(h, -clip, clip), layout)
        retention = np.prod(1 - sigmoid(raw.free)[:, None] * reads, 0)
        new = 1 - np.prod(1 - writes, 0)
        usage = (usage + new - usage * new) * retention
        expected, weightings = usage.copy(), []
        for head in range(P):
            allocation, product = np.zeros(N), 1.0
            for slot in sorted(range(N), key=lambda i: (expected[i], i)):
                used = usage_floor + (1 - usage_floor) * expected[slot]
                allocation[slot] = (1 - used) * product
                product *= used
            chosen, gate = sigmoid(raw.allocation_gate[head]), sigmoid(raw.write_gate[head])
            by_content = looked_up(raw, "write", head)
            weightings.append(gate * (chosen * allocation + (1 - chosen) * by_content))
            expected = expected + (1 - expected) * gate * chosen * allocation
        writes = np.array([use(weighting) for weighting in weightings])
        kept = memory * retention[:, None] if deallocation else memory
        memory = after_write(kept, writes, sigmoid(raw.erase), raw.add)
        for head, w in enumerate(writes):
            for i in range(N):
                for j in range(N):
                    kept = (1 - w[i] - w[j]) * chain[head, i, j] + w[i] * precedence[head, j]
                    chain[head, i, j] = 0 if i == j else kept
            precedence[head] = (1 - w.sum()) * precedence[head] + w
        before, reads = reads, np.zeros((R, N))
        for head in range(R):
            weighting = looked_up(raw, "read", head)
            if links:
                modes = softmax(raw.modes[head])
                weighting = modes[P] * weighting
                for q in range(P):
                    forward, backward = chain[q] @ before[head], chain[q].T @ before[head]
                    if sharpness:
                        forward = sharp(forward, oneplus(raw.sharpness[0, head, q]))
                        backward = sharp(backward, oneplus(raw.sharpness[1, head, q]))
                    weighting = weighting + modes[q] * backward + modes[P + 1 + q] * forward
            reads[head] = use(weighting)
        yield (reads @ memory).ravel(), np.concatenate([writes, reads])


CASES = [
    {},
    {"write_heads": 3, "read_heads": 2},
    {"masking": True},
    {"masking": True, "mask_floor": 0.1, "write_heads": 2},
    {"deallocation": True},
    {"sharpness": True, "write_heads": 2, "read_heads": 2},
    {"masking": True, "deallocation": True, "sharpness": True},
    {"strength": "softplus", "usage_stop_gradient": True, "usage_floor": 1e-6, "clip": 0.5},
    {"usage_floor": 0.2, "write_heads": 2},
    {"layer_norm": True, "links": False},
    {"layer_norm": True, "clip": 0.7, "links": False, "sharpness": True, "masking": True},
]


@pytest.mark.parametrize(("estimator", "use"), USES)
@pytest.mark.parametrize("options", CASES)
def test_a_dnc_unrolled_is_its_papers_written_twice(options, estimator, use):
    cell = DNC(HIDDEN, estimators.get(estimator)(), slots=N, width=W, **options)
    agrees(cell, partial(naive_dnc, use=use, **options))


def gradients_of_a_step(stop):
    """What reaches each part of the state before, from the write address of one step."""
    torch.manual_seed(0)
    options = {"slots": N, "width": W, "read_heads": 2, "links": False}
    cell = DNC(HIDDEN, estimators.get("soft")(), usage_stop_gradient=stop, **options).double()
    state = cell.initial_state(1)
    for _ in range(3):
        _, state, _ = cell(torch.randn(1, HIDDEN).double(), state)
    state = state._replace(
        **{name: value.detach().requires_grad_() for name, value in state._asdict().items()}
    )
    _, _, address = cell(torch.randn(1, HIDDEN).double(), state)
    weights_N = address.weights_BHK[0, 0]
    weights_N.square().sum().backward()
    return {name: value.grad for name, value in state._asdict().items()}


def test_the_stop_gradient_of_usage_blocks_past_writes_and_nothing_else():
    through, stopped = gradients_of_a_step(False), gradients_of_a_step(True)
    assert (through["writes_BPN"] != 0).any()
    assert stopped["writes_BPN"] is None
    for name in ("usage_BN", "reads_BRN", "memory_BNW"):
        assert torch.equal(through[name], stopped[name])
        assert (through[name] != 0).any()


def test_the_second_write_head_of_a_step_sees_what_the_first_took_even_then():
    torch.manual_seed(0)
    options = {"slots": N, "width": W, "write_heads": 2, "usage_stop_gradient": True}
    cell = DNC(HIDDEN, estimators.get("soft")(), **options)
    state = cell.initial_state(1)._replace(usage_BN=torch.rand(1, N))
    _, _, address = cell(torch.randn(1, HIDDEN), state)
    address.weights_BHK[0, 1].square().sum().backward()
    names = list(cell.interface.shapes)
    first = sum(cell.interface._sizes[: names.index("allocation_gate")])
    assert cell.interface.linear.bias.grad[first] != 0


@pytest.mark.parametrize(
    ("options", "state_size"),
    [({}, 5 * 5 + 5), ({"write_heads": 2}, 2 * (5 * 5 + 5)), ({"links": False}, 0)],
)
def test_without_links_no_slots_by_slots_matrix_is_carried(options, state_size):
    cell = DNC(HIDDEN, estimators.get("soft")(), slots=N, width=W, **options)
    state = cell.initial_state(1)
    assert state.link_BPNN.numel() + state.precedence_BPN.numel() == state_size


def test_the_interface_is_as_wide_as_the_paper_says():
    cell = DNC(HIDDEN, estimators.get("soft")(), slots=N, width=7, read_heads=3)
    assert cell.interface.linear.out_features == 7 * 3 + 3 * 7 + 5 * 3 + 3
