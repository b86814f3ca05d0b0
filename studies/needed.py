"""Checks, when it is imported, that the packages which `studies` needs are memnets' own."""

from memnets.siblings import require_ours

require_ours("envs")
