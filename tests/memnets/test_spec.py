"""A model as data: JSON both ways, building, saving, and one clear line for what is wrong."""

import json

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given

from memnets.registry import UnknownName, cells, controllers, estimators
from memnets.saved import load, save
from memnets.spec import ModelSpec

SMALL = {"slots": 5, "width": 3}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
options = st.dictionaries(st.text(), values, max_size=3)
specs = st.builds(
    ModelSpec,
    cell=st.sampled_from(list(cells)),
    estimator=st.sampled_from(list(estimators)),
    controller=st.sampled_from(list(controllers)),
    controller_size=st.integers(1, 1000),
    cell_options=options,
    estimator_options=options,
    controller_options=options,
)


@given(specs)
def test_a_model_survives_json(spec):
    assert ModelSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_a_model_is_named_by_its_cell_and_estimator_or_its_controller():
    assert ModelSpec("ntm").label == "ntm/soft"
    assert ModelSpec("dnc", "reinforce", "gru").label == "dnc/reinforce"
    assert ModelSpec("none", "reinforce", "gru").label == "none/gru"


@pytest.mark.parametrize("estimator", list(estimators))
@pytest.mark.parametrize("cell", list(cells))
def test_every_pair_is_saved_and_loaded_as_tensors_and_plain_data(cell, estimator, tmp_path):
    spec = ModelSpec(cell, estimator, "gru", 6)
    network = spec.build(3, 2)
    for _ in range(3):
        network.estimator.advance()
    path = tmp_path / "model.pt"
    save(path, network, spec, 3, 2)
    torch.load(path, weights_only=True)
    again, its_spec = load(path)
    assert its_spec == spec
    assert again.state_dict().keys() == network.state_dict().keys()
    for name, value in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)
    inputs = torch.randn(4, 2, 3)
    with torch.no_grad():
        logits = network.eval()(inputs).logits_TBY
        assert torch.equal(again(inputs).logits_TBY, logits)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_saved_network_comes_back_in_its_precision_ready_to_use(dtype, tmp_path):
    spec = ModelSpec("ntm", controller_size=6, cell_options=SMALL)
    network = spec.build(3, 2).to(dtype)
    save(str(tmp_path / "model.pt"), network, spec, 3, 2)
    again, _ = load(str(tmp_path / "model.pt"))
    assert {p.dtype for p in again.parameters()} == {dtype}
    assert again.cell.memory_NW.dtype == dtype
    assert not again.training
    for name, value in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)


def test_numbers_of_numpy_are_taken_as_they_are_meant():
    options = {"slots": 9, "threshold": 0.5}, {"k": 2, "renormalise": False}
    ours = ModelSpec("sam", "top_k", "gru", 6, *options, bypass_dropout=0.5)
    theirs = ModelSpec(
        "sam",
        "top_k",
        "gru",
        np.int64(6),
        {"slots": np.int32(9), "threshold": np.float32(0.5)},
        {"k": np.uint8(2), "renormalise": np.bool_(False)},
        bypass_dropout=np.float64(0.5),
    )
    assert json.dumps(theirs.to_json()) == json.dumps(ours.to_json())
    assert theirs == ours
    assert theirs.build(np.int64(3), np.int64(2)).input_size == 3


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (ModelSpec("ntm", cell_options={"slot": 3}), "ntm has no option 'slot'; it has slots, "),
        (ModelSpec("none", cell_options={"slots": 3}), "none has no option 'slots'; it has none"),
        (ModelSpec("ntm", estimator_options={"k": 3}), "soft has no option 'k'; it has price"),
        (ModelSpec("ntm", controller_options={"depth": 3}), "lstm has no option 'depth'; it has"),
        (
            ModelSpec("ntm", controller_options={"layers": 0}),
            "layers must be a whole number, at",
        ),
        (
            ModelSpec("ntm", cell_options={"slots": -3}),
            "slots must be a whole number, at least 1",
        ),
        (
            ModelSpec("dnc", cell_options={"width": 0}),
            "width must be a whole number",
        ),
        (
            ModelSpec("ntm", "annealed", estimator_options={"rate": -1}),
            "rate must be at least 0",
        ),
    ],
)
def test_a_bad_option_gives_one_clear_line(spec, message):
    with pytest.raises(ValueError) as bad:
        spec.build(3, 2)
    assert message in str(bad.value)
    assert "\n" not in str(bad.value)


