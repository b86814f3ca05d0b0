"""Frames of trained models: final rows, curves, summaries."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from reports.results import read
from reports.views.supervised import frames
from reports.views.supervised.comparison import paired
from reports.views.supervised.outcomes import finished
from studies.design.trial import TaskSpec


def test_the_final_frame_has_one_row_per_trial_and_length(demo):
    final = frames.final(read(demo))
    assert not final.duplicated(["trial", "length"]).any()
    assert len(final) == 18 * 6
    assert (final["kind"] == "test").all()


def test_a_trial_that_stopped_early_contributes_its_own_last_evaluation(demo):
    results = read(demo)
    final = frames.final(results)
    solved = finished(results)[lambda frame: frame["solved"]]
    assert len(solved) > 0
    steps = final[final["trial"].isin(solved["trial"])].groupby("trial")["sequences"].first()
    assert (steps.loc[solved["trial"]].to_numpy() == solved["solved_sequences"].to_numpy()).all()


def test_trained_lengths_are_averaged_and_longer_ones_left_out(demo):
    final = frames.final(read(demo))
    averaged = frames.at_trained_lengths(final).set_index("trial")["accuracy"]
    trained = final[final["length"] <= 8].groupby("trial")["accuracy"].mean()
    pd.testing.assert_series_equal(averaged.sort_index(), trained.sort_index())


def test_the_score_beyond_the_trained_lengths_counts_each_of_them_the_same(demo):
    results = read(demo)
    scores = frames.beyond_trained_lengths(frames.final(results)).set_index("trial")
    assert len(scores) == 18
    # lengths 1 to 8 were trained, and 12 and 16 are above
    assert (scores[["lengths", "nearest", "longest"]] == [2, 12, 16]).all(axis=None)
    for trial, score in scores["accuracy"].items():
        rows = results.rows[results.rows["trial"] == trial]
        own = rows[(rows["kind"] == "test") & rows["address"].isna()]
        last = own[own["step"] == own["step"].max()].set_index("length")["accuracy"]
        assert score == pytest.approx((last[12] + last[16]) / 2)


def test_the_best_seed_beyond_the_trained_lengths_stands_beside_the_mean(demo):
    results = read(demo)
    scores = frames.beyond_trained_lengths(frames.final(results)).groupby("model")["accuracy"]
    beyond = frames.beyond(results).set_index("model")
    pd.testing.assert_series_equal(
        beyond["best"].sort_index(), scores.max().sort_index(), check_names=False
    )
    # three seeds are averaged
    pd.testing.assert_series_equal(
        beyond["value"].sort_index(), scores.mean().sort_index(), check_names=False
    )
    assert (beyond["n"] == 3).all() and (beyond["chance"] == 0.5).all()


def test_without_a_trained_length_in_the_grid_the_nearest_stands_in(demo):
    final = frames.final(read(demo))
    longer = final[final["length"] > 8]
    averaged = frames.at_trained_lengths(longer).set_index("trial")["accuracy"]
    nearest = longer[longer["length"] == 12].set_index("trial")["accuracy"]
    pd.testing.assert_series_equal(averaged.sort_index(), nearest.sort_index())


@pytest.mark.parametrize("x", ["sequences", "seconds"])
def test_learning_curves_keep_all_seeds_along_the_whole_curve(demo, x):
    curves = frames.curves(read(demo), x=x, y="accuracy")
    assert (curves["n"] == 3).all()
    assert curves["value"].between(0, 1).all()
    assert (curves["low"] <= curves["high"]).all()
    assert curves.groupby("model")["x"].is_monotonic_increasing.all()


def test_a_solved_trial_keeps_its_last_value(demo):
    results = read(demo)
    curves = frames.curves(results, x="sequences", y="accuracy")
    soft = curves[curves["model"] == "ntm/soft"]
    facts = finished(results)[lambda frame: frame["model"] == "ntm/soft"]
    assert facts["solved"].all() and soft["solved"].all()
    assert soft["x"].max() == facts["sequences"].max()
    scores = frames.at_trained_lengths(frames.final(results))
    last = scores.loc[scores["model"] == "ntm/soft", "accuracy"].mean()
    assert soft["value"].iloc[-1] == pytest.approx(last)


def test_a_curve_ends_with_its_shortest_unsolved_trial(demo):
    results = read(demo)
    curves = frames.curves(results, x="seconds", y="accuracy")
    facts = results.facts[results.facts["model"] == "ntm/reinforce"]
    end = curves.loc[curves["model"] == "ntm/reinforce", "x"].max()
    assert end == pytest.approx(facts["seconds"].min())


def test_the_summary_counts_solved_failed_and_run(demo):
    summary = frames.summary(read(demo)).set_index("model")
    assert summary.loc["ntm/soft", ["solved", "run", "failed"]].tolist() == [3, 3, 0]
    assert summary.loc["dntm/reinforce", ["seeds", "solved", "run", "failed"]].tolist() == [
        0,
        0,
        3,
        3,
    ]
    assert summary.loc["ntm/soft", "n"] == 3
    assert summary.loc["ntm/soft", ["in_training", "at_test"]].tolist() == ["soft", "soft"]
    # no seed of it finished: what its estimator does
    failed = summary.loc["dntm/reinforce", ["in_training", "at_test"]].tolist()
    assert failed == ["one slot", "one slot"]
    assert np.isnan(summary.loc["dntm/reinforce", "value"])


def test_models_stand_in_the_same_order_everywhere(demo):
    models = frames.summary(read(demo))["model"].tolist()
    assert models == [
        *("none/lstm", "ntm/soft", "ntm/straight_through", "ntm/reinforce"),
        *("dnc/soft", "dnc/straight_through", "dntm/reinforce"),
    ]


def test_other_memories_are_paired_with_the_soft_one_of_their_cell(demo):
    pairs = paired(read(demo)).set_index("model")
    assert pairs["against"].to_dict() == {
        "ntm/straight_through": "ntm/soft",
        "ntm/reinforce": "ntm/soft",
        "dnc/straight_through": "dnc/soft",
    }
    assert (pairs["n"] == 3).all()
    assert pairs["value"].between(pairs["low"], pairs["high"]).all()


def test_only_the_own_address_counts_unless_another_is_named(demo):
    results = read(demo)
    own, cut = frames.final(results), frames.final(results, "cut off")
    assert not own["address"].notna().any() and set(cut["address"]) == {"cut off"}
    assert set(own["model"]) - set(cut["model"]) == {"none/lstm"}
    both = own.merge(cut, on=["trial", "length"])
    assert len(both) == len(cut)
    np.testing.assert_allclose(both["errors_y"] - both["errors_x"], 4.0)


def test_a_failed_trial_is_of_the_kind_that_the_others_of_its_model_are(store_of):
    results = read(store_of(names=("ntm/hardened",), failing=("ntm/hardened",)))
    assert (
        results.failures[["in_training", "at_test"]].values.tolist() == [["soft", "one slot"]] * 3
    )


def test_chance_is_known_from_the_kind_of_answer(demo):
    assert frames.chance(read(demo), "copy") == 0.5


def test_a_task_whose_plug_in_is_gone_has_no_known_chance(demo):
    results = read(demo)
    gone = [replace(trial, task=TaskSpec("no_such_task")) for trial in results.trials]
    assert np.isnan(frames.chance(replace(results, trials=tuple(gone)), "copy"))


def test_several_tasks_stay_apart(store_of):
    store = store_of(
        names=("ntm/soft", "ntm/reinforce"), tasks=("copy", "repeat_copy"), seeds=(0, 1)
    )
    results = read(store)
    assert results.tasks == ["copy", "repeat_copy"]
    assert len(frames.summary(results)) == 4
    assert set(paired(results)["task"]) == {"copy", "repeat_copy"}
