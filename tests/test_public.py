"""What users call by name: it stays, or its change stands in the changelog."""

import importlib
import re

import pytest
from typer.main import get_command

from hcs.cli.app import app

PUBLIC = {
    "hcs": """
        CrateSpec Eligibility ExplainSpec Explanations HcsError LayoutCheck MeasureSpec Measurements
        Plate PlateLayout Predictions Study TableSpec TileSet Verified WellHeatmap WellScores
        analyse_study audit batch_report channel_spec check_layout clone_splits compare_studies
        count_positives create_plate create_tiles eligible_lines explain_study heatmap ingest
        layout_plates measure_plate open_plate permute_labels plan_clones plot_study predict_plates
        read_platemap read_table replace_platemap scan score_wells serve show_measurement
        study_status verify
    """,
    "hcs.analysis": """
        acquisition_drift adjusted_effect assay_quality b_score batch_mixing batch_test
        batch_transfer call_hits clone_calls clone_power control_charts correction_effect
        covariate_effects design_check diagnosis_effect donor_level dose_response feature_batches
        feature_table fuse group_test isogenic_pairs normalise_wells passage_effect
        pixel_free_baselines plate_effects position_effects profile_reproducibility read_clinical
        reader_agreement reader_calls reader_model reader_pace reader_responses
        replicate_correlation shortcut_probes spatial_autocorrelation stratification
        variance_components well_statistics
    """,
    "hcs.design.blinding": "Blinded Key Unblinded blind_lines unblind_plates",
    "hcs.explain": """
        CompartmentShares CompartmentSource ExplainSpec Explanations Faithfulness MapLikeness
        compare_maps explain_study judge_faithfulness share_saliency tile_compartments
    """,
    "hcs.measure": """
        Illumination MeasureSpec MeasuredField Measurements NeuriteSpec Neurites NucleiSpec
        QualitySpec SkeletonGraph SomaSpec Spots ThresholdRule analyse_skeleton cell_table
        channel_spec compare_positives count_nuclei count_positives draw_measurement
        estimate_illumination find_spots flag_fields granularity group_table measure_field
        measure_plate measure_quality positives_by_group segment_nuclei segment_somas
        show_measurement subtract_background trace_neurites well_table write_labels write_overlays
    """,
    "hcs.readerstudy": """
        Key NewPack Pack PackSpec ReaderScores Responses SimulatedReader Spread collect_answers
        new_pack score_pack simulate_answers
    """,
    "hcs_models": """
        AuditReport AugmentSpec Backbone BackboneSpec Engine FeatureSet FeatureSpec ForestClassifier
        GroupPairing HeadBank HeadRows HeadSettings Preprocessing Scores Search SearchSpec Split
        SplitPlan TileLookupError TrainedHead Trial Weights audit brier clone_splits confusion
        draw_images extract_features feature_recipe group_calls joined_model leave_one_group_out
        leave_one_value_out load_arrays load_backbone measure_tiles measure_tileset pair_groups
        pair_sets preprocess reliability resolve_weights save_joined score_groups score_sets
        smallest_covering split_parts start_tensorflow validation_rise wilson_interval
    """,
    "hcs_plates": """
        Acquisition Channel Export FORMATS Field FieldLayout HcsError Plate PlateFormat PlateSpec
        Protocol TileSet TileSpec Well create_plate create_tiles ingest open_plate parse_well
        read_platemap read_protocol replace_platemap scan well_name
    """,
}

COMMANDS = """
adopt: --overwrite --platemap --protocol --scheduler --sheet --workers
batch: --batch --feature --group --json --label --negative --out --overwrite --positive --seed
    --sheet --wells
blind: --eligibility --keep --key --out --overwrite --passphrase-file --sheet
demo: --out --overwrite --scheduler --workers
explain: --block --controls --json --judged --model --networks --scheduler --seed --tiles --workers
export: --level --out --overwrite --scheduler --to --workers
heatmap: --channel --dpi --fields --json --limits --out --overwrite --plate --sheet --time --value
    --view --well --wells --width
info: --channels --format --json --pages --pattern --reader --readers --wells
ingest: --allow-incomplete --channels --complete --flat-field --format --name --out --overwrite
    --pages --pattern --pixel-size --platemap --protocol --reader --scheduler --sheet --stitch
    --times --wells --workers --y-axis --z
labels: --measurements --scheduler --workers
layout: --batches --control --eligibility --empty --json --key --out --overwrite --passphrase-file
    --per-plate --plates --replicates --seed --sheet --show-diagnosis --wells
layout check: --json --key --passphrase-file --sheet --wells
measure: --format --labels --marker --neurites --nuclei --out --overlay --overwrite --scheduler
    --time --workers
platemap: --protocol --sheet --write-protocol
plot: --dpi --out --overwrite --width
positives: --group --label --marker --out --overwrite --reference --reference-rule --rule
power: --assume --correlation --gain --goal --images --json --model --out --overwrite --pairs
    --pilot --power --ratio --record --seed --test --wells --width
predict: --format --json --model --out --overwrite --scheduler --workers
readers collect: --replace
readers export: --out --overwrite
readers new: --images --json --key --out --per-reader --reader --readers --repeats --same-images
    --scale --seed --title --training --training-clones
readers score: --json --key --out --overwrite --study
readers serve: --host --port
readers simulate: --clones --key --reader --readers --seed --steady
report: --diff --json --out --overwrite
send:
serve: --host --open --port
simulate: --batch-by-label --batch-sd --batches --beading --channel --clone-sd --clones --count
    --fields --key --layout --length --name --out --overwrite --passphrase-file --plate-sd --plates
    --position-sd --scheduler --seed --size --soma --wells --wells-per-clone --workers
status: --json
study analyse: --batch --biomarker --clinical --format --json --key --only --sheet
study export: --author --crate --license --model --organization --out --overwrite --set
    --with-plates
study init: --design --group --label --negative --out --overwrite --positive
study permute: --json --model --permutations --scheduler --search --seed --trials --within --workers
study prepare: --json --out --overwrite --scheduler --workers
study report: --json --readers
study run: --dry-run --format --json --out --overwrite --scheduler --workers
tile: --channel --channels --grid --out --overwrite --scheduler --size --time --workers --z
unblind: --out --overwrite --passphrase-file --study
variants: --build --joined --json --line --lines --out --overwrite --platemap --repeats --rule
    --sheet --write-rule
verify: --json --scheduler --workers
wells: --annotation --count --fit --format --group --json --log --method --out --overwrite --sheet
    --value --wells
"""


@pytest.mark.parametrize("package", PUBLIC)
def test_public_names(package: str) -> None:
    """A name that is gone breaks somebody's script, and a new one is a promise: both are written here."""
    assert set(importlib.import_module(package).__all__) == set(PUBLIC[package].split())


def test_commands() -> None:
    """The commands and their options."""
    told = {}
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        for part, one in getattr(command, "commands", {"": command}).items():
            options = (option for parameter in one.params for option in parameter.opts)
            told[f"{name} {part}".strip()] = {option for option in options if option.startswith("--")}
    lines = (line.partition(":") for line in re.sub(r"\n +", " ", COMMANDS).strip().splitlines())
    assert told == {name: set(options.split()) for name, _, options in lines}
