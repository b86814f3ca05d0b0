"""Ways to run a network over a sequence; they change the time that it takes, never the result."""

from .auto import choose as choose
from .auto import warm_up as warm_up
from .base import Backend as Backend
from .base import BackendFallback as BackendFallback
from .base import Choice as Choice
from .base import Refused as Refused
from .base import backends as backends
from .base import require_backend as require_backend

register = backends.register
