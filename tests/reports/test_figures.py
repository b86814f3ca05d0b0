import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from reports import figures, style, svg
from reports.results import read
from reports.views.supervised import frames, gap
from reports.views.supervised.outcomes import finished

from .drawings import drawn, texts

CURVES = [
    ("sequences", "accuracy"),
    ("seconds", "accuracy"),
    ("sequences", "bits"),
]


@pytest.fixture(scope="module")
def results(demo):
    return read(demo)


@pytest.fixture(scope="module")
def summary(results):
    found = frames.summary(results)
    return found[found["seeds"] > 0].reset_index(drop=True)


@pytest.fixture(autouse=True)
def no_global_state():
    before = dict(matplotlib.rcParams)
    yield
    assert pyplot.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(("x", "y"), CURVES)
def test_learning_curves_have_a_panel_per_cell_and_units(results, x, y):
    frame = frames.curves(results, x=x, y=y)
    found = texts(drawn(figures.learning_curves(frame, x=x, y=y, chance=0.5)))
    names = {"soft", "straight_through: one slot", "reinforce: one slot"}
    assert {"ntm", "dnc", *names} <= set(found)
    labels = {"sequences": "training sequences", "seconds": "training time (s)"}
    assert labels[x] in found


def test_no_panel_cuts_a_curve(results):
    frame = frames.curves(results, x="seconds", y="accuracy")
    figure = drawn(figures.learning_curves(frame, x="seconds", y="accuracy"))
    assert all(axes.get_xlim()[1] >= frame["x"].max() for axes in figure.axes)


def test_the_last_panel_of_every_column_names_its_axis_and_has_its_numbers(results):
    frame = frames.curves(results, x="sequences", y="accuracy")
    soft = frame[frame["model"] == "ntm/soft"]
    cells = ["ntm", "dnc", "dntm", "sam", "lrua"]
    five = pd.concat([soft.assign(cell=cell, model=f"{cell}/soft") for cell in cells])
    figure = drawn(figures.learning_curves(five, x="sequences", y="accuracy"))
    shown = [axes for axes in figure.axes if axes.get_visible()]
    named = [bool(axes.get_xlabel()) for axes in shown]
    numbers = [any(tick.get_visible() for tick in axes.get_xticklabels()) for axes in shown]
    assert named == numbers == [False, False, True, True, True]


def test_models_of_one_cell_and_estimator_are_told_apart_by_name_and_dash(results):
    frame = frames.curves(results, x="sequences", y="accuracy")
    twin = frame[frame["model"] == "ntm/soft"].assign(model="ntm/soft, 16 slots")
    both = pd.concat([frame, twin])
    figure = drawn(figures.learning_curves(both, x="sequences", y="accuracy"))
    assert {"ntm/soft", "ntm/soft, 16 slots: soft"} <= set(texts(figure))


@pytest.mark.parametrize("count", [1, 5, 8, 13])
def test_a_legend_names_every_model_inside_the_figure(results, count):
    frame = frames.curves(results, x="sequences", y="accuracy")
    soft = frame[frame["model"] == "ntm/soft"]
    many = [soft.assign(model=f"{k} a model with a rather long name") for k in range(count)]
    figure = drawn(figures.learning_curves(pd.concat(many), x="sequences", y="accuracy"))
    (legend,) = figure.legends
    assert len(legend.get_texts()) == count
    whole = figure.bbox.padded(1)
    for text in legend.get_texts():
        assert whole.contains(*text.get_window_extent().min)
        assert whole.contains(*text.get_window_extent().max)


def test_final_accuracy_shows_every_seed(results, summary):
    scores = frames.at_trained_lengths(frames.final(results))
    figure = drawn(figures.final_accuracy(scores, summary, chance=0.5))
    (axes,) = figure.axes
    shown = np.concatenate([line.get_xdata() for line in axes.lines])
    assert set(scores["accuracy"].round(9)) <= set(np.asarray(shown, float).round(9))


def test_the_grid_names_cells_estimators_and_solved_seeds(summary):
    found = texts(drawn(figures.accuracy_grid(summary)))
    assert {"ntm", "dnc", "soft\nsoft", "reinforce\none slot"} <= set(found)
    assert any("solved 3/3" in text for text in found)


def test_the_length_curve_shades_the_trained_lengths(results):
    figure = drawn(
        figures.length_curve(
            frames.by_length(results), frames.final(results), trained=(1, 8), chance=0.5
        )
    )
    found = texts(figure)
    assert {"trained", "chance", "test length"} <= set(found)
    assert len(figure.axes[0].patches) == 1


