"""Answers to questions of some bAbI kinds, from the words of a story alone."""

MOVES = {"moved", "went", "journeyed", "travelled"}
TAKES = {"took", "got", "grabbed", "picked"}
DROPS = {"dropped", "discarded", "put", "left"}
GIVES = {"handed", "passed", "gave"}
NUMBERS = ("none", "one", "two", "three")
ONE_OF = {"mice": "mouse", "wolves": "wolf", "cats": "cat", "sheep": "sheep"}
OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}


def location(statements, question):
    """Where somebody went last."""
    person = question[2]
    return [words[-2] for words in statements if words[0] == person][-1:]


def counting(statements, question):
    """How many objects somebody has."""
    person, holder = question[4], {}
    for words in statements:
        if words[1] in TAKES:
            # "picked up the milk there" has one word more, and "there" may be missing
            (thing,) = set(words) & {"apple", "football", "milk"}
            holder[thing] = words[0]
        elif words[1] in DROPS:
            (thing,) = set(words) & {"apple", "football", "milk"}
            holder.pop(thing)
        elif words[1] in GIVES:
            (thing,) = set(words) & {"apple", "football", "milk"}
            holder[thing] = words[-2]
        else:
            assert words[1] in MOVES
    return [NUMBERS[list(holder.values()).count(person)]]


def deduction(statements, question):
    """What the species of somebody is afraid of."""
    fears = {ONE_OF[words[0]]: ONE_OF[words[4]] for words in statements if words[1] == "are"}
    member = {words[0]: words[3] for words in statements if words[1] == "is"}
    return [fears[member[question[2]]]]


def path_finding(statements, question):
    """The one way of two steps between two rooms."""
    ways = {}
    for words in statements:
        room, direction, other = words[1], words[3], words[6]
        ways[other, room], ways[room, other] = direction, OPPOSITE[direction]
    start, goal = question[6], question[9]
    (answer,) = (
        (ways[start, middle][0], ways[middle, goal][0])
        for one, middle in ways
        if one == start and (middle, goal) in ways
    )
    return list(answer)


ORACLES = {1: location, 7: counting, 15: deduction, 19: path_finding}
