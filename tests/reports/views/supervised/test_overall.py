"""Statements over several tasks say what their intervals generalise over."""

from dataclasses import replace

import numpy as np
import pytest

from reports.memory_kinds import Kind
from reports.results import read
from reports.views.supervised import aggregates, pairs, profile
from reports.views.supervised.answer import answer
from reports.views.supervised.comparison import compare, paired

TASKS = ("copy", "repeat_copy", "associative_recall")
NAMES = ("ntm/soft", "ntm/reinforce")
ONE_SLOT = Kind("one slot", "one slot")


@pytest.fixture(scope="module")
def several(write_store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("several")
    return read(write_store(folder, names=NAMES, tasks=TASKS, seeds=(0, 1, 2, 3)))


def test_the_overall_answer_says_what_its_intervals_generalise_over(several):
    found = compare(several, ONE_SLOT)
    assert (found.accuracy.over, found.over_tasks.over) == ("seeds", "seeds and tasks")
    assert found.accuracy.value == found.over_tasks.value
    said = answer(several)
    assert "3 pairs of models on 3 tasks, 95 % interval over seeds " in said.sentence
    assert " and over seeds and tasks " in said.sentence
    assert not any("not for others" in caveat for caveat in said.caveats)


def test_where_tasks_differ_the_interval_over_tasks_is_the_wider(several, monkeypatch):
    def by_task(results, *, trained=True):
        shift = {task: 0.03 * k for k, task in enumerate(TASKS)}
        frame = PAIRS(results, trained=trained)
        return frame.assign(other=frame["soft"] - frame["task"].map(shift))

    from reports.views.supervised import comparison

    PAIRS = comparison.accuracy_pairs
    monkeypatch.setattr(comparison, "accuracy_pairs", by_task)
    # without what was computed of these results before
    found = compare(replace(several), ONE_SLOT)
    # seeds do not differ at all, tasks do: what was said as "-3.0 (-3.0 to -3.0)"
    assert found.accuracy.low == pytest.approx(found.accuracy.high) == pytest.approx(-0.03)
    assert found.over_tasks.low < -0.05 and found.over_tasks.high > -0.01


def test_two_tasks_say_nothing_of_others_and_the_report_says_so(store_of):
    results = read(store_of(names=NAMES[:2], tasks=TASKS[:2]))
    assert np.isnan(compare(results, ONE_SLOT).over_tasks.low)
    said = answer(results)
    assert "over seeds and tasks" not in said.sentence
    assert any("these 2 tasks and models, not for others" in caveat for caveat in said.caveats)


def test_models_over_all_tasks_have_both_intervals(several):
    table = aggregates.table(several)
    assert {"Over seeds", "Over seeds and tasks", "Median", "Optimality gap"} <= set(table.shown)
    assert len(table.shown) == 2 and "other tasks" in table.caption
    numbers = table.numbers
    assert (numbers["n"] == 4).all() and (numbers["tasks"] == 3).all()
    for end in ("low", "high"):
        assert f"iqm_{end}_over_seeds_and_tasks" in numbers
    scores = dict((model["model"], found) for model, found in aggregates.scores(several))
    for row in numbers.itertuples():
        assert row.optimality_gap == pytest.approx(1 - scores[row.model].mean())


def test_a_model_that_lacks_a_task_is_not_compared_over_all(store_of):
    results = read(store_of(names=("ntm/soft",)))
    assert aggregates.table(results) is None
    both = read(store_of(name="two", names=NAMES, tasks=TASKS[:2], seeds=(0, 1)))
    lost = (both.rows["task"] == "copy") & (both.rows["model"] == "ntm/soft")
    object.__setattr__(both, "rows", both.rows[~lost].reset_index(drop=True))
    assert set(aggregates.table(both).shown["Model"]) == {"ntm/reinforce"}


def test_p_values_are_corrected_for_all_rows_of_the_table(several):
    numbers = paired(several)
    assert len(numbers) == 3
    # four seeds cannot give less than 2 / 2^4, and three comparisons make three times of it
    assert (numbers["p"] == 0.125).all() and (numbers["p_holm"] == 0.375).all()
    table = pairs.pairs(several)
    assert {"p (Holm)", "95 % interval of P"} <= set(table.shown)
    assert "all 3 comparisons" in table.caption
    low, high = (numbers[f"probability_of_improvement_{end}"] for end in ("low", "high"))
    value = numbers["probability_of_improvement"]
    assert ((low <= value) & (value <= high) & (high - low > 0.1)).all()


def test_the_table_of_pairs_advises_on_the_number_of_seeds(several, store_of):
    caption = pairs.pairs(several).caption
    # three comparisons: 2 / 2^n falls below 0.05 / 3 from seven seeds on
    assert "for p to fall below 0.05 at all takes 7 seeds" in caption
    assert "4 seeds show, four times in five, a difference of" in caption
    alone = read(store_of(names=NAMES[:2], seeds=(0,)))
    assert "One seed can show nothing" in pairs.pairs(alone).caption


def test_the_area_below_a_profile_is_the_mean_accuracy(several):
    found = profile.profiles(several)
    scores = dict((model["model"], values) for model, values in aggregates.scores(several))
    for model, rows in found.groupby("model"):
        x, value = rows["x"].to_numpy(), rows["value"].to_numpy()
        area = x[0] + float(np.sum(value[:-1] * np.diff(x)))
        assert area == pytest.approx(scores[model].mean(), abs=0.01)
    (picture,) = profile.pictures(several)
    assert "over 3 tasks" in picture.caption and "n = 4 seeds" in picture.caption


def test_one_run_per_model_has_no_profile(store_of):
    assert profile.pictures(read(store_of(names=NAMES[:2], seeds=(0,)))) == []
