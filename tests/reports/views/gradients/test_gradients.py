"""The report of measured gradients: sections, times to an error, what cannot be seen."""

import re
from dataclasses import replace

import numpy as np
import pytest

from reports import build
from reports.results import read
from reports.views.gradients import frames, tables
from reports.views.gradients.answer import answer
from reports.views.gradients.view import Gradients

SECTIONS = ["gradients", "estimators", "ledger", "reproduce"]


@pytest.mark.usefixtures("svg_only")
def test_a_report_of_gradients_is_about_them_alone(measured, tmp_path):
    text = build(measured, tmp_path / "report").read_text()
    assert re.findall(r'<section id="([^"]+)"', text) == SECTIONS
    assert "Bias, variance and time" in text and "of measuring" in text
    names = {path.stem for path in (tmp_path / "report" / "figures").iterdir()}
    spreads = {"gradient-spread-ntm", "gradient-spread-dntm"}
    assert names == {"gradient-error", "gradient-cosine", *spreads}
    assert (tmp_path / "report" / "tables" / "estimators.md").is_file()


def test_finished_trials_without_a_gradient_give_no_answer(measured):
    results = read(measured)
    empty = replace(results, rows=results.rows[:0])
    assert "hold no gradient" in answer(empty).sentence
    assert list(Gradients().sections(empty)) == []


def test_time_to_an_error_is_read_between_measured_points(measured):
    rows = frames.measured(read(measured))
    found = frames.summary(rows).set_index(["cell", "label", "step"])
    loo = found.loc[("ntm", "leave_one_out (a)", 10)]
    # the error is 2 / sqrt(samples): 0.5 at 16 rollouts, 0.1 at 400
    assert loo["reach_0.5"] == pytest.approx(7e-3 * 16 / 4)
    assert loo["reach_0.1"] == pytest.approx(7e-3 * 400 / 4)
    assert loo["single"] == pytest.approx(2.0) and loo["n"] == 3
    assert found.loc[("ntm", "soft (a)", 10), "reach_0.5"] == np.inf
    assert found.loc[("ntm", "straight_through (a)", 0), "reach_0.5"] == pytest.approx(4e-3)


def test_only_a_bias_beyond_its_noise_is_one(measured):
    found = frames.summary(frames.measured(read(measured)))
    visible = found.groupby("estimator")["visible"].agg(["all", "any"])
    assert visible.loc[["soft", "straight_through", "gumbel"], "all"].all()
    assert not visible.loc[["reinforce", "leave_one_out"], "any"].any()


def test_the_table_says_why_an_error_was_not_reached(measured):
    table = tables.estimators(frames.measured(read(measured)))
    shown = table.shown[
        (table.shown["When"] == "after 10 updates") & (table.shown["Cell"] == "ntm")
    ]
    after = shown.set_index("Estimator")
    assert after.loc["soft (a)", "Time to error 0.5"] == "never: bias"
    assert after.loc["reinforce (a)", "Time to error 0.1"].startswith("above ")
    assert after.loc["leave_one_out (a)", "Time to error 0.5"] == "28\xa0ms"
    assert after.loc["leave_one_out (a)", "Bias"] == "(0)"
    assert set(table.shown["n"]) == {"3"} and "n seeds" in table.caption


def test_the_answer_names_the_fastest_and_the_unbiased(measured):
    found = answer(read(measured))
    assert found.sentence.endswith(".") and ". " not in found.sentence
    assert found.sentence.startswith("After 10 updates")
    assert "0.5 soonest in ntm with straight_through (a) (4.0\xa0ms)" in found.sentence
    assert "no bias can be seen anywhere in reinforce (a) and leave_one_out (a)" in found.sentence
    assert "soft (a), 0.60 times the gradient" in found.sentence
    assert "n = 3" in found.caveats[0]
