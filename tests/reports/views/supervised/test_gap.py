"""The soft-hard gap, on stores whose gaps are known."""

import numpy as np
import pytest

from reports.results import read
from reports.views.supervised import gap, gap_section
from reports.views.supervised.view import Supervised

NAMES = ("none/lstm", "ntm/soft", "ntm/hardened", "ntm/straight_through", "ntm/top_k")
GAPS = {"ntm/soft": 2.0, "ntm/hardened": 0.25, "ntm/straight_through": -0.5, "ntm/top_k": 1.0}


@pytest.fixture
def results(store_of):
    return read(store_of(names=NAMES))


def test_a_gap_is_errors_with_one_slot_less_those_with_the_whole_weighting(results):
    found = gap.final(results)
    assert set(found["model"]) == set(GAPS)
    for model, rows in found.groupby("model"):
        np.testing.assert_allclose(rows["gap"], GAPS[model])
        np.testing.assert_allclose(rows["errors_one_slot"] - rows["errors_soft"], GAPS[model])
    assert (found["entropy"] == 0.7).all()
    assert len(found) == len(found[["trial", "length"]].drop_duplicates()) == 4 * 3 * 6


def test_a_model_of_k_slots_is_compared_with_its_k_slots(results):
    rows = gap.final(results)
    rows = rows[rows["model"] == "ntm/top_k"]
    np.testing.assert_array_equal(rows["errors_soft"], rows["errors"])


def test_medians_and_counts_per_model_and_length(results):
    models = gap.by_model(results).set_index("model")
    assert models["gap"].to_dict() == pytest.approx(GAPS)
    assert (models["n"] == 3).all()
    lengths = gap.by_length(results)
    assert len(lengths) == 4 * 6 and (lengths["n"] == 3).all()
    np.testing.assert_allclose(lengths["low"], lengths["high"])


def test_the_section_has_two_figures_and_every_score(results):
    section = gap_section.gaps(results)
    entropy, length, table = section.blocks
    assert (entropy.name, length.name, table.name) == ("gap-entropy", "gap-length", "gap")
    row = table.shown[(table.shown["Model"] == "ntm/hardened") & (table.shown["Length"] == "4")]
    assert row["Gap"].item() == "+0.250" and row["n"].item() == "3"
    assert row[["In training", "At test"]].values.tolist() == [["soft", "one slot"]]
    assert "Wrong, cut off" in table.shown and "controller" in table.caption


def test_the_gap_of_soft_memory_is_a_key_number(results):
    (found,) = [n for n in Supervised().key_numbers(results) if "soft-hard gap" in n.label]
    assert found.text == "+2.00"
    assert "memory trained and tested soft (median, n = 3 trials)" in found.label


def test_results_of_earlier_versions_have_no_gap(store_of):
    results = read(store_of(names=NAMES, earlier=True))
    assert gap.final(results).empty and gap_section.gaps(results) is None
    sections = [section.slug for section in Supervised().sections(results)]
    assert "gap" not in sections and "statistics" in sections
    assert not any("gap" in number.label for number in Supervised().key_numbers(results))
