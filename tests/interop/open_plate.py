"""Open the plate of `write_plate.py` and its 0.4 export with the tools that others use, unchanged.

Run by `.ci/run` in an environment of its own, since the pins of these tools clash with ours.
"""

import sys

VALUES = {"A/01/1": 1, "A/01/2": 2, "B/03/1": 1001, "B/03/2": 1002, "D/06/1": 2001, "D/06/3": 2003}
NUCLEI = 56
"""Discs in a field of `write_plate.py`: 8 rows, the last cut by the border, of 7."""


def check(tool: str, found: object, expected: object) -> None:
    """Compare, and say what was compared."""
    if found != expected:
        raise SystemExit(f"{tool}: found {found!r}, expected {expected!r}")
    print(f"{tool}: {found!r}")


def with_ngio(path: str) -> None:
    """Wells, fields, pixel size, channels and pixels."""
    import ngio

    plate = ngio.open_ome_zarr_plate(path)
    check("ngio wells", sorted(plate.wells_paths()), ["A/01", "B/03", "D/06"])
    check("ngio fields", sorted(plate.images_paths(max_workers=1)), sorted(VALUES))
    for name, value in VALUES.items():
        image = plate.get_image(row=name[0], column=name[2:4], image_path=name[5:]).get_image()
        check(f"ngio {name}", (image.shape, int(image.get_array().max())), ((2, 600, 520), value))
        check(
            f"ngio {name} place",
            tuple(round(one, 2) for one in image.dataset.translation),
            (0.0, -195.0, -169.0) if name[5:] == "1" else (0.0, -215.0, 169.0),
        )
        check(
            f"ngio {name} size", (round(image.pixel_size.y, 4), image.channel_labels), (0.65, ["GFP", "DNA"])
        )


def with_iohub(path: str) -> None:
    """Every field, its channels and its pixels."""
    from iohub.ngff import open_ome_zarr

    with open_ome_zarr(path, layout="hcs", mode="r") as plate:
        found = {name: (one.channel_names, int(one.data[...].max())) for name, one in plate.positions()}
    check("iohub", found, {name: (["GFP", "DNA"], value) for name, value in VALUES.items()})


def with_napari(path: str) -> None:
    """The reader function of napari's plug-in gives one image of the whole plate, and its labels."""
    from napari_ome_zarr import napari_get_reader

    reader = napari_get_reader(path)
    if reader is None:
        raise SystemExit("napari-ome-zarr: does not know the plate")
    layers = reader(path)
    pixels = layers[0][0][0] if isinstance(layers[0][0], list) else layers[0][0]
    found = ([one[2] for one in layers], int(pixels.max().compute()))
    check("napari-ome-zarr", found, (["image", "labels"], 2001))


def with_ome_zarr(path: str) -> None:
    """The reader finds the plate and stitches all of its fields."""
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Plate, Reader

    location = parse_url(path)
    if location is None:
        raise SystemExit("ome-zarr-py: finds no Zarr at the plate's place")
    nodes = list(Reader(location)())
    check("ome-zarr-py plates", sum(any(isinstance(spec, Plate) for spec in node.specs) for node in nodes), 1)
    check("ome-zarr-py brightest", int(nodes[0].data[0].max().compute()), 2001)


def with_ome_zarr_models(path: str, version: str) -> None:
    """The models accept plate, wells and images."""
    import ome_zarr_models
    import zarr

    root = zarr.open_group(path, mode="r")
    plate = ome_zarr_models.open_ome_zarr(root)
    name = f"ome_zarr_models.v{version.replace('.', '')}.hcs"
    told = plate.ome_attributes if hasattr(plate, "ome_attributes") else plate.attributes
    check("ome-zarr-models", (type(plate).__module__, told.plate.version), (name, version))
    check("ome-zarr-models wells", [well.path for well in told.plate.wells], ["A/01", "B/03", "D/06"])
    for name in VALUES:
        image = ome_zarr_models.open_ome_zarr(root[name])
        told = image.ome_attributes if hasattr(image, "ome_attributes") else image.attributes
        check(f"ome-zarr-models {name}", len(told.multiscales[0].datasets), 3)


def with_labels(path: str, version: str) -> None:
    """The nuclei of a field are labels for napari's reader, ngio and ome-zarr-models.

    iohub reads no labels.
    """
    import ngio
    import ome_zarr_models
    import zarr
    from napari_ome_zarr import napari_get_reader

    group = zarr.open_group(f"{path}/B/03/1/labels/nuclei", mode="r")
    told = ome_zarr_models.open_ome_zarr(group)
    check(
        "ome-zarr-models labels",
        (type(told).__module__, type(told).__name__),
        (f"ome_zarr_models.v{version.replace('.', '')}.image_label", "ImageLabel"),
    )
    field = f"{path}/B/03/1"
    reader = napari_get_reader(field)
    if reader is None:
        raise SystemExit("napari-ome-zarr: does not know the field")
    layers = [(kind, pixels[0].shape) for pixels, _, kind in reader(field)]
    check("napari-ome-zarr labels", layers, [("image", (2, 600, 520)), ("labels", (600, 520))])
    container = ngio.open_ome_zarr_container(field)
    check("ngio labels", container.list_labels(), ["nuclei"])
    label = container.get_label("nuclei")
    check("ngio nuclei", (int(label.get_array().max()), round(label.pixel_size.y, 4)), (NUCLEI, 0.65))


def main(ours: str, exported: str) -> None:
    """Open both with each; the models first, which ngio's models change for the process."""
    with_ome_zarr_models(ours, "0.5")
    with_ome_zarr_models(exported, "0.4")
    for path, version in ((ours, "0.5"), (exported, "0.4")):
        with_iohub(path)
        with_napari(path)
        with_ome_zarr(path)
        with_ngio(path)
        with_labels(path, version)


if __name__ == "__main__":
    main(*sys.argv[1:])
