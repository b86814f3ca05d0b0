"""Ways to run a network over a sequence; they change the time that it takes, never the result."""

from .auto import BACKENDS as BACKENDS
from .auto import NEVER_COMPILED as NEVER_COMPILED
from .auto import BackendFallback as BackendFallback
from .auto import Choice as Choice
from .auto import choose as choose
from .auto import require_backend as require_backend
from .auto import uncovered as uncovered
from .auto import unroll as unroll
from .auto import warm_up as warm_up
