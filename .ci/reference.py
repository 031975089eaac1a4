"""Build the API reference: one page for each public package, without a warning or not at all.

python .ci/reference.py FOLDER
"""

import sys
import warnings
from importlib import import_module
from pathlib import Path

import pdoc
import pdoc.render

PACKAGES = (
    "hcs",
    "hcs.analysis",
    "hcs.design.blinding",
    "hcs.explain",
    "hcs.measure",
    "hcs.readerstudy",
    "hcs_models",
    "hcs_plates",
)


def main(folder: Path) -> None:
    """Write HTML pages into a folder."""
    for package in map(import_module, PACKAGES):
        # Public names are imported when they are asked for; the generator looks only at those that are there.
        for name in package.__all__:
            setattr(package, name, getattr(package, name))
    # Whoever knows more of a package than its public names finds it in the source.
    modules = ["!hcs.*", "!hcs_models.*", "!hcs_plates.*", *PACKAGES]
    warnings.simplefilter("error")
    pdoc.render.configure(docformat="numpy", show_source=False)
    pdoc.pdoc(*modules, output_directory=folder)
    missing = [
        name for name in PACKAGES if not folder.joinpath(*name.split(".")).with_suffix(".html").is_file()
    ]
    if missing:
        sys.exit(f"no page of {', '.join(missing)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
