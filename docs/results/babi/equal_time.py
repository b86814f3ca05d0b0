"""bAbI kinds 1, 2 and 20 of the published files: as many updates as take each model 40 seconds.

    BABI=tasks_1-20_v1-2/en memnets study run ./equal_time.py:study

Milliseconds of an update are of one core (AMD EPYC with AVX-512), timed over eight updates; those
of the D-NTM on kinds 2 and 20 are its own on kind 1 times what the NTM's grow by.
"""

import dataclasses
import os

from studies import Study
from studies.catalog.babi import of_files

MILLISECONDS = {
    "lstm": {1: 10.7, 2: 35.1, 20: 19.7},
    "ntm": {1: 25.2, 2: 82.1, 20: 46.8},
    "dnc": {1: 50.0, 2: 130.9, 20: 86.4},
    "dntm, soft": {1: 30.6, 2: 99.7, 20: 56.8},
    "dntm, discrete": {1: 27.5, 2: 89.6, 20: 51.1},
}
SECONDS = 40


def study() -> Study:
    """The models of the study `babi` on the files in the folder that BABI names."""
    found = of_files(os.environ["BABI"])
    own = {}
    for model, kinds in MILLISECONDS.items():
        for kind, milliseconds in kinds.items():
            updates = round(1000 * SECONDS / milliseconds)
            fields = {"updates": updates, "evaluate_every": max(1, updates // 4)}
            own[f"kind {kind}", model] = fields
    return dataclasses.replace(found, own=own)
