"""The D-NTM's memory, unrolled, against a second writing of its paper and its authors' code."""

from functools import partial

import numpy as np
import pytest
import torch

from memnets.cells.dntm import DNTM
from memnets.registry import estimators
from memnets.spec import ModelSpec

from .. import naive
from ..naive import (
    EXTERNAL,
    HIDDEN,
    USES,
    A,
    N,
    Raw,
    W,
    agrees,
    arrays,
    cosine,
    oneplus,
    relu,
    sigmoid,
    softmax,
    softplus,
)
from ..naive import written as after_write


class NaiveDNTM:
    def __init__(
        self,
        p,
        use,
        *,
        write_heads=1,
        read_heads=1,
        address_width=A,
        recency=True,
        recency_decay=0.1,
        recency_of="score",
        no_op=True,
        candidate="relu",
        gated_input=True,
        strength="oneplus",
        separate_erase=False,
        read_first=False,
    ):
        self.p, self.use, self.recency, self.decay = p, use, recency, recency_decay
        self.of, self.no_op, self.gated, self.read_first = (
            recency_of,
            no_op,
            gated_input,
            read_first,
        )
        self.power = oneplus if strength == "oneplus" else softplus
        self.squash = np.tanh if candidate == "tanh" else relu
        self.P = P = write_heads
        self.writing = 2 * P if separate_erase else P
        self.H = H = self.writing + read_heads
        self.layout = {"key": (H, address_width + W), "strength": (H,), "erase": (P, W)}
        self.layout |= {"candidate": (P, W)} | ({"recency_gate": (H,)} if recency else {})
        self.contents, self.lately = np.full((N, W), 1e-6), np.zeros((H, N + no_op))

    def address(self, raw, head, contents):
        rows = np.concatenate([self.p["address"][:N], contents], 1)
        if self.no_op:
            rows = np.vstack([rows, [*self.p["address"][N], *[1e-6] * W]])
        near = np.array([cosine(raw.key[head], row) for row in rows])
        scores = self.power(raw.strength[head]) * near
        weighting = softmax(scores)
        if self.recency:
            weighting = softmax(scores - sigmoid(raw.recency_gate[head]) * self.lately[head])
            seen = scores if self.of == "score" else near
            self.lately[head] = self.decay * self.lately[head] + (1 - self.decay) * seen
        return self.use(weighting[:N])

    def step(self, h, x):
        raw, P = Raw(self.p, h, self.layout), self.P
        if self.gated:
            gate = self.p["gate_input.weight"] @ np.concatenate([h, x]) + self.p["gate_input.bias"]
            taken = (self.p["from_input.weight"] @ x).reshape(P, W)
            raw.candidate += sigmoid(gate)[:, None] * taken
        writes = [self.address(raw, head, self.contents) for head in range(self.writing)]
        erased = self.contents.copy()
        for where, erase in zip(writes[:P], sigmoid(raw.erase), strict=True):
            erased *= 1 - np.outer(where, erase)
        after = after_write(erased, writes[-P:], np.zeros((P, W)), self.squash(raw.candidate))
        read, reads = self.read(raw, self.contents if self.read_first else after)
        self.contents = after
        return read, writes + reads

    def look(self, h):
        return self.read(Raw(self.p, h, self.layout), self.contents)

    def read(self, raw, contents):
        reads = [self.address(raw, head, contents) for head in range(self.writing, self.H)]
        rows = np.concatenate([self.p["address"][:N], contents], 1)
        return np.concatenate([read @ rows for read in reads]), reads


def naive_dntm(p, inputs, use, **options):
    memory = NaiveDNTM(p, use, **options)
    for h, x in inputs:
        read, addresses = memory.step(h, x)
        yield read, np.array(addresses)


SIZES = {"slots": N, "width": W, "address_width": A}


@pytest.mark.parametrize(("estimator", "use"), USES)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"write_heads": 2, "read_heads": 3},
        {"no_op": False, "recency_decay": 0.7},
        {"recency": False, "address_width": 4},
        {"candidate": "tanh", "gated_input": False},
        {"recency_of": "similarity", "strength": "softplus", "recency_decay": 0.04},
        {"separate_erase": True, "write_heads": 2, "read_first": True},
        {"separate_erase": True, "no_op": False},
        {"read_first": True},
    ],
)
def test_a_dntm_unrolled_is_its_paper_written_twice(options, estimator, use):
    make = partial(DNTM, HIDDEN, estimators.get(estimator)(), external_size=EXTERNAL)
    agrees(make(**(SIZES | options)), partial(naive_dntm, use=use, **options))


