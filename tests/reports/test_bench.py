import json

import matplotlib
import pandas as pd
import pytest
from matplotlib.figure import Figure

from reports import bench, figures
from studies.bench import Measurements

MACHINE = {
    "cpu": "A Processor",
    "cores": 2,
    "architecture": "x86_64",
    "gpu": "none",
    "torch": "2.13.0",
    "device": "cpu",
    "threads": 2,
    "commit": None,
    "foreign_cores": 0.0,
    "protocol": {"task": "copy"},
}


def train_rows():
    rows = []
    for cell, estimator in (("ntm", "soft"), ("dntm", "reinforce")):
        for batch in (1, 16, 64):
            base = {"cell": cell, "estimator": estimator, "controller": "lstm"}
            base |= {"threads": 2, "batch": batch, "limit_ms": 0.1 * batch}
            for backend, ms in (("reference", 40.0 + batch), ("fused", 1.0 + 0.3 * batch)):
                times = {"ms": ms, "ms_p10": 0.9 * ms, "ms_p90": 1.2 * ms}
                rows.append({**base, "backend": backend, **times, "ratio": 2.0, "note": ""})
        rows.append({**base, "backend": "compiled", "note": "not covered: no | compiler"})
    return rows


def peer_rows():
    names = (("memnets ntm fused", True, 1.0), ("pytorch-ntm", False, 80.0))
    return [
        {
            "implementation": name,
            "model": "ntm",
            "ours": ours,
            "batch": batch,
            "threads": 1,
            "ms": ms * batch,
            "ms_p10": 0.9 * ms * batch,
            "ms_p90": 1.1 * ms * batch,
            "ratio": None if ours else 80.0,
            "note": "",
        }
        for name, ours, ms in names
        for batch in (1, 16)
    ]


def memory_rows():
    return [
        {
            "model": model,
            "slots": slots,
            "batch": 8,
            "steps": 10,
            "ms": ms,
            "address_ms": ms / 2 if model == "ntm/soft" else None,
            "access_ms": ms / 2,
            "peak_mb": ms * 2,
            "buffer_mb": slots / 1e3,
            "note": "",
        }
        for model, scale in (("ntm/soft", 0.02), ("rlntm/reinforce", 0.0))
        for slots in (128, 1024, 2**20)
        for ms in (3.0 + scale * slots,)
    ]


def gpu_rows():
    ways = {"reference": 40.0, "CUDA graph": 4.0, "triton": 1.0, "triton in a CUDA graph": 0.5}
    return [
        {
            **{"cell": cell, "estimator": "soft", "controller": "lstm", "batch": batch},
            **{"backend": way, "ms": ms, "ms_p10": 0.9 * ms, "ms_p90": 1.2 * ms},
            **{"ratio": 40.0 / ms, "note": ""},
        }
        for cell in ("ntm", "dnc")
        for batch in (1, 16)
        for way, ms in ways.items()
    ]


def store_rows():
    return [
        {
            **{"way": way, "trials": 1_000, "rows": 500_000, "seconds": seconds},
            **{"seconds_least": 0.9 * seconds, "seconds_most": 1.2 * seconds},
            **{"before_mb": 80.0, "peak_mb": 250.0, "cpu_seconds": seconds},
        }
        for way, seconds in (("first", 8.0), ("again", 1.5), ("facts", 0.7))
    ]


ROWS = {
    "store": store_rows,
    "gpu": gpu_rows,
    "train": train_rows,
    "peers": peer_rows,
    "memory": memory_rows,
}


def measurements(name, folder, **changes):
    fields = {"rows": ROWS[name](), "notes": ("What it means.",), "machine": MACHINE} | changes
    return Measurements(name=name, folder=folder, **fields)


def texts(figure):
    figure.draw_without_rendering()
    return {text.get_text() for text in figure.findobj(matplotlib.text.Text)}


