"""Traversal and shortest path: their recipe, from the inputs alone, and graphs from files."""

import numpy as np
import pytest

from envs import Fields, make_task
from envs.tasks.files import BadFile
from envs.tasks.graphs.files import read_graph
from envs.tasks.graphs.graph import part_of, random_graph
from envs.tasks.graphs.triples import BLANK, decoded, digits_of, encoded

NAMES = ("graph_traversal", "shortest_path")
MAP = """one,other,line,minutes
ash,birch,red,1
birch,cedar,red,2
cedar,ash,blue,2
cedar,date,blue,1
date,elm,red,3
"""


@pytest.fixture
def map_file(tmp_path):
    path = tmp_path / "map.csv"
    path.write_text(MAP)
    return str(path)


def told_and_asked(task, batch, row):
    """Edges, question and answers of one sequence as labels, read off inputs and targets."""
    steps = batch.steps_B[row]
    labels_T3 = decoded(batch.inputs_TBX[:steps, row], task.digits)
    begins = np.flatnonzero(batch.inputs_TBX[:steps, row, -2])
    scored_T = batch.mask_TB[:steps, row]
    assert begins[0] == 0 and begins[-1] == scored_T.argmax()
    np.testing.assert_array_equal(batch.inputs_TBX[:steps, row, -1], scored_T)
    digits = batch.targets_TBY[:steps, row][scored_T].reshape(-1, 3, task.digits)
    answers = digits @ 10 ** np.arange(task.digits - 1, -1, -1)
    return labels_T3[: begins[1]], labels_T3[begins[1] : begins[2]], answers


def breadth_first(edges, start, goal):
    """All shortest paths, as lists of edges."""
    paths, seen = [[]], {start}
    ends = [start]
    while paths and goal not in ends:
        longer = [
            (path + [edge], edge[2])
            for path, end in zip(paths, ends, strict=True)
            for edge in edges
            if edge[0] == end and edge[2] not in seen
        ]
        paths, ends = [path for path, _ in longer], [end for _, end in longer]
        seen.update(ends)
    return [path for path, end in zip(paths, ends, strict=True) if end == goal]


@pytest.mark.parametrize("length", [1, 2, 4, 7])
def test_traversal_is_answered_by_following_the_named_edges(length):
    task = make_task("graph_traversal", digits=2)
    batch = task.sample(np.random.default_rng(length), 20, length)
    for row in range(20):
        edges, asked, answers = told_and_asked(task, batch, row)
        onwards = {(source, kind): target for source, kind, target in edges.tolist()}
        assert len(onwards) == len(edges)
        node = asked[0, 0]
        assert (asked[1:, 0] == BLANK).all() and (asked[:, 2] == BLANK).all()
        expected = []
        for kind in asked[:, 1]:
            expected.append((node, kind, onwards[node, kind]))
            node = onwards[node, kind]
        np.testing.assert_array_equal(answers, expected)
        assert len(answers) == length


@pytest.mark.parametrize("length", [1, 2, 4])
def test_the_shortest_path_is_the_only_one(length):
    task = make_task("shortest_path")
    batch = task.sample(np.random.default_rng(length), 20, length)
    for row in range(20):
        edges, asked, answers = told_and_asked(task, batch, row)
        assert asked[0, 1] == BLANK and not batch.inputs_TBX[: len(edges), row, -1].any()
        (path,) = breadth_first(list(map(tuple, edges.tolist())), asked[0, 0], asked[0, 2])
        np.testing.assert_array_equal(answers, path)
        assert len(path) == length
        # ten silent steps to plan lie between the question's first step and the answer
        first = batch.mask_TB[:, row].argmax()
        assert first - len(edges) - 1 == 10


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_three_labels_and_chance_is_a_tenth(name):
    task = make_task(name, digits=2)
    assert task.answer == Fields(6, 10) and task.answer.chance == 0.1
    assert task.chance_bits(3) == pytest.approx(18 * np.log2(10))
    assert make_task(name).input_size == 92


def test_a_random_graph_joins_each_point_to_its_nearest():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        graph = random_graph(rng, 12, (2, 4), 1000)
        points = np.random.default_rng(seed).random((12, 2))
        for node in range(12):
            own = graph.edges_E3[graph.edges_E3[:, 0] == node]
            assert 2 <= len(own) <= 4 and len(set(own[:, 1])) == len(own)
            distance = np.linalg.norm(points - points[node], axis=1)
            distance[node] = np.inf
            assert set(own[:, 2]) == set(distance.argsort()[: len(own)])


def test_encoding_and_decoding_are_inverse():
    triples = np.array([[0, 999, 120], [7, BLANK, 45], [BLANK, BLANK, BLANK]])
    assert digits_of(np.array(120), 3).tolist() == [1, 2, 0]
    shown = encoded(triples, 3)
    assert shown.shape == (3, 90) and shown.sum(1).tolist() == [9, 6, 0]
    np.testing.assert_array_equal(decoded(shown, 3), triples)


