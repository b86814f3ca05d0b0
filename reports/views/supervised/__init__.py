"""The view of the procedure "supervised": models trained and tested on a task."""
