"""A study's results folder, read: settings, tables, tiles and features of a run that came to its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any, Self

import pandas as pd

from hcs.analysis.kept import ANALYSE, EXPLAIN, PERMUTE, READ, SUMMARIES, KeptAnalyses, read_analyses
from hcs.classifiers.model import Model
from hcs.display import preview
from hcs.measure.measured import RECORD as MEASURED_RECORD
from hcs.measure.measured import Measurements
from hcs.study.designed import kept_records
from hcs.study.designrecord import DesignRecord
from hcs.study.places import (
    AGAIN,
    FEATURES,
    KEPT_ANALYSES,
    KEPT_EXPLANATIONS,
    KEPT_PERMUTATIONS,
    KEPT_READERS,
    LOCK,
    MEASURED,
    RECORD,
    SETS,
    TABLES,
    TILE_SET,
    set_place,
    table_names,
    table_place,
)
from hcs.study.record import read_record
from hcs.study.settings import StudyConfig
from hcs.tables.stored import Unchanged, load_table
from hcs.tables.workbook import write_workbook
from hcs_models.featureset import FeatureSet
from hcs_plates.errors import NotThereError, StaleError, StoreError
from hcs_plates.files import sweep
from hcs_plates.lock import Lock
from hcs_plates.objects import as_place
from hcs_plates.plate import Plate, open_plate
from hcs_plates.runlog import LOG, logged
from hcs_plates.tiles import TileSet
from hcs_plates.units import file_digest


@contextmanager
def working_in(results: Path, command: str | None = None) -> Iterator[None]:
    """Keep other runs out of a results folder, and clear away what killed ones were writing.

    Parameters
    ----------
    results
        The folder.
    command
        What works there, as its log names it; without it, nothing is logged.

    Raises
    ------
    BusyError, PlaceError
        Another run works in it; it cannot be written to.
    """
    with Lock(results.absolute() / LOCK, results):
        sweep(results)
        with nullcontext() if command is None else logged(results / LOG, command):
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
    """What a study left. A file that was read is read again only where it has changed since.

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
        self._read = Unchanged()

    @classmethod
    def open(cls, results: Path | str) -> Self:
        """Open a results folder.

        Raises
        ------
        NotThereError, StoreError
            Nothing there, or no study's results.
        """
        folder, read = Path(results), Unchanged()
        record = read.once(folder.absolute() / RECORD, partial(read_record, folder))
        try:
            config = StudyConfig.model_validate(record["config"])
        except ValueError as error:
            raise StoreError(
                folder, f"holds a {RECORD} that this version of hcs cannot read; run the study again with it"
            ) from error
        study = cls(config, Path(record["source"]), folder)
        study._read = read
        return study

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
        if not self.has_table(name):
            have = ", ".join(table_names(self.results)) or "none"
            raise NotThereError(f"{self.results} has no table {name!r}; it has: {have}.")
        return self.stored(table_place(name))

    def stored(self, name: str) -> pd.DataFrame:
        """Read a table by its place in the results folder, held against the digest in the record.

        Raises
        ------
        NotThereError, StoreError
            It is gone; it is damaged or not the table that the run wrote.
        """
        path, written = self.results / name, self._record.get("files", {}).get(name)
        table: pd.DataFrame = self.held(path, partial(load_table, path, written, AGAIN))
        return table.copy()

    def has_table(self, name: str) -> bool:
        """Whether the study has a result table of this name."""
        return (self.results / table_place(name)).is_file()

    def table_names(self) -> list[str]:
        """Names of the result tables that stand there, and of those that the run wrote and that are gone."""
        written = [Path(place) for place in self._record.get("files", {})]
        return sorted(
            {*table_names(self.results), *(file.stem for file in written if str(file.parent) == TABLES)}
        )

    def save_tables(self, path: Path | str, *, overwrite: bool = False) -> tuple[Path, tuple[str, ...]]:
        """Write every result table as one workbook (`hcs.tables.workbook.write_workbook`)."""
        return write_workbook(
            {name: self.table(name) for name in self.table_names()}, path, overwrite=overwrite
        )

    @property
    def record(self) -> dict[str, Any]:
        """How the study's numbers came about: settings, versions, digests, notices, durations."""
        return deepcopy(self._record)

    def held(self, path: Path, read: Callable[[], Any]) -> Any:
        """Give what was read of a file of the folder; it is read again where it has changed since."""
        return self._read.once(path, read)

    @property
    def _record(self) -> dict[str, Any]:
        """The record itself, which is not to be changed."""
        held: dict[str, Any] = self.held(self.results / RECORD, partial(read_record, self.results))
        return held

    @property
    def tiles(self) -> TileSet:
        """The study's tiles."""
        return TileSet.open(self.results / TILE_SET)

    @property
    def features(self) -> FeatureSet:
        """The study's features."""
        return FeatureSet.open(self.results / FEATURES)

    def trained(self, number: int, model: Model) -> Any:
        """Read a model of one set.

        Raises
        ------
        NotThereError, StoreError
            The study has no such set, or kept no such model; its file cannot be read, or is not the one that
            the run wrote.
        """
        place = f"{set_place(number)}/{model.file}"
        file, sets = self.results / place, self.results / SETS
        if not file.parent.is_dir():
            raise NotThereError(f"{self.results} has no set {number}; its sets are folders of {sets}.")
        if not file.is_file():
            raise NotThereError(f"{self.results} holds no {model.title} of set {number}; {AGAIN}.")
        if self._record.get("files", {}).get(place) not in (None, file_digest(file)):
            raise StoreError(
                file, f"is not the {model.title} that the run trained (its digest differs); {AGAIN}"
            )
        return model.load(file)

    def kept_models(self) -> tuple[Model, ...]:
        """Give the models whose trained sets are kept: in folders of earlier versions the network alone."""
        named = [Path(place) for place in self._record.get("files", {})]
        found = {path.name for path in [*named, *self.results.glob(f"{SETS}/*/*")]}
        return tuple(model for model in self.config.fitted if model.file in found)

    def kept_analyses(self) -> KeptAnalyses:
        """Read the analyses that `hcs study analyse` kept.

        Raises
        ------
        NotThereError, StoreError
            None were kept; they are damaged, or of an earlier run.
        """
        return self._kept(KEPT_ANALYSES, ANALYSE, "features", "features_digest")

    def kept_permutations(self) -> KeptAnalyses:
        """Read what `hcs study permute` found; raises as `kept_analyses`."""
        return self._kept(KEPT_PERMUTATIONS, PERMUTE, "inputs", "inputs")

    def kept_explanations(self) -> KeptAnalyses:
        """Read what explanations found, as it was kept; raises as `kept_analyses`."""
        return self._kept(KEPT_EXPLANATIONS, EXPLAIN, "inputs", "inputs")

    def kept_readers(self) -> KeptAnalyses:
        """Read what the calls of people found, as it was kept; raises as `kept_analyses`."""
        return self._kept(KEPT_READERS, READ, "inputs", "inputs")

    def design_records(self) -> tuple[DesignRecord, ...]:
        """Read the records of the experiment's design that the study kept; none where it named none.

        Raises
        ------
        NotThereError, StoreError
            One is gone, damaged, or not the one that was kept.
        """
        return kept_records(self.results, self._record)

    def _kept(self, name: str, maker: str, asked: str, recorded: str) -> KeptAnalyses:
        """Read findings that were kept, if they are of the run that the results are of."""
        folder = self.results / name
        found: KeptAnalyses = self.held(folder / SUMMARIES, partial(read_analyses, folder, maker))
        if found.asked.get(asked) not in (None, self._record.get(recorded)):
            raise StaleError(folder, f"is of an earlier run; {maker} makes it anew")
        return found

    def measurements(self) -> list[Measurements]:
        """Open what the run measured on its plates; empty where its forest saw tiles.

        Raises
        ------
        NotThereError, StoreError
            They are gone, damaged, or of other images than the study's.
        """
        if self.config.forest.measured == "tiles":
            return []
        found = []
        for name, plate in self._record.get("plates", {}).items():
            folder = self.results / MEASURED / name
            one = self.held(folder / MEASURED_RECORD, partial(Measurements.read, folder))
            if one.record.get("images", plate["digest"]) != plate["digest"]:
                raise StaleError(folder, f"is not of the images of plate {name} that the study saw; {AGAIN}")
            found.append(one)
        return found

    def plate(self, name: str) -> Plate:
        """Open one of the study's plates where the run found it, or where it stands now beside the results.

        Raises
        ------
        NotThereError, StoreError
            It is at neither place, or is another plate now.
        """
        kept = self._record["plates"][name]
        own = as_place(kept["path"])
        places = [Path(kept["path"]), self.results / kept.get("beside", kept["path"])]
        found = own or next((place for place in places if place.is_dir()), None)
        if found is None:
            raise NotThereError(
                f"Plate {name} is not at {places[0]} any more: put it back there, or run the study anew."
            )
        plate = open_plate(found)
        if plate.digest != kept["digest"]:
            raise StaleError(
                found,
                f"holds other images than when the study was run on plate {name}; run the study on it anew",
            )
        return plate