def controllers(p, kind):
    """One step of a controller, written from its own paper: input and state to the new state."""

    def feedforward(x, h):
        return np.tanh(p["controller.layers.0.weight"] @ x + p["controller.layers.0.bias"])

    def gru(x, h):
        cell = "controller.cells.0."
        into = p[f"{cell}weight_ih"] @ x + p[f"{cell}bias_ih"]
        back = p[f"{cell}weight_hh"] @ h + p[f"{cell}bias_hh"]
        (r, z, n), (back_r, back_z, back_n) = np.split(into, 3), np.split(back, 3)
        reset, update = sigmoid(r + back_r), sigmoid(z + back_z)
        return (1 - update) * np.tanh(n + reset * back_n) + update * h

    return {"feedforward": feedforward, "gru": gru}[kind]


@pytest.mark.parametrize(("estimator", "use"), USES)
@pytest.mark.parametrize("controller", ["feedforward", "gru"])
@pytest.mark.parametrize(
    "options", [{}, {"read_heads": 2, "read_first": True}, {"recency": False, "no_op": False}]
)
def test_between_three_reads_of_one_input_the_controller_runs_again(
    options, controller, estimator, use
):
    cell_options = SIZES | options | {"read_steps": 3}
    spec = ModelSpec("dntm", estimator, controller, HIDDEN, cell_options=cell_options)
    network = naive.scattered(spec.build(EXTERNAL, 2))
    inputs = torch.randn(naive.STEPS, naive.BATCH, EXTERNAL, dtype=torch.float64)
    with torch.no_grad():
        rollout = network(inputs)
    p = arrays(network)
    drive = controllers(p, controller)
    cell = {name.removeprefix("cell."): value for name, value in p.items()}
    dense = rollout.address.dense(N)
    for row in range(naive.BATCH):
        memory = NaiveDNTM(cell, use, **options)
        h, read = np.zeros(HIDDEN), np.zeros(network.cell.read_size)
        for step, x in enumerate(inputs[:, row].numpy()):
            h = drive(np.concatenate([x, read]), h)
            read, addresses = memory.step(h, x)
            for _ in range(2):
                h = drive(np.concatenate([x, read]), h)
                read, again = memory.look(h)
                addresses = addresses + again
            logits = p["readout.weight"] @ np.concatenate([h, read]) + p["readout.bias"]
            np.testing.assert_allclose(dense[step, row], addresses, rtol=0, atol=1e-10)
            np.testing.assert_allclose(
                rollout.logits_TBY[step, row], logits, rtol=1e-10, atol=1e-10
            )


def test_heads_of_later_read_steps_have_names_of_their_own():
    spec = ModelSpec("dntm", cell_options=SIZES | {"read_steps": 3, "read_heads": 2})
    assert spec.build(3, 2).cell.heads == (
        "write",
        *("read 1", "read 2"),
        *("read 1, step 2", "read 2, step 2"),
        *("read 1, step 3", "read 2, step 3"),
    )


def test_no_gradient_passes_through_the_recency_average():
    torch.manual_seed(0)
    cell = DNTM(HIDDEN, estimators.get("soft")(), external_size=EXTERNAL, **SIZES)
    h_BC, x_BX = torch.randn(1, HIDDEN), torch.randn(1, EXTERNAL)
    _, state, _ = cell(h_BC, cell.initial_state(1), x_BX)
    assert state.content_BNW.requires_grad and not state.recent_BHN.requires_grad


def test_what_falls_on_the_no_op_row_touches_nothing():
    cell = DNTM(HIDDEN, estimators.get("reinforce")(), external_size=EXTERNAL, **SIZES).eval()
    with torch.no_grad():
        # every key is the no-op's own row, and every other address points away
        row = torch.cat([cell.address[N], torch.zeros(W)])
        cell.address[:N] = -cell.address[N]
        cell.interface.linear.weight.zero_()
        cell.interface.bias_of("key")[:] = row.repeat(2)
        cell.interface.bias_of("strength")[:] = 50.0
        state = cell.initial_state(1)
        read, after, address = cell(torch.randn(1, HIDDEN), state, torch.randn(1, EXTERNAL))
    assert (address.dense(N) == 0).all() and (read == 0).all()
    assert torch.equal(after.content_BNW, state.content_BNW)
