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
    'batch and label are the same thing in these wells: whether batches are mixed cannot be asked, as no analysis can separate the two.'
    """  # noqa: E501 - a sentence is one line
    batch, label, no_more = (
        spaced(columns.batch),
        spaced(columns.label),
        "whether batches are mixed cannot be asked",
    )
    if wells.empty:
        return f"No well has features, {batch} and {label}: {no_more}."
    if wells["batch"].nunique() < 2:
        return f"There is one {batch} only: {no_more}."
    for column, name in (("label", label), ("group", columns.noun)):
        if tied(wells, "batch", column):
            same = f"{batch} and {name} are the same thing in these wells"
            return f"{same}: {no_more}, as no analysis can separate the two."
    if (wells.groupby("label")["batch"].nunique() == 1).all():
        return f"Each {label} stands in one {batch} only: {no_more} within a {label}."
    return ""


def design_words(wells: pd.DataFrame, exchange: Exchange, columns: Columns) -> list[str]:
    """Say what permutations of the batches of wells (group, plate, batch, label) can and cannot tell."""
    said, batch, plate = [], spaced(columns.batch), spaced(columns.plate)
    if exchange.design == NESTED:
        said.append(nested_words(batch, columns.noun))
    total = wells["group"].nunique()
    if exchange.n_moved == 0:
        said.append(f"No well can change its {batch} alone, so nothing can be permuted: no p-value.")
    elif exchange.noun == columns.noun and exchange.n_moved < total:
        still = counted(total - exchange.n_moved, columns.noun)
        said.append(f"{still} cannot change {batch} by permutation and tell nothing of it.")
    alone = wells.groupby("label")["batch"].nunique()
    if (alone == 1).any():
        names = listed(alone.index[alone == 1])
        said.append(f"{spaced(columns.label)} {names} stands in one {batch} only: no silhouette there.")
    if columns.plate != columns.batch and tied(wells, "plate", "batch"):
        said.append(f"Each {batch} has one {plate}: the two cannot be separated.")
    elif exchange.noun != columns.noun:
        said.append(f"Each {plate} lies in one {batch}, so whole {plural(plate)} are permuted.")
    return said
