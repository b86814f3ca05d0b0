"""How the studies of discrete memory train, all models alike.

Chosen on copy with lengths 1 to 20 and seeds 0 to 9 and 11, which no study of these reports.
"""

from __future__ import annotations

from ..procedures.selection import FallingRate, Selection
from ..procedures.supervised import Supervised

RECIPE = Supervised(
    updates=6_000,
    batch_size=16,
    learning_rate=2e-3,
    clip_norm=1.0,
    # what was learned is lost less often at a tenth of the rate
    falling_rate=FallingRate(factor=0.1),
    # and comes back where it is lost all the same
    selection=Selection(restore_best=1, learned=0.15),
    evaluate_every=250,
    solved_errors=0.05,
)
MEMORY = {"slots": 128, "width": 20}
FRESH = tuple(range(20, 30))
"""Seeds on which nothing was chosen."""
