"""
Splitwise's arithmetic, and what sending caches costs: rows that ask for no search.

What the rows of `splitwise` share with these is here too.
"""

from __future__ import annotations

import numpy as np

from cli.validation.row import Suite, ValidationRow
from twin.serving.fleet.parts import FleetClass, Plan, plain_requests
from twin.serving.fleet.run import FleetResult, run_fleet
from twin.serving.splitwise.cluster import fleet_of
from twin.serving.splitwise.designs import Design, published_designs, reference_of
from twin.serving.splitwise.throughput import Traffic, draw_requests
from twin.serving.systems.splitwise import transfer_frac

PREFIX = "splitwise"
MODEL = "bloom-176b"
ABSTRACT = "Splitwise (ISCA 2024), abstract"
_NOTES = "Splitwise (ISCA 2024), via notes"
SPLITWISE = Suite(PREFIX, "Splitwise", _NOTES, "second-hand")
_row = SPLITWISE.row
SHAPE = (
    "shape only: model and traffic of the figure were not published with it; ours are "
    "BLOOM-176B (the default of the authors' simulator and plots), recorded lengths, "
    "Poisson arrivals"
)
ISO_POWER_SPLITS = {"AA": (45, 25), "HH": (25, 15), "HA": (25, 26), "HHcap": (25, 21)}
MEDIAN_PROMPT = 1500


def arithmetic() -> list[ValidationRow]:
    """Provisioned power and rent of the published counts."""
    designs = published_designs(MODEL)
    base, aa = designs["Base-H100"], designs["AA"]
    return [
        _row("headline_cost", "70 A100 instead of 40 H100: rent, change", "%", -20,
             100 * (aa.cost_usd_h(45, 25) / base.cost_usd_h(40, 0) - 1), 5, "near",
             "which clusters the abstract means is inferred", source=ABSTRACT,
             mark="read"),
        _row("iso_cost_power", "86 A100 instead of 40 H100: provisioned power, change",
             "%", 25, 100 * (aa.power(51, 35) / base.power(40, 0) - 1), 5, "near",
             "arithmetic on the power units of the experiment files"),
    ]  # fmt: skip


def transfer_share(name: str, traffic: Traffic) -> ValidationRow:
    """Time in transfers ÷ end to end, far from saturation."""
    design = published_designs(MODEL)["AA"]
    frac = 100 * transfer_frac(_quiet_run(design, ISO_POWER_SPLITS["AA"], traffic))
    return _row(
        f"transfer_{name}", f"{name}, AA: part of end to end spent sending caches", "%",
        2.0, frac, 0.0, "at most", f"{SHAPE}; the publication gives 0.8; at 5 "
        "requests/s; the residual of 8 ms is an input, prompts below 512 tokens are "
        "sent whole",
    )  # fmt: skip


def _quiet_run(
    design: Design, counts: tuple[int, int], traffic: Traffic
) -> FleetResult:
    fleet = fleet_of(
        design, *counts, reference=reference_of(design.prompt.engine),
        classes=tuple(
            FleetClass(name=n, prompt_pool="main") for n in ("warm", "counted", "end")
        ),
    )  # fmt: skip
    return run_fleet(
        Plan(fleet=fleet), [draw_requests(traffic, 5.0)], horizon_s=traffic.horizon_s
    )


def second_token_s(design: Design) -> float:
    """Time from the first to the second token of a request alone. [s]"""
    fleet = fleet_of(
        design, 1, 1 if design.token else 0,
        reference=reference_of(design.prompt.engine),
        classes=(FleetClass(name="all", prompt_pool="main"),),
    )  # fmt: skip
    alone = plain_requests(np.zeros(1), np.array([MEDIAN_PROMPT]), np.array([2]))
    result = run_fleet(Plan(fleet=fleet), [alone], horizon_s=60.0)
    return result.classes["all"].latency["tbt"]["mean"]


def second_token() -> list[ValidationRow]:
    """What sending the cache adds to the second token."""
    out = []
    why = (
        f"{SHAPE}; a prompt of {MEDIAN_PROMPT} tokens, the coding median, alone; "
        "model and machine behind the published figure are not known"
    )
    for letter, split, mixed in (
        ("a100", "AA", "Base-A100"),
        ("h100", "HH", "Base-H100"),
    ):
        plain_s = second_token_s(published_designs(MODEL)[mixed])
        for transfer, published, near, note in (
            ("layer-wise", 16.5, 5, "the residual is an input"),
            ("serial", 64.0, 20, "bandwidth is eight GPUs' network"),
        ):
            designs = published_designs(MODEL, transfer=transfer)  # type: ignore[arg-type]
            added = 100 * (second_token_s(designs[split]) / plain_s - 1)
            out.append(
                _row(f"second_token_{transfer.replace('-', '_')}_{letter}",
                     f"{split}, {transfer} transfer: second token later by", "%",
                     published, added, near, "near", f"{why}; {note}")
            )  # fmt: skip
    return out
