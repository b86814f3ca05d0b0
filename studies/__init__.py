"""Declare, run and store studies; importing this package imports no torch."""

from .executor import Summary as Summary
from .executor import run as run
from .store import ResultStore as ResultStore
from .study import Study as Study
from .study import studies as studies
from .trial import Curriculum as Curriculum
from .trial import TaskSpec as TaskSpec
from .trial import Training as Training
from .trial import Trial as Trial
