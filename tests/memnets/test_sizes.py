"""How many parameters a cell has, and which sizes make none."""

import pytest

from memnets.spec import ModelSpec


@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("shifts", [3, 5])
def test_the_parameters_of_an_ntm_follow_the_closed_formula(heads, shifts):
    inputs, outputs, size, width = 10, 9, 100, 20
    options = {"width": width, "read_heads": heads, "write_heads": heads, "shifts": shifts}
    network = ModelSpec("ntm", controller="feedforward", cell_options=options).build(
        inputs, outputs
    )
    drive = size * (inputs + heads * width + 1)
    interface = (size + 1) * heads * ((width + 3 + shifts) + (3 * width + 3 + shifts))
    readout = outputs * (size + heads * width + 1)
    assert sum(p.numel() for p in network.parameters()) == drive + interface + readout


def test_the_copy_ntm_of_the_paper_has_13481_parameters():
    network = ModelSpec("ntm", controller="feedforward").build(10, 9)
    assert sum(p.numel() for p in network.parameters()) == 13_481


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("ntm", {"slots": -1}, "slots must be a whole number, at least 1, not -1"),
        ("ntm", {"shifts": 4}, "shifts must be odd"),
        ("dnc", {"read_heads": 0}, "read_heads must be a whole number, at least 1, not 0"),
        ("dntm", {"address_width": 0}, "address_width must be a whole number, at least 1, not 0"),
        ("dntm", {"candidate": "sine"}, "'sine' is not one of relu, tanh"),
    ],
)
def test_a_cell_refuses_sizes_that_make_no_memory(name, options, message):
    with pytest.raises(ValueError, match=message):
        ModelSpec(name, cell_options=options).build(3, 2)
