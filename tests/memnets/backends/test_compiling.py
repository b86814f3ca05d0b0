"""Where compiled kernels are kept, and what a display can see of those that are compiled now."""

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from memnets.backends import compiling as module
from memnets.backends.compiling import compiling, folder, turn

pytest.importorskip("fcntl")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    found = folder()
    assert found
    assert found.is_relative_to(tmp_path / "kernels")
    return found


HOLDER = """
import sys, time
from pathlib import Path
from memnets.backends.compiling import turn
with turn(Path(sys.argv[1]), "some.kernel", 40):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(place) -> subprocess.Popen:
    """A process that says it compiles a kernel, and takes its time."""
    command = [sys.executable, "-c", HOLDER, str(place / "a.lock")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_what_another_process_compiles_is_seen_until_it_ends(place, holder):
    assert compiling() == compiling()
    (one,) = compiling()
    assert (one.name, one.about_seconds) == ("some.kernel", 40)
    assert abs(time.time() - one.since) < 60
    holder.kill()
    holder.wait()
    assert (place / "a.lock").exists()
    assert compiling() == []


def test_a_part_of_a_kernel_is_not_shown(place):
    with turn(place / "a.lock"):
        assert compiling() == []


def test_a_turn_begins_when_the_process_before_is_gone(place, holder):
    holder.kill()
    with turn(place / "a.lock", "mine", 3):
        assert [one.name for one in compiling()] == ["mine"]
    assert not list(place.glob("*.lock"))


def add_one(place: Path, times: int) -> None:
    count = place / "count"
    for _ in range(times):
        with turn(place / "a.lock"):
            number = int(count.read_text())
            time.sleep(0.001)
            count.write_text(str(number + 1))


def test_one_process_at_a_time_has_its_turn(place):
    (place / "count").write_text("0")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=add_one, args=(place, 50)) for _ in range(2)]
    for process in processes:
        process.start()
    add_one(place, 50)
    for process in processes:
        process.join()
    assert (place / "count").read_text() == "150"


def test_where_files_cannot_be_locked_nobody_waits(place, holder, monkeypatch):
    monkeypatch.setattr(module, "fcntl", None)
    with turn(place / "a.lock"):
        assert compiling() == []


def test_kernels_are_kept_beside_the_sources_or_in_the_users_folder(tmp_path, monkeypatch):
    module._first_writable.cache_clear()
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    assert folder() == Path(module.__file__).parent / "numba" / "__pycache__"
    read_only = Path(module.__file__).parent
    real = module._is_writable
    monkeypatch.setattr(module, "_is_writable", lambda p: read_only not in p.parents and real(p))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    module._first_writable.cache_clear()
    assert folder().is_relative_to(tmp_path / "home")
    monkeypatch.setenv("HOME", os.devnull)
    assert folder() is None
    assert compiling() == []
    module._first_writable.cache_clear()


def test_asking_needs_neither_torch_nor_numba():
    code = "import sys; from memnets.backends.compiling import compiling; compiling()"
    code += "; assert not {'torch', 'numba'} & set(sys.modules), set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
