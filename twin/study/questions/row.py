"""One row served request by request: power, caps, latencies."""

from __future__ import annotations

from twin.plan.memo import Memo
from twin.plan.whatif import reference_run, scaled_rate
from twin.result import RunResult
from twin.scenario import Scenario, dataset_fields
from twin.simulate import compile_scenario, simulate
from twin.study.questions.base import Ground, Metric, Needs, Outputs, Question


def answer(inputs: Scenario, ground: Ground, memo: Memo) -> Outputs:
    """Run a row and its reference; see `METRICS` for what comes out."""
    compiled = compile_scenario(inputs, ground.recordings)
    rate = scaled_rate(inputs, ground.recordings, memo, None)
    reference = reference_run(inputs, ground.recordings, memo, rate, None)
    return figures(simulate(compiled, rate_per_server_s=rate, reference=reference))


def figures(run: RunResult) -> Outputs:
    """Figures of a run that was compared with its reference."""
    above_s = next(a.above_s for a in run.above if a.name == "provisioned")
    arrived = run.low.arrived + run.high.arrived
    refused = sum(
        p.rejected_queue_full + p.rejected_too_long for p in (run.low, run.high)
    )
    return {
        "peak_frac": run.peak_frac, "peak_w": run.peak_w, "mean_w": run.mean_w,
        "energy_wh": run.energy_wh, "energy_per_token_j": run.energy_per_token_j,
        "server_count": float(run.server_count),
        "headroom_w": run.provisioned_w - run.peak_w,
        "meets_slo": float(run.meets_slo), "brakes": float(run.brakes),
        "caps": float(run.caps_low + run.caps_high),
        "capped_low_s": run.low.capped_s, "capped_high_s": run.high.capped_s,
        "above_limit_s": above_s,
        "high_p50_impact_frac": run.high.p50_impact_frac,
        "high_p99_impact_frac": run.high.p99_impact_frac,
        "low_p50_impact_frac": run.low.p50_impact_frac,
        "low_p99_impact_frac": run.low.p99_impact_frac,
        "high_ttft_p99_s": run.high.ttft.p99_s, "high_e2e_p99_s": run.high.e2e.p99_s,
        "throughput_tokens_per_s": run.low.throughput_tokens_per_s
        + run.high.throughput_tokens_per_s,
        "refused_frac": refused / arrived if arrived else 0.0,
        "rise_40s_frac": run.rise_40s_frac,
    }  # fmt: skip


METRICS = (
    Metric(key="peak_frac", unit="1", label="Peak ÷ limit", better="less"),
    Metric(key="peak_w", unit="W", label="Peak row power", better="less"),
    Metric(key="mean_w", unit="W", label="Mean row power"),
    Metric(key="energy_wh", unit="Wh", label="Energy", better="less"),
    Metric(
        key="energy_per_token_j", unit="J", label="Energy per token", better="less"
    ),
    Metric(key="server_count", unit="servers", label="Servers", better="more"),
    Metric(key="headroom_w", unit="W", label="Headroom at the peak", better="more"),
    Metric(key="meets_slo", unit="1", label="Keeps service levels", better="more"),
    Metric(key="brakes", unit="brakes", label="Power brakes", better="less"),
    Metric(key="caps", unit="caps", label="Cap commands", better="less"),
    Metric(key="capped_low_s", unit="s", label="Low priority capped", better="less"),
    Metric(key="capped_high_s", unit="s", label="High priority capped", better="less"),
    Metric(key="above_limit_s", unit="s", label="Time above limit", better="less"),
    Metric(
        key="high_p50_impact_frac", unit="1", label="High priority P50 rise",
        better="less",
    ),
    Metric(
        key="high_p99_impact_frac", unit="1", label="High priority P99 rise",
        better="less",
    ),
    Metric(
        key="low_p50_impact_frac", unit="1", label="Low priority P50 rise",
        better="less",
    ),
    Metric(
        key="low_p99_impact_frac", unit="1", label="Low priority P99 rise",
        better="less",
    ),
    Metric(key="high_ttft_p99_s", unit="s", label="High TTFT P99", better="less"),
    Metric(key="high_e2e_p99_s", unit="s", label="High latency P99", better="less"),
    Metric(
        key="throughput_tokens_per_s", unit="1/s", label="Tokens per second",
        better="more",
    ),
    Metric(key="refused_frac", unit="1", label="Requests refused", better="less"),
    Metric(key="rise_40s_frac", unit="1", label="Largest rise in 40 s", better="less"),
)  # fmt: skip


def needs(inputs: Scenario) -> Needs:
    """Recorded traffic that a scenario names."""
    return Needs(datasets=tuple(dataset_fields(inputs)))


QUESTION = Question(
    key="row", label="One row, request by request",
    doc="How a row behaves under its policy: power, caps, brakes, latency.",
    model=Scenario, metrics=METRICS, evaluate=answer, needs=needs,
)  # fmt: skip
