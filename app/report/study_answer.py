"""A study's answer in one sentence, its number first."""

from __future__ import annotations

from typing import Any

from app import format as say
from app.report.study_data import Study, value_at
from app.report.units import inner

Json = dict[str, Any]


def answer_of(study: Study) -> tuple[str, str]:
    """Number and sentence: of a rare event, a best point, a chance, or a median."""
    found = study.analysis
    rare = found.get("rare")
    if rare and rare.get("probability") is not None:
        return _chance_words(study, rare | _event(study), f"by {rare['method']}")
    best = study.point(found.get("best"))
    if best is not None and study.objectives:
        return _best_words(study, best)
    if study.sampled and study.chances:
        return _chance_words(study, study.chances[0], f"drawn by {study.design}")
    swing = _swing_words(study)
    if swing is not None:
        return swing
    for key in study.outputs:
        row = study.summary(key)
        if row.get("p50") is not None:
            scale = study.scale(key)
            between = f"{scale.number(row['p5'])} to {scale.text(row['p95'])}"
            return scale.text(row["p50"]), (
                f"is the median of {inner(study.label(key))} over {row['count']:,} "
                f"points; nine tenths of them lie at {between}"
            )
    return f"{study.counted:,} points", "have an answer; none is analysed yet"


def _swing_words(study: Study) -> tuple[str, str] | None:
    """Widest bar of the first output that has any."""
    key = next((k for k in study.outputs if study.bars(k)), None)
    if key is None:
        return None
    one, scale = study.bars(key)[0], study.scale(key)
    size = scale.number(abs(one["at_high"] - one["at_low"]))
    unit = "points" if scale.unit == "%" else scale.unit
    return f"{size} {unit}".rstrip(), (
        f"is how far {inner(study.label(one['field']))} alone moves "
        f"{inner(study.label(key))}: from {scale.text(one['at_low'])} at "
        f"{one['low_value']} to {scale.text(one['at_high'])} at {one['high_value']}"
    )


def _event(study: Study) -> Json:
    one = study.limits[0] if study.limits else {}
    side = "above" if one.get("above", True) else "below"
    return {"output": one.get("output", ""), "limit": one.get("limit"), "side": side}


def _chance_words(study: Study, row: Json, how: str) -> tuple[str, str]:
    name = inner(study.label(row["output"]))
    limit = study.value(row["output"], row["limit"])
    return chance(row["probability"]), (
        f"chance ({chance(row['low'])} to {chance(row['high'])}, "
        f"{say.percent(row.get('level', 0.95), 0)} interval) that {name} is "
        f"{row['side']} {limit}; from {study.counted:,} points, {how}"
    )


def chance(value: float | None) -> str:
    """Write a probability: per cent, or a power of ten where it is tiny."""
    if value is None:
        return say.MISSING
    if value == 0.0 or value >= 1e-3:
        return say.percent(value, 2 if value < 0.1 else 1)
    return f"{value:.1e}".replace("-", "\N{MINUS SIGN}")


def _best_words(study: Study, best: Json) -> tuple[str, str]:
    one = study.objectives[0]
    key = one["output"]
    word = "largest" if one["goal"] == "max" else "smallest"
    kept = " that keeps every limit" if study.limits and not study.broken(best) else ""
    if study.limits and study.broken(best):
        kept = " found, though it breaks a limit"
    return study.value(key, value_at(best, key)), (
        f"is the {word} {inner(study.label(key))}{kept}, at "
        f"{study.changes_words(best)} (point {best['index']} of {study.counted:,})"
    )
