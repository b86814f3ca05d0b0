"""The curriculum in which every sequence of a batch has a length of its own."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from envs.tasks import make_task
from memnets.spec import ModelSpec
from memnets.types import Address
from studies import Curriculum, MixtureCurriculum, Supervised, TaskSpec, Trial
from studies.design.data import BadData
from studies.procedures.curriculum import Standing
from studies.procedures.learner import Learner
from studies.procedures.mixed import last_scored, sample_lengths
from studies.procedures.training import evaluated, scored, update

from ..recorders import rows_of, timeless

COPY = make_task("copy", width=3, max_length=12)


@pytest.fixture
def mixed():
    """A trial that rises quickly: any answer is good enough."""
    return Trial(
        task=TaskSpec("copy", {"width": 2, "max_length": 4}),
        model=ModelSpec("ntm", "reinforce", "lstm", 4, {"slots": 4, "width": 3}),
        procedure=Supervised(
            updates=6,
            batch_size=5,
            evaluate_every=2,
            test_lengths=(1, 2),
            test_sequences=3,
            curriculum=MixtureCurriculum(errors=1.0, apart=2),
            backend="reference",
        ),
        seed=3,
    )


def test_lengths_are_drawn_with_the_shares_of_the_authors_code():
    rng, draws, level = np.random.default_rng(0), 40_000, 3
    curriculum = MixtureCurriculum()
    lengths_B, hardest_B = curriculum.draw(level, (1, 12), rng, draws)
    expected = np.zeros(13)
    expected[1:] += 0.1 / 12
    for extra in range(40):
        chance, top = 0.5 ** (extra + 1), min(level + extra, 12)
        expected[1 : top + 1] += 0.225 * chance / top
        expected[top] += 0.675 * chance
    found = np.bincount(lengths_B, minlength=13) / draws
    deviation = np.sqrt(expected * (1 - expected) / draws)
    assert (np.abs(found - expected) <= 4.5 * deviation).all()
    assert hardest_B.mean() == pytest.approx(0.675, abs=4.5 * math.sqrt(0.675 * 0.325 / draws))
    assert (lengths_B[hardest_B] >= level).all()


def test_the_first_sequence_of_a_draw_is_always_among_the_hardest():
    curriculum = MixtureCurriculum(anywhere=1.0, easier=0.0)
    for seed in range(20):
        lengths_B, hardest_B = curriculum.draw(9, (1, 12), np.random.default_rng(seed), 4)
        assert hardest_B.tolist() == [True, False, False, False] and lengths_B[0] >= 9


def test_a_mixed_batch_has_each_sequence_followed_by_silent_steps():
    lengths = np.array([1, 1, 3, 4])
    batch = sample_lengths(COPY, np.random.default_rng(5), lengths)
    rng = np.random.default_rng(5)
    first = 0
    for length, count in ((1, 2), (3, 1), (4, 1)):
        part = COPY.sample(rng, count, length)
        steps, columns = 2 * length + 2, slice(first, first + count)
        for whole, own in zip(batch, part, strict=True):
            assert whole.dtype == own.dtype and len(whole) == 2 * 4 + 2
            np.testing.assert_array_equal(whole[:steps, columns], own)
            assert not whole[steps:, columns].any()
        first += count


@pytest.mark.parametrize("backend", ["reference", "fused"])
@pytest.mark.parametrize("cell", ["none", "ntm", "dnc", "dntm"])
def test_the_silent_end_of_a_sequence_changes_none_of_its_answers(cell, backend):
    batch = sample_lengths(COPY, np.random.default_rng(5), np.array([1, 1, 3, 4]))
    assert batch.steps_B.tolist() == [4, 4, 8, 10]
    options = {} if cell == "none" else {"slots": 6, "width": 3}
    torch.manual_seed(0)
    network = ModelSpec(cell, "soft", "lstm", 8, options).build(5, 3, backend=backend).eval()
    with torch.no_grad():
        together = network(torch.from_numpy(batch.inputs_TBX)).logits_TBY
        for rows, part in batch.by_length():
            alone = network(torch.from_numpy(part.inputs_TBX)).logits_TBY
            torch.testing.assert_close(together[: len(alone), rows], alone, rtol=1e-4, atol=1e-5)


def test_the_level_rises_when_the_hardest_do_well_but_not_too_soon():
    curriculum = MixtureCurriculum(errors=0.3, decay=0.5, apart=4)
    standing = Standing(2)
    rng = np.random.default_rng(1)
    seen = []
    for step in range(1, 13):
        batch = curriculum.batch(standing, COPY, rng, 6)
        # all that is asked of the others is wrong, which must not count
        right_TBY = batch.targets_TBY
        easy = ~standing.hardest_B
        decided = np.where(easy[:, None], 1 - right_TBY, right_TBY)
        curriculum.updated(standing, step, COPY, decided, batch)
        seen.append((standing.level, standing.recent))
    # halved at every update: below 0.3 after two, but a rise waits for the fourth
    mean, level, raised, expected = 1.0, 2, 0, []
    for step in range(1, 13):
        mean /= 2
        if mean < 0.3 and step - raised >= 4:
            mean, level, raised = 1.0, level + 1, step
        expected.append((level, mean))
    assert seen == expected and level == 5


def test_the_error_is_the_share_of_wrong_answers_of_the_hardest():
    curriculum, standing = MixtureCurriculum(decay=0.0), Standing(2)
    batch = curriculum.batch(standing, COPY, np.random.default_rng(2), 8)
    decided = batch.targets_TBY.copy()
    hardest = np.flatnonzero(standing.hardest_B)[0]
    step = np.flatnonzero(batch.mask_TB[:, hardest])[0]
    decided[step, hardest, :2] = 1 - decided[step, hardest, :2]
    curriculum.updated(standing, 1, COPY, decided, batch)
    asked = batch.mask_TB[:, standing.hardest_B].sum() * 3
    assert standing.recent == pytest.approx(2 / asked)


def test_the_level_ends_at_the_longest_length():
    curriculum, standing = MixtureCurriculum(errors=1.0, apart=1), Standing(12)
    batch = curriculum.batch(standing, COPY, np.random.default_rng(2), 8)
    curriculum.updated(standing, 1, COPY, batch.targets_TBY, batch)
    assert standing.level == 12 and standing.raised == 0


@pytest.mark.parametrize("estimator", ["soft", "reinforce", "leave_one_out"])
def test_a_trial_stopped_after_any_update_gives_the_same_rows_to_the_bit(mixed, estimator):
    model = dataclasses.replace(mixed.model, estimator=estimator)
    trial = dataclasses.replace(mixed, model=model)
    whole, _ = rows_of(trial)
    levels = [row["level"] for row in whole if row["kind"] == "train"]
    assert levels == [2, 3, 4] and "level" not in whole[1]
    learner, rows = Learner.start(trial, trial.procedure, "cpu"), []
    while not learner.over:
        update(learner)
        rows += evaluated(learner) if learner.due else []
        checkpoint = learner.checkpoint()
        learner = Learner.start(trial, trial.procedure, "cpu")
        learner.restore(checkpoint)
    assert [timeless(row) for row in rows] == whole


def test_rows_of_the_curriculum_by_batch_have_the_level_that_their_batches_had(mixed):
    by_batch = Curriculum(errors=100.0)
    procedure = dataclasses.replace(mixed.procedure, curriculum=by_batch)
    rows, _ = rows_of(dataclasses.replace(mixed, procedure=procedure))
    assert [row["level"] for row in rows if row["kind"] == "train"] == [1, 2, 3]
    procedure = dataclasses.replace(mixed.procedure, curriculum=None)
    rows, _ = rows_of(dataclasses.replace(mixed, procedure=procedure))
    assert all("level" not in row for row in rows)


def test_choices_after_the_last_scored_step_are_no_part_of_the_surrogate():
    mask_TB = np.array([[0, 1], [1, 0], [0, 0]], bool)
    assert last_scored(mask_TB).tolist() == [[True, True], [True, False], [False, False]]
    number = torch.rand(3, 2, 1)
    address = Address(number, None, number, number)
    kept = scored(address, mask_TB)
    expected = number * torch.tensor([[1, 1], [1, 0], [0, 0]]).unsqueeze(-1)
    assert torch.equal(kept.log_prob_BH, expected) and torch.equal(kept.entropy_BH, expected)
    assert kept.weights_BHK is number
    mask_TB[-1] = True
    assert scored(address, mask_TB) is address


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": 0}, "curriculum start is 0"),
        ({"apart": 0}, "curriculum apart is 0"),
        ({"errors": 1.5}, "curriculum errors is 1.5; it must be a fraction, at most 1"),
        ({"anywhere": 0.9}, "curriculum easier is 0.225; .* at most 1 together with anywhere"),
        ({"decay": 1.0}, "curriculum decay is 1.0; it must be below 1"),
    ],
)
def test_shares_out_of_range_are_refused_in_one_line(change, message):
    with pytest.raises(BadData, match=message) as caught:
        MixtureCurriculum(**change)
    assert "\n" not in str(caught.value)


def test_it_is_stored_by_its_kind_and_read_again():
    trial = Trial(
        TaskSpec("copy"), ModelSpec("ntm"), Supervised(curriculum=MixtureCurriculum(apart=7))
    )
    again = Trial.from_json(trial.to_json())
    assert again == trial and again.id == trial.id
    assert again.procedure.curriculum == MixtureCurriculum(apart=7)
    with pytest.raises(BadData, match="curriculum: no kind 'mixed', but 'mixture'"):
        Supervised(curriculum={"kind": "mixed"})
