"""Accuracy against what it costs: which models no other beats."""

from dataclasses import replace

import numpy as np
import pytest

from memnets.spec import ModelSpec
from reports import style
from reports.results import read
from reports.views.supervised import pareto


@pytest.mark.parametrize(
    ("costs", "scores", "expected"),
    [
        ([1, 2, 3], [0.5, 0.6, 0.7], [True, True, True]),
        ([1, 2, 3], [0.7, 0.6, 0.5], [True, False, False]),
        ([1, 1, 2], [0.5, 0.6, 0.6], [False, True, False]),
        ([1, 1], [0.5, 0.5], [True, True]),
    ],
)
def test_a_pair_is_beaten_by_one_that_is_better_and_no_worse(costs, scores, expected):
    assert pareto.unbeaten(np.array(costs), np.array(scores)).tolist() == expected


def test_the_front_of_a_study_is_named_and_drawn(demo):
    results = read(demo)
    frame = pareto.costs(results)
    # none/lstm is the fastest and ntm/soft the most accurate, by their rows
    front = set(frame.loc[frame["front"], "model"])
    assert {"none/lstm", "ntm/soft"} <= front and "dnc/straight_through" not in front
    (picture,) = pareto.pictures(results)
    assert all(name in picture.says for name in front) and "of 6 models" in picture.says.lower()
    named = {text.get_text() for text in picture.figure.axes[0].texts}
    assert named == front


# per model: numbers of state, FLOP of a step
SIZES = {
    "none/lstm": (100, 2e4),
    "ntm/soft": (2000, 3e6),
    "ntm/straight_through": (2000, 3e6),
    "ntm/reinforce": (2000, 1e6),
    "dnc/soft": (9000, 5e6),
    "dnc/straight_through": (9000, 5e6),
}


def sized(store, sizes=SIZES):
    results = read(store)
    found = [sizes[model] for model in results.facts["model"]]
    both = {
        name: [each[k] for each in found] for k, name in enumerate(("state_size", "step_flops"))
    }
    return replace(results, facts=results.facts.assign(**both))


def test_accuracy_is_drawn_against_state_and_flop_where_models_differ_in_them(demo):
    results = sized(demo)
    made = {picture.name: picture for picture in pareto.pictures(results)}
    assert list(made) == ["pareto", "pareto-state", "pareto-flop"]
    says = made["pareto-state"].says
    # the smallest, and the most accurate of 2 000 numbers: nothing larger is better than that
    assert says.startswith("Of 6 models not beaten are none/lstm (")
    assert "with 100 numbers) and ntm/soft (" in says and "with 2\N{NO-BREAK SPACE}000" in says
    frame = made["pareto-flop"].data.set_index("model")
    assert frame["step_flops"].to_dict() == {name: flop for name, (_, flop) in SIZES.items()}
    assert frame["front"]["ntm/soft"] and not frame["front"]["dnc/soft"]
    assert "3\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}000 FLOP" in made["pareto-flop"].says
    (axes,) = made["pareto-flop"].figure.axes
    assert axes.get_xlabel() == "FLOP of one step forward" and axes.get_xscale() == "log"
    assert {line.get_gid() for line in axes.lines if line.get_gid()} == {
        f"model-{place}" for place in range(6)
    }


def test_a_model_without_state_is_drawn_too(demo):
    results = sized(demo, SIZES | {"none/lstm": (0, 2e4)})
    picture = next(each for each in pareto.pictures(results) if each.name == "pareto-state")
    assert picture.data["state_size"].min() == 0 and "with 0 numbers" in picture.says
    assert picture.figure.axes[0].get_xscale() == "linear"


def test_one_model_alone_has_no_such_figure(store_of):
    assert pareto.pictures(read(store_of(names=("ntm/soft",), seeds=(0,)))) == []


def test_a_legend_of_many_models_names_the_cells_by_their_markers(store_of):
    specs = {
        f"{cell} {size}": ModelSpec(cell, controller_size=size)
        for cell in ("ntm", "dnc")
        for size in range(4, 11)
    }
    specs |= {"LSTM": ModelSpec("none"), "stack": ModelSpec("stack"), "slots": ModelSpec("slots")}
    (picture,) = pareto.pictures(read(store_of(specs=specs, seeds=(0,))))
    (legend,) = picture.figure.legends
    front, *cells = zip(legend.get_texts(), legend.get_lines(), strict=True)
    assert front[0].get_text() == "not beaten by any other"
    named = {text.get_text(): line.get_marker() for text, line in cells}
    # of markers there are fewer than of cells: these two share theirs
    assert style.marker("stack") == style.marker("slots")
    assert named == {
        "no memory": style.marker("none"),
        "ntm": style.marker("ntm"),
        "dnc": style.marker("dnc"),
        "slots, stack": style.marker("stack"),
    }
