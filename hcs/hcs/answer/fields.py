"""Measured fields that were flagged: why, on which plates, and whether one class lost more of them."""

import pandas as pd

from hcs.statistics.frames import takes_part


def flag_reasons(fields: pd.DataFrame) -> pd.DataFrame:
    """Count kinds of reasons; a field may have several."""
    reasons = fields.loc[~takes_part(fields), "reason"]
    kinds = reasons.str.split("; ").explode().str.split(":").str[0]
    return kinds.value_counts().rename_axis("reason").reset_index(name="fields")


def flags_by_plate(fields: pd.DataFrame) -> pd.DataFrame:
    """Count fields and flagged ones of every plate."""
    flagged = fields.assign(flagged=~takes_part(fields)).groupby("plate")["flagged"]
    return flagged.agg(fields="size", flagged="sum").reset_index()


def flagged_shares(fields: pd.DataFrame) -> "pd.Series[float]":
    """Share of every group's fields that were flagged, by label and group; empty where they are not known."""
    if not {"group", "label"} <= set(fields.columns):
        return pd.Series(dtype=float)
    return (~takes_part(fields)).groupby([fields["label"], fields["group"]]).mean()
