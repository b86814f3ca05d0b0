"""Running a study: executor, engines, store, files, progress."""
