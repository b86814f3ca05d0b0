"""Gym's rules and those of the RL-NTM, one plain step after the other, to compare with."""

DIRECTIONS = {"left": (-1, 0), "stay": (0, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


class NaiveTape:
    """One episode on a given input tape, a list of columns."""

    def __init__(self, columns, target, limit, base, moves, forgiving=False):
        self.columns, self.target, self.limit, self.base = columns, target, limit, base
        self.moves, self.forgiving = moves, forgiving
        self.time, self.written, self.head = 0, [], (0, 0)

    def see(self):
        column, row = self.head
        if column < 0 or row < 0 or column >= len(self.columns) or row >= len(self.columns[column]):
            return self.base
        return self.columns[column][row]

    def step(self, move, write, symbol):
        reward, over = 0.0, False
        missing = len(self.target) - len(self.written)
        if write or (self.forgiving and missing >= self.limit - self.time):
            right = missing > 0 and self.target[len(self.written)] == symbol
            reward = 1.0 if right else (0.0 if self.forgiving else -0.5)
            over = not right and not self.forgiving
            self.written.append(symbol)
            over = over or len(self.written) >= len(self.target)
        step = DIRECTIONS[self.moves[move]]
        self.head = (self.head[0] + step[0], self.head[1] + step[1])
        self.time += 1
        if self.time > self.limit:
            reward, over = -1.0, True
        return self.see(), reward, over