@pytest.mark.parametrize("name", ROWS)
def test_a_bench_is_published_as_table_rows_machine_and_figure(name, tmp_path):
    page = bench.publish(measurements(name, tmp_path))
    home = tmp_path / "bench" / name
    assert page == home / "table.md"
    files = {"table.md", "results.csv", "machine.json", f"{name}.svg", f"{name}.png"}
    assert {path.name for path in home.iterdir()} == files
    assert json.loads((home / "machine.json").read_text()) == MACHINE
    assert len(pd.read_csv(home / "results.csv")) == len(ROWS[name]())
    text = page.read_text(encoding="utf-8")
    assert "A Processor" in text and "What it means." in text and "task: copy" in text
    assert f"({name}.svg)" in text and text.count("\n| ") >= len(ROWS[name]())


def test_what_was_not_covered_has_its_reason_in_the_table_and_no_number():
    shown = bench.table("train", pd.DataFrame(train_rows()))
    row = shown[shown["Backend"] == "compiled"].iloc[0]
    assert row["Note"] == "not covered: no | compiler" and row["ms per step"] == "\N{EN DASH}"


def test_a_stopped_bench_says_so_and_one_without_times_has_no_figure(tmp_path):
    bench.publish(measurements("train", tmp_path))
    untimed = train_rows()[-1:]
    stopped = measurements("train", tmp_path, rows=untimed, interrupted=True)
    assert "Stopped before the end" in bench.publish(stopped).read_text()
    # nor the figure of the run before
    assert not list((tmp_path / "bench" / "train").glob("train.*"))
    assert bench.present(stopped) == 130


def test_a_bench_without_rows_leaves_the_files_of_the_one_before(tmp_path, capsys):
    home = bench.publish(measurements("train", tmp_path)).parent
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    stopped = measurements("train", tmp_path, rows=[], interrupted=True)
    assert bench.publish(stopped) is None
    assert bench.present(stopped) == 130
    assert capsys.readouterr().out == f"Nothing was measured; {home} is left as it was.\n"
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before
    assert bench.present(measurements("train", tmp_path, rows=[])) == 1


def test_a_busy_machine_is_owned_up_to(tmp_path):
    quiet = measurements("train", tmp_path)
    busy = measurements("train", tmp_path, machine=MACHINE | {"foreign_cores": 1.4})
    assert "1.4 cores busy" in " ".join(bench.summary(busy))
    assert "cores busy meanwhile" not in " ".join(bench.summary(quiet))


def test_a_panel_per_model_a_colour_per_backend_and_the_limit():
    figure = figures.step_time(pd.DataFrame(train_rows()))
    assert isinstance(figure, Figure)
    found = texts(figure)
    assert {"ntm/soft lstm", "dntm/reinforce lstm", "reference", "fused"} <= found
    assert "limit of the machine" in found and "compiled" not in found
    assert {"batch size", "ms per training step", "64"} <= found


def test_the_ways_of_a_gpu_have_a_colour_each_and_no_limit():
    figure = figures.step_time(pd.DataFrame(gpu_rows()))
    found = texts(figure)
    assert {"reference", "CUDA graph", "triton", "triton in a CUDA graph"} <= found
    assert "limit of the machine" not in found and "ntm/soft lstm" in found
    lines = figure.axes[0].get_lines()
    assert len({line.get_color() for line in lines}) == 4


def test_the_gpu_is_named_with_its_memory():
    machine = MACHINE | {"gpu": "A GPU", "gpu_gib": 80.0, "compute_capability": "9.0"}
    assert "GPU: A GPU, 80.0 GiB, compute capability 9.0" in bench.machine_lines(machine)
    assert "GPU: none" in bench.machine_lines(MACHINE)


def test_several_thread_counts_have_lines_of_their_own():
    rows = train_rows()
    more = [{**row, "threads": 1} for row in rows]
    assert {"fused, 1 threads", "fused, 2 threads"} <= texts(
        figures.step_time(pd.DataFrame(rows + more))
    )


def test_implementations_are_side_by_side_per_batch_size():
    found = texts(figures.implementations(pd.DataFrame(peer_rows())))
    assert {"batch 1", "batch 16", "pytorch-ntm", "memnets ntm fused", "80.0"} <= found
    assert "1\N{NO-BREAK SPACE}280" in found


def test_memory_has_a_panel_for_time_and_one_for_space():
    found = texts(figures.memory_cost(pd.DataFrame(memory_rows())))
    assert {"Time of a sequence", "Peak memory of a sequence", "1M", "1k", "ntm/soft"} <= found
