"""Do replicates find each other? Average precision of a group's profiles among all they are held against.

Each profile ranks the others by cosine similarity; the average precision of its group's members in that list
is 1 where they all come first. Its mean over members is that of the group (Kalinin et al. 2025).
"""

import numpy as np

from hcs.statistics.arrays import Bools, Floats, Places


def cosine_similarity(profiles: Floats) -> Floats:
    """Cosine of every pair of profiles, array of shape (n, n); 0 where a profile is 0 throughout.

    Examples
    --------
    >>> cosine_similarity(np.array([[1.0, 0], [2, 0], [0, 3]])).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    size = np.linalg.norm(profiles, axis=1, keepdims=True)
    unit = np.divide(profiles, size, out=np.zeros_like(profiles), where=size > 0)
    return np.asarray(unit @ unit.T)


def similarity_ranks(similarity: Floats, allowed: Bools) -> Floats:
    """Rank, in each row, the profiles that it may be held against: 1 is the most similar.

    Parameters
    ----------
    similarity, allowed
        Arrays of shape (n, n).

    Returns
    -------
    Floats
        Array of shape (n, n), infinite where not allowed. Equal similarities share the worst of their ranks,
        so that a tie never counts for a group.

    Examples
    --------
    >>> similarity_ranks(np.array([[1, 0.9, 0.2, 0.9]]), np.array([[False, True, True, True]])).tolist()
    [[inf, 2.0, 3.0, 2.0]]
    """
    from scipy.stats import rankdata

    held = np.where(allowed, -similarity, np.inf)
    return np.where(allowed, rankdata(held, axis=1, method="max"), np.inf)


def group_precision(ranks: Floats, members: Places) -> Floats:
    """Mean average precision of groups, which may overlap.

    Parameters
    ----------
    ranks
        As `similarity_ranks` gives them.
    members
        Rows of each group; array of shape (n_groups, n_members).

    Returns
    -------
    Floats
        Array of shape (n_groups,), over members that may be held against another of their group; NaN where
        none may.

    Examples
    --------
    >>> similarity = np.array([[1, 0.9, 0.2], [0.9, 1, 0.3], [0.2, 0.3, 1]])
    >>> ranks = similarity_ranks(similarity, ~np.eye(3, dtype=bool))
    >>> group_precision(ranks, np.array([[0, 1], [0, 2]])).tolist()
    [1.0, 0.5]
    """
    own = np.sort(ranks[members[:, :, None], members[:, None, :]], axis=2)
    counts = np.isfinite(own).sum(axis=2)
    precision = (np.arange(1, own.shape[2] + 1) / own).sum(axis=2)
    with np.errstate(invalid="ignore"):
        each = precision / counts
    known = counts > 0
    total = np.where(known, each, 0.0).sum(axis=1)
    nothing = np.full(len(own), np.nan)
    return np.asarray(np.divide(total, known.sum(axis=1), out=nothing, where=known.any(axis=1)))


def group_similarity(similarity: Floats, allowed: Bools, members: Places) -> Floats:
    """Median similarity of the allowed pairs of each group, array of shape (n_groups,); NaN without any."""
    rows, columns = members[:, :, None], members[:, None, :]
    own = np.where(allowed[rows, columns], similarity[rows, columns], np.nan).reshape(len(members), -1)
    known = ~np.isnan(own).all(axis=1)
    made = np.full(len(members), np.nan)
    made[known] = np.nanmedian(own[known], axis=1)
    return made
