"""Graph traversal as in the DNC paper, at a size for two cores: a DNC beside an LSTM."""

from __future__ import annotations

from memnets.spec import ModelSpec

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from ..procedures.lessons import LessonCurriculum
from ..procedures.supervised import Supervised
from .recipe import FRESH

LESSONS = LessonCurriculum(
    (
        {"length": (1, 1), "nodes": (3, 4), "degree": (1, 2)},
        {"length": (1, 2), "nodes": (3, 5), "degree": (1, 2)},
        {"length": (1, 2), "nodes": (4, 6), "degree": (1, 3)},
        {"length": (1, 3), "nodes": (5, 8), "degree": (1, 3)},
        {"length": (1, 4), "nodes": (5, 10), "degree": (1, 3)},
    )
)
"""From one edge in a graph of three nodes to the task's own sizes."""


@studies.register("graphs")
def graphs() -> Study:
    """Traversal of random graphs of 5 to 10 nodes, walks of 1 to 4 edges: a DNC and an LSTM.

    The share of earlier lessons and the share of right answers that passes one are the paper's
    (Graves et al. 2016); its graphs, lessons and networks are larger. Both make as many updates,
    and curves against seconds compare them at equal time. `memnets evaluate` with `from_file` tests
    a trained one on a real graph.
    """
    memory = {"slots": 64, "width": 32, "read_heads": 4}
    return Study(
        name="graphs",
        question="Does a memory follow a path through a graph that it was told edge by edge?",
        tasks={"traversal": TaskSpec("graph_traversal")},
        models={
            "lstm": ModelSpec("none", controller_size=128),
            "dnc": ModelSpec("dnc", controller_size=128, cell_options=memory),
        },
        procedure=Supervised(
            updates=20_000,
            batch_size=16,
            learning_rate=1e-3,
            clip_norm=10.0,
            evaluate_every=1_000,
            test_lengths=(1, 2, 3, 4, 6, 8),
            test_sequences=128,
            curriculum=LESSONS,
        ),
        seeds=FRESH[:3],
    )
