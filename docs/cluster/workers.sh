#!/bin/bash
# Workers for driver.sh, an array of Slurm jobs with a trial per processor:
#   sbatch --array=1-20 workers.sh
# Arguments are those of `dask worker`, such as --resources "GPU=1". Jobs end by themselves ten
# minutes after the driver; one that reaches its time limit loses no trial.
#SBATCH --job-name=memnets-workers
#SBATCH --cpus-per-task=4
#SBATCH --mem=16G
#SBATCH --time=08:00:00
set -u
export OMP_NUM_THREADS=1
until [ -s scheduler.json ]; do sleep 5; done
srun dask worker --scheduler-file scheduler.json --nworkers "${SLURM_CPUS_PER_TASK:-1}" \
  --nthreads 1 --no-dashboard --death-timeout "${DEATH_TIMEOUT:-600}" "$@"
