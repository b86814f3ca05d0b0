"""Pictures of where heads pointed: of one model, and of several side by side."""

import numpy as np
import pytest

from reports import figures
from reports.results import read

from ..drawings import drawn, texts


@pytest.fixture(scope="module")
def trace(demo):
    results = read(demo)
    facts = results.facts
    return results.trace(facts.loc[facts["model"] == "ntm/soft", "trial"].iloc[0])


def test_addressing_has_a_panel_per_head_and_signal(trace):
    found = texts(drawn(figures.addressing(trace)))
    panels = {"input", "target", "output (probability)", "write head", "read head", "time step"}
    assert panels <= set(found)


def test_addressing_numbers_heads_of_one_kind_and_crops_unused_slots(trace):
    weights = np.zeros((len(trace["mask_T"]), 3, 128))
    weights[:, :, 50] = 1
    many = {**trace, "weights_THN": weights, "heads": np.array(["write", "read", "read"])}
    figure = drawn(figures.addressing(many))
    assert {"write head", "read head 1", "read head 2"} <= set(texts(figure))
    heads = [axes for axes in figure.axes if axes.get_ylabel() == "slot"]
    assert heads[0].get_ylim() == (52.5, 47.5)


def test_addressing_draws_symbols_as_rows(trace):
    steps = len(trace["mask_T"])
    targets = np.arange(steps)[:, None] % 5
    outputs = np.full((steps, 5), 0.2)
    drawn(figures.addressing({**trace, "targets_TY": targets, "outputs_TY": outputs}))


def test_addressing_draws_several_symbols_one_below_the_other(trace):
    steps = len(trace["mask_T"])
    targets = np.arange(2 * steps).reshape(steps, 2) % 4
    outputs = np.full((steps, 8), 0.25)
    figure = drawn(figures.addressing({**trace, "targets_TY": targets, "outputs_TY": outputs}))
    (target,) = [
        axes for axes in figure.axes if "target" in {axes.get_title(), axes.get_title(loc="left")}
    ]
    shown = target.images[0].get_array().T[trace["mask_T"]]
    expected = np.eye(4)[targets].reshape(steps, 8)[trace["mask_T"]]
    np.testing.assert_array_equal(shown, expected)


def test_models_side_by_side_have_a_row_per_length_and_kind_of_head(trace):
    longer = {**trace, "weights_THN": np.concatenate([trace["weights_THN"]] * 2)}
    longer["mask_T"] = np.concatenate([trace["mask_T"]] * 2)
    reads = {**trace, "weights_THN": trace["weights_THN"][:, 1:], "heads": np.array(["read"])}
    figure = drawn(figures.side_by_side({"both": {4: trace, 8: longer}, "reads": {4: reads}}))
    found = texts(figure)
    assert {"both", "reads"} <= set(found)
    for head in ("write", "read"):
        assert {f"{head} head\nlength 4", f"{head} head\nlength 8"} <= set(found)
    panels = [axes for axes in figure.axes if axes.images and axes.axison]
    drawn_weights = [axes.images[0].get_array().T for axes in panels]
    # row by row, and of the second model what it has
    expected = [
        trace["weights_THN"][:, 0],
        trace["weights_THN"][:, 1],
        reads["weights_THN"][:, 0],
        longer["weights_THN"][:, 0],
        longer["weights_THN"][:, 1],
    ]
    for shown, whole in zip(drawn_weights, expected, strict=True):
        np.testing.assert_array_equal(shown, whole[:, : shown.shape[1]])


def test_a_row_is_named_beside_its_first_panel_whichever_model_has_that(trace):
    reads = {**trace, "weights_THN": trace["weights_THN"][:, 1:], "heads": np.array(["read"])}
    figure = drawn(figures.side_by_side({"reads": {4: reads}, "both": {4: trace}}))
    assert {"write head\nlength 4", "read head\nlength 4"} <= set(texts(figure))


def test_of_several_heads_of_a_kind_the_first_stands_beside_other_models(trace):
    many = {
        **trace,
        "weights_THN": np.random.default_rng(0).random((len(trace["mask_T"]), 3, 4)),
        "heads": np.array(["read", "write", "read"]),
    }
    figure = drawn(figures.side_by_side({"many": {None: many}, "two": {None: trace}}))
    assert {"read head", "write head"} <= set(texts(figure))
    first = figure.axes[0].images[0].get_array().T
    np.testing.assert_array_equal(first, many["weights_THN"][:, 0])
