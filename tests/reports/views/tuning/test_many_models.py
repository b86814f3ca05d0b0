"""A search with many models: its answer stays short, and its figure is like the others."""

import matplotlib
import pytest

from memnets.spec import ModelSpec
from reports import style, svg
from reports.results import read
from reports.views.most import MOST
from reports.views.tuning import sections
from reports.views.tuning.view import Tuning as View
from studies import ResultStore, Search, Study, Supervised, TaskSpec
from studies.running.recorder import FolderRecorder

RATES = (0.001, 0.01, 0.1)
MODELS = 28


def errors(place, rate, optimiser):
    """The highest rate is the best of three models in four, and the others are better still."""
    best = 0.1 if place % 4 else 0.001
    return 1 + (place % 4 > 0) + place / 100 + (rate != best) + 0.5 * (optimiser == "sgd")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    sizes = {place: ModelSpec("ntm", controller_size=place) for place in range(1, MODELS)}
    models = {f"model {place}": spec for place, spec in ({0: ModelSpec("none")} | sizes).items()}
    study = Study(
        name="wide",
        question="Which memory copies?",
        tasks={"copy": TaskSpec("copy", {"max_length": 4})},
        models=models,
        procedure=Supervised(updates=10, test_lengths=(2, 4)),
        seeds=(0, 1),
        tuning=Search(space={"learning_rate": RATES, "optimiser": ("adam", "sgd")}, seeds=(7,)),
    )
    store = ResultStore(tmp_path_factory.mktemp("search") / "wide")
    store.declare(study)
    for trial in study.trials():
        store.begin(trial)
        settings = trial.procedure.of
        place = int(trial.model_label.split()[1])
        wrong = errors(place, settings.learning_rate, settings.optimiser)
        row = {"step": 10, "sequences": 160, "seconds": 2.0, "kind": "test", "length": 4}
        row |= {"accuracy": 0.5, "errors": wrong, "bits": wrong, "sequence_accuracy": 0.5}
        FolderRecorder(store, trial).row({**row, "entropy": 0.1, "excess_bits": None})
        facts = {"parameters": 9, "seconds": 2.0, "solved": None, "updates": 10, "sequences": 160}
        store.finish(trial, {**facts, "in_training": "soft", "at_test": "soft", "discrete": False})
    return read(store).of("tuning")


def test_the_answer_sums_up_many_choices_and_points_to_their_table(results):
    sentence = View().answer(results).sentence
    assert sentence == (
        f"Of {6 * MODELS} settings, {MODELS} were chosen before the comparison, one for each "
        'model; the table "Chosen settings" has all. Most often: learning_rate 0.1, the highest '
        f"tried (21 of {MODELS}); optimiser adam ({MODELS} of {MODELS})."
    )
    (table,) = sections.chosen(results).blocks
    assert table.title in sentence and len(table.shown) == MODELS


def test_the_figure_draws_the_best_models_in_the_colours_of_the_study(results, tmp_path):
    (picture,) = sections.sensitivity(results).blocks
    figure = picture.figure
    assert f"the {MOST} with the best scores are drawn" in picture.caption
    assert set(picture.data["model"]) == {f"model {place}" for place in range(MODELS)}
    looks = results.facts.drop_duplicates("model").set_index("place")
    for axes in figure.axes:
        lines = {line.get_gid(): line for line in axes.lines if line.get_linestyle() != "None"}
        # the best ones and the model without memory
        assert len(lines) == MOST + 1 and None not in lines and "model-0" in lines
        left_out = set(range(MODELS)) - {int(name.split("-")[1]) for name in lines}
        assert left_out <= {place for place in range(MODELS) if place % 4}
        for name, line in lines.items():
            assert line.get_color() == style.colour_of(looks.loc[int(name.split("-")[1])])
    (legend,) = figure.legends
    shown = [
        (line.get_color(), line.get_marker(), str(line._dash_pattern))
        for line in legend.get_lines()
    ]
    assert len(set(shown)) == len(shown) == MOST + 2
    rings = [
        line
        for line in figure.axes[0].findobj(matplotlib.lines.Line2D)
        if line.get_markersize() == 11
    ]
    assert len(rings) == MOST + 1 and all(ring.get_gid() for ring in rings)
    # what is no number has its words under the pointer
    text = svg.save(figure, tmp_path, "sensitivity")
    assert "xwords&#34;: [&#34;adam&#34;, &#34;sgd&#34;]" in text and 'class="model-1"' in text
