"""What the reference's examples send: small inputs that are answered quickly."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
ROW = {"horizon": {"days": 0.02}}
SITE = {
    "horizon": {"days": 0.02},
    "facility": {
        "template": {"design": "2n", "halls": 1, "rows_per_hall": 1, "racks_per_row": 4}
    },
}
JOB = {"training": {"horizon_s": 120, "jobs": [{"gpu_count": 1024}]}}
STUDY = {
    "question": "row", "base": {"horizon": {"days": 0.02}},
    "axes": [{"field": "fleet.server_count", "values": [40, 44]}],
}  # fmt: skip

BODIES: dict[str, Json] = {
    "POST /sites": {"name": "Madrid"},
    "PATCH /sites/{site_id}": {"name": "Madrid 2"},
    "POST /scenarios": {"scenario": {"fleet": {"server_count": 52}}},
    "PUT /scenarios/{scenario_id}": {"scenario": {"fleet": {"server_count": 44}}},
    "PATCH /scenarios/{scenario_id}": {"name": "Row 7, next year"},
    "POST /scenarios/{scenario_id}/clone": {"name": "Row 8"},
    "POST /what-if": {"scenario": ROW, "changes": {"fleet.server_count": 52}},
    "POST /runs": {"scenario": ROW},
    "POST /plans": {"scenario": {**ROW, "plan": {"added_servers": [0, 4],
                                                 "policies": ["polca"]}}},
    "POST /site/run": {"scenario": SITE},
    "POST /site/campus": {"scenario": SITE},
    "POST /site/failures": {"scenario": SITE, "pairs": False},
    "POST /site/failure": {"scenario": SITE, "failed": ["UPS A"]},
    "POST /site/fit": {"scenario": SITE},
    "POST /site/schedule": {"scenario": SITE},
    "POST /site/steering": {"scenario": SITE},
    "POST /site/cooling-year": {"scenario": SITE},
    "POST /site/network": {"scenario": SITE},
    "POST /stabilize/run": {"scenario": JOB},
    "POST /stabilize/zoom": {"scenario": JOB, "from_s": 10, "to_s": 20},
    "POST /stabilize/size": {"scenario": JOB},
    "POST /stabilize/learn": {"t_s": list(range(40)),
                              "power_w": [4e3, 4e3, 8e3, 8e3] * 10},
    "POST /serving/run": {"serving": {"server_count": 4, "traffic": {"length_s": 300}}},
    "POST /serving/query-energy": {},
    "POST /serving/knob-grid": {},
    "POST /serving/provision": {"search": {"objective": "iso-power"}},
    "POST /serving/shift": {"shift": {
        "aim": "carbon", "headroom_w": [60000, 60000],
        "carbon_g_per_kwh": [410, 230],
        "jobs": [{"name": "evaluation", "energy_wh": 40000, "power_w": 50000,
                  "earliest_h": 0, "deadline_h": 2}]}},
    "POST /planning/cost": {},
    "POST /planning/build-out": {},
    "POST /planning/placement": {"placement": {"scenario": SITE}},
    "POST /studies/check": {"study": STUDY},
    "POST /studies": {"study": STUDY},
    "POST /compare": {"items": [
        {"scenario_id": "sample-row"},
        {"scenario_id": "sample-row", "changes": {"fleet.server_count": 52}}]},
    "POST /tokens": {"name": "node017", "role": "agent", "agent": "node017"},
    "POST /alerts/rules": {"name": "Row near its limit", "kind": "load",
                           "limit": 0.95},
    "POST /tracking/from-now": {"scenario_id": "sample-row"},
}  # fmt: skip
"""Operation -> body. One that is not here needs data, and is shown, not sent."""

ASKS = {
    "GET /telemetry/series": "start_us=0&end_us=60000000",
    "GET /telemetry/events": "start_us=0&end_us=60000000",
    "GET /exports/dps": "scenario_id=SCENARIO_ID",
    "GET /exports/topology.csv": "scenario_id=SCENARIO_ID",
}
"""Operation -> its query."""
NEEDS_DATA = {
    "GET /telemetry/hello", "GET /exports/dps", "GET /exports/topology.csv",
    "GET /tracking/forecast", "POST /tracking/from-now",
}  # fmt: skip
"""Ask for a token of an agent, for a stored site, or for readings."""
STORED = {"scenario_id": "sample-row", "site_id": "sample-site"}
"""Ids that every installation starts with."""
