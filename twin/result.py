"""What a run yields: figures, bounded series and events, as frozen records."""

from __future__ import annotations

from dataclasses import dataclass

from twin.types import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """
    One latency quantity of one priority.

    Args:
        p50_s: Median. [s] NaN where nothing finished.
        p90_s: 90th percentile. [s]
        p99_s: 99th percentile. [s]
        mean_s: Mean. [s]
    """

    p50_s: float
    p90_s: float
    p99_s: float
    mean_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityResult:
    """
    What the users of one priority saw.

    Impacts compare with the same traffic on the same servers without any control:
    0.05 is five per cent slower (or, for throughput, five per cent less). Requests that
    were under way when the horizon began are `carried_over`: these and the arrived are
    the finished, the refused and those `in_flight` at the end.
    """

    priority: str
    server_count: int
    arrived: int
    carried_over: int
    finished: int
    in_flight: int
    rejected_queue_full: int
    rejected_too_long: int
    output_tokens: float
    throughput_tokens_per_s: float
    ttft: Latency
    tbt: Latency
    e2e: Latency
    capped_s: float
    p50_impact_frac: float
    p99_impact_frac: float
    throughput_impact_frac: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassResult:
    """Latency of one request class within one priority."""

    priority: str
    name: str
    finished: int
    ttft: Latency
    e2e: Latency


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdTime:
    """Time the row spent above a level, and how often it rose through it."""

    name: str
    level_frac: float
    above_s: float
    crossings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """
    Row power and controls over time, at most 2,000 records whatever the horizon.

    Args:
        t_s: Start of each record from the horizon's start. [s]
        row_min_w: Lowest tick mean in the record. [W]
        row_mean_w: Mean. [W]
        row_max_w: Highest tick mean. [W]
        low_clock_mhz: Lowest clock cap of low priority in force in the record; 0
            where it was never capped. [MHz]
        high_clock_mhz: The same for high priority. [MHz]
        brake: 1 where the power brake held at any time of the record.
        queued: Requests waiting at the end of the record.
        arrivals_rps: Requests arriving. [1/s]
    """

    t_s: FloatArray
    row_min_w: FloatArray
    row_mean_w: FloatArray
    row_max_w: FloatArray
    low_clock_mhz: FloatArray
    high_clock_mhz: FloatArray
    brake: FloatArray
    queued: FloatArray
    arrivals_rps: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlEvent:
    """
    A command sent or landed.

    Args:
        t_s: Time from the horizon's start. [s]
        kind: "command", "landed", "brake-command" or "brake-landed".
        target: "low", "high" or "all".
        value: Clock cap in MHz, 0 for none; for the brake 1 is on, 0 off.
    """

    t_s: float
    kind: str
    target: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergySplit:
    """Row energy by what drew it. [Wh]"""

    prefill_wh: float
    decode_wh: float
    gpu_idle_wh: float
    host_wh: float

    @property
    def total_wh(self) -> float:
        """Sum of the parts. [Wh]"""
        return self.prefill_wh + self.decode_wh + self.gpu_idle_wh + self.host_wh


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """
    Result of one run.

    `warm_up_peak_frac` is the highest load of the warm-up, which nothing else counts.
    `slo_breaches` names every limit that was passed, with the value; empty means
    the service levels hold.
    """

    policy: str
    server_count: int
    base_server_count: int
    seed: int
    horizon_s: float
    tick_s: float
    provisioned_w: float
    rate_per_server_s: float
    peak_w: float
    peak_frac: float
    peak_t_s: float
    warm_up_peak_frac: float
    mean_w: float
    mean_frac: float
    energy_wh: float
    energy_per_token_j: float
    energy_split: EnergySplit
    rise_2s_frac: float
    rise_40s_frac: float
    above: tuple[ThresholdTime, ...]
    caps_low: int
    caps_high: int
    releases: int
    brakes: int
    brake_s: float
    low: PriorityResult
    high: PriorityResult
    classes: tuple[ClassResult, ...]
    series: Series
    events: tuple[ControlEvent, ...]
    events_dropped: int
    slo_breaches: tuple[str, ...]

    @property
    def added_servers(self) -> int:
        """Servers beyond the base count."""
        return self.server_count - self.base_server_count

    @property
    def meets_slo(self) -> bool:
        """Whether every service level holds."""
        return not self.slo_breaches
