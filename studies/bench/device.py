"""`memnets bench device`: prints the device of this machine and describes it in a file."""

from __future__ import annotations

import json
from pathlib import Path

from .machine import describe, require_device


def bench_device(device: str = "cuda", folder: Path = Path("runs")) -> int:
    """Describe this machine and its GPU in FOLDER/device.json; fails where there is none.

    CPU, memory, system, versions, GPU with its memory and compute capability, date and commit.
    """
    require_device(device)
    machine = describe(device)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "device.json"
    path.write_text(json.dumps(machine, indent=2) + "\n", encoding="utf-8")
    print(f"{machine['gpu'] if device.startswith('cuda') else machine['cpu']}, {path}")
    return 0
