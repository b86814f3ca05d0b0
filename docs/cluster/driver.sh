#!/bin/bash
# The scheduler and the driver of a study as one Slurm job, in a folder that the workers' jobs share:
#   sbatch driver.sh discrete_vs_soft --tasks copy
# Arguments are those of `memnets study run`. After a time limit or scancel, submit it and the workers
# again: the study goes on.
#SBATCH --job-name=memnets-driver
#SBATCH --cpus-per-task=2
#SBATCH --mem=8G
#SBATCH --time=24:00:00
set -u
rm -f scheduler.json
dask scheduler --scheduler-file scheduler.json --no-dashboard &
scheduler=$!
trap 'kill "$scheduler"; rm -f scheduler.json' EXIT
until [ -s scheduler.json ]; do
  kill -0 "$scheduler" || exit 1
  sleep 1
done
# status 75: no worker within 30 seconds; the first may have to wait in the queue
until memnets study run "$@" --scheduler scheduler.json --retries 5; do
  status=$?
  [ "$status" -eq 75 ] || exit "$status"
  sleep 60
done
