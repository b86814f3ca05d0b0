"""Tasks as environments by name, plug-ins included."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import envs
from envs import Batch, Bits, Task, TaskEnv, register_envs, tasks

ROOT = Path(envs.__file__).parents[1]


def python(code):
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_every_task_is_an_environment():
    for name in tasks:
        spec = gymnasium.spec(f"memnets/{name}-v0")
        assert isinstance(spec.entry_point, str) and isinstance(spec.vector_entry_point, str)
        assert isinstance(gymnasium.make(spec.id).unwrapped, TaskEnv)


def test_make_passes_the_options_of_the_task():
    env = gymnasium.make("memnets/copy-v0", max_length=5, width=3)
    assert env.unwrapped.task.lengths == (1, 5)
    assert gymnasium.make(env.spec).unwrapped.task == env.unwrapped.task


def test_importing_envs_imports_neither_torch_nor_the_tasks():
    code = (
        "import sys, envs, envs.benchmark; print('torch' in sys.modules, 'pandas' in sys.modules)"
    )
    assert python(code).split() == ["False", "False"]
    code = "import sys, envs; print(any(m == 'envs.tasks.algorithmic.copy' for m in sys.modules))"
    assert python(code).split() == ["False"]


def test_registering_again_and_importing_again_is_silent():
    code = "import envs, importlib; importlib.reload(envs); envs.register_envs(); print('done')"
    assert python(code).strip() == "done"


def test_gymnasium_can_import_the_environments_by_module_name():
    code = "import gymnasium; print(gymnasium.make('envs:memnets/priority_sort-v0').unwrapped)"
    assert "TaskEnv" in python(code)


def test_a_task_registered_later_needs_no_more_than_one_call():
    @tasks.register("parity")
    @dataclass(frozen=True, kw_only=True)
    class Parity(Task):
        """Whether the ones so far are odd in number."""

        max_length: int = 4
        input_size = 1
        answer = Bits(1)

        @property
        def lengths(self):
            return 1, self.max_length

        def sample(self, rng, batch_size, length=None):
            length = self.draw_length(rng, length)
            bits = rng.integers(2, size=(length, batch_size, 1)).astype(np.float32)
            return Batch(bits, bits.cumsum(0) % 2, np.ones((length, batch_size), bool))

        def chance_bits(self, length=None):
            return (1 + self.max_length) / 2 if length is None else length

    try:
        register_envs()
        env = gymnasium.make("memnets/parity-v0", max_length=7)
        seen, _ = env.reset(seed=0, options={"length": 1})
        assert env.step(seen.astype(np.int8))[1:4] == (1.0, True, False)
    finally:
        del tasks._registered["parity"]
        gymnasium.registry.pop("memnets/parity-v0", None)


def test_a_name_that_gymnasium_cannot_spell_breaks_only_itself():
    tasks.register("two words")(type("TwoWords", (), {}))
    try:
        register_envs()
        assert "memnets/copy-v0" in gymnasium.registry
        assert "memnets/two words-v0" not in gymnasium.registry
    finally:
        del tasks._registered["two words"]


def test_an_unknown_environment_gets_a_hint():
    with pytest.raises(gymnasium.error.NameNotFound, match="Did you mean"):
        gymnasium.make("memnets/copyy-v0")
