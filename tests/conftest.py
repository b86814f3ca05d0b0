"""What every test has: one thread, a seed, how hypothesis draws; and a plug-in to ask for."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings

settings.register_profile("memnets", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("memnets")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Torch on one thread, seeded: tensors as small as these are slower on several threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def plugin(tmp_path: Path) -> list[str]:
    """Folders that hold the plug-in of tests/plugin as pip installs it, for sys.path."""
    source = Path(__file__).parent / "plugin"
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    info = tmp_path / "site" / "memnets_ring-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: memnets-ring\nVersion: 0.1.0\n")
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    return [str(info.parent), str(source)]
