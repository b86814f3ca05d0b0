"""Reinforcement-learning agents with a memory: any registered model as a policy of sb3-contrib."""

from .address_actions import AddressActions as AddressActions
from .address_policy import AddressPolicy as AddressPolicy
from .episodic import EpisodicReinforce as EpisodicReinforce
from .episodic_policy import EpisodicPolicy as EpisodicPolicy
from .policy import MemoryPolicy as MemoryPolicy
from .vector import FromVector as FromVector
