"""The view of the procedure "tuning": what a search tried, and what it chose."""
