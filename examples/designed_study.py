"""A study from before its first plate: eligible lines, power, a blinded layout; then images, then names.

    python examples/designed_study.py OUT    # about two minutes on 2 cores

Fifteen lines and their annotated variants go through the eligibility rule of the reference study (Imamura et
al., Ann Neurol 2021;89:1226). Those that may take part get codes and random wells; the key is sealed. Plates
of that layout are simulated (ALS acts on the neurites' texture), and everything up to the features is made
under the codes. Then the plates are unblinded, the study runs, and its report tells all of that.

The lines are made up. The variants are public ones; their annotation is written for this example.
"""

import argparse
from pathlib import Path

import hcs
from hcs.design.blinding import Key, unblind_plates
from hcs.design.coded import coded_layout, save_coded
from hcs.design.lines import read_lines
from hcs_plates.mapfiles import read_maps
from hcs_plates.simulate import DiseaseEffect, FieldSpec, LayoutSpec, RandomEffects, simulate_layout

LINES = """
clone,donor,diagnosis,passage,sequenced,c9orf72_repeats
CTL1,H1,control,22,yes,2/5
CTL2,H2,control,25,yes,2/2
CTL3,H3,control,23,yes,5/8
CTL4,H4,control,24,yes,2/8
CTL5,H5,control,21,yes,2/5
CTL6,H6,control,26,yes,6/8
CTL7,H7,control,23,yes,
ALS1,P1,ALS,24,yes,2/5
ALS2,P2,ALS,21,yes,2/2
ALS3,P3,ALS,26,yes,5/5
ALS4,P4,ALS,22,yes,2/8
ALS5,P5,ALS,25,yes,2/5
ALS6,P6,ALS,23,yes,8/10
ALS7,P7,ALS,22,yes,2/5
ALS8,P8,ALS,24,yes,2/900
"""
VARIANTS = """
line,chrom,pos,ref,alt,gene,hgvs_p,zygosity,sift,polyphen2,mutationtaster,cadd,af_tommo,af_gnomad,clinvar
ALS7,1,11022418,A,G,TARDBP,p.Met337Val,het,tolerated,benign,disease_causing,22.1,0,0.000004,Pathogenic
ALS2,10,13110400,T,A,OPTN,p.Met98Lys,het,deleterious,benign,polymorphism,16.2,0.09,0.03,Benign
"""
PROTOCOL = """
[fixation]
fixative = "paraformaldehyde"
concentration = "4 %"
time = "15 min"
[[antibodies]]
target = "neurofilament H"
role = "primary"
dilution = "1:1,000"
"""
STUDY = """
[data]
plates = [{plates}]
[design]
records = ["eligible.json", "power.json", "layout/layout.json"]
[model]
features_at = ["block4"]  # where the packaged weights see texture best
[splits]
n_sets = 6
train = 4
validation = 1
test = 1
[train]
views = 1
epochs = 20
learning_rate = 0.01
[tuning]
sampler = "none"
[forest]
neurites = "FITC"
"""
PASSPHRASE = "in an example nothing is secret"


def design(out: Path) -> Path:
    """Decide who takes part, how many it takes and where they stand; the folder of the layout."""
    lines, variants = out / "lines.csv", out / "variants.csv"
    lines.write_text(LINES.lstrip())
    variants.write_text(VARIANTS.lstrip())
    eligible = hcs.eligible_lines(variants, lines, build="GRCh38")
    eligible.save(out / "eligible.csv", sources=(lines, variants))
    print(eligible.headline())
    plan = hcs.plan_clones({"auc": 0.95, "icc": 0.5}, goal="yes", wells=3, images=6, draws=500)
    plan.record().write(out / "power.json")
    print(plan.headline())
    taken = read_lines(lines, eligibility=eligible.lines)
    asked = {"replicates": 3, "plates": 2, "batches": ["D7", "D14"], "controls": {"negative_control": 2}}
    layout, key = coded_layout(taken, asked)
    save_coded(layout, out / "layout", key, (out / "study.key", PASSPHRASE), overwrite=False)
    print(layout.headline())
    return out / "layout"


def grow(layout: Path, key: Path, exports: Path, fields: int, side: int) -> list[Path]:
    """Simulate the plates of the layout: nature knows the diagnosis of every code, and no file tells it."""
    lines = Key.open(key, PASSPHRASE).lines
    spec = LayoutSpec(
        fields_per_well=fields,
        field=FieldSpec(height=side, width=side, channels=("FITC", "DAPI")),
        disease=DiseaseEffect(beading=0.8),
        random=RandomEffects(clone=0.05, batch=0.05),
        seed=1,
    )
    diagnoses = dict(zip(lines["code"], lines["diagnosis"], strict=True))
    return simulate_layout(exports, read_maps(layout / "layout.csv"), spec, diagnoses=diagnoses)


def main(out: Path, *, fields: int = 2, side: int = 512) -> hcs.Study:
    """Design, image under codes, unblind, run; the finished study.

    Parameters
    ----------
    out
        An empty folder.
    fields, side
        Fields of a well, and their pixels along a side: how much is imaged.
    """
    layout, key = design(out), out / "study.key"
    protocol = out / "protocol.toml"
    protocol.write_text(PROTOCOL)
    plates = []
    for export in grow(layout, key, out / "exports", fields, side):
        place = out / f"{export.name}.ome.zarr"
        plate = hcs.ingest(export, place, layout / f"{export.name}.csv", protocol=protocol)
        plates.append(plate.path)
    file = out / "als.toml"
    file.write_text(STUDY.format(plates=", ".join(f'"{path.name}"' for path in plates)))
    study = hcs.Study.from_toml(file)
    made = study.prepare()
    print(f"Under codes: {', '.join(made.files)}.")
    names = unblind_plates(Key.open(key, PASSPHRASE), plates, [study.results])
    print(names.record.headline)
    study.run()
    print(study.verdict().summary())
    print(study.report())
    return study


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="an empty folder, made if it is not there")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    main(folder)
