"""Simulator: neurofilament-stained motor neurons of many donors, exported as an instrument would."""

from hcs_plates.simulate.experiment import (
    Clone,
    DiseaseEffect,
    ExperimentSpec,
    RandomEffects,
    SimulatedWell,
    clones,
    simulate_wells,
)
from hcs_plates.simulate.export import simulate_export, simulate_layout
from hcs_plates.simulate.field import CameraSpec, CellSpec, FieldSpec, FieldTruth, NeuriteSpec
from hcs_plates.simulate.laidout import LayoutSpec
from hcs_plates.simulate.neurons import RenderedField, render_field

__all__ = [
    "CameraSpec",
    "CellSpec",
    "Clone",
    "DiseaseEffect",
    "ExperimentSpec",
    "FieldSpec",
    "FieldTruth",
    "LayoutSpec",
    "NeuriteSpec",
    "RandomEffects",
    "RenderedField",
    "SimulatedWell",
    "clones",
    "render_field",
    "simulate_export",
    "simulate_layout",
    "simulate_wells",
]
