"""The public faces of the three floors."""

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

import hcs
import hcs.analysis
import hcs.explain
import hcs.measure
import hcs_models
import hcs_plates
from hcs_plates.plate import Plate

PACKAGES = [hcs, hcs.analysis, hcs.explain, hcs.measure, hcs_models, hcs_plates]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there(package: ModuleType) -> None:
    """Each name of ``__all__`` is found, listed by dir() and the same as where it is defined."""
    for name in package.__all__:
        found = getattr(package, name)
        assert name in dir(package)
        home = getattr(found, "__module__", None)
        if home is not None and home.startswith("hcs"):
            assert getattr(importlib.import_module(home), name) is found


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_is_called_like_a_public_name(package: ModuleType) -> None:
    """Importing a module would put it in the place of a function of the same name."""
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert not modules & set(package.__all__)


@pytest.mark.parametrize("package", PACKAGES)
def test_unknown_names(package: ModuleType) -> None:
    """A name that is not there is an AttributeError that says so."""
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing


def test_opening_a_plate_needs_no_dask(make_plate: Callable[..., Plate]) -> None:
    """Nor zarr, OpenCV, or the models of others' metadata: what is not used is not imported."""
    program = (
        "import sys; from hcs_plates.plate import open_plate; open_plate(sys.argv[1]).fields; "
        "print(*{'dask', 'dask.array', 'distributed', 'zarr', 'yaozarrs', 'cv2', 'scipy'} & set(sys.modules))"
    )
    words = [sys.executable, "-c", program, str(make_plate().path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
