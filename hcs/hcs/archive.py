"""A study's results folder, read: settings, tables, tiles and features of a run that came to its end."""

from pathlib import Path
from typing import Any, Self

import pandas as pd

from hcs.config import StudyConfig
from hcs.record import RECORD, read_record
from hcs.sets import FEATURES
from hcs_models.featureset import FeatureSet
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.tiles import TileSet

TILE_SET = "tiles.zarr"


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
            source = Path(record["source"])
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(
                folder, f"holds a {RECORD} that this version of hcs cannot read; run the study again with it"
            ) from error
        return cls(config, source, folder)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.source.name}: results in {self.results}>"

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
        NotThereError
            The study has no such table.
        """
        path = self.results / "tables" / f"{name}.parquet"
        if not path.is_file():
            have = ", ".join(sorted(file.stem for file in path.parent.glob("*.parquet"))) or "none"
            raise NotThereError(f"{self.results} has no table {name!r}; it has: {have}.")
        return pd.read_parquet(path)

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
