"""The papers' equations as pure functions, one file per idea; they are the reference."""

from . import attention as attention
from . import chunked as chunked
from . import content as content
from . import decay as decay
from . import fast_weights as fast_weights
from . import links as links
from . import location as location
from . import matrix_memory as matrix_memory
from . import memory as memory
from . import moving_tape as moving_tape
from . import product_keys as product_keys
from . import quantisation as quantisation
from . import recency as recency
from . import scores as scores
from . import slots as slots
from . import sparse as sparse
from . import stack as stack
from . import strengths as strengths
from . import surprise as surprise
from . import tape as tape
from . import usage as usage
