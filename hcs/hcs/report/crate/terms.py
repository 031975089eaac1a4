"""The words of an RO-Crate: types of files, and terms of ontologies where there is one that says just that.

A value whose term is not known to us has its words alone: an identifier that means something else is worse.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from hcs_plates.quantities import Quantity

CRATE = "https://w3id.org/ro/crate/1.1"
"""RO-Crate Metadata Specification 1.1."""
PROCESS = "https://w3id.org/ro/wfrun/process/0.5"
"""Process Run Crate 0.5, the profile for what a program made of which inputs."""
OBO = "http://purl.obolibrary.org/obo/"

EXTRA_TERMS: Mapping[str, str] = {
    "sha256": "http://schema.org/sha256",
    "Sample": "https://bioschemas.org/Sample",
}
"""Terms that the context of RO-Crate 1.1 lacks (those of 1.2 and later have ``sha256``)."""

MEDIA_TYPES: Mapping[str, str] = {
    ".parquet": "application/vnd.apache.parquet",
    ".json": "application/json",
    ".html": "text/html",
    ".toml": "application/toml",
    ".svg": "image/svg+xml",
    ".csv": "text/csv",
}
"""As IANA registers them."""

UNITS: Mapping[str, str] = {
    unit: f"{OBO}UO_{number}"
    for unit, number in {
        "ns": "0000150",
        "µs": "0000029",
        "ms": "0000028",
        "s": "0000010",
        "min": "0000031",
        "h": "0000032",
        "d": "0000033",
        "nm": "0000018",
        "µm": "0000017",
        "mm": "0000016",
        "°C": "0000027",
        "%": "0000187",
        "nM": "0000065",
        "µM": "0000064",
        "mM": "0000063",
        "M": "0000062",
        "ng/ml": "0000275",
        "µg/ml": "0000274",
        "mg/ml": "0000176",
    }.items()
}
"""Terms of the Units of Measurement Ontology."""

TISSUES: Mapping[str, str] = {
    **dict.fromkeys(("fibroblast", "fibroblasts", "skin fibroblast", "skin fibroblasts"), f"{OBO}CL_0000057"),
    **dict.fromkeys(("peripheral blood mononuclear cell", "pbmc", "pbmcs"), f"{OBO}CL_2000001"),
}
"""Terms of the Cell Ontology, by what labs write, in small letters; a term's own name comes first."""

PROPERTIES: Mapping[str, str] = {"passage": "http://www.ebi.ac.uk/efo/EFO_0007061"}
"""Terms for the names of properties."""

COLUMN_UNITS: Mapping[str, str] = {"_um2": "µm²", "_um": "µm", "_px2": "pixel²", "_px": "pixel", "_ms": "ms"}
"""Ends of columns' names, and the units that they stand for."""


def slug(*parts: object) -> str:
    """Make the identifier of an entity within a crate; the same parts give the same one.

    Examples
    --------
    >>> slug("clone", "ALS 01/3")
    '#clone-ALS%2001%2F3'
    """
    return "#" + "-".join(quote(str(part), safe="") for part in parts)


def refs(entities: Iterable[Mapping[str, object]]) -> object:
    """Refer to entities: one as itself and several as a list, as the specification wants it written.

    Examples
    --------
    >>> refs([{"@id": "a"}]), refs([{"@id": "a"}, {"@id": "b"}])
    ({'@id': 'a'}, [{'@id': 'a'}, {'@id': 'b'}])
    """
    found = [{"@id": one["@id"]} for one in entities]
    return found[0] if len(found) == 1 else found


def property_value(name: str, value: object) -> dict[str, object]:
    """Give a property of the protocol: its name, its value, and its unit where it has one.

    Examples
    --------
    >>> property_value("fixation time", "15 min")["unitCode"]
    'http://purl.obolibrary.org/obo/UO_0000031'
    >>> property_value("fixative", "PFA")
    {'@type': 'PropertyValue', 'name': 'fixative', 'value': 'PFA'}
    """
    told: dict[str, object] = {"@type": "PropertyValue", "name": name, "value": value}
    if name in PROPERTIES:
        told["propertyID"] = PROPERTIES[name]
    if isinstance(value, str):
        try:
            amount = Quantity.read(value)
        except ValueError:
            return told
        told |= {"value": amount.value, "unitText": amount.unit, "unitCode": UNITS[amount.unit]}
    return told


def media_type(name: str) -> str:
    """Give the media type of a file by the end of its name."""
    ending = name[name.rfind(".") :] if "." in name else ""
    return MEDIA_TYPES.get(ending, "application/octet-stream")
