"""Distillation: each divergence against a loop, what is learned of a teacher, and which it is."""

import dataclasses
import math
import shutil

import pytest
import torch

from envs.answers import Bits
from memnets.saved import save
from memnets.spec import ModelSpec
from studies import Distillation, TaskSpec
from studies.design.data import BadData
from studies.design.trial import Trial
from studies.procedures.cost import divergence
from studies.procedures.learner import Learner
from studies.procedures.stored_network import digest, stored
from studies.procedures.trained import trained
from studies.procedures.training import update

from ..recorders import Memory, Stopped, rows_of
from .steered import start, steered


def numbers(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


@pytest.fixture
def lesson(trial, tmp_path):
    """A teacher's checkpoint, after some training, and the path of it."""
    teacher = steered(trial, learning_rate=0.3)
    memory = Memory()
    teacher.procedure.run(dataclasses.replace(teacher, seed=8), memory)
    path = tmp_path / "teacher.pt"
    path.write_bytes(memory.checkpoint)
    return path


@pytest.mark.parametrize("of", [{"weight": 50.0}, {"weight": 0.0, "addresses": 1.0}], ids=str)
def test_a_student_comes_nearer_to_its_teacher(trial, lesson, of):
    own = Distillation(str(lesson), **of)
    learner = start(steered(trial, distillation=own, learning_rate=0.02, batch_size=16))
    term, batch = learner.regularisers[0], learner.batch()
    inputs_TBX, mask_TB = torch.from_numpy(batch.inputs_TBX), torch.from_numpy(batch.mask_TB)

    def apart():
        with torch.no_grad():
            return term(learner.network(inputs_TBX), inputs_TBX, mask_TB=mask_TB).item()

    before = apart()
    for _ in range(60):
        update(learner)
    assert apart() < 0.5 * before


def test_what_it_adds_is_the_divergence_over_scored_steps(trial, lesson):
    learner = start(steered(trial, distillation=Distillation(str(lesson), weight=0.5)))
    batch = learner.batch()
    inputs_TBX, mask_TB = torch.from_numpy(batch.inputs_TBX), torch.from_numpy(batch.mask_TB)
    rollout = learner.network(inputs_TBX)
    _, teacher = trained(lesson)
    apart_TB = divergence(Bits(2), rollout.logits_TBY, teacher(inputs_TBX).logits_TBY, 1.0)
    expected = 0.5 * apart_TB[mask_TB].sum() / mask_TB.shape[1]
    added = learner.regularisers[0](rollout, inputs_TBX, mask_TB=mask_TB)
    assert added.item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_teacher_is_neither_trained_nor_stored_and_moves_no_random_number(trial, lesson):
    plain = start(steered(trial))
    state = torch.get_rng_state()
    taught = start(steered(trial, distillation=Distillation(str(lesson))))
    assert torch.equal(state, torch.get_rng_state())
    assert len(taught.parameters()) == len(plain.parameters())
    assert not list(taught.regularisers.parameters()) and not taught.regularisers.state_dict()
    _, teacher = trained(lesson)
    for _ in range(3):
        update(taught)
    theirs = taught.regularisers[0]._teacher[0]
    for after, before in zip(theirs.parameters(), teacher.parameters(), strict=True):
        assert torch.equal(after, before)


@pytest.mark.parametrize("estimator", ["soft", "straight_through"])
def test_a_distilled_trial_stopped_and_resumed_gives_the_same_rows_to_the_bit(
    trial, lesson, estimator
):
    trial = steered(trial, estimator, distillation=Distillation(str(lesson), addresses=0.1))
    whole, _ = rows_of(trial)
    # in the second evaluation, whose rows are then lost
    first = sum(row["step"] == 2 for row in whole)
    memory = Memory(stop_after=first + 2)
    with pytest.raises(Stopped):
        trial.procedure.run(trial, memory)
    torch.manual_seed(123)
    assert rows_of(trial, memory.checkpoint)[0] == whole[first:]


def test_a_teacher_is_its_model_and_weights_wherever_and_however_they_are_stored(
    trial, lesson, tmp_path
):
    copy, saved, other = (tmp_path / name for name in ("copy.pt", "saved.pt", "other.pt"))
    shutil.copy(lesson, copy)
    source, network = trained(lesson)
    save(saved, network, source.model, 4, 2)
    found = {digest(stored(str(path), "teacher")) for path in (lesson, copy, saved)}
    ids = {
        steered(trial, distillation=Distillation(str(path))).id for path in (lesson, copy, saved)
    }
    assert len(found) == len(ids) == 1
    with torch.no_grad():
        network.readout.bias[0] += 1e-6
    save(other, network, source.model, 4, 2)
    assert digest(stored(str(other), "teacher")) not in found
    assert steered(trial, distillation=Distillation(str(other))).id not in ids
    save(other, trained(lesson)[1], dataclasses.replace(source.model, bypass_dropout=0.1), 4, 2)
    assert digest(stored(str(other), "teacher")) not in found


def test_a_stored_trial_is_read_and_its_network_used_where_the_teacher_is_gone(
    trial, lesson, tmp_path
):
    trial = steered(trial, distillation=Distillation(str(lesson)))
    memory = Memory()
    trial.procedure.run(trial, memory)
    path = tmp_path / "student.pt"
    path.write_bytes(memory.checkpoint)
    lesson.unlink()
    assert Trial.from_json(trial.to_json()) == trial
    again, _ = trained(path)
    assert again.id == trial.id
    with pytest.raises(BadData, match=r"there is no teacher .*teacher\.pt\."):
        start(trial)


def test_every_option_is_part_of_the_id_but_the_path(trial, lesson):
    own = Distillation(str(lesson))
    others = [{"weight": 2.0}, {"temperature": 2.0}, {"addresses": 1.0}]
    ids = {
        steered(trial, distillation=dataclasses.replace(own, **other)).id
        for other in [{}, *others, {"teacher_sha256": "0" * 64}]
    }
    moved = dataclasses.replace(own, teacher="elsewhere.pt")
    assert len(ids) == 5 and steered(trial, distillation=moved).id in ids


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no teacher"),
        (b"x", "finds no network"),
        ({"a": 1}, "is neither a model of"),
    ],
    ids=["nothing", "bytes", "entries"],
)
def test_a_file_that_is_no_teacher_is_refused_in_one_line(tmp_path, content, said):
    path = tmp_path / "file.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        torch.save(content, path)
    with pytest.raises(BadData, match=said) as caught:
        Distillation(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight": -1}, "distillation weight is -1"),
        ({"temperature": 0}, "distillation temperature is 0"),
        ({"addresses": "1"}, "distillation addresses is '1'"),
        ({"teacher_sha256": 3}, "teacher_sha256 is 3"),
    ],
)
def test_options_out_of_range_are_refused(change, message):
    with pytest.raises(BadData, match=message):
        Distillation("teacher.pt", **{"teacher_sha256": "0", **change})


