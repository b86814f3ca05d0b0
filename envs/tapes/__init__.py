"""Tape environments: tasks on tapes with heads to move, with and without a memory tape."""

from .base import TapeTask as TapeTask
from .base import make_tape as make_tape
from .base import tapes as tapes
from .env import TapeEnv as TapeEnv
from .vector_env import TapeVectorEnv as TapeVectorEnv
