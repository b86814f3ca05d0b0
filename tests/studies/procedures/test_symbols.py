"""Training on a task whose symbols come in as indices."""

import numpy as np
import pytest
import torch

from memnets.spec import ModelSpec
from studies import Supervised, TaskSpec
from studies.design.trial import Trial
from studies.procedures.trained import trained

from ..recorders import Memory, rows_of

SIZES = {"symbols": 8, "min_pairs": 1, "max_pairs": 1, "min_length": 6, "max_length": 6}


def trial(model, **settings):
    procedure = Supervised(
        batch_size=32,
        learning_rate=1e-2,
        evaluate_every=settings["updates"],
        test_lengths=(6,),
        **settings,
    )
    task = TaskSpec("multi_query_recall", {**SIZES, "noise": False})
    return Trial(
        task=task, model=model, procedure=procedure, seed=0, task_label="t", model_label="m"
    )


@pytest.mark.parametrize("embedding", [0, 8])
def test_recall_of_one_pair_is_learned_from_indices(embedding):
    model = ModelSpec("none", controller_size=32, embedding=embedding)
    rows, _ = rows_of(trial(model, updates=100))
    tests = [row["accuracy"] for row in rows if row["kind"] == "test"]
    assert min(tests) > 0.95


@pytest.mark.parametrize(
    ("estimator", "options"), [("soft", {}), ("reinforce", {"baseline": "sequence"})]
)
def test_a_memory_is_trained_tested_stored_and_read_back(estimator, options, tmp_path):
    cell, sizes = "ntm", {"slots": 5, "width": 4}
    model = ModelSpec(cell, estimator, "lstm", 8, sizes, options, embedding=8)
    mine = trial(model, updates=3)
    memory = Memory()
    mine.procedure.run(mine, memory)
    addresses = {row["address"] for row in memory.rows if row["kind"] == "test"}
    assert addresses == {"own", "soft", "one slot", "cut off", "frozen", "shuffled"}
    assert all(np.isfinite(row["bits"]) for row in memory.rows)
    (tmp_path / "checkpoint.pt").write_bytes(memory.checkpoint)
    found, network = trained(tmp_path / "checkpoint.pt")
    assert found.model.embedding == 8 and found.id == mine.id
    assert network(torch.ones(6, 2, 1, dtype=torch.int64)).logits_TBY.shape == (6, 2, 8)


def test_what_predicts_inputs_bit_by_bit_is_refused_in_one_line():
    model = ModelSpec("none", controller_size=8, embedding=8)
    with pytest.raises(ValueError, match="next_input needs inputs of bits or one-hots, not ind"):
        rows_of(trial(model, updates=1, regularisers={"next_input": {"weight": 0.1}}))
