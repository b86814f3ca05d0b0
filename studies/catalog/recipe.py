"""How the studies of discrete memory train, all models alike.

Chosen on seeds 0 to 11 and, for what no longer stands here, 20 to 22, none of which is reported.
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
    selection=Selection(restore_best=1, lost=0.5),
    evaluate_every=250,
    solved_errors=0.05,
)
MEMORY = {"slots": 128, "width": 20}
FRESH = tuple(range(30, 40))
"""Seeds on which nothing was chosen."""
