"""
Send readings of any source: one batch by the wire protocol of docs/telemetry.md.

    nameplate tokens create busbar-meters --role agent > token
    python examples/extend/send_readings.py http://127.0.0.1:8050 token
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any


def batch(
    spool: str, sequence: int, start_us: int, power_w: list[float]
) -> dict[str, Any]:
    """One reading a second of one meter; spool and sequence make it arrive once."""
    meter = {"key": "busbar-7", "kind": "meter", "model": "", "index": 0, "facts": {}}
    return {
        "format": 1, "sequence": sequence, "start_us": start_us, "events": [],
        "agent": {"name": "busbar-meters", "version": "1", "spool": spool},
        "clock": {"offset_s": 0.0, "uncertainty_s": 0.1, "steps": 0},
        "devices": [meter],
        "columns": {
            "device": [0] * len(power_w), "power_w": power_w,
            "offset_us": [k * 1_000_000 for k in range(len(power_w))],
        },
    }  # fmt: skip


if __name__ == "__main__":
    start_us = int((time.time() - 3) * 1e6)
    body = batch(uuid.uuid4().hex, 0, start_us, [41_200.0, 41_350.0, 40_980.0])
    token = Path(sys.argv[2]).read_text().strip()
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    request = urllib.request.Request(  # noqa: S310 - the address is the caller's own
        f"{sys.argv[1]}/api/v1/telemetry", json.dumps(body).encode(), headers
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - same
        print(answer.read().decode())
