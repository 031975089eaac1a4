"""How a study's plates were made: what differs between them as columns of wells, and what a record says."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from hcs.wording import listed, spaced
from hcs_plates.columns import UNIT_OF
from hcs_plates.plate import Plate
from hcs_plates.protocolchecks import SAID, contradictions, imaged_with, plate_values, same

DENSITY = "seeding_density"


def protocol_facts(plate: Plate) -> dict[str, Any]:
    """Give what a record says of how a plate was made: its protocol, its export's word, contradictions."""
    spec = plate.spec
    return {
        "protocol": None if spec.protocol is None else spec.protocol.to_json(),
        "imaged_with": imaged_with(spec),
        "contradictions": list(contradictions(spec)),
    }


def differing(wells: pd.DataFrame, plates: Sequence[Plate]) -> pd.DataFrame:
    """Give what protocol or export say otherwise of one plate than of another, as columns of the wells.

    A diagnosis may go with the exposure as well as with the plate, so the design check looks at them. What
    all plates share, and what the platemaps have a column of, is not among them.

    Parameters
    ----------
    wells
        Wells of all plates, with the column plate.
    plates
        The plates.
    """
    known = {plate.name: plate_values(plate.spec) for plate in plates}
    names = dict.fromkeys(name for values in known.values() for name in values)
    several = [
        name
        for name in names
        if name not in wells
        and _differs([values[name] for values in known.values() if name in values])
        and not _said_twice(name, known.values())
    ]
    return pd.DataFrame(
        {name: [known[plate].get(name) for plate in wells["plate"]] for name in several}, index=wells.index
    )


def _differs(values: Sequence[object]) -> bool:
    """Whether values are not all the same; numbers within a per cent are, as exports round them."""
    return any(not same(values[0], value) for value in values[1:])


def _said_twice(name: str, plates: Iterable[Mapping[str, object]]) -> bool:
    """Whether a name is the protocol's of what every export says too, and alike."""
    other = name.removesuffix(SAID)
    told = [(values.get(other), values[name]) for values in plates if name in values]
    return other != name and all(one is not None and same(one, value) for one, value in told)


def protocol_notices(wells: pd.DataFrame, plates: Sequence[Plate], differ: Sequence[str]) -> list[str]:
    """Say what is contradicted, what plates differ in, and that densities have two units."""
    said = [sentence for plate in plates for sentence in contradictions(plate.spec)]
    if differ:
        said.append(
            f"Plates differ in {listed(map(spaced, differ))}, as their protocols or "
            "exports say; the design check holds it against the label."
        )
    unit = UNIT_OF[DENSITY]
    if unit in wells and wells[unit].nunique() > 1:
        said.append(
            f"Seeding densities are in {listed(sorted(wells[unit].dropna().unique()))}, which cannot be "
            "compared with each other."
        )
    return said
