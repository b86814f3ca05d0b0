"""Logits by the vectors of the symbols that come in."""

import copy
import dataclasses

import pytest
import torch

from memnets import ModelSpec, load, save, torchscript
from memnets.addressing import CUT_OFF, addressed
from memnets.backends import choose
from memnets.readout import TiedReadout

SYMBOLS = 9
SPEC = ModelSpec(
    "ntm",
    controller_size=8,
    cell_options={"slots": 7, "width": 4},
    embedding=5,
    tied=True,
)


def build(spec=SPEC, backend="reference"):
    torch.manual_seed(0)
    return spec.build(1, SYMBOLS, symbols=SYMBOLS, backend=backend)


def indices():
    return torch.randint(SYMBOLS, (6, 4, 1))


def test_a_logit_is_the_product_of_a_linear_map_and_the_symbols_vector():
    network = build().double()
    seen, vectors = torch.randn(3, 2, 12).double(), network.embedding.vectors.weight
    weight, bias = network.readout.weight, network.readout.bias
    assert weight.shape == (5, 12)
    logits = network.readout(seen)
    for t in range(3):
        for b in range(2):
            mapped = weight @ seen[t, b] + bias
            for symbol in range(SYMBOLS):
                wanted = sum(mapped[k] * vectors[symbol, k] for k in range(5))
                assert abs(logits[t, b, symbol] - wanted) < 1e-12


def test_the_vectors_are_the_embeddings_and_one_that_never_came_in_learns_too():
    network = build()
    names = [name for name, _ in network.named_parameters() if "readout" in name]
    assert names == ["readout.weight", "readout.bias"]
    network(indices().remainder(SYMBOLS - 1)).logits_TBY.square().sum().backward()
    assert network.embedding.vectors.weight.grad[SYMBOLS - 1].abs().sum() > 0


@pytest.mark.parametrize(
    ("spec", "backend"),
    [(SPEC, "numba"), (dataclasses.replace(SPEC, cell="delta", feed_read=False), "chunked")],
)
def test_fast_backends_agree_with_the_reference(spec, backend):
    inputs, found = indices(), []
    for name in ("reference", backend):
        network = build(spec, backend=name)
        assert choose(network, name).backend == name
        rollout = network(inputs)
        rollout.logits_TBY.square().sum().backward()
        found.append([rollout.logits_TBY, *(part.grad for part in network.parameters())])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_a_copy_is_tied_to_its_own_vectors():
    network, inputs = build(), indices()
    twin = copy.deepcopy(network)
    before = network(inputs).logits_TBY
    with torch.no_grad():
        twin.embedding.vectors.weight.mul_(2)
    assert torch.equal(network(inputs).logits_TBY, before)
    seen = torch.randn(1, 1, 12)
    torch.testing.assert_close(twin.readout(seen), 2 * network.readout(seen))


def test_cut_off_it_is_the_map_of_the_controllers_output_alone():
    network, inputs = build().eval(), indices()
    with torch.no_grad(), addressed(network, CUT_OFF) as alone:
        rollout = alone(inputs)
        seen = torch.cat([rollout.hidden_TBC, torch.zeros(6, 4, 4)], -1)
        torch.testing.assert_close(rollout.logits_TBY, network.readout(seen))


# torch tells to leave TorchScript; it is what runs without Python
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_is_saved_loaded_and_exported(tmp_path):
    network, inputs = build().eval(), indices()
    save(tmp_path / "model.pt", network, SPEC, 1, SYMBOLS, symbols=SYMBOLS)
    again, spec = load(tmp_path / "model.pt")
    assert spec == SPEC and isinstance(again.readout, TiedReadout)
    torch.testing.assert_close(again(inputs).logits_TBY, network(inputs).logits_TBY)
    torchscript.export(network, tmp_path / "model.pts")
    logits_TBY, _ = torch.jit.load(tmp_path / "model.pts")(inputs, [])
    torch.testing.assert_close(logits_TBY, network(inputs).logits_TBY)


def test_the_json_names_it_only_where_it_is():
    assert "tied" not in ModelSpec("ntm").to_json()
    assert ModelSpec.from_json(SPEC.to_json()) == SPEC


@pytest.mark.parametrize(
    ("spec", "sizes", "said"),
    [
        (SPEC, (1, 4, SYMBOLS), "tied logits are those of the 9 symbols that come in, not 4"),
        (
            ModelSpec("ntm", tied=True),
            (1, SYMBOLS, SYMBOLS),
            "learned vectors: give the embedding a width",
        ),
        (ModelSpec("ntm", tied=True), (3, 2, 0), "channels and no symbols: leave it False"),
    ],
)
def test_what_cannot_be_tied_is_refused_in_one_sentence(spec, sizes, said):
    inputs, outputs, symbols = sizes
    with pytest.raises(ValueError, match=said):
        spec.build(inputs, outputs, symbols=symbols)


def test_true_and_false_alone_are_taken():
    with pytest.raises(ValueError, match="tied is True or False, not 1"):
        ModelSpec("ntm", tied=1)
