"""Validate the crate of `write_crate.py` with roc-validator: RO-Crate 1.1 and Process Run Crate 0.5, offline.

Run by `.ci/run` in an environment of its own, since the validator's pins clash with ours. The JSON-LD context
of RO-Crate 1.1, which the validator would fetch, is taken from the package rocrate 0.14, which carries it.
"""

import json
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import requests_cache
from rocrate_validator.models import Severity
from rocrate_validator.services import ValidationSettings, validate

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "process-run-crate-0.5"
"""It is validated with all that it inherits of RO-Crate 1.1."""
KNOWN = {
    f"{PROFILE}_3.2": "hcs has no address of its own",
    f"{PROFILE}_5.1": "so its identifier is a package URL (purl), and not one of the web",
}
"""Recommendations that are not followed, and why."""


def keep_context(cache: Path) -> None:
    """Put the context into the validator's cache, as if it had been fetched."""
    spec = find_spec("rocrate")
    if spec is None or spec.origin is None:
        raise SystemExit("rocrate is not installed")
    content = (Path(spec.origin).parent / "data" / "ro-crate.jsonld").read_bytes()
    session = requests_cache.CachedSession(cache_name=str(cache), backend="sqlite", expire_after=-1)
    for headers in ({}, {"Accept": "application/ld+json"}):
        request = requests_cache.CachedRequest(method="GET", url=CONTEXT, headers=headers)
        response = requests_cache.CachedResponse(
            status_code=200,
            url=CONTEXT,
            content=content,
            headers={"Content-Type": "application/ld+json"},
            request=request,
        )
        session.cache.save_response(response, session.cache.create_key(request))
    session.close()


def issues(crate: Path, cache: Path, severity: Severity) -> dict[str, str]:
    """Give what the validator finds: check, and what it says."""
    settings = ValidationSettings(
        rocrate_uri=str(crate),
        profile_identifier=PROFILE,
        requirement_severity=severity,
        cache_path=cache,
        offline=True,
    )
    return {one.check.identifier: str(one.message) for one in validate(settings).get_issues()}


def check(what: str, found: object, expected: object) -> None:
    """Compare, and say what was compared."""
    if found != expected:
        raise SystemExit(f"{what}: found {found!r}, expected {expected!r}")
    print(f"{what}: {found!r}")


def main(crate: Path) -> None:
    """Validate the crate, and two that are spoiled: the check must be able to fail."""
    with tempfile.TemporaryDirectory() as scratch:
        cache, spoiled = Path(scratch) / "cache", Path(scratch) / "spoiled"
        keep_context(cache)
        check("required", issues(crate, cache, Severity.REQUIRED), {})
        check("recommended", set(issues(crate, cache, Severity.RECOMMENDED)), set(KNOWN))
        shutil.copytree(crate, spoiled)
        (spoiled / "tables" / "groups.parquet").unlink()
        check("a file that is gone is found", bool(issues(spoiled, cache, Severity.REQUIRED)), True)
        shutil.copy(crate / "tables" / "groups.parquet", spoiled / "tables")
        document = json.loads((crate / "ro-crate-metadata.json").read_text(encoding="utf-8"))
        for entity in document["@graph"]:
            if entity["@type"] == "CreateAction":
                del entity["instrument"]
        (spoiled / "ro-crate-metadata.json").write_text(json.dumps(document), encoding="utf-8")
        check("a run without a program is found", bool(issues(spoiled, cache, Severity.REQUIRED)), True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
