import numpy as np
import pytest

from memnets.spec import ModelSpec
from reports import build, gradients, quality, sections
from reports.answer import answer
from reports.results import read
from studies.design.study import Study
from studies.design.trial import TaskSpec, Training
from studies.running.store import ResultStore

# bias, deviation of one rollout, milliseconds of a gradient of few rollouts
ESTIMATORS = {
    "soft": (0.6, 0.0, 5.0),
    "straight_through": (0.3, 0.0, 4.0),
    "gumbel": (0.2, 2.0, 6.0),
    "reinforce": (0.0, 4.0, 5.0),
    "leave_one_out": (0.0, 2.0, 7.0),
}


@pytest.fixture
def measured(tmp_path):
    """A finished study of gradients whose errors are known in closed form."""
    study = Study(
        name="quality",
        question="Which gradient?",
        tasks={"copy": TaskSpec("copy", {"max_length": 1})},
        models={f"{c}/{e} (a)": ModelSpec(c, e) for c in ("ntm", "dntm") for e in ESTIMATORS},
        training=Training(updates=10),
        seeds=(0, 1, 2),
        procedure="studies.procedures.gradients:measure",
    )
    store = ResultStore(tmp_path / "quality")
    store.declare(study)
    for trial in study.trials():
        store.begin(trial)
        bias, single, milliseconds = ESTIMATORS[trial.model.estimator]
        for step in (0, 10):
            for samples in (4, 64, 1024):
                deviation = single / samples**0.5
                noise = deviation / 20**0.5
                row = {"step": step, "sequences": step, "seconds": 1.0, "kind": "gradient"}
                row |= {"length": None, "samples": samples, "bias": bias, "bias_noise": noise}
                row |= {"squared_bias": bias**2, "deviation": deviation, "cosine": 0.9}
                row |= {"error": float(np.hypot(bias, deviation)), "expected_cost": 1.5}
                row |= {"exact_norm": 2.0, "seconds_per_gradient": milliseconds * samples / 4000}
                store.append(trial, row)
        store.finish(trial, {"parameters": 9, "seconds": 2.0})
    return store


def test_only_the_sections_of_gradients_are_about_a_study_of_gradients(measured, tmp_path):
    results = read(measured)
    for section in (quality.errors, quality.numbers):
        assert section(results) is not None
    for name in ("learning", "accuracy", "lengths", "time", "statistics", "addressing"):
        assert getattr(sections, name)(results) is None, name
    text = build(measured, tmp_path / "report").read_text()
    assert "Bias, variance and time" in text and "of measuring" in text
    names = {path.stem for path in (tmp_path / "report" / "figures").iterdir()}
    spreads = {"gradient-spread-ntm", "gradient-spread-dntm"}
    assert names == {"gradient-error", "gradient-cosine", *spreads}
    assert (tmp_path / "report" / "tables" / "estimators.md").is_file()


def test_a_study_that_trains_has_no_section_of_gradients(demo):
    results = read(demo)
    assert quality.errors(results) is None and quality.numbers(results) is None
    assert quality.sentence(results) is None
    assert sections.statistics(results) is not None and sections.time(results) is not None


def test_time_to_an_error_is_read_between_measured_points(measured):
    rows = gradients.measured(read(measured))
    found = gradients.summary(rows).set_index(["cell", "label", "step"])
    loo = found.loc[("ntm", "leave_one_out (a)", 10)]
    # the error is 2 / sqrt(samples): 0.5 at 16 rollouts, 0.1 at 400
    assert loo["reach_0.5"] == pytest.approx(7e-3 * 16 / 4)
    assert loo["reach_0.1"] == pytest.approx(7e-3 * 400 / 4)
    assert loo["single"] == pytest.approx(2.0) and loo["n"] == 3
    assert found.loc[("ntm", "soft (a)", 10), "reach_0.5"] == np.inf
    assert found.loc[("ntm", "straight_through (a)", 0), "reach_0.5"] == pytest.approx(4e-3)


def test_only_a_bias_beyond_its_noise_is_one(measured):
    found = gradients.summary(gradients.measured(read(measured)))
    visible = found.groupby("estimator")["visible"].agg(["all", "any"])
    assert visible.loc[["soft", "straight_through", "gumbel"], "all"].all()
    assert not visible.loc[["reinforce", "leave_one_out"], "any"].any()


def test_the_table_says_why_an_error_was_not_reached(measured):
    table = quality.table(gradients.measured(read(measured)))
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
