"""A plate as OME-Zarr 0.4, with the labels that are those of its measurements."""

from hcs.measure.exports.format import Asked
from hcs.wording import counted, listed


class OmeZarr04:
    """OME-Zarr 0.4 (`hcs_plates.exporting`)."""

    name = "ome-zarr-0.4"
    what = "a copy for tools that read no 0.5"
    on_workers = True

    def write(self, asked: Asked) -> list[str]:
        """Copy the plate; labels that are stale, or not of hcs, are told and not copied."""
        from hcs.measure.labelstanding import label_standing
        from hcs_plates.exporting import export_ome_zarr_04

        plate, standing = asked.plate, label_standing(asked.plate)
        made = export_ome_zarr_04(
            plate,
            asked.out,
            labels=standing.current,
            overwrite=asked.overwrite,
            client=asked.client,
            progress=asked.progress,
        )
        size = f"{counted(len(plate), 'well')}, {counted(len(plate.fields), 'field')}"
        said = [f"{made}: plate {plate.name} as OME-Zarr 0.4, {size}; its wells table is wells.csv in it"]
        if standing.current:
            fields = {(label.well, label.number) for label in standing.current}
            names = listed(dict.fromkeys(label.name for label in standing.current))
            said.append(f"labels: {names} of {counted(len(fields), 'field')}")
        said += [f"note: {sentence}" for sentence in standing.sentences()]
        if standing.stale or standing.foreign:
            said.append("note: labels that are stale or not of hcs are not in the copy")
        return said
