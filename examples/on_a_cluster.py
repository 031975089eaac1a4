"""Ingest, tiles, measurements on a Dask cluster: begun by hand, by SLURM, Kubernetes, Coiled or Gateway.

    dask scheduler --host 127.0.0.1 --port 8786           # on a machine that all workers reach
    dask worker tcp://127.0.0.1:8786 --nthreads 1         # on each machine, once for each core
    dask worker tcp://127.0.0.1:8786 --nthreads 1 --resources GPU=1      # on one with a GPU

    python examples/on_a_cluster.py by_hand EXPORT OUT    # or slurm, kubernetes, coiled, gateway

Every worker needs the same version of hcs, and sees EXPORT and OUT under the same names as this process; one
that does not is refused by name. Workers write; this process sees receipts, never pixels. Workers may come
and go: what has a receipt is not done again. The command line takes the same cluster as
`--scheduler tcp://127.0.0.1:8786`.
"""

import sys
from pathlib import Path
from typing import Any

from distributed import Client

import hcs
from hcs_plates import TileSpec


def by_hand(address: str = "tcp://127.0.0.1:8786") -> Client:
    """Use the scheduler that somebody started."""
    return Client(address)


def slurm_cluster() -> Any:
    """Describe jobs of SLURM, each of 8 workers with one thread (`pip install dask-jobqueue`).

    `slurm_cluster().job_script()` shows what would be submitted; workers run this process's own Python. PBS,
    SGE and LSF have classes of the same kind.
    """
    from dask_jobqueue import SLURMCluster

    return SLURMCluster(
        queue="normal",
        cores=8,
        processes=8,
        memory="32GB",
        walltime="04:00:00",
        local_directory="$TMPDIR",
        scheduler_options={"dashboard_address": ":0"},
    )


def slurm() -> Client:
    """Let SLURM start and end jobs as there is work, at most 20 of them."""
    cluster = slurm_cluster()
    cluster.adapt(minimum_jobs=1, maximum_jobs=20)
    return Client(cluster)


def kubernetes(image: str = "registry.example.org/hcs:0.1") -> Client:
    """Start pods through the Dask operator, which your cluster has (`pip install dask-kubernetes`)."""
    from dask_kubernetes.operator import KubeCluster

    # An image in which `pip install hcs` was run; the volume of the plates is mounted in its specification.
    cluster = KubeCluster(name="hcs", image=image, resources={"requests": {"cpu": "1", "memory": "4Gi"}})
    cluster.adapt(minimum=1, maximum=100)
    return Client(cluster)


def coiled() -> Client:
    """Start machines of a cloud account (`pip install coiled`), with this process's packages."""
    from coiled import Cluster

    cluster = Cluster(name="hcs", worker_vm_types=["m7i.2xlarge"], worker_options={"nthreads": 1})
    cluster.adapt(minimum=1, maximum=50)
    return Client(cluster)


def gateway() -> Client:
    """Ask a Dask Gateway, whose address and login are set up (`pip install dask-gateway`)."""
    from dask_gateway import Gateway

    cluster = Gateway().new_cluster()
    cluster.adapt(minimum=1, maximum=50)
    return cluster.get_client()


def main(client: Client, export: Path, out: Path) -> hcs.Measurements:
    """Ingest, cut tiles and measure on the cluster; the current client is used without being named."""
    with client:
        plate = hcs.ingest(export, out / f"{export.name}.ome.zarr", export / "platemap.csv")
        tiles = hcs.create_tiles([plate], out / f"{export.name}.tiles.zarr", TileSpec(256))
        measured = hcs.measure_plate(plate, hcs.channel_spec(plate, neurites="FITC", nuclei="DAPI"))
        print(plate, tiles, measured.wells.head(), sep="\n")
    return measured


if __name__ == "__main__":
    start = {start.__name__: start for start in (by_hand, slurm, kubernetes, coiled, gateway)}
    main(start[sys.argv[1]](), Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve())