def test_rows_name_both_axes_and_markers_are_hollow_where_they_differ(store_of):
    found = read(store_of(names=("ntm/soft", "ntm/hardened", "ntm/reinforce")))
    models = frames.summary(found)
    figure = drawn(figures.timing(finished(found), models, solving=False))
    names = dict.fromkeys(text for text in texts(figure) if "n = 3" in text)
    assert list(names) == [
        "ntm/soft  (soft, n = 3)",
        "ntm/hardened  (soft → one slot, n = 3)",
        "ntm/reinforce  (one slot, n = 3)",
    ]
    styles = [line.get_fillstyle() for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert styles == ["full", "none", "full"]
    begun = {"cell": "ntm", "estimator": "annealed", "in_training": "soft, then one slot"}
    assert style.points(begun | {"at_test": "one slot"})["fillstyle"] == "left"


def test_the_gap_is_drawn_for_every_trained_model_and_at_every_length(store_of):
    found = read(store_of(names=("ntm/soft", "ntm/hardened", "dnc/soft", "none/lstm")))
    seeds = gap.at_trained_lengths(found)
    figure = drawn(figures.gap_entropy(seeds))
    shown = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    assert sum(len(line.get_xdata()) for line in shown) == 9
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {
        *("ntm, soft", "ntm, hardened: soft → one slot", "dnc, soft")
    }
    low, high = figure.axes[0].get_ylim()
    assert low <= 0 and high > seeds["gap"].max()
    figure = drawn(figures.gap_length(gap.by_length(found), gap.final(found), trained=(1, 8)))
    assert {"ntm", "dnc", "trained", "test length"} <= set(texts(figure))
    assert all(axes.get_yscale() == "symlog" for axes in figure.axes)


@pytest.mark.parametrize("solving", [True, False])
def test_timing_has_units_and_says_who_solved(results, summary, solving):
    found = texts(drawn(figures.timing(finished(results), summary, solving=solving)))
    assert "training time per sequence (ms)" in found
    assert ("training time until solved (s)" in found) == solving


def test_timing_says_so_when_nothing_was_solved(results, summary):
    facts = finished(results).assign(solved=False, solved_seconds=np.nan)
    found = texts(drawn(figures.timing(facts, summary.assign(solved=0))))
    assert "no trial solved the task" in found


def test_the_same_figure_is_written_as_the_same_bytes(summary, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        svg.save(figures.accuracy_grid(summary), tmp_path / name, "grid")
    for ending in ("svg", "png"):
        one, two = (tmp_path / name / f"grid.{ending}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("draw", [figures.accuracy_grid, lambda f: labelled_by_hand()])
def test_names_of_axes_stay_where_the_layout_put_them_in_every_file(draw, summary, tmp_path):
    plain, saved = draw(summary), draw(summary)
    drawn(plain)
    for _ in range(2):
        svg.save(saved, tmp_path, "figure")
        drawn(saved)
        for before, after in zip(_names(plain), _names(saved), strict=True):
            # where a panel has no name there was room for one
            np.testing.assert_allclose(after, before, atol=12)
            assert saved.bbox.padded(1).contains(*after[:2])
            assert saved.bbox.padded(1).contains(*after[2:])


def _names(figure):
    """Where the names of all axes are, in pixels."""
    labels = [axis.label for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    return [label.get_window_extent().extents for label in labels if label.get_text()]


def labelled_by_hand():
    figure = style.canvas(3)
    axes = figure.subplots()
    axes.set(xlabel="seconds", ylabel="accuracy")
    axes.xaxis.set_label_coords(0.3, 0.1)
    axes.yaxis.set_label_coords(0.5, 0.5, transform=axes.transData)
    figure.colorbar(axes.imshow(np.eye(3)), label="weight", shrink=0.5)
    return figure


def test_an_inline_figure_keeps_to_its_own_ids_and_the_pages_colours(summary, tmp_path):
    text = svg.inline(svg.save(figures.accuracy_grid(summary), tmp_path, "grid"), "grid")
    assert text.startswith("<svg") and text.endswith("</svg>")
    assert "var(--ink)" in text and style.INK not in text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert all(name.startswith("grid-") for name in ids)
    used = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)
    assert {first or second for first, second in used} <= set(ids)


def test_names_from_plug_ins_have_lasting_colours_and_markers():
    assert style.colour("ring", "gumbel") == style.colour("ntm", "gumbel")
    assert style.colour("ntm", "mine") == style.colour("dnc", "mine")
    assert re.fullmatch(r"#[0-9a-f]{6}", style.colour("ntm", "mine"))
    assert style.colour("ntm", "mine") != style.colour("ntm", "yours")
    # what another process finds, too: the name decides, not the hash seed of Python
    assert (style.marker("ring"), style.colour("ntm", "mine")) == ("h", "#37be77")


def test_models_without_memory_are_grey_whatever_their_estimator():
    assert style.colour("none", "soft") == style.colour("none", "reinforce")
    assert style.colour("none", "soft") != style.colour("ntm", "soft")
