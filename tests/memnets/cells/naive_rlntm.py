"""The RL-NTM in loops of numpy."""

import numpy as np

B, H, N, W, X, HIDDEN, STEPS = 2, 2, 5, 3, 2, 4, 20


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    return np.exp(x - x.max()) / np.exp(x - x.max()).sum()


def moved(position, moves):
    after = np.zeros(N)
    for i in range(N):
        for move, probability in zip((-1, 0, 1), moves, strict=True):
            after[(i + move) % N] += probability * position[i]
    return after


def naive_rlntm(p, inputs, use, **options):
    heads, tied, erase = (options.get(name) for name in ("heads", "tied", "erase"))
    heads, tied = heads or 1, tied is not False
    count, half = heads if tied else 2 * heads, options.get("window", 1) // 2
    beside = options.get("write_window", 1) // 2
    written = heads * (2 * beside + 1)
    sizes = {"move": 3 * count, "add": written * W}
    if erase:
        sizes["erase"] = written * W
    if direct := options.get("direct_access"):
        sizes |= {"keep": written, "input": written, "read": heads * (2 * half + 1), "skip": 1}
    memory, positions = np.zeros((N, W)), np.array([np.eye(N)[0]] * count)
    for h, x in inputs:
        raw = p["interface.linear.weight"] @ h + p["interface.linear.bias"]
        cut = dict(zip(sizes, np.split(raw, np.cumsum(list(sizes.values()))[:-1]), strict=True))
        add = cut["add"].reshape(written, W)
        if options.get("written") == "tanh":
            add = np.tanh(add)
        wipe = sigmoid(cut["erase"]).reshape(written, W) if erase else np.ones((written, W))
        writes = positions[:heads]
        spread = [np.roll(w, o) for w in writes for o in range(-beside, beside + 1)]
        kept, extra = np.ones((N, W)), np.zeros((N, W))
        for place, weights in enumerate(spread):
            kept_here, added_here = 1 - wipe[place], add[place]
            if direct:
                # the code's second write of the slot: decay by a gate, add the gated input
                again, gate = sigmoid(cut["keep"][place]), sigmoid(cut["input"][place])
                shown = np.append(x, np.zeros(W - len(x)))
                kept_here, added_here = again * kept_here, again * added_here + gate * shown
            kept *= 1 - np.outer(weights, 1 - kept_here)
            extra += np.outer(weights, added_here)
        memory = memory * kept + extra
        chances = [
            softmax(options.get("inverse_temperature", 1.0) * scores)
            for scores in cut["move"].reshape(count, 3)
        ]
        moves = [use(chance) for chance in chances]
        positions = np.array([moved(w, m) for w, m in zip(positions, moves, strict=True)])
        reads, seen, direct_read = positions[-heads:], [], np.zeros((heads, W))
        for place, offset in enumerate(range(-half, half + 1)):
            for head, read in enumerate(reads):
                seen.append(sum(read[i] * memory[(i + offset) % N] for i in range(N)))
                if direct:
                    gates = sigmoid(cut["read"]).reshape(heads, 2 * half + 1)
                    direct_read[head] += gates[head, place] * seen[-1]
        if options.get("last_moves"):
            seen += moves
        if direct:
            seen += [*direct_read, sigmoid(cut["skip"]) * x]
        yield np.concatenate(seen), np.concatenate([writes, reads])
