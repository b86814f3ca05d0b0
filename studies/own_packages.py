"""Checks, when it is imported, that the packages which `studies` needs are memnets' own."""

from memnets.own_packages import require_ours

require_ours("envs")
