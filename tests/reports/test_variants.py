"""Variants of one cell and estimator: told apart by colour, in the order of the study."""

import itertools

import numpy as np
import pytest

from memnets.spec import ModelSpec
from reports import colours, figures, style
from reports.results import read
from reports.variants import looks
from reports.views.supervised import frames, tables

RATES = ("0.03", "0.01", "0.001", "3e-4", "1e-4", "3e-5", "1e-5", "1e-6")


def sweep(names):
    sizes = enumerate(names, start=4)
    return {f"rate {name}": ModelSpec("ntm", controller_size=size) for size, name in sizes}


@pytest.fixture(scope="module")
def swept(write_store, tmp_path_factory):
    specs = {"LSTM": ModelSpec("none"), **sweep(RATES)}
    return read(write_store(tmp_path_factory.mktemp("sweep"), specs=specs, seeds=(0,)))


def test_variants_have_a_colour_each_and_the_order_of_the_study(swept):
    frame = frames.curves(swept, x="sequences", y="accuracy")
    figure = figures.learning_curves(frame, x="sequences", y="accuracy")
    (legend,) = figure.legends
    names = [text.get_text().partition(":")[0] for text in legend.get_texts()]
    assert names == ["no memory (lstm)", *(f"rate {name}" for name in RATES)]
    shades = [line.get_color() for line in legend.get_lines()]
    assert len(set(shades)) == 9 and shades[0] == colours.NO_MEMORY
    assert {line.get_linestyle() for line in legend.get_lines()} == {"-"}
    shown = tables.models(swept).shown["Model"].tolist()
    assert shown == ["LSTM", *(f"rate {name}" for name in RATES)]


def test_a_model_has_one_colour_in_every_figure(swept):
    summary = frames.summary(swept)
    scores = frames.at_trained_lengths(frames.final(swept))
    (axes,) = figures.final_accuracy(scores, summary).axes
    seeds = [
        line for line in axes.lines if line.get_linestyle() == "None" and len(line.get_xdata())
    ]
    drawn = {line.get_color() for line in seeds if line.get_marker() == "o"}
    assert drawn == {style.colour("ntm", "soft", place) for place in range(8)}


def test_more_variants_than_colours_differ_by_dash_and_marker(store_of):
    names = [str(number) for number in range(19)]
    found = read(store_of(specs=sweep(names), seeds=(0,)))
    frame = frames.curves(found, x="sequences", y="accuracy")
    (legend,) = figures.learning_curves(frame, x="sequences", y="accuracy").legends
    lines = [(line.get_color(), str(line._dash_pattern)) for line in legend.get_lines()]
    assert len(set(lines)) == 19
    points = [style.points(row) for _, row in frames.summary(found).iterrows()]
    assert len({(point["color"], point["marker"]) for point in points}) == 19


def test_estimators_keep_their_colours_where_no_cell_has_two_of_one(demo):
    found = read(demo)
    assert set(found.facts["variant"]) == {-1}
    assert found.facts.drop_duplicates("model")["place"].is_monotonic_increasing


def test_several_models_without_memory_have_colours_that_no_other_model_of_a_panel_has(store_of):
    specs = {f"LSTM {size}": ModelSpec("none", controller_size=size) for size in (8, 16)}
    store = store_of(specs=specs | sweep(RATES[:3]), seeds=(0,))
    assert [look.variant for look in looks(store.trials()).values()] == [0, 1, 2, 3, 4]


# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB
SIGHT = {
    "usual": np.eye(3),
    "protanopia": [
        *([0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216]),
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        *([0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413]),
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        *([1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602]),
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def linear(colour):
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    x, y, z = np.array(TO_XYZ) @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.089]
    x, y, z = (np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one, other):
    levels = sorted(0.05 + linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (one, other))
    return levels[1] / levels[0]


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("paper", ["light", "dark"])
@pytest.mark.parametrize(
    ("palette", "least"),
    [(colours.VARIANTS, 20), ((*colours.ESTIMATORS.values(), colours.NO_MEMORY), 12)],
    ids=["variants", "estimators"],
)
def test_colours_stay_apart_whatever_the_reader_sees(palette, least, paper, sight):
    shown = [colours.ON_DARK.get(each, each) if paper == "dark" else each for each in palette]
    seen = [lab(np.array(SIGHT[sight]) @ linear(colour)) for colour in shown]
    nearest = min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2))
    assert nearest > least


@pytest.mark.parametrize("paper", ["#fefefe", "#15191d"])
def test_variants_stand_out_from_the_paper(paper):
    dark = paper != colours.PAPER
    for colour in colours.VARIANTS:
        assert contrast(colours.ON_DARK[colour] if dark else colour, paper) >= 3
