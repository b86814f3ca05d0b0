"""The contracts of a cell and of an estimator, for the tests of those who write one."""

from .checks.cell import check_cell as check_cell
from .checks.estimator import check_estimator as check_estimator
