"""Dealing the groups of one class to train, validation and test of many sets, evenly.

Tests are dealt first, always to the groups tested least so far, which keeps their counts within one of each
other. Validation has to avoid each set's tests, so dealing alone cannot keep it even; exchanges along
augmenting paths (as in bipartite matching) mend that.
"""

from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np

PARTS = ("train", "validation", "test")

Deal = list[dict[str, list[str]]]
"""Groups of each part, set by set."""


def deal_groups(
    names: Sequence[str], counts: Mapping[str, int], n_sets: int, rng: np.random.Generator
) -> Deal | None:
    """Deal one class's groups to all sets.

    Parameters
    ----------
    names
        The groups, at least as many as one set needs.
    counts
        How many for each part.
    n_sets
        How many sets.
    rng
        Decides among groups that were dealt equally often.

    Returns
    -------
    list of dict, or None
        Groups of each part, set by set; None when this draw of the tests leaves no even validation.

    Examples
    --------
    >>> counts = {"train": 1, "validation": 1, "test": 1}
    >>> sets = deal_groups(["a", "b", "c"], counts, 3, np.random.default_rng(0))
    >>> sorted(one["test"][0] for one in sets), sorted(one["validation"][0] for one in sets)
    (['a', 'b', 'c'], ['a', 'b', 'c'])
    """
    sets: Deal = [{part: [] for part in PARTS} for _ in range(n_sets)]
    for part in ("test", "validation", "train"):
        drawn = dict.fromkeys(names, 0)
        for one in sets:
            taken = set(one["test"]) | set(one["validation"])
            free = [names[place] for place in rng.permutation(len(names)) if names[place] not in taken]
            # The sort is stable, so the permutation decides among groups drawn equally often.
            one[part] = sorted(free, key=lambda name: drawn[name])[: counts[part]]
            for name in one[part]:
                drawn[name] += 1
        if part == "validation" and not _even_out(sets, drawn):
            return None
    return sets


def deal_validation(
    names: Sequence[str], tests: Sequence[str], count: int, rng: np.random.Generator
) -> list[list[str]]:
    """Deal validation groups beside tests that are given, one a set, as evenly as can be.

    Parameters
    ----------
    names
        The groups to deal.
    tests
        The group that each set tests; it may be one of others.
    count
        How many for each set.
    rng
        Decides among groups that were dealt equally often.

    Examples
    --------
    >>> deal_validation(["a", "b", "c"], ["a", "b", "c"], 2, np.random.default_rng(0))
    [['b', 'c'], ['a', 'c'], ['a', 'b']]
    """
    sets: Deal = [{"train": [], "validation": [], "test": [test]} for test in tests]
    drawn = dict.fromkeys(names, 0)
    for one in sets:
        free = [names[place] for place in rng.permutation(len(names)) if names[place] not in one["test"]]
        one["validation"] = sorted(free, key=lambda name: drawn[name])[:count]
        for name in one["validation"]:
            drawn[name] += 1
    _even_out(sets, drawn)
    return [sorted(one["validation"]) for one in sets]


def _even_out(sets: Deal, drawn: dict[str, int]) -> bool:
    """Move validation from groups drawn often to groups drawn seldom until they differ by at most one.

    Tests stay as they are. A move is a chain of exchanges, each within a set (an augmenting path), found by
    breadth; False when there is none.
    """
    while max(drawn.values()) - min(drawn.values()) > 1:
        most = [name for name, times in drawn.items() if times == max(drawn.values())]
        came: dict[str, tuple[str, int] | None] = dict.fromkeys(most)
        queue = deque(most)
        end = None
        while queue and end is None:
            giver = queue.popleft()
            for place, one in enumerate(sets):
                if giver not in one["validation"]:
                    continue
                taken = {*one["test"], *one["validation"]}
                for name in drawn:
                    if name not in came and name not in taken:
                        came[name] = (giver, place)
                        queue.append(name)
                        if drawn[name] == min(drawn.values()):
                            end = name
                            break
                if end is not None:
                    break
        if end is None:
            return False
        _exchange(sets, drawn, came, end)
    return True


def _exchange(
    sets: Deal, drawn: dict[str, int], came: Mapping[str, tuple[str, int] | None], end: str
) -> None:
    """Carry out a chain of exchanges that ends at a group drawn seldom."""
    drawn[end] += 1
    name = end
    while (step := came[name]) is not None:
        giver, place = step
        validation = sets[place]["validation"]
        validation[validation.index(giver)] = name
        name = giver
    drawn[name] -= 1
