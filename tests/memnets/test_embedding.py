"""Symbols that come in as indices: vectors, one-hots, backends, storage and errors."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from memnets import ModelSpec, load, save
from memnets.addressing import CUT_OFF, addressed
from memnets.backends import choose, warm_up
from memnets.backends.numba.backend import Numba

SYMBOLS, OUTPUTS = 9, 3
SIZES = {"slots": 7, "width": 4}


def build(cell="ntm", estimator="soft", embedding=5, symbols=SYMBOLS, backend="reference"):
    torch.manual_seed(0)
    options = {} if cell == "none" else SIZES
    spec = ModelSpec(cell, estimator, "lstm", 8, options, embedding=embedding)
    return spec.build(1, OUTPUTS, symbols=symbols, backend=backend)


def indices(steps=6, batch=4):
    return torch.randint(SYMBOLS, (steps, batch, 1))


def test_learned_vectors_are_rows_of_a_table():
    network, inputs = build(), indices()
    assert network.input_size == 5
    table = network.embedding.vectors.weight
    assert torch.equal(network.embed(inputs), table[inputs[..., 0]])


def test_without_a_width_symbols_are_one_hot():
    network, inputs = build(embedding=0), indices()
    torch.manual_seed(0)
    plain = ModelSpec("ntm", "soft", "lstm", 8, SIZES).build(SYMBOLS, OUTPUTS, backend="reference")
    hot = F.one_hot(inputs[..., 0], SYMBOLS).float()
    assert not any("embedding" in name for name in network.state_dict())
    assert torch.equal(network(inputs).logits_TBY, plain(hot).logits_TBY)


@pytest.mark.parametrize("embedding", [0, 5])
@pytest.mark.parametrize("cell", ["none", "ntm", "dnc", "dntm"])
def test_kernels_and_reference_agree_in_outputs_and_in_gradients_of_the_vectors(cell, embedding):
    network, inputs = build(cell, embedding=embedding), indices()
    kernels = Numba()
    assert kernels.refuses(network, network.embed(inputs)) is None
    found = []
    for backend in ("reference", "fused"):
        network.backend = backend
        network.zero_grad()
        rollout = network(inputs)
        rollout.logits_TBY.square().sum().backward()
        found.append([rollout.logits_TBY, *(p.grad for p in network.parameters())])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=2e-4, atol=2e-5)
    if embedding:
        assert network.embedding.vectors.weight.grad.abs().sum() > 0


def test_steps_are_the_unrolled_sequence_and_floats_that_are_whole_will_do():
    network, inputs = build().eval(), indices()
    whole = network(inputs).logits_TBY
    state, steps = network.initial_state(4), []
    for index_B1 in inputs.float():
        logits_BY, state, _ = network.step(index_B1, state)
        steps.append(logits_BY)
    torch.testing.assert_close(torch.stack(steps), whole)


def test_a_memory_that_is_cut_off_still_sees_the_symbols():
    network, inputs = build().eval(), indices()
    with torch.no_grad(), addressed(network, CUT_OFF) as alone:
        one, other = alone(inputs).logits_TBY, alone((inputs + 1) % SYMBOLS).logits_TBY
    assert one.shape == (6, 4, OUTPUTS)
    assert not torch.allclose(one, other)


def test_kernels_are_warmed_up_on_the_first_symbol():
    network = build(backend="auto")
    assert choose(network).backend == "numba"
    warm_up(network)
    assert torch.equal(network.blank(2, 3), torch.zeros(2, 3, 1))
    assert all(parameter.grad is None for parameter in network.parameters())


def test_a_saved_network_keeps_its_symbols(tmp_path):
    network, inputs = build().eval(), indices()
    spec = ModelSpec("ntm", "soft", "lstm", 8, SIZES, embedding=5)
    save(tmp_path / "model.pt", network, spec, 1, OUTPUTS, symbols=SYMBOLS)
    again, found = load(tmp_path / "model.pt")
    assert found == spec
    torch.testing.assert_close(again(inputs).logits_TBY, network(inputs).logits_TBY)


def test_a_file_without_symbols_is_that_of_an_earlier_version(tmp_path):
    spec = ModelSpec("ntm", "soft", "lstm", 8, SIZES)
    save(tmp_path / "model.pt", spec.build(4, OUTPUTS), spec, 4, OUTPUTS)
    data = torch.load(tmp_path / "model.pt", weights_only=True)
    del data["symbols"]
    torch.save(data, tmp_path / "model.pt")
    assert load(tmp_path / "model.pt")[0].input_size == 4


def test_the_json_of_a_model_names_an_embedding_only_where_it_has_one():
    plain, embedded = ModelSpec("ntm"), ModelSpec("ntm", embedding=5)
    assert "embedding" not in plain.to_json()
    for spec in (plain, embedded):
        assert ModelSpec.from_json(spec.to_json()) == spec
    assert hash(plain) != hash(embedded)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (torch.zeros(6, 4), r"of the shape \(T, B, 1\), .* one index, not \(6, 4\)"),
        (torch.zeros(6, 4, 2), r"indices of 9 symbols, of the shape .*, not \(6, 4, 2\)"),
        (torch.full((6, 4, 1), 9), "inputs are indices from 0 to 8, not 9"),
        (torch.full((6, 4, 1), -1), "inputs are indices from 0 to 8, not -1"),
        ([[0]], "inputs are a tensor, not list"),
    ],
)
def test_what_is_no_index_of_a_symbol_is_refused_in_one_line(inputs, message):
    with pytest.raises(ValueError, match=message):
        build()(inputs)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ModelSpec("ntm", embedding=-1), "embedding must be"),
        (lambda: ModelSpec("ntm", embedding=5).build(4, 2), "inputs are channels and no symbols"),
        (lambda: ModelSpec("ntm").build(2, 2, symbols=9), "one column of indices, not in 2"),
    ],
)
def test_an_embedding_without_symbols_is_refused_in_one_line(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_indices_from_numpy_are_taken_as_they_are():
    inputs = torch.from_numpy(np.ones((3, 2, 1), np.int64))
    assert build()(inputs).logits_TBY.shape == (3, 2, OUTPUTS)
