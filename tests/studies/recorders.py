"""Recorders that keep everything in memory, for tests of procedures."""


class Memory:
    """Keeps rows and the last checkpoint; may stop a trial after so many rows."""

    device = "cpu"

    def __init__(self, checkpoint=None, stop_after=None):
        self.rows, self.checkpoint, self.stop_after = [], checkpoint, stop_after

    def row(self, row):
        self.rows.append(row)
        if len(self.rows) == self.stop_after:
            raise Stopped

    def save(self, checkpoint):
        self.checkpoint = checkpoint

    def resume(self):
        return self.checkpoint


class Stopped(Exception):
    """The trial was to be stopped here."""


def rows_of(trial, checkpoint=None):
    """All rows without their times, and the outcome."""
    memory = Memory(checkpoint)
    outcome = trial.procedure.run(trial, memory)
    return [timeless(row) for row in memory.rows], outcome


def timeless(row):
    return {name: row[name] for name in row if not name.startswith("seconds")}
