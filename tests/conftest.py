"""What every test has: one thread, a seed, how hypothesis draws; and a plug-in to ask for."""

import gc
import os
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings

from memnets.backends.base import backends
from memnets.registry import cells
from reports.registries import views
from studies.procedures.base import procedures

settings.register_profile("memnets", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("memnets")


KERNELS = "tests/memnets/backends/numba"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's tests stay with one worker, and so do all that compile kernels.

    A kernel is compiled by one process at a time: two workers would wait for each other.
    """
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class WithKernelsTogether(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return KERNELS if nodeid.startswith(KERNELS) else super()._split_scope(nodeid)

    return WithKernelsTogether(config, log)


def pytest_collection_finish() -> None:
    """Spares the garbage collector the thousands of tests and modules that stay to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Torch on one thread, seeded: tensors as small as these are slower on several threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[list[str]]:
    """Folders that hold the plug-in of tests/plugin as pip installs it, for sys.path.

    What was imported from it, and what registries remember of it, is forgotten afterwards.
    """
    source = Path(__file__).parent / "plugin"
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    info = tmp_path / "site" / "memnets_ring-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: memnets-ring\nVersion: 0.1.0\n")
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    yield [str(info.parent), str(source)]
    for name in [name for name in sys.modules if name.partition(".")[0] == "memnets_ring"]:
        del sys.modules[name]
    for registry in (backends, cells, procedures, views):
        registry._found.clear()
        registry._names.clear()


@pytest.fixture
def start_workers(tmp_path) -> Iterator[Callable[..., tuple[str, list[subprocess.Popen[bytes]]]]]:
    """Starts a dask scheduler and two workers, each in a folder of its own, with these paths.

    Gives the scheduler's address and the worker processes, which are ended with the test. A worker
    is named first or second, and may have options of its own.
    """
    processes: list[subprocess.Popen[bytes]] = []

    def start(
        *paths: str, options: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[str, list[subprocess.Popen[bytes]]]:
        path = os.pathsep.join([*paths, str(Path(__file__).parents[1])])
        environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        address = "tcp://127.0.0.1:" + str(_free_port())

        def begin(name: str, module: str, *options: str) -> None:
            (tmp_path / name).mkdir()
            with (tmp_path / f"{name}.log").open("wb") as log:
                command = [sys.executable, "-m", f"distributed.cli.{module}", *options]
                here = {"cwd": tmp_path / name, "env": environment, "stdout": log, "stderr": log}
                processes.append(subprocess.Popen(command, **here))

        port = address.rpartition(":")[2]
        begin(
            "scheduler", "dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"
        )
        for name in ("first", "second"):
            # without a nanny, a worker that is killed stays dead
            fixed = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
            begin(name, "dask_worker", address, *fixed, *(options or {}).get(name, ()))
        return address, processes[1:]

    yield start
    for process in reversed(processes):
        process.send_signal(signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
