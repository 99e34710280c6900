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
    Metric("peak_frac", "1", "Peak ÷ limit", "less"),
    Metric("peak_w", "W", "Peak row power", "less"),
    Metric("mean_w", "W", "Mean row power"),
    Metric("energy_wh", "Wh", "Energy", "less"),
    Metric("energy_per_token_j", "J", "Energy per token", "less"),
    Metric("server_count", "servers", "Servers", "more"),
    Metric("headroom_w", "W", "Headroom at the peak", "more"),
    Metric("meets_slo", "1", "Keeps service levels", "more"),
    Metric("brakes", "brakes", "Power brakes", "less"),
    Metric("caps", "caps", "Cap commands", "less"),
    Metric("capped_low_s", "s", "Low priority capped", "less"),
    Metric("capped_high_s", "s", "High priority capped", "less"),
    Metric("above_limit_s", "s", "Time above limit", "less"),
    Metric("high_p50_impact_frac", "1", "High priority P50 rise", "less"),
    Metric("high_p99_impact_frac", "1", "High priority P99 rise", "less"),
    Metric("low_p50_impact_frac", "1", "Low priority P50 rise", "less"),
    Metric("low_p99_impact_frac", "1", "Low priority P99 rise", "less"),
    Metric("high_ttft_p99_s", "s", "High TTFT P99", "less"),
    Metric("high_e2e_p99_s", "s", "High latency P99", "less"),
    Metric("throughput_tokens_per_s", "1/s", "Tokens per second", "more"),
    Metric("refused_frac", "1", "Requests refused", "less"),
    Metric("rise_40s_frac", "1", "Largest rise in 40 s", "less"),
)  # fmt: skip


def needs(inputs: Scenario) -> Needs:
    """Recorded traffic that a scenario names."""
    return Needs(datasets=tuple(dataset_fields(inputs)))


QUESTION = Question(
    key="row", label="One row, request by request",
    doc="How a row behaves under its policy: power, caps, brakes, latency.",
    model=Scenario, metrics=METRICS, evaluate=answer, needs=needs,
)  # fmt: skip
