"""Studies to start from: one press from an answer."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_SURE: Json = {
    "name": "How sure is 52 servers?", "question": "row-day",
    "base": {"fleet": {"server_count": 52}},
    "axes": [
        {"field": "workload.load.level", "label": "Load",
         "distribution": {"kind": "normal", "mean": 1.0, "sd": 0.04, "least": 0.85,
                          "most": 1.15}},
        {"field": "fleet.server_power_frac", "label": "Power per server",
         "distribution": {"kind": "triangular", "low": 0.94, "mode": 1.0,
                          "high": 1.06}},
        {"field": "control.cap_latency_s", "label": "Cap latency",
         "log": {"low": 5, "high": 80, "count": 5}},
    ],
    "design": {"kind": "latin-hypercube", "points": 256},
    "outputs": ["peak_frac", "brakes", "capped_low_s", "lost_low_frac", "energy_wh"],
    "limits": [{"output": "peak_frac", "at_most": 1.0}], "seed": 1,
}  # fmt: skip
_BEST: Json = {
    "name": "Best policy thresholds", "question": "row-day",
    "base": {"fleet": {"server_count": 52}},
    "axes": [
        {"field": "policy.t1_frac", "label": "Threshold T1",
         "range": {"low": 0.7, "high": 0.86, "count": 9}},
        {"field": "policy.t2_frac", "label": "Threshold T2",
         "range": {"low": 0.87, "high": 0.98, "count": 9}},
        {"field": "fleet.server_count", "label": "Row size",
         "values": [46, 48, 50, 52, 54, 56]},
    ],
    "design": {"kind": "search", "evaluations": 160, "batch": 8},
    "outputs": ["capped_low_s", "peak_frac", "lost_high_frac", "brakes"],
    "limits": [{"output": "brakes", "at_most": 0},
               {"output": "lost_high_frac", "at_most": 0.001}],
    "objectives": [{"output": "fleet.server_count", "goal": "max"},
                   {"output": "capped_low_s", "goal": "min"}], "seed": 1,
}  # fmt: skip
_TORNADO: Json = {
    "name": "Tornado of a site", "question": "site",
    "base": {"facility": {"template": {"design": "2n"}}},
    "axes": [
        {"field": "workload.load.level", "label": "Load",
         "distribution": {"kind": "triangular", "low": 0.8, "mode": 1.0, "high": 1.1}},
        {"field": "fleet.server_power_frac", "label": "Power per server",
         "distribution": {"kind": "normal", "mean": 1.0, "sd": 0.03}},
        {"field": "fleet.low_priority_frac", "label": "Low-priority share",
         "range": {"low": 0.2, "high": 0.8, "count": 4}},
        {"field": "workload.load.target_peak_frac", "label": "Built-for peak",
         "range": {"low": 0.72, "high": 0.79, "count": 4}},
        {"field": "facility.template.ups_mode", "label": "UPS mode",
         "values": ["double-conversion", "eco"]},
        {"field": "facility.template.added_servers_per_row", "label": "Added servers",
         "values": [0, 2, 4]},
    ],
    "design": {"kind": "one-at-a-time"},
    "outputs": ["facility_peak_w", "facility_wh", "pue", "worst_row_frac",
                "hottest_c"],
    "seed": 1,
}  # fmt: skip
_WORDS = {
    "sure": "256 days of a row with 52 servers under POLCA: load, power per server and "
    "the cap's latency are not known exactly. What is the chance that the row passes "
    "its limit, and which unknown matters?",
    "best": "160 trials of two thresholds and the number of servers: the most servers "
    "without a brake, against the time that low priority is slowed. A front.",
    "tornado": "11 runs of a site, one unknown at a time at its low and high end: "
    "which moves peak power most?",
}
EXAMPLES: dict[str, tuple[Json, str]] = {
    "sure": (_SURE, _WORDS["sure"]), "best": (_BEST, _WORDS["best"]),
    "tornado": (_TORNADO, _WORDS["tornado"]),
}  # fmt: skip
"""Key -> study and what it asks."""
