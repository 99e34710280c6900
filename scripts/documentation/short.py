"""The examples as CI has time for them: the same questions, less of everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROW = {"horizon.days": 0.02, "workload.load": {"requests_per_server_s": 0.1}}
"""Half an hour at a given rate, so that no load has to be found."""
HALL = {**ROW, "horizon.tick_s": 5, "facility.template.rows_per_hall": 1,
        "facility.template.racks_per_row": 2}  # fmt: skip
CHANGES: dict[str, dict[str, Any]] = {
    "row.yaml": ROW | {"plan": {"added_servers": [0, 4], "policies": ["polca"]}},
    "row-h100-llama.yaml": ROW,
    "row-own-policy.yaml": ROW | {"plan.added_servers": [4]},
    "row-servegen.yaml": ROW,
    "row-six-weeks.yaml": ROW,
    "site.yaml": HALL | {
        "facility.template.added_servers_per_row": 0,
        "facility.events.0": {"t_s": 300, "kind": "utility-outage", "duration_s": 60},
        "facility.events.1.t_s": 900, "facility.events.1.duration_s": 300},
    "extend/site.yaml": {},
    "campus.yaml": HALL | {
        "facility.template.halls": 2, "facility.campus.contract_w": 2e6,
        "facility.campus.cooling_capacity_w": 2e6,
        "facility.campus.curtailments.0": {
            "t_s": 600, "duration_s": 300, "contract_w": 5e5, "notice_s": 60},
        "facility.events.0.t_s": 300},
    "stabilize.yaml": {
        "training.horizon_s": 20, "training.sample_s": 0.005,
        "training.jobs.0.start_s": 3, "training.jobs.0.end_s": 18,
        "training.measures.scheduling": {"start_ramp_s": 2, "end_ramp_s": 2},
        "training.rules": ["stabilization-range"]},
    "placement.yaml": {f"scenario.{field}": value for field, value in HALL.items()},
    "cost.yaml": {f"site.{field}": value for field, value in HALL.items()},
    "build_out.yaml": {"periods": 6},
    "serving.yaml": {"traffic.length_s": 300, "server_counts": [12]},
    "study.yaml": {"design.points": 2},
    "study_site.yaml": {"design.points": 2, "base.scenario.horizon.days": 0.02,
                        "base.scenario.facility.template.rows_per_hall": 1,
                        "base.scenario.facility.template.racks_per_row": 2},
    "search.yaml": {"design.evaluations": 4},
}  # fmt: skip
"""Example -> what is changed in it. One that is not here is quick as it stands."""


def shorten(examples: Path) -> None:
    """Change a copy of the examples in its place."""
    for name, changes in CHANGES.items():
        path = examples / name
        document = yaml.safe_load(path.read_text())
        for field, value in changes.items():
            _put(document, field.split("."), value)
        path.write_text(yaml.safe_dump(document, sort_keys=False))


def _put(document: Any, field: list[str], value: Any) -> None:
    for key in field[:-1]:
        if isinstance(document, list):
            document = document[int(key)]
        else:
            document = document.setdefault(key, {})
    last = field[-1]
    document[int(last) if isinstance(document, list) else last] = value
