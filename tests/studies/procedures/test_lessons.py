"""The curriculum of lessons: what its batches hold, when it moves on, and what it refuses."""

import numpy as np
import pytest

from envs.tasks import make_task
from memnets.spec import ModelSpec
from studies import LessonCurriculum, Supervised, TaskSpec, Trial
from studies.design.data import BadData
from studies.procedures.standing import Standing

from ..recorders import Memory, Stopped, rows_of, timeless

LESSONS = ({"length": (1, 1), "nodes": (2, 3)}, {"length": (2, 3), "nodes": (4, 4)})
OPTIONS = {"digits": 1, "max_length": 3, "min_nodes": 4, "max_nodes": 5}
TASK = make_task("graph_traversal", **OPTIONS)


def trial(**change):
    settings = {"updates": 12, "batch_size": 6, "evaluate_every": 4, "test_sequences": 3}
    return Trial(
        task=TaskSpec("graph_traversal", OPTIONS),
        model=ModelSpec("ntm", "soft", "lstm", 6, {"slots": 4, "width": 4}),
        procedure=Supervised(**(settings | change)),
    )


def test_a_batch_has_its_lesson_and_a_share_of_earlier_ones():
    curriculum = LessonCurriculum(LESSONS, earlier=0.3)
    rng, standing = np.random.default_rng(0), Standing(2)
    earlier = []
    for _ in range(100):
        batch = curriculum.batch(standing, TASK, rng, 10)
        asked_B = batch.mask_TB.sum(0)
        present_B = standing.hardest_B
        assert present_B.any() and (np.diff(present_B.astype(int)) >= 0).all()
        assert (asked_B[~present_B] == 1).all() and set(asked_B[present_B]) <= {2, 3}
        earlier.append(np.mean(~present_B))
    # a binomial share of 0.3 over 1,000 sequences, within five deviations
    assert abs(np.mean(earlier) - 0.3) < 5 * np.sqrt(0.3 * 0.7 / 1000)
    first = Standing(1)
    batch = curriculum.batch(first, TASK, rng, 10)
    assert first.hardest_B.all() and (batch.mask_TB.sum(0) == 1).all()


def test_the_next_lesson_comes_when_the_present_one_is_right_and_the_last_stays():
    curriculum = LessonCurriculum(LESSONS, errors=0.3, decay=0.5, apart=3, earlier=0.5)
    rng, standing, levels = np.random.default_rng(0), Standing(1), []
    for step in range(1, 9):
        batch = curriculum.batch(standing, TASK, rng, 8)
        decided = batch.targets_TBY.copy()
        # what is wrong in earlier lessons does not count
        decided[:, ~standing.hardest_B] += 1
        curriculum.updated(standing, step, TASK, decided, batch)
        levels.append(standing.level)
    # halved at each update: below 0.3 after two, and three must lie between two rises
    assert levels == [1, 1, 2, 2, 2, 2, 2, 2]
    assert standing.recent < 0.3


def test_a_trial_that_stops_and_goes_on_has_the_rows_of_one_in_one_go():
    one = trial(curriculum=LessonCurriculum(LESSONS, errors=0.99, decay=0.0, apart=2))
    rows, _ = rows_of(one)
    assert [row["level"] for row in rows if row["kind"] == "train"] == [2, 2, 2]
    # the first row of the second evaluation is the last one that is written
    each = len([row for row in rows if row["step"] == rows[0]["step"]])
    stopped = Memory(stop_after=each + 1)
    with pytest.raises(Stopped):
        one.procedure.run(one, stopped)
    rest, _ = rows_of(one, stopped.checkpoint)
    assert [timeless(row) for row in stopped.rows[:each]] + rest == rows
    assert Trial.from_json(one.to_json()) == one and one.id != trial().id


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lessons": ()}, "curriculum lessons is (); it must be one or more mappings"),
        ({"lessons": ({"length": (2, 1)},)}, "it must be one or more mappings of names to two"),
        ({"lessons": ({"length": 3},)}, "it must be one or more mappings of names to two"),
        ({"earlier": 1.0}, "curriculum earlier is 1.0; it must be below 1."),
        ({"apart": 0}, "curriculum apart is 0; it must be a whole number, at least 1."),
    ],
)
def test_wrong_settings_get_one_clear_line(change, message):
    with pytest.raises(BadData) as error:
        LessonCurriculum(**({"lessons": LESSONS} | change))
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_lesson_about_what_the_task_has_not_is_refused():
    wrong = trial(curriculum={"kind": "lessons", "lessons": [{"nods": [1, 2]}]})
    with pytest.raises(BadData, match=r"^curriculum, lesson 1: no 'nods'\. Did you mean 'nodes'\?"):
        wrong.procedure.takes(TASK)
    babi = make_task("babi", kinds=[1, 7, 19])
    kinds = LessonCurriculum([{"kind": (1, 1)}, {"length": (1, 2), "kind": (1, 19)}])
    with pytest.raises(BadData, match=r"^curriculum, lesson 2: Babi: no kind 2; .* 1, 7, 19\.$"):
        kinds.check(babi)
    narrow = LessonCurriculum([{"length": (1, 3), "nodes": (2, 4)}])
    with pytest.raises(BadData, match=r"^curriculum, lesson 1: ShortestPath: no path of length 3"):
        narrow.check(make_task("shortest_path"))
    # nothing is drawn from within a wide range, at whose ends all is well
    LessonCurriculum([{"length": (1, 100)}]).check(make_task("copy"))
    with pytest.raises(BadData, match="no kind 'lesson', but 'mixture' and 'lessons'"):
        trial(curriculum={"kind": "lesson"})
