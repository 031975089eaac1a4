"""Drawing the same number of tiles from every group, spread evenly over its wells and fields.

With unequal numbers the groups imaged most would decide what is learnt and how the mean over tiles comes out.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hcs_plates.errors import ArgumentError
from hcs_plates.units import digest


def draw_images(tiles: pd.DataFrame, images_per_clone: int = 225, seed: int = 0) -> pd.DataFrame:
    """Draw tiles of every group; wells of neither class keep all of theirs.

    Parameters
    ----------
    tiles
        With columns tile_id, plate, well, field and group; rows whose group is missing, or whose column
        positive (where there is one) is, are kept as they are.
    images_per_clone
        How many from each group (the study's 225).
    seed
        Of the draw; with a group's name it decides which tiles, whatever the order of the rows.

    Returns
    -------
    DataFrame
        Rows of `tiles` in their order. Over a group's wells, and over a well's fields, counts differ by at
        most one as long as each has enough; what one lacks is drawn from the others.

    Raises
    ------
    ArgumentError
        Groups with fewer tiles; each is named.

    Examples
    --------
    >>> places = [(well, field) for well in ("A01", "A02") for field in range(9)]
    >>> wells = [(f"P/{well}/{field}/0", "P", well, field, "c1") for well, field in places]
    >>> tiles = pd.DataFrame(wells, columns=["tile_id", "plate", "well", "field", "group"])
    >>> sorted(draw_images(tiles, 5)["well"].value_counts())
    [2, 3]
    >>> draw_images(tiles, 20)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: 20 tiles are to be drawn from each group, and c1 has 18; lower images_per_clone to 18 or leave them out.
    """  # noqa: E501 - a refusal is one line
    if images_per_clone < 1:
        raise ArgumentError(f"images_per_clone {images_per_clone} must be at least 1.")
    drawn = tiles["group"].notna()
    if "positive" in tiles.columns:
        drawn &= tiles["positive"].notna()
    counts = tiles.loc[drawn, "group"].value_counts()
    short = counts[counts < images_per_clone].sort_index()
    if len(short):
        listed = ", ".join(f"{group} has {count}" for group, count in short.items())
        raise ArgumentError(
            f"{images_per_clone} tiles are to be drawn from each group, and {listed}; "
            f"lower images_per_clone to {short.min()} or leave them out."
        )
    chosen: set[str] = set()
    for group, rows in tiles[drawn].groupby("group"):
        rng = np.random.default_rng(int(digest("draw", seed, str(group)), 16))
        wells = [
            _interleave([sorted(field["tile_id"]) for _, field in well.groupby("field")], rng)
            for _, well in rows.groupby(["plate", "well"])
        ]
        chosen.update(_interleave(wells, rng, shuffled=False)[:images_per_clone])
    return tiles[~drawn | tiles["tile_id"].isin(chosen)]


def _interleave(piles: Sequence[list[str]], rng: np.random.Generator, *, shuffled: bool = True) -> list[str]:
    """Take one of each pile in turn, the piles in an order drawn anew each round; any prefix is even."""
    rest = [
        [pile[place] for place in rng.permutation(len(pile))] if shuffled else list(pile) for pile in piles
    ]
    rest = [pile[::-1] for pile in rest]
    taken: list[str] = []
    while any(rest):
        order = rng.permutation(len(rest))
        taken += [rest[place].pop() for place in order if rest[place]]
    return taken
