"""Stories: our own against oracles, the published format, and what is wrong with a file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.tasks.files import BadFile
from envs.tasks.text import world
from envs.tasks.text.stories import counts, read_folder, read_stories, vocabulary_of

from .oracles import ORACLES

# in the published format, in words of our own
TEXT = """1 Mary moved to the hallway.
2 Where is Mary? \thallway\t1
3 Mary grabbed the milk, and the apple there.
4 What is Mary carrying?\tmilk,apple\t3
1 John went to the garden.
2 Where is John?\tgarden\t1
"""


@pytest.mark.parametrize("kind", list(world.KINDS))
def test_the_oracle_answers_every_question_of_our_own_stories(kind):
    asked, different = 0, set()
    for seed in range(60):
        story = world.KINDS[kind](np.random.default_rng(seed), 1 + seed % 6)
        statements = []
        for sentence in story.sentences:
            if not sentence.answer:
                statements.append(sentence.words)
                continue
            assert list(sentence.answer) == ORACLES[kind](statements, sentence.words)
            asked += 1
            different.add(sentence.answer)
        assert len(story.questions) == 1 + seed % 6 and story.sentences[-1].answer
    assert asked == 210 and len(different) > 3


@pytest.mark.parametrize("kind", [1, 15, 19])
def test_the_support_alone_answers_the_question(kind):
    for seed in range(40):
        story = world.KINDS[kind](np.random.default_rng(seed), 4)
        for question in story.questions:
            said = [story.sentences[number - 1] for number in question.support]
            assert not any(sentence.answer for sentence in said)
            found = ORACLES[kind]([sentence.words for sentence in said], question.words)
            assert found == list(question.answer)


def test_a_kind_has_the_words_that_it_says():
    rng = np.random.default_rng(0)
    for kind, make in world.KINDS.items():
        stories = tuple(make(rng, 6) for _ in range(400))
        assert set(vocabulary_of(stories)) == set(world.WORDS[kind])


@given(st.sampled_from(sorted(world.KINDS)), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_writing_and_reading_are_inverse(tmp_path_factory, kind, questions, seed):
    rng = np.random.default_rng(seed)
    stories = tuple(world.KINDS[kind](rng, questions) for _ in range(2))
    path = tmp_path_factory.getbasetemp() / "stories.txt"
    path.write_text("".join(story.text() for story in stories))
    assert read_stories(path, kind) == stories


def test_the_published_format_is_read(tmp_path):
    path = tmp_path / "qa8_lists_train.txt"
    path.write_text(TEXT)
    one, two = read_stories(path, 8)
    assert one.sentences[0].words == ("mary", "moved", "to", "the", "hallway", ".")
    assert one.questions[0].words == ("where", "is", "mary", "?")
    assert one.questions[0].answer == ("hallway",) and one.questions[0].support == (1,)
    assert one.questions[1].answer == ("milk", "apple") and one.questions[1].support == (3,)
    assert "milk" in one.sentences[2].words and "," not in one.sentences[2].words
    assert two.kind == 8 and len(two.sentences) == 2
    found = counts((one, two))
    words = "mary moved to the hallway where is grabbed milk and apple there what carrying "
    assert found["words"] == len(set(f"{words} john went garden".split()))
    numbers = {"stories": 2, "questions": 3, "answers": 3, "supporting": 3}
    assert {name: found[name] for name in numbers} == numbers


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (("3 Mary grabbed", "Mary grabbed"), 3, "'Mary grabbed the milk, and the apple there.' "),
        (("3 Mary", "4 Mary"), 3, "its number is 4; 3 or 1 is needed."),
        (("the hallway.", "the hallway"), 1, "'Mary moved to the hallway' is no sentence;"),
        (("\thallway\t1", ""), 2, "a question needs an answer after a tab,"),
        (("hallway.\n", "hallway.\tyes\t1\n"), 1, "a question needs an answer after a tab,"),
        (("\tmilk,apple\t3", "\t,\t3"), 4, "after a question come an answer and numbers,"),
        (("\tgarden\t1", "\tgarden\tone"), 6, "after a question come an answer and numbers,"),
        (("\tgarden\t1", "\tgarden\t1\t1"), 6, "after a question come an answer and numbers,"),
        (("\tmilk,apple\t3", "\tmilk,apple\t4"), 4, "4 supports the answer but is no statement"),
        (("\tmilk,apple\t3", "\tmilk,apple\t2"), 4, "2 supports the answer but is no statement"),
        (("2 Where is John?\tgarden\t1\n", ""), 5, "the story that ends here asks nothing."),
        (("1 Mary moved", "\n1 Mary moved"), 1, "'' does not begin with a number."),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(tmp_path, change, line, message):
    path = tmp_path / "qa1_wrong_train.txt"
    assert change[0] in TEXT
    path.write_text(TEXT.replace(*change))
    with pytest.raises(BadFile) as error:
        read_stories(path, 1)
    assert str(error.value).startswith(f"{path}, line {line}: {message}")
    assert "\n" not in str(error.value)


def test_what_is_wrong_with_a_folder_is_said(tmp_path):
    with pytest.raises(BadFile, match=r"there is no file qa<kind>_<name>_train\.txt in it"):
        read_folder(str(tmp_path), "train", ())
    (tmp_path / "qa1_one_train.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(BadFile, match="qa1_one_train.txt: 'utf-8' codec can't decode"):
        read_folder(str(tmp_path), "train", ())
    with pytest.raises(BadFile, match=r"there is no file qa2_<name>_train\.txt in it"):
        read_folder(str(tmp_path), "train", (2,))
    (tmp_path / "qa1_one_train.txt").write_text("")
    with pytest.raises(BadFile, match="there is no story in it"):
        read_folder(str(tmp_path), "train", (1,))
    (tmp_path / "qa1_other_train.txt").write_text(TEXT)
    with pytest.raises(BadFile, match="qa1_one_train.txt and qa1_other_train.txt are of one kind"):
        read_folder(str(tmp_path), "train", (1,))
