"""Memory tasks as batches and as gymnasium environments, which importing this package registers."""

from .answers import Answer as Answer
from .answers import Bits as Bits
from .answers import Fields as Fields
from .answers import Symbols as Symbols
from .env import TaskEnv as TaskEnv
from .registration import register_envs as register_envs
from .tasks import Batch as Batch
from .tasks import Task as Task
from .tasks import make_task as make_task
from .tasks import tasks as tasks
from .vector_env import TaskVectorEnv as TaskVectorEnv

register_envs()
