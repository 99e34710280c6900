"""A scenario: everything one run needs to know, as one frozen, serialisable record."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from twin.catalogue import Server, find_server
from twin.scenario.base import Model, quantity
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

    name: str = Field(
        "Sample site", description="Name of the site", examples=["Sample site"],
        min_length=1, max_length=80,
    )  # fmt: skip
    time_zone: str = Field(
        "UTC", description="IANA time zone of the site", examples=["Europe/Madrid"],
        min_length=1, max_length=60,
    )  # fmt: skip


class Row(Model):
    """One row of racks behind one power limit."""

    name: str = Field(
        "Row 7", description="Name of the row", examples=["Row 7"],
        min_length=1, max_length=80,
    )  # fmt: skip
    base_server_count: int = quantity(
        40, unit="servers", doc="Servers the row's power was provisioned for",
        example=40, source=_POLCA, ge=1, le=_MOST_SERVERS,
    )  # fmt: skip
    provisioned_w: float | None = quantity(
        None, unit="W",
        doc="Power limit of the row. Empty means base servers × the catalogue's "
        "provisioned power per server",
        example=204_512.0, gt=0, le=1e9,
    )  # fmt: skip
    servers_per_rack: int = quantity(
        4, unit="servers",
        doc="Servers in one rack; noted only, racks have no limit of their own yet",
        example=4, source="assumed: four 6U servers per air-cooled rack", ge=1, le=100,
    )  # fmt: skip


class Fleet(Model):
    """The servers in the row and the model they serve."""

    server: str = Field(
        "dgx-a100", description="Server type from the catalogue", examples=["dgx-a100"]
    )
    model: str = Field(
        "bloom-176b",
        description="Served model with a performance table for this server",
        examples=["bloom-176b"],
    )
    gpus_per_instance: int | None = quantity(
        None, unit="GPUs", doc="GPUs that one copy of the model takes. Empty means the "
        "first the catalogue lists",
        example=8, ge=1, le=128,
    )  # fmt: skip
    server_count: int = quantity(
        40, unit="servers", doc="Servers deployed, base and added together",
        example=52, ge=1, le=_MOST_SERVERS,
    )  # fmt: skip
    low_priority_frac: float = quantity(
        0.5, unit="1", doc="Part of servers and traffic that is low priority",
        example=0.5, source=_MEM, ge=0, le=1,
    )  # fmt: skip
    server_power_frac: float = quantity(
        1.0, unit="1", doc="Power of a server ÷ the catalogue's, each watt alike. "
        "Traffic is found with the catalogue's power, and limits stay at the nameplate",
        example=1.05, source="assumed: servers draw what the catalogue says", ge=0.3,
        le=2,
    )  # fmt: skip


class Control(Model):
    """Delays of measuring and acting, and the power brake."""

    telemetry_delay_s: float = quantity(
        2.0, unit="s", doc="Age of the row power reading a policy sees",
        example=2, source=_MEM, ge=0, le=600,
    )  # fmt: skip
    cap_latency_s: float = quantity(
        40.0, unit="s", doc="Time from a cap command until it holds, out of band",
        example=40, source=f"{_POLCA}: up to 40 s; the worst case is used",
        ge=0, le=600,
    )  # fmt: skip
    brake_threshold_frac: float = quantity(
        1.0, unit="1", doc="Row power ÷ provisioned above which the brake is pulled",
        example=1.0, source=_POLCA, gt=0, le=2,
    )  # fmt: skip
    brake_release_frac: float = quantity(
        0.95, unit="1", doc="The brake is released below this",
        example=0.95, source="assumed: the policy's 5-point hysteresis", gt=0, le=2,
    )  # fmt: skip
    brake_latency_s: float = quantity(
        5.0, unit="s", doc="Time from a brake command until it holds",
        example=5, source=_POLCA, ge=0, le=600,
    )  # fmt: skip
    brake_clock_mhz: float | None = quantity(
        None, unit="MHz",
        doc="SM clock under the brake. Empty means the server's lowest brake clock",
        example=288, source=f"{_POLCA}: 288 MHz on A100", gt=0, le=10_000,
    )  # fmt: skip

    @model_validator(mode="after")
    def _release_below_threshold(self) -> Control:
        if self.brake_release_frac > self.brake_threshold_frac:
            raise ValueError(
                f"brake_release_frac {self.brake_release_frac} must not exceed "
                f"brake_threshold_frac {self.brake_threshold_frac}; lower it"
            )
        return self


class Horizon(Model):
    """The stretch of time simulated, and the control tick."""

    start: AwareDatetime = Field(
        dt.datetime(2026, 1, 5, tzinfo=dt.UTC),
        description="First instant, with its UTC offset; a Monday by default",
        examples=["2026-01-05T00:00:00Z"],
    )
    days: float = quantity(
        1.0, unit="d", doc="Length of the horizon", example=1, gt=0, le=366
    )
    tick_s: float = quantity(
        1.0, unit="s", doc="Control tick; power is averaged over it",
        example=1.0, ge=0.1, le=60,
    )  # fmt: skip
    warm_up_s: float = quantity(
        900.0, unit="s", doc="Time that the row has run before the horizon, at the "
        "rates it begins with; not metered, at most the horizon. 0 begins with an "
        "empty row, no cap in force", example=900.0,
        source="our choice: a row settles in a few minutes", ge=0, le=86_400,
    )  # fmt: skip


class Slo(Model):
    """What users may lose to capping, against the same traffic without any control."""

    high_p50_impact_frac: float = quantity(
        0.01, unit="1", doc="High priority: rise of median latency allowed",
        example=0.01, source=_POLCA, ge=0, le=100,
    )  # fmt: skip
    high_p99_impact_frac: float = quantity(
        0.05, unit="1", doc="High priority: rise of P99 latency allowed",
        example=0.05, source=_MEM, ge=0, le=100,
    )  # fmt: skip
    low_p50_impact_frac: float = quantity(
        0.05, unit="1", doc="Low priority: rise of median latency allowed",
        example=0.05, source=_MEM, ge=0, le=100,
    )  # fmt: skip
    low_p99_impact_frac: float = quantity(
        0.50, unit="1", doc="Low priority: rise of P99 latency allowed",
        example=0.5, source=_MEM, ge=0, le=100,
    )  # fmt: skip
    max_brakes: int = quantity(
        0, unit="brakes", doc="Power brakes allowed over the horizon",
        example=0, source=_MEM, ge=0, le=1_000_000,
    )  # fmt: skip


class PlanSpec(Model):
    """What a plan searches: server counts, policies, repetitions."""

    added_servers: tuple[int, ...] = Field(
        (0, 4, 8, 10, 12, 14, 16, 20),
        description="Servers added to the base count, one table row each [servers]",
        examples=[[0, 4, 8, 12, 16]],
        min_length=1,
        max_length=64,
        json_schema_extra={"unit": "servers"},
    )
    policies: tuple[Policy | str, ...] = Field(
        POLICY_NAMES,
        description="Policies compared: names, or policy objects with settings",
        examples=[list(POLICY_NAMES)],
        min_length=1,
        max_length=16,
    )
    seeds: int = quantity(
        1, unit="runs", doc="Independent repetitions per cell; more give an interval",
        example=3, ge=1, le=100,
    )  # fmt: skip

    @model_validator(mode="after")
    def _sane(self) -> PlanSpec:
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
        return self


class Scenario(Model):
    """Inputs of one run. The same scenario and seed give the same answer, always."""

    schema_version: Literal[1] = Field(
        1, description="Version of this format [1]", examples=[1],
        json_schema_extra={"unit": "1"},
    )  # fmt: skip
    name: str = Field(
        "Sample row", description="Name of the scenario",
        examples=["Sample row"], min_length=1, max_length=120,
    )  # fmt: skip
    notes: str = Field("", description="Free text", examples=[""], max_length=4000)
    seed: int = Field(
        1, description="Seed of every random draw [1]", examples=[1], ge=0,
        le=2**31 - 1, json_schema_extra={"unit": "1"},
    )  # fmt: skip
    site: Site = Field(
        default_factory=Site, description="Where the row stands",
        examples=[{"name": "Sample site", "time_zone": "UTC"}],
    )  # fmt: skip
    row: Row = Field(
        default_factory=Row, description="The row and its limit",
        examples=[{"base_server_count": 40}],
    )  # fmt: skip
    fleet: Fleet = Field(
        default_factory=Fleet, description="Servers and model",
        examples=[{"server_count": 52}],
    )  # fmt: skip
    workload: Workload = Field(
        default_factory=Workload, description="Traffic",
        examples=[{"load": {"target_peak_frac": 0.79}}],
    )  # fmt: skip
    policy: Policy = Field(
        default_factory=Polca, description="Capping policy",
        examples=[{"name": "polca", "t1_frac": 0.8}],
    )  # fmt: skip
    control: Control = Field(
        default_factory=Control, description="Delays and brake",
        examples=[{"cap_latency_s": 40}],
    )  # fmt: skip
    slo: Slo = Field(
        default_factory=Slo, description="Limits on harm to users",
        examples=[{"max_brakes": 0}],
    )  # fmt: skip
    horizon: Horizon = Field(
        default_factory=Horizon, description="Time simulated",
        examples=[{"days": 1}],
    )  # fmt: skip
    facility: Facility | None = Field(
        None, description="The building around the rows; empty means one row alone",
        examples=[{"template": {"design": "2n"}}],
    )  # fmt: skip
    training: Training | None = Field(
        None, description="Training jobs behind one meter; empty means serving alone",
        examples=[{"jobs": [{"gpu_count": 32_768}]}],
    )  # fmt: skip
    plan: PlanSpec = Field(
        default_factory=PlanSpec, description="Search of a plan",
        examples=[{"added_servers": [0, 8, 12]}],
    )  # fmt: skip

    own: Own = own_field()

    def server(self, key: str | None = None) -> Server:
        """
        Return a server type, the fleet's if none is named.

        Raises:
            ScenarioError: If it is neither in the catalogue nor the scenario's own.
        """
        return find_server(key or self.fleet.server, self.own.server_types())

    @model_validator(mode="after")
    def _plan_fits(self) -> Scenario:
        most = self.row.base_server_count + max(self.plan.added_servers)
        if most > _MOST_SERVERS:
            raise ValueError(
                f"plan.added_servers and row.base_server_count add up to {most}, more "
                f"than {_MOST_SERVERS} servers; lower one of them"
            )
        return self
