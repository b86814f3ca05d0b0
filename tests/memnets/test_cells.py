"""Each cell, unrolled, against a second writing of its paper: numpy, one batch row, loops."""

import numpy as np
import pytest
import torch

from memnets.registry import cells, estimators

STEPS, BATCH, HIDDEN, EXTERNAL, N, W, A = 20, 2, 6, 3, 5, 3, 2


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.log1p(np.exp(x))


def relu(x):
    return np.maximum(x, 0)


def softmax(x):
    return np.exp(x - x.max()) / np.exp(x - x.max()).sum()


def cosine(key, row):
    return key @ row / (np.linalg.norm(key) * np.linalg.norm(row) + 1e-8)


def content(memory, key, strength):
    return softmax(np.array([strength * cosine(key, row) for row in memory]))


def soft(weighting):
    return weighting


def mode(weighting):
    choice = int(np.argmax([*weighting, 1 - weighting.sum()]))
    return np.eye(len(weighting) + 1)[choice, :-1]


def written(memory, addresses, erases, adds):
    memory = memory.copy()
    for address, erase in zip(addresses, erases, strict=True):
        memory *= 1 - np.outer(address, erase)
    for address, add in zip(addresses, adds, strict=True):
        memory += np.outer(address, add)
    return memory


class Raw:
    """The interface's output for one controller output, cut in the order of the layout."""

    def __init__(self, parameters, h, layout):
        values = parameters["interface.linear.weight"] @ h + parameters["interface.linear.bias"]
        start = 0
        for name, shape in layout.items():
            size = int(np.prod(shape))
            setattr(self, name, values[start : start + size].reshape(shape))
            start += size
        assert start == len(values)


