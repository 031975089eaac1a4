"""A layout of plates: which line stands in which well, and how balanced that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.analysis.finding import Shown
from hcs.design.layouts.imbalance import balance_sentence, imbalance_statistics
from hcs.design.layouts.request import LINE
from hcs.design.maps.files import save_layout
from hcs.study.designrecord import DesignRecord
from hcs.wording import capital, counted, sentence
from hcs_plates.units import Progress

COLUMNS = ("plate", "well", "clone", "donor", "diagnosis", "differentiation_batch", "role", "included")
"""Of the wells, before the columns carried over from the table of lines (`pair` and whatever else it has)."""

TOGETHER = "A least is that of one factor alone: whether all can be reached together is not known."


@dataclass(frozen=True, repr=False)
class PlateLayout(Shown):
    """Where every line stands.

    Parameters
    ----------
    wells
        One row for every well of every plate, by plate, row and column: `COLUMNS`, then the other columns of
        the table of lines. `role` is ``sample``, a control's role or ``empty``; empty wells are not
        `included`. `clone`, `donor` and `diagnosis` are missing in controls and empty wells,
        `differentiation_batch` is missing in all where no batches were asked.
    imbalances
        `hcs.design.layouts.imbalance.COLUMNS`: one row for each factor of position and each of diagnosis,
        clone and (where several lines share one) donor and pair.
    aside
        Lines that were not laid out: clone, reason.
    settings
        What was asked: plates, batches, wells, replicates, controls, empty wells; without the seed.
    seed
        Of every random choice. With the table of lines it gives the layout again: in a blinded layout it
        belongs with the sealed key, and stands in no record.
    blinded
        Whether the record and the caveats may name no diagnosis, donor or clone.
    caveats
        What is confounded, left free or set aside.
    """

    wells: pd.DataFrame
    imbalances: pd.DataFrame
    aside: pd.DataFrame
    settings: Mapping[str, Any]
    seed: int
    blinded: bool
    caveats: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """The table of imbalances."""
        return self.imbalances

    @property
    def statistics(self) -> pd.DataFrame:
        """Cramér's V of diagnosis, clone and donor with every factor; untested, as chance is the design's."""
        return imbalance_statistics(self.imbalances)

    @property
    def lines(self) -> pd.DataFrame:
        """The wells that hold a line."""
        return self.wells[self.wells["role"] == LINE]

    def headline(self) -> str:
        """Say how many lines stand on how many plates, and over what the diagnosis is balanced."""
        size = self.settings["wells"]
        plates = counted(len(self.settings["plates"]), "plate")
        n = counted(int(self.lines["clone"].nunique()), "line")
        balanced = balance_sentence(self.imbalances, "diagnosis") or balance_sentence(
            self.imbalances, "clone"
        )
        said = f"{n} on {plates} of {size} wells, randomised"
        return f"{said}; {balanced}." if balanced else f"{said}."

    def summary(self) -> str:
        """Say what stands where, how balanced that is, and what is to be known of it."""
        return sentence(self.headline(), *self._sentences())

    def _sentences(self) -> list[str]:
        """Say what the headline leaves out."""
        told = f"Every line has {counted(int(self.lines['clone'].value_counts().max()), 'well')}."
        clones = balance_sentence(self.imbalances, "clone")
        also = [f"{capital(clones)}."] if clones and clones not in self.headline() else []
        own = self.imbalances[self.imbalances["of"].isin(["diagnosis", "clone"])]
        loose = [] if own["reached"].all() else [TOGETHER]
        return [told, *also, *loose, *self.caveats]

    def record(self, files: Mapping[str, str] | None = None) -> DesignRecord:
        """Give the record of this step of the design.

        Parameters
        ----------
        files
            SHA-256 by name of what was read and written.
        """
        seed = {"seed": "sealed with the key"} if self.blinded else {"seed": self.seed}
        n = self.lines["clone"].nunique()
        settings = {**self.settings, **seed, "lines": int(n), "blinded": self.blinded}
        return DesignRecord(
            kind="layout",
            headline=self.headline(),
            sentences=tuple(self._sentences()),
            settings=settings,
            tables={"imbalances": self.imbalances.to_dict("records")},
            files=dict(files or {}),
        )

    def save(
        self,
        folder: Path | str,
        *,
        show_diagnosis: bool = False,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> Path:
        """Write platemaps, maps to print, the table of imbalances and the record into a folder.

        Parameters
        ----------
        folder, show_diagnosis, overwrite, progress
            As of `hcs.design.maps.files.save_layout`.

        Raises
        ------
        ArgumentError, ExistsError, PlaceError
            As of `hcs.design.maps.files.save_layout`.
        """
        return save_layout(
            self, folder, show_diagnosis=show_diagnosis, overwrite=overwrite, progress=progress
        )
