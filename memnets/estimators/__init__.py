"""The axis of the comparison: how a weighting becomes an address, and how the gradient gets past.

Every cell computes a weighting over slots; an estimator turns it into the address that is used. A
weighting that sums to less than one leaves the rest to the no-op, which a discrete estimator can
choose like any slot. `in_training` and `at_test` say how an estimator makes addresses.
"""

from ..registry import estimators as estimators
from .annealed import Annealed as Annealed
from .base import K_SLOTS as K_SLOTS
from .base import ONE_SLOT as ONE_SLOT
from .base import SOFT as SOFT
from .base import Estimates as Estimates
from .base import Estimator as Estimator
from .choices import chosen as chosen
from .choices import entropy as entropy
from .gate import Gate as Gate
from .gate import Share as Share
from .gumbel import Gumbel as Gumbel
from .gumbel import GumbelRao as GumbelRao
from .hardened import Hardened as Hardened
from .price import Price as Price
from .reinforce import Reinforce as Reinforce
from .replay import Recorded as Recorded
from .replay import Replay as Replay
from .shuffled import Shuffled as Shuffled
from .soft import NoisyTopK as NoisyTopK
from .soft import Soft as Soft
from .soft import TopK as TopK
from .straight_through import ReinMax as ReinMax
from .straight_through import StraightThrough as StraightThrough

register = estimators.register
