"""Makes one report for `memnets bench report`, in a process of its own.

Run as a program with the store's folder; prints one JSON object.
"""

from __future__ import annotations

import json
import os
import runpy
import shutil
import sys
import time
from pathlib import Path

from .store_point import peak_mb


def measured(folder: Path) -> dict[str, float]:
    """Seconds of the whole command, the most MB that it had, and the MB that it wrote."""
    home = folder / "report"
    shutil.rmtree(home, ignore_errors=True)
    sys.argv = ["memnets", "report", folder.name, "--folder", str(folder.parent)]
    begun, used = time.perf_counter(), time.process_time()
    try:
        # the command itself, which studies may not import
        runpy.run_module("memnets", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code:
            raise
    # the processes that drew have ended, and what they used is known
    drawn = sum(os.times()[2:4])
    used = time.process_time() - used + drawn
    times = {"seconds": time.perf_counter() - begun, "cpu_seconds": used}
    sizes = {path: path.stat().st_size / 1e6 for path in home.rglob("*") if path.is_file()}
    written = {"page_mb": sizes[home / "index.html"], "files_mb": sum(sizes.values())}
    return times | {"peak_mb": peak_mb()} | written | {"files": len(sizes)}


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]))))
