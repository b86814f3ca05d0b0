#!/bin/bash
# Workers for driver.sh, an array of Slurm jobs with a trial per processor:
#   sbatch --array=1-20 workers.sh
# Arguments are those of `dask worker`, such as --resources "GPU=1". Jobs end by themselves, ten
# minutes after the driver at the latest; one that reaches its time limit loses no trial.
#SBATCH --job-name=memnets-workers
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=16G
#SBATCH --time=08:00:00
set -u
export OMP_NUM_THREADS=1
# srun does not take it over from sbatch
export SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}"
until [ -s scheduler.json ]; do sleep 5; done
srun dask worker --scheduler-file scheduler.json --nworkers "$SRUN_CPUS_PER_TASK" \
  --nthreads 1 --no-dashboard --death-timeout "${DEATH_TIMEOUT:-600}" "$@"
