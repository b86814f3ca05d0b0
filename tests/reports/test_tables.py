import math

import pandas as pd
import pytest

from reports import provenance, tables, words
from reports.blocks import Table, slug
from reports.results import read
from studies.design.study import studies
from studies.running.store import ResultStore


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 3, "0"),
        (1.0574, 3, "1.06"),
        (29.71, 3, "29.7"),
        (8000, 3, "8\xa0000"),
        (-0.5, 2, "−0.50"),
    ],
)
def test_numbers_are_written_to_their_significant_digits(value, digits, text):
    assert words.number(value, digits) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.14, "3.1 s"), (43.5, "43.5 s"), (1088, "18.1 min"), (9000, "2.5 h")]
)
def test_durations_have_a_unit_that_suits_them(seconds, text):
    assert words.duration(seconds) == text


def test_what_is_unknown_is_a_dash():
    nothing = float("nan")
    for write in (words.number, words.whole, words.duration, words.per_cent):
        assert write(nothing) == "–"
    assert words.span(nothing, nothing) == "–"


def test_the_number_of_seeds_is_never_left_to_guess():
    assert words.seeds([3, 3]) == "n = 3 seeds"
    assert words.seeds([1]) == "n = 1 seed"
    assert words.seeds([5, 2, 3]) == "n = 2 to 5 seeds"
    assert words.seeds([]) == "n = 0"


def test_labels_become_file_names_that_stay_in_their_folder():
    assert slug("../../etc", "A b/ç") == "etc-a-b"
    assert slug("///") == "unnamed"


def test_a_github_table_survives_pipes_and_line_breaks():
    frame = pd.DataFrame({"Model": ["a|b", "c\nd"], "n": ["3", "4"]})
    assert tables.to_markdown(frame).splitlines() == [
        "| Model | n |",
        "| --- | ---: |",
        "| a\\|b | 3 |",
        "| c d | 4 |",
    ]


def test_a_latex_table_is_escaped_and_ruled():
    shown = pd.DataFrame({"Model_": ["ntm/straight_through"], "A %": ["−6.1 %"]})
    text = tables.to_latex(Table("t", "t", "t", shown, shown))
    assert "\\toprule" in text and "\\bottomrule" in text
    assert "straight\\_through" in text and "-6.1 \\%" in text and "Model\\_" in text
    assert text.isascii()


def test_every_table_with_an_interval_has_its_n(demo):
    results = read(demo)
    for table in (tables.models(results), tables.pairs(results)):
        assert {"95 % interval", "n"} <= set(table.shown)
        assert "n " in table.caption


def test_without_pairs_or_lengths_there_is_no_such_table(store_of):
    results = read(store_of(names=("ntm/soft",), seeds=(0,)))
    assert tables.pairs(results) is None
    assert tables.lengths(results) is not None
    rows = results.rows[results.rows["length"].isna() | (results.rows["length"] == 4)]
    object.__setattr__(results, "rows", rows)
    assert tables.lengths(results) is None


def test_every_finished_trial_is_a_row_of_its_own(store_of):
    results = read(store_of(failing=("ntm/reinforce",), left_out=("dnc/soft",)))
    numbers = tables.seeds(results).numbers.set_index(["model", "seed"])
    assert set(numbers["trial"]) == set(results.facts["trial"])
    assert not {"ntm/reinforce", "dnc/soft"} & set(numbers.index.get_level_values("model"))
    facts = results.facts.set_index("trial")
    by_trial = numbers.set_index("trial")
    for name, fact in {"seconds": "seconds", "sequences_to_solve": "solved_sequences"}.items():
        pd.testing.assert_series_equal(
            by_trial[name].sort_index(), facts[fact].sort_index(), check_names=False
        )
    assert by_trial["sequences_to_solve"].isna().any()
    tests = results.rows[results.rows["trial"] == numbers.loc[("ntm/soft", 1), "trial"]]
    last = tests[(tests["kind"] == "test") & (tests["step"] == tests["step"].max())]
    trained = last[last["length"] <= last["max_length"]]
    assert math.isclose(numbers.loc[("ntm/soft", 1), "accuracy"], trained["accuracy"].mean())


def test_the_stored_numbers_are_not_rounded(demo, tmp_path):
    results = read(demo)
    tables.write(tables.models(results), tmp_path)
    read_back = pd.read_csv(tmp_path / "models.csv")
    value = read_back.set_index("model").loc["ntm/soft", "value"]
    assert math.isclose(
        value, tables.models(results).numbers.set_index("model").loc["ntm/soft", "value"]
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "models.csv",
        "models.md",
        "models.tex",
    ]


def test_a_task_that_is_never_solved_is_not_called_unsolved(demo):
    results = read(demo)
    object.__setattr__(results, "facts", results.facts.assign(judged=False))
    object.__setattr__(results, "failures", results.failures.assign(judged=False))
    assert "Solved / run" not in tables.models(results).shown
    assert tables.solving(results) is None
    copy = results.facts.assign(task="recall", trial=results.facts["trial"] + "r", judged=True)
    both = pd.concat([results.facts, copy], ignore_index=True)
    object.__setattr__(results, "facts", both)
    shown = tables.models(results).shown
    assert set(shown.loc[shown["Task"] == "copy", "Solved / run"]) == {"–"}
    assert "–" not in set(shown.loc[shown["Task"] == "recall", "Solved / run"])


def test_a_model_that_depends_on_the_task_is_shown_task_by_task(tmp_path):
    store = ResultStore(tmp_path / "reproduce_ntm")
    study = studies.get("reproduce_ntm")()
    store.declare(study)
    for trial in study.trials():
        store.begin(trial)
    table = provenance.reproduce(read(store)).blocks[1]
    shown = table.shown.set_index(["Model", "Task"])
    assert shown.loc[("lstm, three layers", "repeat_copy"), "Size"] == "512"
    assert shown.loc[("lstm, three layers", "priority_sort"), "Size"] == "128"
    assert len(shown.loc["dnc/lstm"]) == 1
