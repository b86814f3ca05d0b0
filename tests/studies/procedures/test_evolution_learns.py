"""Evolution strategies: settings that are refused, and that it learns."""

import pytest

from memnets.spec import ModelSpec
from studies import Evolution, TaskSpec, Trial
from studies.design.data import BadData

from ..recorders import rows_of


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population": 5}, "population is 5; it must be an even number: members stand in pairs"),
        ({"population": 0}, "population is 0"),
        ({"sigma": 0.0}, "sigma is 0.0"),
        ({"weight_decay": -1}, "weight_decay is -1"),
        ({"shaping": "centred_rank"}, "no shaping 'centred_rank'. Did you mean 'centred_ranks'"),
        ({"updates": 0}, "updates is 0"),
        ({"optimiser": "addam"}, "Did you mean 'adam'"),
        ({"test_lengths": ()}, "test_lengths"),
        ({"solved_errors": -1}, "solved_errors is -1"),
        ({"backend": "fast"}, "there are auto"),
    ],
)
def test_settings_out_of_range_are_refused_in_one_line(settings, message):
    with pytest.raises(BadData, match=message) as caught:
        Evolution(**settings)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        ModelSpec("none", controller_size=20),
        ModelSpec(
            "ntm", "straight_through", controller_size=20, cell_options={"slots": 8, "width": 8}
        ),
    ],
    ids=lambda model: model.label,
)
def test_it_learns_a_tiny_copy_far_above_chance(model):
    procedure = Evolution(
        updates=250,
        sigma=0.1,
        learning_rate=0.05,
        evaluate_every=250,
        test_lengths=(1, 2),
        test_sequences=256,
    )
    task = TaskSpec("copy", {"width": 3, "max_length": 2})
    tiny = Trial(task=task, model=model, procedure=procedure, seed=0)
    rows, _ = rows_of(tiny)
    short, longer = [row for row in rows if row.get("address") == "own"]
    # guessing has one half right; 256 sequences of a vector are within 0.04 of that by chance
    assert short["accuracy"] > 0.85 and longer["accuracy"] > 0.6
