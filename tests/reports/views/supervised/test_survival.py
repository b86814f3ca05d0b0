"""Time to solve in reports: unsolved trials are censored, never dropped."""

from dataclasses import replace

import numpy as np
import pytest

from reports.results import read
from reports.views.supervised import sections, survival
from reports.views.supervised.outcomes import finished


def test_every_trial_that_could_solve_its_task_counts(demo):
    results = read(demo)
    trials = survival.times(results)
    facts = finished(results).set_index("trial")
    assert len(trials) == len(results.facts) + len(results.failures) == 21
    for row in trials.itertuples():
        if row.trial not in facts.index:
            # it failed: unsolved for as long as any trial was trained
            assert (row.time, row.solved) == (16_000, False)
        elif row.solved:
            assert row.time == facts.loc[row.trial, "solved_sequences"]
        else:
            assert row.time == facts.loc[row.trial, "sequences"] == 16_000
    assert trials["solved"].any() and not trials["solved"].all()


def test_the_restricted_mean_counts_unsolved_trials_with_all_of_their_sequences(demo):
    results = read(demo)
    means = survival.restricted_means(survival.times(results)).set_index("model")
    trials = survival.times(results)
    assert (means["limit"] == 16_000).all() and (means["n"] == 3).all()
    for model, rows in trials.groupby("model"):
        # all unsolved trials end together, so it is the mean of what each took
        assert means.loc[model, "value"] == pytest.approx(rows["time"].mean())
    assert means.loc["ntm/reinforce", "value"] == 16_000
    assert np.isnan(means.loc["ntm/reinforce", "low"])
    assert means.loc["ntm/soft", "low"] < means.loc["ntm/soft", "value"] < 16_000


def test_curves_fall_where_trials_solved_and_tick_where_they_stopped(demo):
    trials = survival.times(read(demo))
    curves = survival.curves(trials)
    for model, rows in curves.groupby("model", sort=False):
        own = trials[trials["model"] == model]
        assert rows["x"].iloc[0] == 0 and rows["value"].iloc[0] == 1
        assert rows["value"].iloc[-1] == pytest.approx((~own["solved"]).mean())
        assert rows["censored"].sum() == (~own["solved"]).sum()
    assert (curves["n"] == 3).all()


def test_the_section_on_time_has_a_curve_and_a_table(demo, store_of):
    blocks = sections.time(read(demo)).blocks
    names = ["time", "pareto", *["survival"] * 2, *["survival-seconds"] * 2]
    assert [block.name for block in blocks] == names
    assert "censored" in blocks[2].caption and "n = 3 seeds" in blocks[2].caption
    assert {"Restricted mean", "95 % interval", "Solved / n"} <= set(blocks[3].shown)
    endless = read(store_of(names=("ntm/soft",), solved_errors=None))
    assert [block.name for block in sections.time(endless).blocks] == ["time"]
    never = read(store_of(name="never", names=("ntm/reinforce",)))
    assert [block.name for block in sections.time(never).blocks] == ["time"]


def test_time_to_solve_is_counted_in_seconds_as_well(demo):
    results = read(demo)
    trials = survival.times(results, survival.SECONDS).set_index("trial")
    facts = finished(results).set_index("trial")
    ended = facts["solved_seconds"].where(facts["solved"], facts["seconds"].astype(float))
    assert trials.loc[facts.index, "time"].tolist() == ended.tolist()
    lost = trials.loc[list(results.failures["trial"])]
    assert (lost["time"] == facts["seconds"].max()).all() and not lost["solved"].any()
    picture, table = survival.blocks(results)[2:]
    means = table.numbers.set_index("model")
    # ntm/soft solved its task before any other model's trials had ended
    own = trials[trials["model"] == "ntm/soft"]
    stopped = own["time"].clip(upper=means["limit"].iloc[0])
    assert means.loc["ntm/soft", "value"] == pytest.approx(stopped.mean())
    assert picture.figure.axes[0].get_xlabel() == "training time (s)"
    assert picture.says.endswith("of training.") or "of training;" in picture.says
    assert "seconds of training (tests left out)" in table.caption
    assert table.shown["Up to"].str.endswith((" s", " min")).all()


def test_a_model_alone_is_counted_in_seconds_only_under_a_budget_in_seconds(store_of):
    results = read(store_of(names=("ntm/soft",)))
    assert survival.units(results) == [survival.SEQUENCES]
    budget = {"copy": {"budget": {"seconds": 9}}}
    limited = read(store_of(name="limited", names=("ntm/soft",), own=budget))
    assert survival.units(limited) == [survival.SEQUENCES, survival.SECONDS]
    silent = replace(limited, facts=limited.facts.assign(seconds=None))
    assert survival.units(silent) == [survival.SEQUENCES]
    # a trial without its time would be dropped
    when = [{"sequences": 160} if entry else None for entry in limited.facts["solved"]]
    untimed = replace(limited, facts=limited.facts.assign(solved=when))
    assert survival.units(untimed) == [survival.SEQUENCES]


def test_a_curve_is_followed_as_far_as_the_model_that_stopped_first(demo):
    trials = survival.times(read(demo))
    early = trials["model"] == "dnc/straight_through"
    cut = trials.assign(time=trials["time"].where(~early, 4000.0))
    assert survival.limit(cut) == 4000
    solved = trials[trials["solved"]]
    assert survival.limit(solved) == solved["time"].max()
