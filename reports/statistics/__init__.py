"""Small pure functions on scores, each with the paper that defines it.

Estimates with bootstrap intervals, comparisons, performance profiles, time to solve as survival,
tolerance intervals, and how many seeds are enough.
"""

from .aggregates import iqm as iqm
from .aggregates import mean as mean
from .aggregates import median as median
from .aggregates import optimality_gap as optimality_gap
from .base import SEEDS as SEEDS
from .base import SEEDS_AND_TASKS as SEEDS_AND_TASKS
from .base import UNKNOWN as UNKNOWN
from .base import Estimate as Estimate
from .base import Statistic as Statistic
from .base import generator as generator
from .comparisons import holm as holm
from .comparisons import improvement as improvement
from .comparisons import paired_difference as paired_difference
from .comparisons import probability_of_improvement as probability_of_improvement
from .comparisons import sign_flip_test as sign_flip_test
from .profiles import performance_profile as performance_profile
from .profiles import profile_band as profile_band
from .resampling import band as band
from .resampling import estimate as estimate
from .resampling import interval as interval
from .sample_size import detectable as detectable
from .sample_size import power as power
from .sample_size import seeds_for_signs as seeds_for_signs
from .sample_size import seeds_needed as seeds_needed
from .survival import SurvivalCurve as SurvivalCurve
from .survival import kaplan_meier as kaplan_meier
from .survival import restricted_mean as restricted_mean
from .tolerance import normal_tolerance_factor as normal_tolerance_factor
from .tolerance import range_confidence as range_confidence
from .tolerance import range_content as range_content
from .tolerance import range_seeds as range_seeds
from .tolerance import tolerance_interval as tolerance_interval
