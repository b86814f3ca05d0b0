"""Declare, run and store studies; importing this package imports no torch."""

from . import own_packages as own_packages
from .design.study import Study as Study
from .design.study import studies as studies
from .design.trial import TaskSpec as TaskSpec
from .design.trial import Trial as Trial
from .procedures.base import Outcome as Outcome
from .procedures.base import Procedure as Procedure
from .procedures.base import Recorder as Recorder
from .procedures.curriculum import Curriculum as Curriculum
from .procedures.curriculum import MixtureCurriculum as MixtureCurriculum
from .procedures.distillation import Distillation as Distillation
from .procedures.evolution import Evolution as Evolution
from .procedures.gradients import Gradients as Gradients
from .procedures.lessons import LessonCurriculum as LessonCurriculum
from .procedures.reinforcement import Reinforcement as Reinforcement
from .procedures.selection import Averaging as Averaging
from .procedures.selection import Budget as Budget
from .procedures.selection import FallingRate as FallingRate
from .procedures.selection import RateSchedule as RateSchedule
from .procedures.selection import Restarts as Restarts
from .procedures.selection import Selection as Selection
from .procedures.supervised import Supervised as Supervised
from .running.executor import Summary as Summary
from .running.executor import run as run
from .running.store import ResultStore as ResultStore
