"""A study's results folder, read: settings, tables, tiles and features of a run that came to its end."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import pandas as pd

from hcs.classifiers.model import AGAIN
from hcs.display import preview
from hcs.study.record import RECORD, read_record
from hcs.study.sets import FEATURES
from hcs.study.settings import StudyConfig
from hcs.tables.stored import load_table
from hcs_models.featureset import FeatureSet
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.files import sweep
from hcs_plates.lock import Lock
from hcs_plates.plate import Plate, open_plate
from hcs_plates.tiles import TileSet

TILE_SET = "tiles.zarr"
LOCK = ".lock"


@contextmanager
def working_in(results: Path) -> Iterator[None]:
    """Keep other runs out of a results folder, and clear away what killed ones were writing.

    Raises
    ------
    BusyError, PlaceError
        Another run works in it; it cannot be written to.
    """
    with Lock(results.absolute() / LOCK, results):
        sweep(results)
        yield


def tidy(results: Path) -> None:
    """Clear away what a run left that was killed after its results were whole.

    Where nothing may be written, it stays.
    """
    with suppress(OSError):
        if (results / LOCK).exists():
            with working_in(results):
                return


class StudyResults:
    """What a study left.

    Parameters
    ----------
    config
        The settings.
    source
        The study file they came from.
    results
        The folder; kept as an absolute path, so that a worker in another folder finds it.
    """

    def __init__(self, config: StudyConfig, source: Path, results: Path) -> None:
        self.config = config
        self.source = source
        self.results = results.absolute()

    @classmethod
    def open(cls, results: Path | str) -> Self:
        """Open a results folder.

        Raises
        ------
        NotThereError, StoreError
            Nothing there, or no study's results.
        """
        folder = Path(results)
        record = read_record(folder)
        try:
            config = StudyConfig.model_validate(record["config"])
        except ValueError as error:
            raise StoreError(
                folder, f"holds a {RECORD} that this version of hcs cannot read; run the study again with it"
            ) from error
        return cls(config, Path(record["source"]), folder)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.source.name}: results in {self.results}>"

    def _repr_html_(self) -> str:
        try:
            return preview(f"Study {self.title}: results in {self.results}", self.table("groups"))
        except (NotThereError, StoreError) as error:
            return preview(f"Study {self.title}: {error.message}", pd.DataFrame())

    @property
    def title(self) -> str:
        """The study's name: that of its file."""
        return self.source.stem.replace("_", " ").replace("-", " ")

    def table(self, name: str) -> pd.DataFrame:
        """Read a result table.

        Parameters
        ----------
        name
            Such as predictions, metrics, groups or splits; README lists them all.

        Raises
        ------
        NotThereError, StoreError
            The study has no such table; it is damaged, or not the one that the run wrote.
        """
        path = self.results / "tables" / f"{name}.parquet"
        if not path.is_file():
            have = ", ".join(sorted(file.stem for file in path.parent.glob("*.parquet"))) or "none"
            raise NotThereError(f"{self.results} has no table {name!r}; it has: {have}.")
        return self.stored(f"tables/{name}.parquet")

    def stored(self, name: str) -> pd.DataFrame:
        """Read a table by its place in the results folder, held against the digest in the record.

        Raises
        ------
        NotThereError, StoreError
            It is gone; it is damaged or not the table that the run wrote.
        """
        return load_table(self.results / name, self.record.get("files", {}).get(name), AGAIN)

    def has_table(self, name: str) -> bool:
        """Whether the study has a result table of this name."""
        return (self.results / "tables" / f"{name}.parquet").is_file()

    @property
    def record(self) -> dict[str, Any]:
        """How the study's numbers came about: settings, versions, digests, notices, durations."""
        return read_record(self.results)

    @property
    def tiles(self) -> TileSet:
        """The study's tiles."""
        return TileSet.open(self.results / TILE_SET)

    @property
    def features(self) -> FeatureSet:
        """The study's features."""
        return FeatureSet.open(self.results / FEATURES)

    def plate(self, name: str) -> Plate:
        """Open one of the study's plates where the run found it, or where it stands now beside the results.

        Raises
        ------
        NotThereError, StoreError
            It is at neither place, or is another plate now.
        """
        kept = self.record["plates"][name]
        places = [Path(kept["path"]), self.results / kept.get("beside", kept["path"])]
        found = next((place for place in places if place.is_dir()), None)
        if found is None:
            raise NotThereError(
                f"Plate {name} is not at {places[0]} any more: put it back there, or run the study anew."
            )
        plate = open_plate(found)
        if plate.digest != kept["digest"]:
            raise StoreError(
                found,
                f"holds other images than when the study was run on plate {name}; run the study on it anew",
            )
        return plate
