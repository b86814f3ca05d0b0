"""Scores beside those of controls, on stores where what is left is known."""

import numpy as np
import pytest

from reports.results import read
from reports.views.supervised import controls
from reports.views.supervised.view import Supervised

NAMES = ("none/lstm", "ntm/soft", "ntm/straight_through")
LEFT = {"cut_off": 0.1, "frozen": 0.2, "shuffled": 0.4}


@pytest.fixture
def results(store_of):
    return read(store_of(names=NAMES))


def test_every_trial_with_memory_has_its_score_and_those_of_three_controls(results):
    found = controls.final(results)
    assert set(found["model"]) == set(NAMES[1:]) and len(found) == 2 * 3
    for column, share in LEFT.items():
        np.testing.assert_allclose(found[column] - 0.5, share * (found["accuracy"] - 0.5))


def test_a_model_has_the_mean_over_its_seeds(results):
    seeds, models = controls.final(results), controls.by_model(results)
    assert models["model"].tolist() == list(NAMES[1:]) and models["seeds"].tolist() == [3, 3]
    for name in controls.SCORES:
        means = seeds.groupby("model")[name].mean()
        np.testing.assert_allclose(models[name], means[models["model"]])


def test_the_section_shows_them_side_by_side_and_says_where_memory_counts(results):
    section = controls.controls(results)
    picture, table = section.blocks
    models = controls.by_model(results).set_index("model")
    assert table.shown.columns.tolist()[-5:] == ["Accuracy", "Cut off", "Frozen", "Shuffled", "n"]
    row = table.shown[table.shown["Model"] == "ntm/soft"]
    assert row["Frozen"].item() == f"{100 * models['frozen']['ntm/soft']:.1f} %"
    most = models["accuracy"].idxmax()
    (least,) = set(models.index) - {most}
    assert picture.says.startswith(f"The memory is worth most to {most} (")
    assert f"least to {least} (" in picture.says
    assert f"against {100 * models['shuffled'][most]:.1f} % under the mildest" in picture.says
    assert len(picture.figure.axes[0].lines) >= 2 * 5


def test_the_section_is_part_of_the_page(results):
    assert "controls" in [section.slug for section in Supervised().sections(results)]


def test_results_of_earlier_versions_and_of_no_memory_have_none(store_of, tmp_path, write_store):
    assert controls.controls(read(store_of(names=NAMES, earlier=True))) is None
    alone = write_store(tmp_path / "alone", names=("none/lstm",))
    assert controls.controls(read(alone)) is None
