"""Frame -> Figure: pure functions outside pyplot that write no files."""

from .accuracy import accuracy_grid as accuracy_grid
from .accuracy import final_accuracy as final_accuracy
from .accuracy import length_curve as length_curve
from .addressing import addressing as addressing
from .addressing import side_by_side as side_by_side
from .controls import controls as controls
from .gap import gap_entropy as gap_entropy
from .gap import gap_length as gap_length
from .gradients import gradient_cosine as gradient_cosine
from .gradients import gradient_error as gradient_error
from .gradients import gradient_spread as gradient_spread
from .learning import learning_curves as learning_curves
from .pareto import pareto as pareto
from .profile import performance_profile as performance_profile
from .profile import survival as survival
from .sensitivity import sensitivity as sensitivity
from .sizes import sizes as sizes
from .speed import implementations as implementations
from .speed import memory_cost as memory_cost
from .speed import step_time as step_time
from .store import store_loading as store_loading
from .timing import timing as timing
