"""The use of slots, on stores whose use is known."""

from reports.results import read
from reports.views.supervised import load
from reports.views.supervised.view import Supervised

NAMES = ("none/lstm", "ntm/soft", "ntm/reinforce")


def test_every_memory_has_a_row_of_medians(store_of):
    results = read(store_of(names=NAMES))
    numbers = load.load(results).set_index("model")
    assert set(numbers.index) == {"ntm/soft", "ntm/reinforce"}
    assert (numbers[load.COLUMNS] == [0.25, 0.5, 1.5, 0.75]).all(axis=None)
    assert (numbers["n"] == 3).all()
    (table,) = load.loads(results).blocks
    row = table.shown[table.shown["Model"] == "ntm/reinforce"]
    assert row[["Never written", "Never read"]].values.tolist() == [["25.0 %", "50.0 %"]]
    assert row["Written over (nats)"].item() == "1.50" and row["n"].item() == "3"


def test_results_of_earlier_versions_have_no_such_section(store_of):
    results = read(store_of(names=NAMES, earlier=True))
    assert load.loads(results) is None
    assert "load" not in [section.slug for section in Supervised().sections(results)]
