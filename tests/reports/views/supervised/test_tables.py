"""Tables of trained models: numbers, how many seeds, what is left out."""

import math
from dataclasses import replace

import pandas as pd

from reports.results import read
from reports.views.supervised import frames, pairs, tables
from reports.views.supervised.outcomes import finished


def test_every_table_with_an_interval_has_its_n(demo):
    results = read(demo)
    for table in (tables.models(results), pairs.pairs(results), tables.beyond(results)):
        assert {"95 % interval", "n"} <= set(table.shown)
        assert "n " in table.caption


def test_the_table_of_models_says_where_new_seeds_land_where_seeds_are_enough(store_of, demo):
    few = tables.models(read(demo))
    assert not [name for name in few.shown if "new seeds" in name]
    assert "Where new seeds land" not in few.caption
    results = read(store_of(names=("ntm/soft",), seeds=tuple(range(9))))
    table = tables.models(results)
    (row,) = table.numbers.to_dict("records")
    # nine seeds are enough for half of all seeds, whose range it is, and too few for 90 %
    accuracies = tables.seeds(results).numbers["accuracy"]
    assert (row["new_low_50"], row["new_high_50"]) == (accuracies.min(), accuracies.max())
    assert math.isnan(row["new_low_90"]) and row["range_holds"] > 0.5
    assert "Half of new seeds" in table.shown and "90 % of new seeds" not in table.shown
    assert "at least 50 % of all seeds" in table.caption and "takes 8 seeds" in table.caption


def test_without_pairs_or_lengths_there_is_no_such_table(store_of):
    results = read(store_of(names=("ntm/soft",), seeds=(0,)))
    assert pairs.pairs(results) is None
    assert tables.lengths(results) is not None
    rows = results.rows[results.rows["length"].isna() | (results.rows["length"] == 4)]
    results = replace(results, rows=rows)
    assert tables.lengths(results) is None
    assert tables.beyond(results) is None


def test_a_score_beyond_the_trained_lengths_names_these(demo):
    table = tables.beyond(read(demo))
    assert set(table.shown["Lengths"]) == {"2 from 12 to 16"}
    assert set(table.shown["Chance"]) == {"50.0 %"}


def test_every_table_of_models_says_how_they_address_in_training_and_at_test(store_of):
    results = read(store_of(names=("ntm/soft", "ntm/hardened", "none/lstm")))
    compared = (tables.models, tables.solving, pairs.pairs, tables.lengths, tables.beyond)
    made = (*compared, tables.seeds)
    for table in [make(results) for make in made]:
        shown = table.shown.set_index("Model")[["In training", "At test"]]
        assert set(map(tuple, shown.loc[["ntm/hardened"]].values)) == {("soft", "one slot")}
        if "none/lstm" in shown.index:
            assert set(map(tuple, shown.loc[["none/lstm"]].values)) == {("–", "–")}
        assert {"in_training", "at_test"} <= set(table.numbers)


def test_tables_of_earlier_versions_have_no_column_of_what_was_not_tested(store_of):
    now, before = (
        read(store_of(name=name, names=("ntm/soft",), earlier=earlier))
        for name, earlier in (("now", False), ("before", True))
    )
    for make, new in ((tables.models, {"Gap"}), (tables.seeds, {"Gap", "Wrong, one slot"})):
        assert new <= set(make(now).shown) and not new & set(make(before).shown)
        assert set(make(before).shown) < set(make(now).shown)


def test_every_finished_trial_is_a_row_of_its_own(store_of):
    results = read(store_of(failing=("ntm/reinforce",), left_out=("dnc/soft",)))
    numbers = tables.seeds(results).numbers.set_index(["model", "seed"])
    assert set(numbers["trial"]) == set(results.facts["trial"])
    assert not {"ntm/reinforce", "dnc/soft"} & set(numbers.index.get_level_values("model"))
    facts = finished(results).set_index("trial")
    by_trial = numbers.set_index("trial")
    for name, fact in {"seconds": "seconds", "sequences_to_solve": "solved_sequences"}.items():
        pd.testing.assert_series_equal(
            by_trial[name].sort_index(), facts[fact].sort_index(), check_names=False
        )
    assert by_trial["sequences_to_solve"].isna().any()
    tests = results.rows[results.rows["trial"] == numbers.loc[("ntm/soft", 1), "trial"]]
    last = tests[(tests["kind"] == "test") & (tests["step"] == tests["step"].max())]
    last = last[last["address"].isna()]
    trained = last[last["length"] <= last["max_length"]]
    assert math.isclose(numbers.loc[("ntm/soft", 1), "accuracy"], trained["accuracy"].mean())


def test_a_network_is_good_by_its_last_test_alone(store_of):
    results = read(store_of(names=("ntm/soft", "ntm/reinforce"), solved_errors=0.55))
    errors = frames.trials(results).set_index("trial")["errors"]
    good = frames.trials(results).set_index("trial")["good"]
    assert list(good) == list(errors <= 0.55)
    assert 0 < good.sum() < len(good)
    solved = finished(results).set_index("trial")["solved"]
    assert list(solved[good.index]) != list(good)
    table = tables.solving(results)
    by_model = frames.trials(results).groupby("model")["good"].sum()
    assert list(table.numbers["good"]) == list(by_model[table.numbers["model"]])
    run = table.numbers["run"]
    shown = [f"{count} / {of}" for count, of in zip(table.numbers["good"], run, strict=True)]
    assert list(table.shown["Good / run"]) == shown
    unknown = replace(results, rows=results.rows.assign(errors=math.nan))
    assert set(tables.solving(unknown).shown["Good / run"]) == {"–"}


def test_restarts_are_a_column_where_trials_could_take_some(store_of):
    results = read(store_of(names=("ntm/soft", "ntm/reinforce"), seeds=(0, 1)))
    assert "Restarts" not in tables.seeds(results).shown
    taken = [2 if trial == results.facts["trial"][0] else 0 for trial in results.facts["trial"]]
    # of a trial without the setting, there is no number
    taken[-1] = math.nan
    results = replace(results, facts=results.facts.assign(restarts=taken))
    table = tables.seeds(results)
    assert sorted(table.shown["Restarts"]) == ["0", "0", "2", "–"]
    assert "Restarts are attempts that were given up" in table.caption
    by_trial = table.numbers.set_index("trial")["restarts"]
    assert by_trial[results.facts["trial"][0]] == 2


def test_a_task_that_is_never_solved_is_not_called_unsolved(store_of):
    endless = {"copy": {"solved_errors": None}}
    both = {"names": ("ntm/soft",), "tasks": ("copy", "repeat_copy")}
    shown = tables.models(read(store_of(**both, own=endless))).shown
    assert set(shown.loc[shown["Task"] == "copy", "Solved / run"]) == {"–"}
    assert "–" not in set(shown.loc[shown["Task"] == "repeat_copy", "Solved / run"])
    never = read(store_of(name="never", names=("ntm/soft",), solved_errors=None))
    assert "Solved / run" not in tables.models(never).shown
    assert tables.solving(never) is None
