"""The LSTM baseline of the NTM paper: against a loop, and its published parameter counts."""

import numpy as np
import pytest
import torch

from memnets.presets import graves2013
from memnets.registry import controllers
from memnets.spec import ModelSpec

from .naive import BATCH, STEPS, arrays, scattered, sigmoid

PUBLISHED = {
    "copy": (10, 9, 1_352_969),
    "repeat_copy": (8, 7, 5_312_007),
    "associative_recall": (8, 6, 1_344_518),
    "dynamic_ngrams": (1, 1, 331_905),
}


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_every_layer_sees_the_input_and_is_seen_by_the_output(layers):
    size, width = 4, 3
    controller = scattered(controllers.get("graves2013")(width, size, layers=layers))
    inputs = torch.randn(STEPS, BATCH, width, dtype=torch.float64)
    state, outputs = controller.initial_state(BATCH), []
    with torch.no_grad():
        for x_BX in inputs:
            output, state = controller(x_BX, state)
            outputs.append(output)
    p = arrays(controller)
    for row in range(BATCH):
        h = [p["start_L2C"][layer, 0] for layer in range(layers)]
        c = [p["start_L2C"][layer, 1] for layer in range(layers)]
        for step, x in enumerate(inputs[:, row].numpy()):
            for layer in range(layers):
                seen = [x, h[layer]] + ([h[layer - 1]] if layer else [])
                gates = p[f"gates.{layer}.weight"] @ np.concatenate(seen)
                i, f, g, o = np.split(gates + p[f"gates.{layer}.bias"], 4)
                c[layer] = sigmoid(f) * c[layer] + sigmoid(i) * np.tanh(g)
                h[layer] = sigmoid(o) * np.tanh(c[layer])
            np.testing.assert_allclose(outputs[step][row], np.concatenate(h), rtol=0, atol=1e-10)


@pytest.mark.parametrize("task", PUBLISHED)
def test_the_published_parameter_counts_are_met_exactly(task):
    inputs, outputs, count = PUBLISHED[task]
    with torch.device("meta"):
        network = graves2013(task).build(inputs, outputs)
    assert sum(p.numel() for p in network.parameters()) == count


@pytest.mark.parametrize("task", ["associative_recall", "dynamic_ngrams"])
def test_two_of_our_own_tasks_have_the_widths_that_those_counts_need(task):
    from envs.tasks import make_task

    ours = make_task(task)
    assert (ours.input_size, ours.answer.output_size) == PUBLISHED[task][:2]


def test_the_starting_state_is_learned():
    network = ModelSpec("none", controller="graves2013", controller_size=3).build(2, 2)
    network(torch.randn(2, 4, 2)).logits_TBY.square().sum().backward()
    grad = network.controller.start_L2C.grad
    assert grad.shape == (3, 2, 3)
    assert (grad.flatten(1) != 0).any(1).all()
