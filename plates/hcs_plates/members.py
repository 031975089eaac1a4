"""Wells and fields of a plate, as users hold them: a well is a mapping of fields by number."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs_plates.display import facts_html
from hcs_plates.errors import ArgumentError, LookupRefusedError
from hcs_plates.readers.acquisition import PlaneKey
from hcs_plates.storedfield import StoredField, stored_field

if TYPE_CHECKING:
    from hcs_plates.plate import Plate


@dataclass(frozen=True, repr=False)
class Field:
    """One field of view of a well."""

    plate: "Plate"
    well: str
    number: int

    def __repr__(self) -> str:
        return f"<Field {self.number} of well {self.well}, plate {self.plate.name}>"

    def _repr_html_(self) -> str:
        layout = self.plate.spec.layout_of(self.well, self.number)
        return facts_html(
            f"Field {self.number} of well {self.well}",
            {
                "plate": self.plate.name,
                "channels": ", ".join(self.plate.channels),
                "size": f"{layout.height} × {layout.width} {layout.dtype}",
                "missing planes": len(self.missing) or None,
            },
        )

    @property
    def stored(self) -> StoredField:
        """Its pixels on disk; small, for workers."""
        return stored_field(self.plate.path, self.plate.spec, self.well, self.number)

    @property
    def missing(self) -> dict[PlaneKey, str]:
        """Planes of this field that are missing, with the reason."""
        return {
            key: reason
            for key, reason in self.plate.spec.missing.items()
            if (key.well, key.field) == (self.well, self.number)
        }

    def read(self, level: int = 0) -> npt.NDArray[Any]:
        """Read all planes of a level.

        Returns
        -------
        array of axes ``plate.spec.layout.axes``; planes that are missing (listed in `missing`) or were never
        acquired (listed in `Plate.never_acquired`) are zeros, and no data.

        Raises
        ------
        StoreError
            The stored bytes are damaged or gone.
        """
        return self.stored.read(level)

    def image(self, channel: str, level: int = 0, time: int | None = None) -> npt.NDArray[Any]:
        """Read one channel of this field, and no other.

        Parameters
        ----------
        channel
            The channel's name, or a part of it that no other has ("FITC" of "Blue - FITC").
        level
            Resolution level, 0 is full.
        time
            One time point of a film, counted from 0; all at which the channel was imaged if None.

        Returns
        -------
        array of axes ([t,] [z,] y, x): only the time points and steps in z in which the channel was imaged,
        so a single plane beside the z stacks of other channels has one step.

        Raises
        ------
        ArgumentError
            No channel of that name, no such level or time, this field lacks the channel, or the channel has
            other steps in z at other time points and no time was named.
        StoreError
            The stored bytes are damaged or gone.
        """
        spec = self.plate.spec
        index = spec.channel_index(channel)
        if time is not None:
            spec.check_acquired([index], time)
        times = spec.acquired_times(index) if time is None else (time,)
        gone = [reason for key, reason in self.missing.items() if key.channel == index and key.time in times]
        if gone:
            raise ArgumentError(f"Field {self.well}/{self.number} has no whole {channel!r} image: {gone[0]}.")
        steps = spec.acquired_steps(index, times[0])
        if any(spec.acquired_steps(index, other) != steps for other in times):
            raise ArgumentError(
                f"Plate {self.plate.name}: {channel!r} was imaged in other steps of z at other time points; "
                f"name one of its times {', '.join(map(str, times))} (counted from 0)."
            )
        wanted = {"t": times, "c": (index,), "z": steps}
        axes = spec.layout.axes[:-2]
        pixels = self.stored.read(level, [np.array(wanted[axis], dtype=np.intp) for axis in axes])
        dropped = tuple(
            at for at, axis in enumerate(axes) if axis == "c" or (axis == "t" and time is not None)
        )
        return np.squeeze(pixels, axis=dropped)


@dataclass(frozen=True, repr=False)
class Well(Mapping[int, Field]):
    """One well: its row of the wells table, and its fields by number."""

    plate: "Plate"
    name: str

    def __repr__(self) -> str:
        fields = ", ".join(map(str, self))
        return f"<Well {self.name} of plate {self.plate.name}: fields {fields}>"

    def _repr_html_(self) -> str:
        told = {name: None if pd.isna(value) else value for name, value in self.metadata.items()}
        return facts_html(f"Well {self.name}", {**told, "fields": ", ".join(map(str, self))})

    @property
    def metadata(self) -> pd.Series:
        """The well's row of the wells table."""
        return self.plate.spec.wells.loc[self.name].copy()

    def __getitem__(self, number: int) -> Field:
        if number not in self.plate.spec.fields[self.name]:
            fields = ", ".join(map(str, self))
            raise LookupRefusedError(
                f"Well {self.name} of plate {self.plate.name} has no field {number}; it has {fields}."
            )
        return Field(self.plate, self.name, number)

    def __iter__(self) -> Iterator[int]:
        return iter(self.plate.spec.fields[self.name])

    def __len__(self) -> int:
        return len(self.plate.spec.fields[self.name])
