"""Measure what things cost on this machine; importing this package imports no torch."""

from .measurements import Measurements as Measurements
