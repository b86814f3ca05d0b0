"""The answer of a study that trains: no bolder than its numbers."""

import re

import pandas as pd
import pytest

from memnets.spec import ModelSpec
from reports.memory_kinds import NO_MEMORY, SOFT, Kind
from reports.results import read
from reports.trial_counts import missing
from reports.views.supervised import frames
from reports.views.supervised.answer import answer
from reports.views.supervised.comparison import _complete, compare, compared, paired
from reports.views.supervised.outcomes import solved_runs
from reports.views.supervised.pairs import pairs

SOFT_AND_DISCRETE = ("ntm/soft", "ntm/reinforce")


def test_the_answer_is_one_sentence_with_difference_interval_and_seeds(demo):
    found = answer(read(demo))
    assert found.sentence.endswith(".") and ". " not in found.sentence
    assert "memory trained and tested with one slot ended" in found.sentence
    assert "percentage points below memory trained and tested soft" in found.sentence
    assert "95 % interval" in found.sentence and "n = 3 seeds" in found.sentence
    assert "3 pairs of models" in found.sentence
    assert "at longer ones" in found.sentence
    solved = "4 of 6 with memory trained and tested soft and 0 of 12 with memory trained and tested"
    assert solved in found.sentence
    assert "times as long per sequence" in found.sentence


def test_trained_soft_and_tested_with_one_slot_is_a_kind_of_its_own(store_of):
    names = ("ntm/soft", "ntm/hardened", "ntm/straight_through", "ntm/top_k")
    results = read(store_of(names=names))
    assert [kind.short for kind in compared(results)] == ["soft → one slot", "one slot", "k slots"]
    hardened, straight, _ = (compare(results, kind) for kind in compared(results))
    assert hardened.pairs == straight.pairs == 1
    assert hardened.accuracy != straight.accuracy
    sentence = answer(results).sentence
    for kind in compared(results):
        assert f"{kind} " in sentence
    assert "of 3 with memory trained soft, tested with one slot" in sentence
    assert sentence.endswith(".") and ". " not in sentence


def test_results_of_earlier_versions_have_an_answer(store_of):
    results = read(store_of(names=SOFT_AND_DISCRETE, earlier=True))
    assert [kind.short for kind in compared(results)] == ["one slot"]
    assert "of 3 with memory trained and tested with one slot" in answer(results).sentence


def test_few_seeds_and_failures_are_caveats(demo):
    assert "n = 3" in " ".join(answer(read(demo)).caveats)
    assert "3 trials failed" in " ".join(missing(read(demo)))


def test_an_interval_that_covers_zero_is_called_no_difference(store_of):
    alike = dict.fromkeys(SOFT_AND_DISCRETE, (0.9, 4.0))
    results = read(store_of(names=SOFT_AND_DISCRETE, seeds=tuple(range(6)), quality=alike))
    found = compare(results, Kind("one slot", "one slot"))
    assert found.accuracy.low <= 0 <= found.accuracy.high
    sentence = answer(results).sentence
    assert "cannot be told apart" in sentence and "n = 6 seeds" in sentence
    assert answer(results).caveats == ()


def test_a_single_seed_concludes_nothing(store_of):
    found = answer(read(store_of(names=SOFT_AND_DISCRETE, seeds=(0,))))
    assert "interval" not in found.sentence
    assert "n = 1 seed" in found.sentence
    assert "nothing can be concluded" in found.caveats[0]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("ntm/soft",), "only memory trained and tested soft has finished"),
        (("ntm/soft", "none/lstm"), "only memory trained and tested soft and models without"),
        (("ntm/reinforce",), "only memory trained and tested with one slot has finished"),
        (("none/lstm",), "only models without memory"),
        (("ntm/soft", "dntm/reinforce"), "no other model shares task, cell"),
    ],
)
def test_without_a_pair_the_answer_says_what_is_missing(store_of, names, words):
    sentence = answer(read(store_of(names=names))).sentence
    assert "cannot be compared" in sentence and words in sentence
    assert "n = 3 seeds" in sentence


SWEEP = ("ntm/soft", "dnc/soft", "none/lstm")


def test_a_sweep_of_soft_models_compares_each_with_the_first(store_of):
    results = read(store_of(names=SWEEP, seeds=tuple(range(6))))
    numbers = paired(results).set_index("model")
    assert set(numbers["against"]) == {"ntm/soft"} and list(numbers.index) == [
        "dnc/soft",
        "none/lstm",
    ]
    summary = frames.summary(results).set_index("model")["value"]
    assert numbers.loc["none/lstm", "value"] == pytest.approx(
        summary["none/lstm"] - summary["ntm/soft"], abs=0.02
    )
    sentence = answer(results).sentence
    assert sentence.startswith("Against ntm/soft, in accuracy at the trained lengths, dnc/soft ")
    assert "none/lstm differed by −" in sentence and ", p 0.0" in sentence
    table = pairs(results)
    assert "P(model > it)" in table.shown and "the study's first, ntm/soft" in table.caption


def test_few_seeds_of_a_sweep_are_a_caveat(store_of):
    assert "With n = 3 seeds" in answer(read(store_of(names=SWEEP))).caveats[0]
    assert answer(read(store_of(names=SWEEP, seeds=tuple(range(6))))).caveats == ()


def test_of_many_models_the_answer_counts_and_names_the_furthest(store_of):
    specs = {f"shift {n}": ModelSpec("ntm", "soft", cell_options={"shift": n}) for n in range(1, 7)}
    sentence = answer(read(store_of(specs=specs, seeds=tuple(range(6))))).sentence
    assert re.match(r"Against shift 1, .* \d of 5 models ended above and \d below", sentence)
    assert re.search(r"the furthest, shift \d differed by", sentence)


def test_a_memory_with_a_soft_one_beside_it_is_compared_with_that_alone(demo):
    assert "none/lstm" not in set(paired(read(demo))["model"])


def test_failed_seeds_count_as_run_and_not_as_solved(demo):
    counts = solved_runs(read(demo))
    one_slot = Kind("one slot", "one slot")
    assert counts == {SOFT: (4, 6), one_slot: (0, 12), NO_MEMORY: (0, 3)}


def test_a_study_without_a_criterion_reports_nothing_as_solved(store_of):
    results = read(store_of(names=SOFT_AND_DISCRETE, solved_errors=None))
    assert solved_runs(results) == {}
    assert "solved" not in answer(results).sentence


def test_a_seed_that_lacks_a_pair_is_left_out_of_the_average():
    pairs = pd.DataFrame({"seed": [0, 0, 1, 1, 2], "pair": ["a", "b", "a", "b", "a"]})
    assert set(_complete(pairs)["seed"]) == {0, 1}
    scattered = pd.DataFrame({"seed": [0, 1, 2], "pair": ["a", "b", "b"]})
    assert set(_complete(scattered)["pair"]) == {"b"}
