"""The task: words one a step, answers at dashes, training and test files, the papers' metrics."""

import json
import shutil

import numpy as np
import pytest

from envs import Symbols, make_task
from envs.tasks.files import BadFile
from envs.tasks.text import world
from envs.tasks.text.encoding import encode, vocabulary, wrong_questions
from envs.tasks.text.stories import Sentence, Story
from memnets.spec import ModelSpec
from studies import ResultStore, Study, Supervised, TaskSpec, Trial, run
from studies.catalog.babi import of_files

from .oracles import ORACLES


@pytest.fixture
def folder(tmp_path):
    """Files of two kinds, in the published format: 6 stories of 3 questions, and 4 for tests."""
    rng = np.random.default_rng(0)
    for kind in (1, 19):
        for part, count in (("train", 6), ("test", 4)):
            stories = [world.KINDS[kind](rng, 3).text() for _ in range(count)]
            (tmp_path / f"qa{kind}_some-name_{part}.txt").write_text("".join(stories))
    return str(tmp_path)


def told(task, batch, row):
    """The words shown and the words to answer of one sequence."""
    steps = batch.steps_B[row]
    shown = [task.words[word] for word in batch.inputs_TBX[:steps, row].argmax(1)]
    asked = [task.words[word] for word in batch.targets_TBY[:steps, row, 0]]
    return shown, asked


def read_off(shown):
    """Statements and questions from a sequence of words."""
    sentences, words = [], []
    for word in shown:
        if word == "-":
            continue
        words.append(word)
        if word in ".?":
            sentences.append(tuple(words))
            words = []
    return sentences


@pytest.mark.parametrize("kind", list(world.KINDS))
@pytest.mark.parametrize("length", [1, 4])
def test_the_oracle_answers_from_the_words_that_were_shown(kind, length):
    task = make_task("babi", kinds=[kind])
    assert task.answer == Symbols(task.input_size)
    batch = task.sample(np.random.default_rng(0), 15, length)
    for row in range(15):
        shown, asked = told(task, batch, row)
        scored = batch.mask_TB[: len(shown), row]
        assert [word == "-" for word in shown] == scored.tolist()
        assert (batch.inputs_TBX[: len(shown), row].sum(1) == 1).all()
        answers, statements = [], []
        for sentence in read_off(shown):
            if sentence[-1] == "?":
                answers += ORACLES[kind](statements, sentence)
            else:
                statements.append(sentence)
        assert answers == [word for word, now in zip(asked, scored, strict=True) if now]
        assert shown.count("?") == length and shown[-1] == "-"


def test_tests_take_each_story_of_the_test_files_once(folder):
    task = make_task("babi", folder=folder)
    assert task.kinds == (1, 19) and task.lengths == (1, 3) and task.test_lengths == (3,)
    assert dict(task.difficulty)["kind"] == (1, 19)
    batch = task.test_sample(np.random.default_rng(0), 100, 3)
    assert batch.mask_TB.shape[1] == 8
    stories = {" ".join(told(task, batch, row)[0]) for row in range(8)}
    assert len(stories) == 8
    assert task.test_points == (("kind", 1), ("kind", 19))
    ways = task.test_at(np.random.default_rng(1), 4, "kind", 19)
    assert {" ".join(told(task, ways, row)[0]) for row in range(4)} <= stories
    # two words of answer for each of three questions
    assert ways.mask_TB.sum(0).tolist() == [6] * 4
    trained = task.sample(np.random.default_rng(2), 200)
    seen = {" ".join(told(task, trained, row)[0]) for row in range(200)}
    assert len(seen) == 12 and not seen & stories


def test_a_dash_in_a_story_is_no_question():
    words = ("it", "is", "-", "cold", ".")
    told, asked = Sentence(1, words, (), ()), Sentence(2, ("how", "?"), ("cold",), (1,))
    number = {word: n for n, word in enumerate(vocabulary(["how", "?", *words]))}
    story = encode(Story(1, (told, asked)), number)
    assert list(story.asks_T) == [False] * 7 + [True]
    assert list(story.targets_T[:-1]) == [0] * 7 and story.targets_T[-1] > 0


