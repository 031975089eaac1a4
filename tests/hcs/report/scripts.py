"""What a page may carry of scripts: ours, named by its digest, and data that nothing runs."""

import base64
import hashlib
import json
import re
from importlib.resources import files

SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')


def check_scripts(text: str) -> int:
    """Check that the page runs nothing but ours, and says so in its policy; the number of its data blocks."""
    ours = files("hcs.pages").joinpath("plates.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(ours.encode("utf-8")).digest()).decode("ascii")
    (policy,) = POLICY.findall(text)
    found = SCRIPT.findall(text)
    assert len(found) == text.lower().count("<script")
    data = [body for attributes, body in found if attributes == ' type="application/json"']
    running = [body for attributes, body in found if attributes != ' type="application/json"']
    assert running in ([], [ours])
    assert policy.startswith("default-src 'none';")
    assert ("script-src" in policy) == bool(running)
    if running:
        assert policy.endswith(f"; script-src 'sha256-{digest}'")
    for body in data:
        assert isinstance(json.loads(body), dict)
        assert not set("<>&") & set(body)
    return len(data)
