"""The design of a test of mixing: whether batches can be compared, and what stands in the way."""

import pandas as pd

from hcs.analysis.batches.exchange import NESTED, Exchange
from hcs.analysis.batches.homogeneity import nested_words
from hcs.analysis.batches.well_features import Columns, tied
from hcs.wording import counted, listed, plural, spaced


def inseparable(wells: pd.DataFrame, columns: Columns) -> str:
    """Say why batches cannot be compared in these wells (group, batch, label); empty where they can.

    Examples
    --------
    >>> wells = pd.DataFrame({"group": list("abcd"), "batch": list("xxyy"), "label": list("sstt")})
    >>> inseparable(wells, Columns("label", "clone", "plate", "well", "batch"))
    'Whether batches are mixed cannot be known: label is confounded with batch.'
    """
    batch, label = spaced(columns.batch), spaced(columns.label)
    no_more = f"Whether {plural(batch)} are mixed cannot be known"
    if wells.empty:
        return f"{no_more}: no well has features, {batch} and {label}."
    if wells["batch"].nunique() < 2:
        return f"{no_more}: there is one only."
    if tied(wells, "batch", "label"):
        return f"{no_more}: {label} is confounded with {batch}."
    if tied(wells, "batch", "group"):
        return f"{no_more}: each {columns.noun} has a {batch} of its own."
    if (wells.groupby("label")["batch"].nunique() == 1).all():
        return f"{no_more}: each {label} is in one {batch} only."
    return ""


def design_words(wells: pd.DataFrame, exchange: Exchange, columns: Columns) -> list[str]:
    """Say what permutations of the batches of wells (group, plate, batch, label) can and cannot tell."""
    said, batch, plate = [], spaced(columns.batch), spaced(columns.plate)
    if exchange.design == NESTED:
        said.append(nested_words(batch, columns.noun))
    total = wells["group"].nunique()
    if exchange.n_moved == 0:
        said.append(f"No well can change its {batch} alone: nothing can be permuted.")
    elif exchange.noun == columns.noun and exchange.n_moved < total:
        still = counted(total - exchange.n_moved, columns.noun)
        said.append(f"{still} cannot change {batch} by permutation.")
    alone = wells.groupby("label")["batch"].nunique()
    if (alone == 1).any():
        names = listed(alone.index[alone == 1])
        said.append(f"{spaced(columns.label)} {names} is in one {batch} only: no silhouette there.")
    if columns.plate != columns.batch and tied(wells, "plate", "batch"):
        said.append(f"Each {batch} has one {plate}: the two cannot be separated.")
    elif exchange.noun != columns.noun:
        said.append(f"Each {plate} lies in one {batch}, so whole {plural(plate)} are permuted.")
    return said