def naive_ntm(p, inputs, use, *, write_heads=1, read_heads=1, shifts=3, read_first=False):
    H = write_heads + read_heads
    layout = {"key": (H, W), "strength": (H,), "gate": (H,), "shift": (H, shifts), "power": (H,)}
    layout |= {"erase": (write_heads, W), "add": (write_heads, W)}
    memory, last = np.full((N, W), 1e-6), [np.eye(N)[0]] * H

    def address(raw, head, memory):
        by_content = content(memory, raw.key[head], softplus(raw.strength[head]))
        gate, shift = sigmoid(raw.gate[head]), softmax(raw.shift[head])
        gated = gate * by_content + (1 - gate) * last[head]
        moved = np.zeros(N)
        for i in range(N):
            for s in range(shifts):
                moved[(i + s - shifts // 2) % N] += gated[i] * shift[s]
        power = moved ** (1 + softplus(raw.power[head]))
        return use(power / power.sum())

    for h, _ in inputs:
        raw = Raw(p, h, layout)
        writes = [address(raw, head, memory) for head in range(write_heads)]
        after = written(memory, writes, sigmoid(raw.erase), raw.add)
        seen = memory if read_first else after
        reads = [address(raw, head, seen) for head in range(write_heads, H)]
        memory, last = after, writes + reads
        yield np.concatenate([read @ seen for read in reads]), np.array(last)


def naive_dnc(p, inputs, use, *, write_heads=1, read_heads=4):
    P, R = write_heads, read_heads
    layout = {"read_key": (R, W), "read_strength": (R,), "write_key": (P, W)}
    layout |= {"write_strength": (P,), "erase": (P, W), "add": (P, W), "free": (R,)}
    layout |= {"allocation_gate": (P,), "write_gate": (P,), "modes": (R, 2 * P + 1)}
    memory, usage = np.zeros((N, W)), np.zeros(N)
    links, precedence = np.zeros((P, N, N)), np.zeros((P, N))
    writes, reads = np.zeros((P, N)), np.zeros((R, N))
    for h, _ in inputs:
        raw = Raw(p, h, layout)
        retention = np.prod(1 - sigmoid(raw.free)[:, None] * reads, 0)
        new = 1 - np.prod(1 - writes, 0)
        usage = (usage + new - usage * new) * retention
        expected, weightings = usage.copy(), []
        for head in range(P):
            allocation, product = np.zeros(N), 1.0
            for slot in sorted(range(N), key=lambda i: (expected[i], i)):
                allocation[slot] = (1 - expected[slot]) * product
                product *= expected[slot]
            by_content = content(
                memory, raw.write_key[head], 1 + softplus(raw.write_strength[head])
            )
            chosen, gate = sigmoid(raw.allocation_gate[head]), sigmoid(raw.write_gate[head])
            weightings.append(gate * (chosen * allocation + (1 - chosen) * by_content))
            expected = expected + (1 - expected) * gate * chosen * allocation
        writes = np.array([use(weighting) for weighting in weightings])
        memory = written(memory, writes, sigmoid(raw.erase), raw.add)
        for head, w in enumerate(writes):
            for i in range(N):
                for j in range(N):
                    kept = (1 - w[i] - w[j]) * links[head, i, j] + w[i] * precedence[head, j]
                    links[head, i, j] = 0 if i == j else kept
            precedence[head] = (1 - w.sum()) * precedence[head] + w
        before, reads = reads, np.zeros((R, N))
        for head in range(R):
            modes = softmax(raw.modes[head])
            strength = 1 + softplus(raw.read_strength[head])
            weighting = modes[P] * content(memory, raw.read_key[head], strength)
            for q in range(P):
                weighting = weighting + modes[q] * links[q].T @ before[head]
                weighting = weighting + modes[P + 1 + q] * links[q] @ before[head]
            reads[head] = use(weighting)
        yield (reads @ memory).ravel(), np.concatenate([writes, reads])


def naive_dntm(
    p,
    inputs,
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
    P = write_heads
    writing = 2 * P if separate_erase else P
    H = writing + read_heads
    layout = {"key": (H, address_width + W), "strength": (H,), "erase": (P, W)}
    layout |= {"candidate": (P, W)} | ({"recency_gate": (H,)} if recency else {})
    contents, lately = np.full((N, W), 1e-6), np.zeros((H, N + no_op))

    def address(raw, head, contents):
        rows = np.concatenate([p["address"][:N], contents], 1)
        if no_op:
            rows = np.vstack([rows, [*p["address"][N], *[1e-6] * W]])
        near = np.array([cosine(raw.key[head], row) for row in rows])
        scores = (softplus(raw.strength[head]) + (strength == "oneplus")) * near
        weighting = softmax(scores)
        if recency:
            weighting = softmax(scores - sigmoid(raw.recency_gate[head]) * lately[head])
            seen = scores if recency_of == "score" else near
            lately[head] = recency_decay * lately[head] + (1 - recency_decay) * seen
        return use(weighting[:N])

    for h, x in inputs:
        raw, squash = Raw(p, h, layout), np.tanh if candidate == "tanh" else relu
        if gated_input:
            gate = p["gate_input.weight"] @ np.concatenate([h, x]) + p["gate_input.bias"]
            raw.candidate += sigmoid(gate)[:, None] * (p["from_input.weight"] @ x).reshape(P, W)
        addresses = [address(raw, head, contents) for head in range(writing)]
        erased = contents.copy()
        for where, erase in zip(addresses[:P], sigmoid(raw.erase), strict=True):
            erased *= 1 - np.outer(where, erase)
        after = written(erased, addresses[-P:], np.zeros((P, W)), squash(raw.candidate))
        seen = contents if read_first else after
        reads = [address(raw, head, seen) for head in range(writing, H)]
        rows, contents = np.concatenate([p["address"][:N], seen], 1), after
        yield np.concatenate([read @ rows for read in reads]), np.array(addresses + reads)


CASES = [
    ("ntm", naive_ntm, {}),
    ("ntm", naive_ntm, {"write_heads": 2, "read_heads": 3}),
    ("ntm", naive_ntm, {"shifts": 5}),
    ("ntm", naive_ntm, {"read_first": True, "read_heads": 2}),
    ("dnc", naive_dnc, {}),
    ("dnc", naive_dnc, {"write_heads": 3, "read_heads": 2}),
    ("dntm", naive_dntm, {}),
    ("dntm", naive_dntm, {"write_heads": 2, "read_heads": 3}),
    ("dntm", naive_dntm, {"no_op": False, "recency_decay": 0.7}),
    ("dntm", naive_dntm, {"recency": False, "address_width": 4}),
    ("dntm", naive_dntm, {"candidate": "tanh", "gated_input": False}),
    ("dntm", naive_dntm, {"recency_of": "similarity", "strength": "softplus"}),
    ("dntm", naive_dntm, {"separate_erase": True, "write_heads": 2, "read_first": True}),
]


@pytest.mark.parametrize(("estimator", "use"), [("soft", soft), ("reinforce", mode)])
@pytest.mark.parametrize(("name", "naive", "options"), CASES)
def test_a_cell_unrolled_is_its_paper_written_twice(name, naive, options, estimator, use):
    torch.manual_seed(1)
    sizes = {"slots": N, "width": W} | ({"address_width": A} if name == "dntm" else {})
    make = cells.get(name)
    sizes |= {"external_size": EXTERNAL} if make.takes_input else {}
    cell = make(HIDDEN, estimators.get(estimator)(), **(sizes | options)).double().eval()
    # start values are small: larger ones reach every branch
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter)
    parameters = {key: value.numpy() for key, value in cell.state_dict().items()}
    inputs = torch.randn(STEPS, BATCH, HIDDEN + EXTERNAL, dtype=torch.float64)
    states, reads, addresses = cell.initial_state(BATCH), [], []
    with torch.no_grad():
        for both in inputs:
            h_BC, x_BX = both.split([HIDDEN, EXTERNAL], -1)
            given = (h_BC, states, x_BX) if make.takes_input else (h_BC, states)
            read, states, address = cell(*given)
            reads.append(read)
            addresses.append(address.dense(N))
    for row in range(BATCH):
        pairs = [np.split(both.numpy(), [HIDDEN]) for both in inputs[:, row]]
        expected = naive(parameters, pairs, use, **options)
        for step, (read, weights) in enumerate(expected):
            np.testing.assert_allclose(addresses[step][row], weights, rtol=0, atol=1e-8)
            np.testing.assert_allclose(reads[step][row], read, rtol=1e-8, atol=1e-8)
