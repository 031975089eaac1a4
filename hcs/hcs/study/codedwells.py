"""Which wells a study takes while its samples are under codes: all that it will take, of whatever class."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hcs.study.settings import DataSettings
from hcs.study.wells import ROLE, Selection, imaged_wells, taking_part
from hcs.tables.rolenames import SAMPLE, role_kinds
from hcs.wording import counted, listed
from hcs_plates.coding import CLONE, CODE
from hcs_plates.errors import ConfigError
from hcs_plates.plate import Plate


def select_coded(plates: Sequence[Plate], settings: DataSettings, source: Path) -> Selection:
    """Select the wells of a study whose label is on no plate yet, as `hcs.study.wells.select_wells` will.

    Parameters
    ----------
    plates
        Opened plates.
    settings
        The ``[data]`` section. A filter reads codes as `code`, the column they keep at unblinding.
    source
        The study file, for the errors.

    Raises
    ------
    ConfigError
        Classes that are known, no column `clone`, a filter on names, or a choice of wells or of tiles that
        depends on what only the key knows.
    """
    wells = imaged_wells(plates, source)
    faults = _faults(wells, settings)
    if faults:
        raise ConfigError(source, faults)
    # Without the column `clone`: a filter on it would read codes now and names later.
    coded = wells.rename(columns={CLONE: CODE})
    coded, left_out = taking_part(coded, settings.where, source)
    if ROLE in coded:
        kinds = role_kinds(coded[ROLE]).kinds
        odd = coded[CODE].notna() & kinds.notna() & (kinds != SAMPLE)
        if odd.any():
            roles = listed(sorted({repr(role) for role in coded.loc[odd, ROLE]}))
            raise ConfigError(
                source,
                f"[data] plates: whether the {counted(int(odd.sum()), 'well')} of samples whose role is "
                f"{roles} take part depends on their class, which only the key tells; leave them out with "
                "[data] where, or give them no role",
            )
    coded["group"] = coded[CODE].astype(object).where(coded[CODE].notna(), None)
    coded["label"] = None
    coded["positive"] = pd.array([None] * len(coded), dtype="boolean")
    n = coded[CODE].nunique()
    said = f"{counted(n, 'sample')} in {counted(len(coded), 'well')}, under codes."
    return Selection(coded, tuple(left_out), (said,), CODE if settings.group == CLONE else None)


def _faults(wells: pd.DataFrame, settings: DataSettings) -> list[str]:
    """Say what speaks against making anything under codes."""
    if settings.label in wells:
        return [
            f"[data] label: the plates say {settings.label!r} of their wells already, so nothing is under "
            "codes; hcs study run makes tiles, measurements, features and the rest"
        ]
    if CLONE not in wells:
        return [f"[data] plates: no plate's wells table has the column {CLONE!r}, which holds the codes"]
    if settings.images_per_clone is not None and settings.group != CLONE:
        return [
            f"[data] images_per_clone draws tiles from each {settings.group}, which only the key tells; "
            "leave it out, or draw from each clone"
        ]
    return []