def test_a_teacher_that_cannot_teach_this_trial_is_refused_in_one_line(trial, lesson):
    own = Distillation(str(lesson))
    wider = dataclasses.replace(trial, task=TaskSpec("copy", {"width": 3, "max_length": 2}))
    small = ModelSpec("none", controller_size=4)
    bare = dataclasses.replace(trial, model=small)
    addresses = dataclasses.replace(own, addresses=1.0)
    wrong = dataclasses.replace(own, teacher_sha256="0" * 64)
    for one, settings, said in (
        (wider, own, "cannot teach this task"),
        (trial, wrong, "is another teacher than the trial's"),
        (bare, addresses, "same heads and slots, not 2 heads over 4 slots for 0 heads"),
    ):
        one = dataclasses.replace(
            one, procedure=dataclasses.replace(one.procedure, distillation=settings)
        )
        with pytest.raises(BadData, match=said) as caught:
            Learner.start(one, one.procedure, "cpu")
        assert "\n" not in str(caught.value)


def test_a_student_without_a_memory_learns_the_answers_of_a_teacher_with_one(trial, lesson):
    bare = dataclasses.replace(trial, model=ModelSpec("none", controller_size=4))
    settings = dataclasses.replace(bare.procedure, distillation=Distillation(str(lesson)))
    rows, _ = rows_of(dataclasses.replace(bare, procedure=settings))
    assert math.isfinite(rows[-1]["bits"])
