"""Views: what a report says of the trials of one procedure."""

from .base import View as View
from .base import views as views
