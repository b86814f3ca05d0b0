"""Family trees: consistent families, unique answers, and families from files."""

import numpy as np
import pytest

from envs import make_task
from envs.tasks.files import BadFile
from envs.tasks.graphs.kinship import RELATIONS, chains, random_family, read_family

from .test_graphs import told_and_asked

FACTS = """family\trelation\tperson\trelative
oak\tfather\tdora\tcarl
oak\tmother\tdora\tbeth
oak\tdaughter\tcarl\tdora
oak\tdaughter\tbeth\tdora
oak\thusband\tbeth\tcarl
oak\twife\tcarl\tbeth
oak\tfather\tcarl\tadam
oak\tson\tadam\tcarl
oak\taunt\tdora\tzoe
"""


@pytest.fixture
def facts_file(tmp_path):
    path = tmp_path / "oak.tsv"
    path.write_text(FACTS)
    return str(path)


@pytest.mark.parametrize("seed", range(20))
def test_a_random_family_is_consistent(seed):
    graph = random_family(np.random.default_rng(seed), 14)
    relatives = {
        name: {(a, b) for a, kind, b in graph.edges_E3 if kind == number}
        for number, name in enumerate(RELATIONS)
    }
    assert {person for edge in graph.edges_E3 for person in edge[[0, 2]]} == set(range(14))
    husband, wife = relatives["husband"], relatives["wife"]
    assert wife == {(b, a) for a, b in husband}
    assert len({a for a, _ in husband}) == len(husband)
    parents = relatives["father"] | relatives["mother"]
    children = relatives["son"] | relatives["daughter"]
    assert children == {(b, a) for a, b in parents}
    for child, father in relatives["father"]:
        (mother,) = (b for a, b in relatives["mother"] if a == child)
        assert (mother, father) in husband
    fathers = dict(relatives["father"])
    for one, other in relatives["brother"] | relatives["sister"]:
        assert one != other and fathers[one] == fathers[other]
    men = {b for _, b in husband | relatives["father"] | relatives["son"] | relatives["brother"]}
    women = {b for _, b in wife | relatives["mother"] | relatives["daughter"]}
    assert not men & (women | {b for _, b in relatives["sister"]})


@pytest.mark.parametrize("length", [2, 3, 4, 5])
def test_the_chain_of_a_relation_leads_to_one_person_who_is_the_answer(length):
    task = make_task("family_tree")
    every = chains(400, (2, 5))
    batch = task.sample(np.random.default_rng(length), 20, length)
    for row in range(20):
        facts, asked, answers = told_and_asked(task, batch, row)
        assert set(facts[:, 1]) <= set(range(len(RELATIONS)))
        (person, relation, _), (answer,) = asked[0], answers
        chain = every[relation - len(RELATIONS)]
        assert len(chain) == length
        found = {person}
        for kind in chain:
            found = {c for a, k, c in facts.tolist() if k == kind and a in found}
        assert len(found) == 1 and person not in found
        assert answer.tolist() == [person, relation, *found]


def test_the_further_relations_are_as_many_of_each_length_as_there_are():
    every = chains(400, (2, 5))
    assert len(every) == len(set(every)) == 400
    counts = [sum(len(chain) == length for chain in every) for length in (2, 3, 4, 5)]
    assert counts == [64, 112, 112, 112]
    assert chains(400, (2, 5))[:10] == chains(10, (2, 5))
    with pytest.raises(ValueError, match="100 relations of 2 to 2 steps are too many; .* 64"):
        chains(100, (2, 2))


def test_a_family_of_a_file_has_the_facts_that_are_known(facts_file):
    graph = read_family(facts_file)
    assert graph.nodes == 4 and len(graph.edges_E3) == 8
    task = make_task("family_tree", from_file=facts_file)
    assert list(task.difficulty) == ["length"] and task.test_points == ()
    with pytest.raises(ValueError, match="persons is 999; the family of a file has its own"):
        task.sample(np.random.default_rng(0), 1, 2, persons=999)
    batch = task.sample(np.random.default_rng(0), 10, 2)
    for row in range(10):
        facts, _, answers = told_and_asked(task, batch, row)
        assert len(facts) == 8 and answers[0, 2] in facts[:, 2]


def test_wrong_use_gets_one_line(tmp_path):
    path = tmp_path / "facts.csv"
    path.write_text("person,relation\na,son\n")
    with pytest.raises(BadFile, match="line 1: .*3 columns are needed"):
        make_task("family_tree", from_file=str(path))
    path.write_text("person,kind,relative\na,son,b\n")
    with pytest.raises(BadFile, match="line 1: there is no column 'relation'"):
        make_task("family_tree", from_file=str(path))
    with pytest.raises(ValueError, match="length is 6; .* at most longest_chain, 5, is needed"):
        make_task("family_tree").sample(np.random.default_rng(0), 1, 6)
    with pytest.raises(ValueError, match="number of all relations is 1001; 3 digits label 1000"):
        make_task("family_tree", relations=993)
    with pytest.raises(ValueError, match="relations is 2; more are needed"):
        make_task("family_tree", relations=2)
