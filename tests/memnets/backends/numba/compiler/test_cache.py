"""Kernels on disk: the same bits cold and warm, compiled once, never half of one."""

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("numba")

from memnets.backends.numba.compiler.stamps import _parsed, stamp

KERNELS = """
import sys
import numpy as np
from memnets.backends.numba.compiler.jit import kernel

# sums in any order: they round as they are vectorised, which differs from caller to caller
@kernel
def total(a, b, scale):
    s, t = np.float32(0), np.float32(1)
    for i in range(len(a)):
        s += a[i] * b[i] * scale
    for i in range(len(a)):
        t += a[i] * s + b[i]
    for i in range(len(a)):
        a[i] = a[i] * t + b[i] / s
    return s

@kernel
def twice(a, b, out):
    out[0] = total(a, b, np.float32(0.3))
    out[1] = total(b, a, out[0])
    out[2] = total(a, b, out[1])

@kernel
def often(a, b, out):
    for i in range(4):
        out[i] = total(a, b, b[i])

@kernel
def alone(a, b, out):
    out[0] = total(a, b, np.float32(0.3))

def bits(name):
    random = np.random.default_rng(0)
    a, b = (random.standard_normal(1019).astype(np.float32) for _ in "ab")
    out = np.zeros(4, np.float32)
    globals()[name](a, b, out)
    return out.tobytes().hex() + a.tobytes().hex()

if __name__ == "__main__":
    from some_kernels import bits, total, twice
    for name in sys.argv[1:]:
        print(name, bits(name))
    print("misses", *(sum(k.stats.cache_misses.values()) for k in (total.part_of_others, twice)))
"""


@pytest.fixture
def script(tmp_path) -> Path:
    path = tmp_path / "some_kernels.py"
    path.write_text(KERNELS)
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    place = tmp_path / "cache"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(place))
    return place


def started(script: Path, *names: str, **environment: str) -> subprocess.Popen:
    """A process that runs these kernels one after the other."""
    command = [sys.executable, str(script), *names]
    pipe, environment = subprocess.PIPE, os.environ | environment
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)


def results(process: subprocess.Popen) -> dict[str, str]:
    """What each kernel computed, bit for bit."""
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return dict(line.split(" ", 1) for line in out.splitlines())


def stored(cache: Path) -> dict[str, Path]:
    return {path.name.split("-")[0]: path for path in cache.rglob("*.kernel")}


def imported(script: Path) -> ModuleType:
    """The file as it is now, in this process."""
    stamp.cache_clear()
    _parsed.cache_clear()
    # Python's own bytecode knows a source by its second and its length
    Path(importlib.util.cache_from_source(str(script))).unlink(missing_ok=True)
    spec = importlib.util.spec_from_file_location(script.stem, script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_bits_do_not_depend_on_what_was_compiled_before_and_by_whom(script, tmp_path):
    def run(*names: str, cache: str, seed: str = "0") -> dict[str, str]:
        places = {"NUMBA_CACHE_DIR": str(tmp_path / cache), "PYTHONHASHSEED": seed}
        found = results(started(script, *names, **places))
        return {name: found[name] for name in ("twice", "often") if name in found}

    cold = run("twice", "often", cache="one")
    assert run("often", "twice", cache="one", seed="1") == cold
    run("alone", cache="two", seed="2")
    assert run("alone", "often", "twice", cache="two") == cold


def test_a_kernel_that_two_processes_need_is_compiled_by_one(script, cache):
    both = [results(process) for process in [started(script, "twice") for _ in "ab"]]
    assert both[0]["twice"] == both[1]["twice"]
    assert sorted(one["misses"] for one in both) == ["0 0", "1 1"]
    assert not list(cache.rglob("*.lock"))


def test_a_killed_compiler_leaves_nothing_that_others_wait_for_or_load(script, cache, tmp_path):
    killed = started(script, "twice")
    while not list(cache.rglob("*.lock")):
        assert killed.poll() is None
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    module = imported(script)
    assert module.bits("twice")
    assert module.twice.stats.cache_misses
    assert set(stored(cache)) == {"some_kernels.total", "some_kernels.twice"}
    assert not list(cache.rglob("*.lock"))


def test_a_file_of_which_a_part_is_missing_is_written_again(script, cache):
    before = imported(script).bits("twice")
    path = stored(cache)["some_kernels.twice"]
    path.write_bytes(path.read_bytes()[:-100])
    for misses in (1, 0):
        module = imported(script)
        assert module.bits("twice") == before
        assert sum(module.twice.stats.cache_misses.values()) == misses


def test_a_changed_source_is_compiled_again_and_replaces_what_was_stored(script, cache):
    before = imported(script).bits("alone")
    old = stored(cache)
    script.write_text(KERNELS.replace("0.3", "0.4"))
    assert imported(script).bits("alone") != before
    assert set(stored(cache)) == set(old) == {"some_kernels.total", "some_kernels.alone"}
    assert not any(path.exists() for path in old.values())


NOWHERE = """
from memnets import ModelSpec
from memnets.backends import choose, compiling
compiling._is_writable = lambda place: False
assert choose(ModelSpec("ntm").build(3, 2)).backend == "numba"
"""


def test_without_a_folder_to_keep_them_kernels_are_compiled_and_a_line_says_so(script, tmp_path):
    expected = imported(script).bits("twice")
    script.write_text(NOWHERE + KERNELS)
    process = started(script, "twice", NUMBA_CACHE_DIR=str(tmp_path / "other"))
    out, errors = process.communicate(timeout=300)
    assert f"twice {expected}\n" in out
    assert "set NUMBA_CACHE_DIR" in errors.splitlines()[0]
    assert errors.count("NUMBA_CACHE_DIR") == 1
    assert not (tmp_path / "other").exists()