def test_nodes_and_degree_are_numbers_of_their_own():
    task = make_task("graph_traversal")
    assert dict(task.difficulty) == {"length": (1, 4), "nodes": (5, 10), "degree": (1, 3)}
    batch = task.sample(np.random.default_rng(0), 8, 3, nodes=17, degree=1)
    for row in range(8):
        edges, _, _ = told_and_asked(task, batch, row)
        assert len(edges) == len(set(edges[:, 0])) == 17


def test_a_file_of_edges_is_a_graph_in_both_directions(map_file):
    graph = read_graph(map_file)
    names = ("ash", "birch", "cedar", "date", "elm")
    found = {(names[source], names[target]) for source, _, target in graph.edges_E3}
    one_way = [line.split(",")[:2] for line in MAP.splitlines()[1:]]
    assert found == {(a, b) for a, b in one_way} | {(b, a) for a, b in one_way}
    pairs = [tuple(edge) for edge in graph.edges_E3[:, :2]]
    assert len(set(pairs)) == len(pairs) == 10
    # birch has two red edges, which are told apart; the first of each node is of one kind
    kinds = {(names[s], names[t]): kind for s, kind, t in graph.edges_E3}
    assert kinds["birch", "ash"] != kinds["birch", "cedar"]
    assert kinds["birch", "ash"] == kinds["ash", "birch"] == kinds["date", "elm"]


def test_a_part_of_a_graph_is_what_is_near_a_node(map_file):
    graph = read_graph(map_file)
    for seed in range(10):
        part = part_of(np.random.default_rng(seed), graph, 3)
        assert part.nodes == 3 and set(part.edges_E3[:, [0, 2]].flat) == {0, 1, 2}
    assert part_of(np.random.default_rng(0), graph, 9) is graph


@pytest.mark.parametrize("name", NAMES)
def test_questions_are_asked_about_the_graph_of_a_file(name, map_file):
    task = make_task(name, from_file=map_file, min_nodes=5, max_nodes=5)
    assert len(task.from_file_sha256) == 64
    assert list(task.difficulty) == ["length", "nodes"]
    # a shortest path of four edges is asked for in graphs of ten nodes or more
    assert task.test_points == ((("nodes", 5),) if name == "graph_traversal" else ())
    with pytest.raises(ValueError, match="degree is 2; graphs of a file have their own"):
        task.sample(np.random.default_rng(0), 1, 2, degree=2)
    batch = task.sample(np.random.default_rng(0), 12, 2, nodes=5)
    labels = set()
    for row in range(12):
        edges, _, answers = told_and_asked(task, batch, row)
        assert len(edges) == 10 and len(set(edges[:, 0])) == 5
        assert {tuple(edge) for edge in answers} <= {tuple(edge) for edge in edges}
        labels.add(tuple(sorted(set(edges[:, 0]))))
    assert len(labels) == 12


def test_only_lengths_that_labels_allow_are_tested():
    task = make_task("shortest_path", digits=1, max_nodes=10)
    assert task.test_lengths == (2, 4)
    for length in task.test_lengths:
        assert task.test_sample(np.random.default_rng(0), 2, length).mask_TB.sum() == 2 * length
    assert make_task("graph_traversal", digits=1, max_nodes=10).test_lengths == (2, 4, 8)
    assert make_task("shortest_path").test_lengths == (2, 4, 8)


def test_only_lengths_that_a_file_has_are_tested(map_file):
    # from ash or birch to elm it is three edges, and nothing is further
    task = make_task("shortest_path", from_file=map_file, max_length=2)
    with pytest.raises(ValueError, match="no path of length 4"):
        task.test_sample(np.random.default_rng(0), 1, 4)
    assert task.test_lengths == (1, 2)
    assert make_task("graph_traversal", from_file=map_file, max_length=2).test_lengths == (1, 2, 4)


def test_a_wrong_file_gets_one_line_with_its_number(tmp_path, map_file):
    path = tmp_path / "wrong.csv"
    for text, message in (
        ("a,b\nx,y\n\nonly\n", "wrong.csv, line 4: ['only']; 2 columns are needed."),
        ("a,b\n", "wrong.csv: there is no line after that of the column names."),
        ("a,b\nx,\n", "wrong.csv, line 2: ['x', '']; 2 columns are needed."),
    ):
        path.write_text(text)
        with pytest.raises(BadFile) as error:
            make_task("graph_traversal", from_file=str(path))
        assert str(error.value).endswith(message)
    with pytest.raises(BadFile, match=r"gone\.csv: No such file or directory\.$"):
        make_task("shortest_path", from_file=str(tmp_path / "gone.csv"))
    with pytest.raises(BadFile, match="its content is another: sha256 is .*…, not abc…"):
        make_task("shortest_path", from_file=map_file, from_file_sha256="abc")


def test_what_no_graph_has_is_refused_in_one_line():
    with pytest.raises(ValueError, match="^ShortestPath: no path of length 4 in 200 graphs of 3 "):
        make_task("shortest_path").sample(np.random.default_rng(0), 1, 4, nodes=3)
    with pytest.raises(ValueError, match="max_nodes is 11; 1 digits label 10"):
        make_task("graph_traversal", digits=1, max_nodes=11)
    with pytest.raises(ValueError, match="^GraphTraversal: nodes is 11; 1 digits label 10"):
        make_task("graph_traversal", digits=1).sample(np.random.default_rng(0), 1, nodes=11)
