"""What the author of a plug-in checks it with; the contracts themselves are in memnets.checks."""

from .checks.contracts import check_cell as check_cell
from .checks.contracts import check_estimator as check_estimator
