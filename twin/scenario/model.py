"""A scenario: everything one run needs to know, as one frozen, serialisable record."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import AwareDatetime

from twin.catalogue import Server, find_server
from twin.scenario.base import Checked, Model, described, part, quantity
from twin.scenario.facility import Facility
from twin.scenario.own import Own, own_field
from twin.scenario.policy import POLICY_NAMES, Polca, Policy
from twin.scenario.training import Training
from twin.scenario.workload import Workload

_POLCA = "Patel et al., POLCA, ASPLOS 2024 (second-hand quote)"
_MEM = "POLCA, from memory of the paper"
_MOST_SERVERS = 5000


class Site(Model):
    """The place: name and time zone shown on screen; the core runs in UTC."""

    name: str = described(
        "Sample site", "Name of the site", min_length=1, max_length=80
    )
    time_zone: str = described(
        "UTC", "IANA time zone of the site", example="Europe/Madrid", min_length=1,
        max_length=60,
    )  # fmt: skip


class Row(Model):
    """One row of racks behind one power limit."""

    name: str = described("Row 7", "Name of the row", min_length=1, max_length=80)
    base_server_count: int = quantity(
        40, "Servers the row's power was provisioned for", unit="servers",
        source=_POLCA, ge=1, le=_MOST_SERVERS,
    )  # fmt: skip
    provisioned_w: float | None = quantity(
        None, "Power limit of the row. Empty means base servers × the catalogue's "
        "provisioned power per server", unit="W", example=204_512.0, gt=0, le=1e9,
    )  # fmt: skip
    servers_per_rack: int = quantity(
        4, "Servers in one rack; noted only, racks have no limit of their own yet",
        unit="servers", source="assumed: four 6U servers per air-cooled rack", ge=1,
        le=100,
    )  # fmt: skip


class Fleet(Model):
    """The servers in the row and the model they serve."""

    server: str = described("dgx-a100", "Server type from the catalogue")
    model: str = described(
        "bloom-176b", "Served model with a performance table for this server"
    )
    gpus_per_instance: int | None = quantity(
        None, "GPUs that one copy of the model takes. Empty means the first the "
        "catalogue lists", unit="GPUs", example=8, ge=1, le=128,
    )  # fmt: skip
    server_count: int = quantity(
        40, "Servers deployed, base and added together", unit="servers", example=52,
        ge=1, le=_MOST_SERVERS,
    )  # fmt: skip
    low_priority_frac: float = quantity(
        0.5, "Part of servers and traffic that is low priority", source=_MEM, ge=0, le=1
    )
    server_power_frac: float = quantity(
        1.0, "Power of a server ÷ the catalogue's, each watt alike. Traffic is found "
        "with the catalogue's power, and limits stay at the nameplate", example=1.05,
        source="assumed: servers draw what the catalogue says", ge=0.3, le=2,
    )  # fmt: skip


class Control(Checked):
    """Delays of measuring and acting, and the power brake."""

    telemetry_delay_s: float = quantity(
        2.0, "Age of the row power reading a policy sees", unit="s", example=2,
        source=_MEM, ge=0, le=600,
    )  # fmt: skip
    cap_latency_s: float = quantity(
        40.0, "Time from a cap command until it holds, out of band", unit="s",
        example=40, source=f"{_POLCA}: up to 40 s; the worst case is used", ge=0,
        le=600,
    )  # fmt: skip
    brake_threshold_frac: float = quantity(
        1.0, "Row power ÷ provisioned above which the brake is pulled", source=_POLCA,
        gt=0, le=2,
    )  # fmt: skip
    brake_release_frac: float = quantity(
        0.95, "The brake is released below this",
        source="assumed: the policy's 5-point hysteresis", gt=0, le=2,
    )  # fmt: skip
    brake_latency_s: float = quantity(
        5.0, "Time from a brake command until it holds", unit="s", example=5,
        source=_POLCA, ge=0, le=600,
    )  # fmt: skip
    brake_clock_mhz: float | None = quantity(
        None, "SM clock under the brake. Empty means the server's lowest brake clock",
        unit="MHz", example=288, source=f"{_POLCA}: 288 MHz on A100", gt=0, le=10_000,
    )  # fmt: skip

    def _check(self) -> None:
        if self.brake_release_frac > self.brake_threshold_frac:
            raise ValueError(
                f"brake_release_frac {self.brake_release_frac} must not exceed "
                f"brake_threshold_frac {self.brake_threshold_frac}; lower it"
            )


class Horizon(Model):
    """The stretch of time simulated, and the control tick."""

    start: AwareDatetime = described(
        dt.datetime(2026, 1, 5, tzinfo=dt.UTC), "First instant, with its UTC offset; a "
        "Monday by default", example="2026-01-05T00:00:00Z",
    )  # fmt: skip
    days: float = quantity(
        1.0, "Length of the horizon", unit="d", example=1, gt=0, le=366
    )
    tick_s: float = quantity(
        1.0, "Control tick; power is averaged over it", unit="s", ge=0.1, le=60
    )
    warm_up_s: float = quantity(
        900.0, "Time that the row has run before the horizon, at the rates it begins "
        "with; not metered, at most the horizon. 0 begins with an empty row, no cap in "
        "force", unit="s", source="our choice: a row settles in a few minutes", ge=0,
        le=86_400,
    )  # fmt: skip


class Slo(Model):
    """What users may lose to capping, against the same traffic without any control."""

    high_p50_impact_frac: float = quantity(
        0.01, "High priority: rise of median latency allowed", source=_POLCA, ge=0,
        le=100,
    )  # fmt: skip
    high_p99_impact_frac: float = quantity(
        0.05, "High priority: rise of P99 latency allowed", source=_MEM, ge=0, le=100
    )
    low_p50_impact_frac: float = quantity(
        0.05, "Low priority: rise of median latency allowed", source=_MEM, ge=0, le=100
    )
    low_p99_impact_frac: float = quantity(
        0.50, "Low priority: rise of P99 latency allowed", source=_MEM, ge=0, le=100
    )
    max_brakes: int = quantity(
        0, "Power brakes allowed over the horizon", unit="brakes", source=_MEM, ge=0,
        le=1_000_000,
    )  # fmt: skip


class PlanSpec(Checked):
    """What a plan searches: server counts, policies, repetitions."""

    added_servers: tuple[int, ...] = quantity(
        (0, 4, 8, 10, 12, 14, 16, 20), "Servers added to the base count, one table row "
        "each", unit="servers", example=[0, 4, 8, 12, 16], min_length=1, max_length=64,
    )  # fmt: skip
    policies: tuple[Policy | str, ...] = described(
        POLICY_NAMES, "Policies compared: names, or policy objects with settings",
        example=list(POLICY_NAMES), min_length=1, max_length=16,
    )  # fmt: skip
    seeds: int = quantity(
        1, "Independent repetitions per cell; more give an interval", unit="runs",
        example=3, ge=1, le=100,
    )  # fmt: skip

    def _check(self) -> None:
        if min(self.added_servers) < 0:
            raise ValueError(
                f"added_servers must not be negative, got {min(self.added_servers)}"
            )
        if max(self.added_servers) > _MOST_SERVERS:
            raise ValueError(
                f"added_servers must not exceed {_MOST_SERVERS}, got "
                f"{max(self.added_servers)}; lower it"
            )
        if len(set(self.added_servers)) != len(self.added_servers):
            raise ValueError("added_servers must not repeat a count; remove the double")
        unknown = [
            p for p in self.policies if isinstance(p, str) and p not in POLICY_NAMES
        ]
        if unknown:
            raise ValueError(
                f"policies has {unknown[0]!r}; built in are {', '.join(POLICY_NAMES)}"
            )


class Scenario(Checked):
    """Inputs of one run. The same scenario and seed give the same answer, always."""

    schema_version: Literal[1] = quantity(1, "Version of this format")
    name: str = described(
        "Sample row", "Name of the scenario", min_length=1, max_length=120
    )
    notes: str = described("", "Free text", max_length=4000)
    seed: int = quantity(1, "Seed of every random draw", ge=0, le=2**31 - 1)
    site: Site = part(
        Site, "Where the row stands", {"name": "Sample site", "time_zone": "UTC"}
    )
    row: Row = part(Row, "The row and its limit", {"base_server_count": 40})
    fleet: Fleet = part(Fleet, "Servers and model", {"server_count": 52})
    workload: Workload = part(Workload, "Traffic", {"load": {"target_peak_frac": 0.79}})
    policy: Policy = part(Polca, "Capping policy", {"name": "polca", "t1_frac": 0.8})
    control: Control = part(Control, "Delays and brake", {"cap_latency_s": 40})
    slo: Slo = part(Slo, "Limits on harm to users", {"max_brakes": 0})
    horizon: Horizon = part(Horizon, "Time simulated", {"days": 1})
    facility: Facility | None = described(
        None, "The building around the rows; empty means one row alone",
        example={"template": {"design": "2n"}},
    )  # fmt: skip
    training: Training | None = described(
        None, "Training jobs behind one meter; empty means serving alone",
        example={"jobs": [{"gpu_count": 32_768}]},
    )  # fmt: skip
    plan: PlanSpec = part(PlanSpec, "Search of a plan", {"added_servers": [0, 8, 12]})

    own: Own = own_field()

    def server(self, key: str | None = None) -> Server:
        """
        Return a server type, the fleet's if none is named.

        Raises:
            ScenarioError: If it is neither in the catalogue nor the scenario's own.
        """
        return find_server(key or self.fleet.server, self.own.server_types())

    def _check(self) -> None:
        most = self.row.base_server_count + max(self.plan.added_servers)
        if most > _MOST_SERVERS:
            raise ValueError(
                f"plan.added_servers and row.base_server_count add up to {most}, more "
                f"than {_MOST_SERVERS} servers; lower one of them"
            )
