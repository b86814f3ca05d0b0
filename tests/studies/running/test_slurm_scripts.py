"""The scripts of docs/cluster: Slurm's by an `srun` that runs what it gets, Kubernetes' read."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

SCRIPTS = Path(__file__).parents[3] / "docs" / "cluster"
STUDY = """
from memnets.spec import ModelSpec
from studies import Study, Supervised, TaskSpec


def study():
    return Study(
        name="small",
        question="",
        tasks={"copy": TaskSpec("copy", {"max_length": 2, "width": 3})},
        models={"lstm": ModelSpec("none", controller_size=4)},
        procedure=Supervised(updates=4, evaluate_every=2, batch_size=2, test_sequences=2),
        seeds=(0, 1, 2),
    )
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="they are for bash")
def test_the_two_slurm_jobs_make_a_study_and_end(tmp_path):
    (tmp_path / "mine.py").write_text(STUDY)
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "srun").write_text('#!/bin/bash\nexec "$@"\n')
    (commands / "srun").chmod(0o755)
    path = os.pathsep.join([str(commands), str(Path(sys.executable).parent), os.environ["PATH"]])
    slurm = {"SLURM_CPUS_PER_TASK": "2", "DEATH_TIMEOUT": "5"}
    environment = {**os.environ, "PATH": path, **slurm}

    def job(script: str, *arguments: str) -> "subprocess.Popen[bytes]":
        command = ["bash", str(SCRIPTS / script), *arguments]
        # a session of its own, so that all that it starts can be ended
        return subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True)

    workers = job("workers.sh")
    driver = job("driver.sh", "./mine.py:study", "--folder", "runs")
    try:
        assert driver.wait(timeout=140) == 0
        # the workers go after the scheduler, which went with the driver
        workers.wait(timeout=80)
    finally:
        for process in (driver, workers):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert not (tmp_path / "scheduler.json").exists()
    assert len(list(tmp_path.glob("runs/small/*/done.json"))) == 3


@pytest.mark.slow
def test_another_status_than_that_of_missing_workers_ends_the_driver(tmp_path):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = ["bash", str(SCRIPTS / "driver.sh"), "no_such_study"]
    environment = {**os.environ, "PATH": path}
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, text=True, capture_output=True, timeout=120
    )
    assert ended.returncode == 2 and "no_such_study" in ended.stderr


def test_the_kubernetes_file_names_one_image_and_the_volume_that_it_claims():
    cluster, claim, driver = yaml.safe_load_all((SCRIPTS / "kubernetes.yaml").read_text())
    (worker,) = cluster["spec"]["worker"]["spec"]["containers"]
    (scheduler,) = cluster["spec"]["scheduler"]["spec"]["containers"]
    pod = driver["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert worker["image"] == scheduler["image"] == container["image"]
    (volume,) = pod["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert container["volumeMounts"][0]["name"] == volume["name"]
    service = f"{cluster['metadata']['name']}-scheduler"
    assert f"tcp://{service}:8786" in container["args"]
