"""Views: what a report says of the trials of one procedure."""

from ..registries import views as views
from .base import View as View
