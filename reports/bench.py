"""What a bench measured, as files: table.md, results.csv, machine.json and the figure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from . import formats, svg, table_files
from .bench_tables import BENCHES, Bench

if TYPE_CHECKING:
    from studies.bench import Measurements


def publish(measurements: Measurements) -> Path | None:
    """Write all files of a bench into its folder; returns the page, table.md.

    Where no row has a time there is no figure. Where there are no rows at all, nothing is written,
    what an earlier run left stays, and there is no page.
    """
    if not measurements.rows:
        return None
    bench, home = BENCHES[measurements.name], measurements.home
    home.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame(measurements.rows)
    frame.to_csv(home / "results.csv", index=False, lineterminator="\n")
    machine = json.dumps(measurements.machine, indent=2) + "\n"
    (home / "machine.json").write_text(machine, encoding="utf-8")
    drawn = bench.measured in frame and bool(frame[bench.measured].notna().any())
    for ending in ("svg", "png"):
        # the picture of an earlier run must not stand beside this one's numbers
        (home / f"{measurements.name}.{ending}").unlink(missing_ok=True)
    if drawn:
        svg.save(bench.draw(frame), home, measurements.name)
    page = home / "table.md"
    page.write_text(_page(measurements, bench, frame, drawn), encoding="utf-8")
    return page


def present(measurements: Measurements) -> int:
    """Publish a bench and print it; the status of its command, 1 where something failed."""
    page = publish(measurements)
    if page:
        print(*summary(measurements), "", page, sep="\n")
    else:
        print(f"Nothing was measured; {measurements.home} is left as it was.")
    if measurements.interrupted:
        return 130
    failed = any(row.get("note", "").startswith("failed: ") for row in measurements.rows)
    return int(failed or page is None)


def summary(measurements: Measurements) -> list[str]:
    """Lines for a terminal: the machine, how to read the numbers, and the table."""
    text = table(measurements.name, pd.DataFrame(measurements.rows)).to_string(index=False)
    stopped = ["Stopped before the end: rows are missing."] if measurements.interrupted else []
    machine = machine_lines(measurements.machine)
    return [*machine, "", *notes(measurements), "", text, *stopped]


def notes(measurements: Measurements) -> list[str]:
    """What must be known to read the numbers, the machine's other work included."""
    busy = measurements.machine.get("foreign_cores")
    warning = (
        f"Other processes kept {busy or 0:.1f} cores busy meanwhile: the times are too long, and "
        "only ratios within one round may be trusted."
    )
    return [*([warning] if busy and busy > 0.3 else []), *measurements.notes]


def table(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a bench as text, without columns that say nothing."""
    shown = {}
    for column in BENCHES[name].columns:
        if column.name not in frame:
            continue
        values = frame[column.name]
        if column.write is str:
            text = ["" if pd.isna(value) else str(value) for value in values]
        else:
            text = [column.write(float("nan") if pd.isna(v) else float(v)) for v in values]
        if any(text) and set(text) != {formats.NONE}:
            shown[column.heading] = text
    return pd.DataFrame(shown)


def machine_lines(machine: dict[str, Any]) -> list[str]:
    """The machine in a few sentences; facts that are not known are left out."""
    facts = {
        "CPU": f"{machine.get('cpu')}, {machine.get('cores')} cores, {machine.get('architecture')}",
        "Memory": f"{machine['ram_gib']} GiB" if machine.get("ram_gib") else None,
        "GPU": _gpu(machine),
        "System": machine.get("system"),
        "Versions": ", ".join(
            f"{name} {machine[name]}"
            for name in ("memnets", "torch", "numpy", "numba", "triton", "cuda", "python")
            if machine.get(name)
        ),
        "Torch's vector instructions": machine.get("cpu_capability"),
        "Device and threads": f"{machine.get('device')}, {machine.get('threads')}",
        "Commit": f"{machine.get('commit')}{' and changes' if machine.get('dirty') else ''}"
        if machine.get("commit")
        else None,
        "Date": machine.get("date"),
        "Cores busy with other processes meanwhile": machine.get("foreign_cores"),
    }
    protocol = machine.get("protocol", {})
    facts["Protocol"] = ", ".join(f"{k.replace('_', ' ')}: {v}" for k, v in protocol.items())
    return [f"{name}: {value}" for name, value in facts.items() if value not in (None, "")]


def _gpu(machine: dict[str, Any]) -> str | None:
    details = {"gpu_gib": "{} GiB", "compute_capability": "compute capability {}"}
    known = [text.format(machine[name]) for name, text in details.items() if machine.get(name)]
    return ", ".join([machine["gpu"], *known]) if machine.get("gpu") else None


def _page(measurements: Measurements, bench: Bench, frame: pd.DataFrame, drawn: bool) -> str:
    name = measurements.name
    lines = [f"# {bench.title} (`memnets bench {name}`)", ""]
    if measurements.interrupted:
        lines += ["**Stopped before the end: rows are missing.**", ""]
    lines += [table_files.to_markdown(table(name, frame)), ""]
    if drawn:
        lines += [f"![{bench.title}]({name}.svg)", ""]
    lines += ["## How to read it", "", *(f"- {note}" for note in notes(measurements)), ""]
    lines += ["## Machine", "", *(f"- {line}" for line in machine_lines(measurements.machine)), ""]
    return "\n".join(lines)