def test_a_length_is_the_first_questions_of_a_story(folder):
    task = make_task("babi", folder=folder, kinds=[1])
    whole = task.sample(np.random.default_rng(3), 9)
    short = task.sample(np.random.default_rng(3), 9, 2)
    assert (short.mask_TB.sum(0) == 2).all() and (whole.mask_TB.sum(0) == 3).all()
    for row in range(9):
        words = told(task, short, row)[0]
        assert told(task, whole, row)[0][: len(words)] == words
    assert task.chance_bits(2) == pytest.approx(2 * np.log2(len(task.words)))


def test_a_question_is_wrong_where_one_word_of_its_answer_is():
    mask = np.array([[0, 1, 1, 0, 1, 1, 0], [1, 0, 0, 0, 0, 0, 1]], bool).T
    errors = np.zeros(mask.shape)
    assert wrong_questions(errors, mask) == (0, 4)
    errors[[1, 2, 3], 0] = 1
    assert wrong_questions(errors, mask) == (1, 4)
    errors[6, 1] = 1
    assert wrong_questions(errors, mask) == (2, 4)


def test_a_run_stores_its_vocabulary_and_the_error_of_every_kind(folder, tmp_path):
    task = TaskSpec("babi", {"folder": folder, "kinds": [1, 19]})
    study = Study(
        name="words",
        question="Are questions answered?",
        tasks={"babi": task},
        models={"lstm": ModelSpec("none", controller_size=5)},
        procedure=Supervised(updates=2, batch_size=2, evaluate_every=1, test_sequences=4),
        seeds=(0,),
    )
    store = ResultStore(tmp_path / "words")
    assert run(study, store, workers=0).failed == 0
    (trial,) = study.trials()
    facts = json.loads((store.path(trial) / "done.json").read_text())
    assert tuple(facts["vocabulary"]) == make_task("babi", folder=folder).words
    tests = [row for row in store.rows(trial) if row["kind"] == "test" and row["step"] == 2]
    assert [row.get("value") for row in tests] == [None, 1, 19]
    assert all(0 <= row["question_error"] <= 1 for row in tests)
    assert store.facts()["trial"].tolist() == [trial.id]


def test_a_trial_is_of_what_the_files_hold_and_not_of_where_they_lie(folder, tmp_path):
    task = make_task("babi", folder=folder)
    assert len(task.folder_sha256) == 64

    def trial(folder, **options):
        spec = TaskSpec("babi", {"folder": folder, **options})
        return Trial(spec, ModelSpec("none"), Supervised())

    sha256 = {"folder_sha256": task.folder_sha256}
    assert trial("here", **sha256).id == trial("there", **sha256).id
    assert trial("here").id != trial("there").id
    # a hash that is not filled in says nothing of the content
    assert trial("here", folder_sha256="").id != trial("there", folder_sha256="").id
    (tmp_path / "qa1_some-name_train.txt").write_text("1 A b.\n2 C?\td\t1\n")
    with pytest.raises(BadFile, match="its content is another"):
        make_task("babi", folder=folder, **sha256)


def test_the_study_of_files_is_of_what_they_hold(folder, tmp_path):
    def ids(folder):
        return [trial.id for trial in of_files(str(folder), (1, 19)).trials()]

    copied = shutil.copytree(folder, tmp_path / "copied")
    before = ids(folder)
    assert ids(copied) == before and len(set(before)) == len(before)
    (copied / "qa1_some-name_train.txt").write_text("1 A b.\n2 C?\td\t1\n")
    assert not set(ids(copied)) & set(before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": [2]}, "Babi: kind 2 needs the published files (folder); 1, 7, 15, 19 do not."),
        ({"kinds": 1}, "Babi: kinds is 1; numbers are needed, as in [1, 2]."),
        ({"kinds": ["1"]}, "Babi: kinds is '1'; a whole number of at least 1 is needed."),
        ({"max_length": 0}, "Babi: max_length is 0; a whole number of at least 1 is needed."),
    ],
)
def test_wrong_options_get_one_clear_line(options, message):
    with pytest.raises(ValueError) as error:
        make_task("babi", **options)
    assert str(error.value) == message


def test_a_kind_that_is_not_here_is_refused():
    with pytest.raises(ValueError, match="^Babi: no kind 7; there are 1, 15.$"):
        make_task("babi", kinds=[1, 15]).sample(np.random.default_rng(0), 1, kind=7)
