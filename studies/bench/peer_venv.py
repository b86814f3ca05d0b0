"""The virtual environment in which peers from the package index run, apart from ours."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

from ..design.data import BadData
from ..running.provenance import version


def prepared(folder: Path, peers: tuple[str, ...], log: Path) -> Path:
    """The Python of a virtual environment with these peers and our versions of torch and numpy.

    It is made once, and again when a version changes. Peers are installed without their other
    dependencies: `dnc` names a nearest-neighbour library that only its sparse models need and that
    no longer builds everywhere. Raises BadData, which names the log, where the installation fails.
    """
    wanted = [*(_same_as_ours(name) for name in ("torch", "numpy")), *peers]
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    ready = folder / "ready.json"
    if ready.is_file() and json.loads(ready.read_text(encoding="utf-8")) == wanted:
        return python
    with log.open("w", encoding="utf-8") as output:
        venv.EnvBuilder(clear=True, with_pip=True).create(folder)
        pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
        for command in ([*pip, *wanted[:2]], [*pip, "--no-deps", *wanted[2:]]):
            done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False)
            if done.returncode:
                raise BadData(
                    f"the peers cannot be installed, see {log}; --no-install with a --checkout "
                    "does without the package index."
                )
    ready.write_text(json.dumps(wanted), encoding="utf-8")
    return python


def _same_as_ours(package: str) -> str:
    # a version such as 2.8.0+cpu names a build that may not be on the index
    return f"{package}=={str(version(package)).partition('+')[0]}"
