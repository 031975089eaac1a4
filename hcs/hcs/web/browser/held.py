"""The wells of a site as they are now: read once, and again where a plate or what was measured is another."""

import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from weakref import WeakKeyDictionary

from hcs.measure.measured import RECORD, default_place
from hcs.study.places import RECORD as STUDY_RECORD
from hcs.web.browser.filters import Filter, site_filters
from hcs.web.browser.site import Site
from hcs.web.browser.values import SiteWells

_held: "WeakKeyDictionary[Site, Held]" = WeakKeyDictionary()
_lock = threading.Lock()


@dataclass(frozen=True)
class Held:
    """Wells that were read, and what the files were that they were read from."""

    wells: SiteWells
    stamp: tuple[object, ...]

    @cached_property
    def filters(self) -> tuple[Filter, ...]:
        """What the wells can be chosen by."""
        return site_filters(self.wells)


def held_wells(site: Site) -> Held:
    """Give the wells of a site and their filters.

    Raises
    ------
    HcsError
        No plate can be opened any more.
    """
    stamp = _stamp(site)
    with _lock:
        found = _held.get(site)
        if found is None or found.stamp != stamp:
            found = _held[site] = Held(SiteWells.read(site.views, site.study), stamp)
        return found


def _stamp(site: Site) -> tuple[object, ...]:
    """Give what tells all files that wells are read from as they are from what they were."""
    opened = site.all()
    files = [default_place(one.view.plate) / RECORD for one in opened if one.view.plate is not None]
    if site.study is not None:
        files.append(site.study.results / STUDY_RECORD)
    return (*((one.stamp, one.gone) for one in opened), *map(_changed, files))


def _changed(path: Path) -> int:
    """Time of a file's last change; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
