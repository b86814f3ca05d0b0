"""Options without a meaning are refused in one line that names the option and its range."""

import math

import numpy as np
import pytest

from memnets import regularisers
from memnets.options import (
    accepted,
    check_options,
    options_of,
    plain,
    require_number,
    require_positive,
)
from memnets.registry import cells, controllers, estimators
from memnets.spec import ModelSpec

NAN, INF = math.nan, math.inf
REFUSED = [
    ("cell", "dnc", "usage_floor", (2.0, -0.5, 1.0, NAN), "at least 0 and below 1"),
    ("cell", "dnc", "mask_floor", (3.0, -0.1, NAN), "at least 0 and at most 1"),
    ("cell", "dnc", "clip", (-1.0, 0.0, NAN, INF, "20"), "above 0"),
    ("cell", "dntm", "recency_decay", (-1.0, 1.0, NAN), "at least 0 and below 1"),
    ("cell", "sam", "threshold", (NAN, -0.1, INF), "at least 0"),
    ("cell", "sam", "usage_decay", ("x", 0.0, 1.1, NAN), "above 0 and at most 1"),
    ("cell", "sdnc", "threshold", (NAN, -0.1), "at least 0"),
    ("cell", "sdnc", "usage_decay", ("x", NAN), "above 0 and at most 1"),
    ("cell", "lrua", "usage_decay", (0.0, NAN), "above 0 and at most 1"),
    ("cell", "tardis", "penalty", (-1.0, NAN, INF), "at least 0"),
    ("cell", "rlntm", "inverse_temperature", (-1.0, 0.0, NAN, INF), "above 0"),
    ("estimator", "gumbel", "temperature", (INF, 0.0, NAN), "above 0"),
    ("estimator", "gumbel", "final_temperature", (INF, 0.0, NAN), "above 0"),
    ("estimator", "gumbel_rao", "temperature", (INF, 0.0), "above 0"),
    ("estimator", "annealed", "rate", (-1.0, INF, NAN), "at least 0"),
    ("estimator", "reinforce", "weight", (-1.0, NAN), "at least 0"),
    ("estimator", "reinforce", "entropy_weight", (NAN, INF), ""),
    ("estimator", "leave_one_out", "rollouts", (1,), "at least 2"),
    ("controller", "graves2013", "layers", (-1, 0), "at least 1"),
    ("controller", "lstm", "layers", (0, 2**40), "at least 1"),
    ("controller", "feedforward", "layers", (0,), "at least 1"),
]


@pytest.mark.parametrize(
    ("part", "name", "option", "value", "words"),
    [(*row[:3], value, row[4]) for row in REFUSED for value in row[3]],
)
def test_an_option_without_a_meaning_is_refused_with_its_range(part, name, option, value, words):
    names = {"cell": "ntm", part: name}
    spec = ModelSpec(**names, controller_size=4, **{f"{part}_options": {option: value}})
    with pytest.raises(ValueError) as refused:
        spec.build(3, 2)
    said = str(refused.value)
    assert said.startswith(f"{option} must be ")
    assert words in said
    assert repr(value) in said
    assert "\n" not in said


def test_a_number_that_yaml_gives_as_text_is_told_from_a_number():
    with pytest.raises(ValueError) as refused:
        ModelSpec("dnc", cell_options={"usage_floor": "1e-3"}).build(3, 2)
    assert str(refused.value) == (
        "dnc: usage_floor is of type float, such as 0.0, not '1e-3'. This is text, not the number "
        "0.001: in YAML write 0.001"
    )


@pytest.mark.parametrize("value", ["5", None, 1.0, -0.1, NAN, True])
def test_a_dropout_that_is_no_share_is_refused(value):
    with pytest.raises(ValueError, match="bypass_dropout must be .*at least 0 and below 1, not"):
        ModelSpec("ntm", bypass_dropout=value)


@pytest.mark.parametrize("size", [0, 10**21, 3.0, "3", True])
def test_a_size_that_cannot_be_is_refused(size):
    with pytest.raises(ValueError, match="controller_size must be a whole number, at least 1"):
        ModelSpec("ntm", controller_size=size)
    with pytest.raises(ValueError, match="input_size must be a whole number, at least 1"):
        ModelSpec("ntm").build(size, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first_options": {"k": 3}}, "soft has no option 'k'; it has price"),
        ({"then_options": {"k": 3}}, "reinforce has no option 'k'; it has baseline, "),
        ({"then_options": {"baseline": 3}}, "reinforce: baseline is of type str"),
        ({"then_options": {"feature_size": 3}}, "reinforce has no option 'feature_size'"),
        ({"first_options": 5}, "first_options must map names to values, not 5"),
    ],
)
def test_options_of_an_estimator_inside_another_are_checked_like_any(options, message):
    with pytest.raises(ValueError, match=message):
        ModelSpec("ntm", "annealed", estimator_options=options).build(3, 3)


def test_an_unknown_option_of_a_regulariser_is_answered_with_the_known_ones():
    network = ModelSpec("ntm", controller_size=4).build(3, 2)
    with pytest.raises(ValueError, match="address_entropy has no option 'w'; it has weight"):
        regularisers.build("address_entropy", network, {"w": 1})
    with pytest.raises(ValueError, match="weight must be at least 0, not -1"):
        regularisers.build("next_input", network, {"weight": -1})


def test_a_width_that_the_builder_gives_is_no_option():
    assert "feature_size" not in options_of(estimators.get("reinforce"))
    assert "external_size" not in options_of(cells.get("dntm"))
    assert accepted(cells.get("dntm"), external_size=3, feature_size=4) == {"external_size": 3}


def test_an_option_may_be_positional_where_a_plug_in_has_it_so():
    def make(input_size, estimator, slots=16): ...

    check_options("mine", make, {"slots": 3})
    with pytest.raises(ValueError, match="mine has no option 'slot'; it has slots"):
        check_options("mine", make, {"slot": 3})


def test_numbers_of_numpy_become_plain_and_other_things_stay():
    given = {"a": [np.float32(0.5), (np.int8(2), "x")], "b": np.bool_(True), "c": None}
    assert repr(plain(given)) == repr({"a": [0.5, (2, "x")], "b": True, "c": None})
    row = np.zeros(3)
    assert plain(row) is row


def test_numbers_of_numpy_are_in_range_like_others():
    require_positive(slots=np.int64(3))
    require_number("decay", np.float32(0.5), above=0, most=1)
    with pytest.raises(ValueError, match="decay must be above 0 and at most 1, not"):
        require_number("decay", np.float32(1.5), above=0, most=1)


@pytest.mark.parametrize("name", list(controllers))
def test_a_controller_built_by_hand_refuses_a_size_of_none(name):
    with pytest.raises(ValueError, match="size must be a whole number, at least 1, not 0"):
        controllers.get(name)(3, 0)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("gumbel", {"temperature": 0.0}, "temperature must be above 0, not 0.0"),
        ("gumbel", {"anneal_updates": 0}, "anneal_updates must be a whole number, at least 1"),
        ("annealed", {"rate": -1.0}, "rate must be at least 0"),
        ("top_k", {"k": 0}, "k must be a whole number, at least 1, not 0"),
        (
            "reinforce",
            {"baseline": "leave_one_out"},
            "rollouts must be a whole number, at least 2",
        ),
        ("reinforce", {"baseline": "average"}, "'average' is not one of none, moving_average"),
    ],
)
def test_an_estimator_refuses_options_without_a_meaning(name, options, message):
    with pytest.raises(ValueError, match=message):
        estimators.get(name)(**options)
