"""The papers' equations as pure functions, one file per idea; they are the reference."""

from . import attention as attention
from . import content as content
from . import fast_weights as fast_weights
from . import links as links
from . import location as location
from . import memory as memory
from . import recency as recency
from . import scores as scores
from . import sparse as sparse
from . import tape as tape
from . import usage as usage
