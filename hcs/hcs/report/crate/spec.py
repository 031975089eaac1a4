"""What its authors say of a crate: license, names, whether plates are copied, and when it was published."""

import re
from dataclasses import dataclass
from datetime import datetime

from hcs.report.crate.entities import Entity
from hcs.report.crate.terms import refs, slug
from hcs_plates.errors import ArgumentError

SPDX = "https://spdx.org/licenses/"
_NAMED = re.compile(r"\s*([^<>]*[^<>\s])\s*(?:<(https?://[^<>\s]+)>)?\s*")


@dataclass(frozen=True)
class CrateSpec:
    """What its authors say of a crate.

    Parameters
    ----------
    license
        SPDX identifier (``CC-BY-4.0``) or address of the license; None states none.
    authors
        ``NAME`` or ``NAME <https://orcid.org/…>``, each once.
    organization
        ``NAME`` or ``NAME <https://…>``: publishes the crate, and the authors belong to it.
    with_plates
        Copy the plates too, without the tiles stored inside them.
    published
        When; today if None.
    """

    license: str | None = None
    authors: tuple[str, ...] = ()
    organization: str | None = None
    with_plates: bool = False
    published: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a license or names that cannot be read."""
        if self.license is not None and not re.fullmatch(
            r"https?://\S+|[A-Za-z0-9][A-Za-z0-9.+-]*", self.license
        ):
            raise ArgumentError(
                f"The license {self.license!r} is no SPDX identifier such as CC-BY-4.0, and no address."
            )
        for name in (*self.authors, *([self.organization] if self.organization is not None else [])):
            if not _NAMED.fullmatch(name):
                raise ArgumentError(f"{name!r} is neither a name nor 'NAME <https://…>'.")

    def license_entity(self) -> Entity | None:
        """Describe the license."""
        if self.license is None:
            return None
        address = self.license if "://" in self.license else f"{SPDX}{self.license}"
        return {"@id": address, "@type": "CreativeWork", "name": self.license}

    def people(self) -> tuple[list[Entity], Entity | None]:
        """Describe the authors, and the organization that they belong to."""
        organization = None
        if self.organization is not None:
            organization = _named(self.organization, "Organization")
        within = {} if organization is None else {"affiliation": refs([organization])}
        return [_named(name, "Person") | within for name in self.authors], organization


def _named(text: str, kind: str) -> Entity:
    """Describe somebody by a name and, where it is given, an address."""
    found = _NAMED.fullmatch(text)
    name, address = (found[1], found[2]) if found else (text, None)
    told: Entity = {"@id": address or slug(kind.lower(), name), "@type": kind, "name": name}
    return told | ({"url": address} if address and kind == "Organization" else {})
