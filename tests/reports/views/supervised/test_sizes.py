"""Accuracy against state: which models differ in sizes alone, and how they are drawn."""

from dataclasses import replace

import pytest

from memnets.spec import ModelSpec
from reports.results import read
from reports.views.supervised import sizes

from ...drawings import drawn, texts

SMALL, LARGE = 2_048, 32_768


def attention(slots, estimator="soft"):
    options = {"k": 2} if estimator == "noisy_top_k" else {}
    return ModelSpec(
        "attention",
        estimator,
        controller_size=slots,
        cell_options={"slots": slots, "positions": "alibi"},
        estimator_options=options,
    )


MODELS = {
    "attention, soft, small": attention(4),
    "attention, soft, large": attention(64),
    "attention, hardened, small": attention(4, "hardened"),
    "attention, hardened, large": attention(64, "hardened"),
    "ntm": ModelSpec("ntm", cell_options={"slots": 8}),
    "dnc/small": ModelSpec("dnc", cell_options={"slots": 4}),
    "dnc/large": ModelSpec("dnc", cell_options={"slots": 64}),
}
QUALITY = {name: (0.9 if "large" in name else 0.7, 3.0) for name in MODELS}
QUALITY["dnc/large"] = (0.99, 3.0)


@pytest.fixture(scope="module")
def results(write_store, tmp_path_factory):
    store = write_store(tmp_path_factory.mktemp("runs"), specs=MODELS, quality=QUALITY)
    found = read(store)
    state = [LARGE if "large" in model else SMALL for model in found.facts["model"]]
    return replace(found, facts=found.facts.assign(state_size=state))


def test_models_that_differ_in_sizes_alone_are_a_family(results):
    frame = sizes.frame(results).set_index("model")
    # the NTM is there in one size
    assert set(frame.index) == set(MODELS) - {"ntm"}
    assert frame["family"].to_dict() == {
        "attention, soft, small": "attention, soft",
        "attention, soft, large": "attention, soft",
        "attention, hardened, small": "attention, hardened",
        "attention, hardened, large": "attention, hardened",
        # no word is shared: the name of the first
        "dnc/small": "dnc/small",
        "dnc/large": "dnc/small",
    }
    assert set(frame.loc[frame["cell"] == "attention", "memory"]) == {"attention"}


def test_a_panel_per_estimator_and_a_line_per_memory(results):
    (picture,) = sizes.pictures(results)
    assert picture.name == "sizes" and "n = 3 seeds" in picture.caption
    figure = drawn(picture.figure)
    assert [axes.get_title("left") for axes in figure.axes] == ["soft", "hardened"]
    names = {"attention", "dnc/small", "state (numbers that a sequence carries)"}
    assert names <= set(texts(figure))
    lines = [[line for line in axes.lines if joins(line)] for axes in figure.axes]
    assert [len(each) for each in lines] == [2, 1]
    # a memory has one colour in all panels, and another one has another
    colours = [[line.get_color() for line in each] for each in lines]
    assert colours[1][0] in colours[0] and len(set(colours[0])) == 2
    tagged = {line.get_gid() for axes in figure.axes for line in axes.lines}
    assert len({gid for gid in tagged if gid and gid.startswith("model-")}) == 6


def joins(line):
    return list(line.get_xdata()) == [SMALL, LARGE]


def test_what_it_says_is_computed(results):
    (picture,) = sizes.pictures(results)
    assert picture.says.startswith("The most accurate is dnc/large (")
    assert "32\N{NO-BREAK SPACE}768 numbers" in picture.says
    assert "dnc/small gains the most from its smallest state to its largest: +" in picture.says


def test_without_several_sizes_there_is_no_picture(demo):
    assert sizes.pictures(read(demo)) == []
    assert sizes.frame(read(demo)).empty


@pytest.mark.parametrize(
    ("one", "other", "memory"),
    [
        ("delta, soft, 64", "delta, soft, 128", "delta, soft"),
        ("delta: 64", "delta: 128", "delta"),
        ("64 delta", "128 delta", "64 delta"),
    ],
)
def test_a_family_is_named_by_the_words_that_its_models_share(one, other, memory):
    models = {
        name: ModelSpec("delta", cell_options={"slots": n}) for n, name in ((64, one), (128, other))
    }
    assert set(sizes._named(models, sizes._family).values()) == {memory}


def test_names_of_families_are_never_the_same():
    models = {
        "delta 64": ModelSpec("delta", cell_options={"slots": 64}),
        "delta 128": ModelSpec("delta", cell_options={"slots": 128}),
        "delta 64 gated": ModelSpec("delta", cell_options={"slots": 64, "gated": True}),
        "delta 128 gated": ModelSpec("delta", cell_options={"slots": 128, "gated": True}),
    }
    names = sizes._named(models, sizes._family)
    assert names["delta 64"] == names["delta 128"] == "delta"
    assert names["delta 64 gated"] == names["delta 128 gated"] == "delta 64 gated"


def test_a_name_that_a_group_has_is_given_to_no_other():
    plain = {n: ModelSpec("delta", cell_options={"slots": n}) for n in (64, 128)}
    gated = {n: ModelSpec("delta", cell_options={"slots": n, "gated": True}) for n in (64, 128)}
    models = {"delta 64": plain[64], "delta 128": plain[128]}
    models |= {"delta": gated[64], "delta wide": gated[128]}
    names = sizes._named(models, sizes._family)
    assert names["delta 64"] == names["delta 128"] == "delta 64"
    assert names["delta"] == names["delta wide"] == "delta"


def test_where_none_gains_that_is_said(results):
    state = results.facts["state_size"].map({SMALL: LARGE, LARGE: SMALL})
    turned = replace(results, facts=results.facts.assign(state_size=state))
    (picture,) = sizes.pictures(turned)
    assert "None gains from its smallest state to its largest" in picture.says
