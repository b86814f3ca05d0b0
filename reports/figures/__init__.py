"""Frame -> Figure: pure functions outside pyplot that write no files."""

from .accuracy import accuracy_grid as accuracy_grid
from .accuracy import final_accuracy as final_accuracy
from .accuracy import length_curve as length_curve
from .addressing import addressing as addressing
from .learning import learning_curves as learning_curves
from .timing import timing as timing