def test_a_negative_controller_is_refused_before_it_is_built():
    with pytest.raises(ValueError, match="controller_size must be .*, at least 1, not -5"):
        ModelSpec("ntm", controller_size=-5)


def test_unknown_names_are_answered_with_near_ones():
    for spec in (ModelSpec("ntn"), ModelSpec("ntm", "sofd"), ModelSpec("ntm", "soft", "lstn")):
        with pytest.raises(UnknownName, match="Did you mean"):
            spec.build(3, 2)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"cell": "ntm", "memory": 3}, "a model has no 'memory'; it has cell, estimator"),
        ({"estimator": "soft"}, "a model needs a cell; known cells are"),
        (5, "a model maps names to values, such as cell to ntm, not 5"),
        (
            {"cell": "ntm", "controller_size": 0},
            "controller_size must be a whole",
        ),
    ],
)
def test_json_that_is_no_model_gives_one_clear_line(data, message):
    with pytest.raises(ValueError) as bad:
        ModelSpec.from_json(data)
    assert message in str(bad.value)
    assert "\n" not in str(bad.value)


class Foreign:
    """Pickled where only tensors and plain data may be."""


def test_a_bare_state_is_told_from_a_saved_model(tmp_path):
    torch.save(ModelSpec("none").build(3, 2).state_dict(), tmp_path / "model.pt")
    with pytest.raises(ValueError, match=r"it is a bare state_dict: build its network with .*load"):
        load(tmp_path / "model.pt")


def another_model(path):
    save(path, ModelSpec("ntm", controller_size=6).build(3, 2), ModelSpec("dnc"), 3, 2)


def another_size(path):
    spec = ModelSpec("ntm", controller_size=6, cell_options=SMALL)
    save(path, spec.build(3, 2), spec, 4, 2)


OTHER_FILES = {
    "text": lambda path: path.write_text("not a model\nat all"),
    "empty": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(1000)),
    "json": lambda path: path.write_text('{"cell": "ntm"}'),
    "a tensor": lambda path: torch.save(torch.zeros(3), path),
    "a list": lambda path: torch.save([1, 2], path),
    "a string": lambda path: torch.save("model", path),
    "nothing": lambda path: torch.save(None, path),
    "a bare state": lambda path: torch.save(ModelSpec("none").build(3, 2).state_dict(), path),
    "a pickled object": lambda path: torch.save({"spec": Foreign()}, path),
    "a spec of nothing": lambda path: torch.save({"spec": None}, path),
    "no state": lambda path: torch.save(
        {"spec": {"cell": "ntm"}, "input_size": 3, "output_size": 2, "state": None}, path
    ),
    "no sizes": lambda path: torch.save({"spec": {"cell": "ntm"}, "state": {}}, path),
    "another model": another_model,
    "another size": another_size,
}


@pytest.mark.parametrize("kind", OTHER_FILES)
def test_a_file_that_is_no_saved_model_gives_one_clear_line(kind, tmp_path):
    path = tmp_path / "model.pt"
    OTHER_FILES[kind](path)
    with pytest.raises(ValueError) as bad:
        load(path)
    assert str(bad.value).startswith(f"{path} is not a saved memnets model: ")
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_truncated_file_gives_one_clear_line(kept, tmp_path):
    path = tmp_path / "model.pt"
    spec = ModelSpec("ntm", controller_size=6, cell_options=SMALL)
    save(path, spec.build(3, 2), spec, 3, 2)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(ValueError) as bad:
        load(path)
    assert str(bad.value).startswith(f"{path} is not a saved memnets model: ")
    assert "\n" not in str(bad.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="model.pt"):
        load(tmp_path / "model.pt")


def test_a_saved_model_cannot_name_code_to_call(tmp_path):
    options = {"first": "soft", "then": "antigravity:fly"}
    data = ModelSpec("none").to_json() | {"estimator": "annealed", "estimator_options": options}
    path = tmp_path / "model.pt"
    torch.save({"spec": data, "input_size": 1, "output_size": 1, "state": {}}, path)
    with pytest.raises(ValueError, match="by reference"):
        load(path)
