"""The tasks, one file each; `tasks` finds them by name without importing them."""

from .base import Batch as Batch
from .base import Task as Task
from .base import make_task as make_task
from .base import tasks as tasks
