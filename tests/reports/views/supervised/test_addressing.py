"""The section on addressing: models side by side, then each by itself, folded if many."""

import pytest

from memnets.spec import ModelSpec
from reports.blocks import Paragraph, Picture
from reports.results import read
from reports.views.supervised import addressing as section
from reports.views.supervised.addressing import addressing

from ...pages import without_figures

MEMORY = ("ntm/soft", "ntm/reinforce", "dnc/soft", "dnc/reinforce", "dntm/soft")


def pictures(store):
    found = addressing(read(store)).blocks
    beside = [each for each in found if each.name.startswith("beside")]
    return beside, [each for each in found if each not in beside]


@pytest.mark.parametrize(("count", "columns"), [(2, [2]), (4, [4]), (5, [3, 2])])
def test_models_stand_side_by_side_before_each_by_itself(store_of, count, columns):
    beside, alone = pictures(store_of(names=MEMORY[:count], seeds=(0, 1)))
    assert [len(each.figure.axes) for each in beside] == [1 + 2 * 2 * many for many in columns]
    assert len(alone) == count and not any(each.folded for each in alone)
    assert all("of length 8 and length 16" in each.caption for each in beside)
    assert all("of length 8 through" in each.caption for each in alone)
    assert "Averaged over heads and steps, the slot with most weight has 0.85" in beside[0].says


def test_one_model_has_nobody_beside_it(store_of):
    beside, alone = pictures(store_of(names=("none/lstm", "ntm/soft"), seeds=(0,)))
    assert not beside and len(alone) == 1


def test_of_many_models_those_by_themselves_are_folded(store_of):
    specs = {
        f"ntm {slots}": ModelSpec("ntm", cell_options={"slots": slots}) for slots in range(8, 15)
    }
    store = store_of(specs=specs, seeds=(0,))
    beside, alone = pictures(store)
    assert len(beside) == 2 and len(alone) == 7 > section.OPEN
    assert all(each.folded for each in alone) and not any(each.folded for each in beside)
    text = without_figures(store)
    assert text.count('<details class="folded">') == 7
    assert "<summary>Addressing of ntm 8</summary>" in text


def test_a_large_study_draws_as_many_models_of_each_task(store_of, monkeypatch):
    monkeypatch.setattr(section, "MOST", 4)
    store = store_of(names=MEMORY[:4], seeds=(0,), tasks=("copy", "repeat_copy"))
    said, *found = addressing(read(store)).blocks
    assert (
        isinstance(said, Paragraph) and "Of 8 models" in said.text and "2 of each task" in said.text
    )
    assert all(isinstance(each, Picture) for each in found)
    assert [each.name for each in found[:2]] == ["beside-copy-1", "beside-repeat-copy-1"]
    assert len(found) == 2 + 4
