import torch

from memnets.interface import Interface

SHAPES = {"key": (2, 3), "gate": (2,), "erase": (1, 3)}


def test_every_parameter_begins_at_its_offset():
    interface = Interface(4, SHAPES)
    h_BC = torch.randn(5, 4)
    raw_BI = interface.linear(h_BC)
    assert interface.offsets() == {"key": 0, "gate": 6, "erase": 8}
    for name, piece in interface(h_BC).items():
        start = interface.offsets()[name]
        columns = raw_BI[:, start : start + piece[0].numel()]
        assert torch.equal(columns, piece.flatten(1))


def test_the_offsets_follow_the_order_of_the_shapes():
    interface = Interface(4, dict(reversed(SHAPES.items())))
    assert interface.offsets() == {"erase": 0, "gate": 3, "key": 5}


def test_a_bias_is_that_of_its_parameter_alone():
    interface = Interface(4, SHAPES)
    interface.bias_of("gate").data.fill_(1.0)
    raw = interface(torch.zeros(1, 4))
    assert raw["gate"].eq(1).all() and raw["key"].eq(0).all() and raw["erase"].eq(0).all()
