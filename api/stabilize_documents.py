"""Training sites before and after their measures, as JSON documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel

from api.documents import figures, plain
from twin.compliance.study import Known, Study
from twin.compliance.zoom import Zoom, spectra
from twin.scenario import Scenario
from twin.scenario.training import Training
from twin.stabilize.chain import Measures, Stabilized
from twin.stabilize.resonance import ModeMargin
from twin.stabilize.ride_table import RideTable
from twin.stabilize.ride_through import Ride
from twin.stabilize.rules import Rule, Unjudged, Verdict
from twin.stabilize.sensitivity import Sensitivity
from twin.stabilize.sizing import Sized, Tried
from twin.stabilize.upstream import Islanded, UpsFilter
from twin.training.job import TrainingJob
from twin.training.learned import Learned
from twin.types import Document


def study_document(found: Study, window: Zoom, provenance: Document) -> Document:
    """
    Write a study.

    Args:
        found: The study.
        window: What is drawn of its waveforms.
        provenance: Hash of the inputs, model version, seed, time of computing.
    """
    before, after = spectra(found)
    return {
        "passes": found.passes,
        "contract_w": found.contract.power_w,
        "sample_s": found.training.sample_s,
        "horizon_s": found.training.horizon_s,
        "verdicts": [_verdict(*pair) for pair in found.verdicts],
        "modes": [_mode(*pair) for pair in found.modes],
        "before": _run(found.before),
        "after": _run(found.after),
        "stores": _stores(found),
        "jobs": [_job(j, r) for j, r in zip(found.training.jobs, found.site.jobs,
                                            strict=True)],
        "ups": _ups(found),
        "generators": _generators(found),
        "interharmonics": plain(found.interharmonic),
        "rides": [_ride(table, ride) for table, ride in found.rides],
        "rejections": [
            {"rule": rule.key, "table": table.key} | plain(rejection)
            for rule, table, rejection in found.rejections
        ],
        "spectrum": {
            "before": {"hertz": plain(before[0]), "power_w": plain(before[1])},
            "after": {"hertz": plain(after[0]), "power_w": plain(after[1])},
        },
        "window": plain(window),
        "assumptions": assumptions(found.training),
        "notes": list(found.notes),
        "provenance": provenance,
    }  # fmt: skip


def _verdict(before: Verdict | Unjudged, after: Verdict | Unjudged) -> Document:
    """Write how a rule is kept before and after."""
    return rule_document(after.rule) | {
        "before": _judged(before), "after": _judged(after),
        "why_not": after.why if isinstance(after, Unjudged) else None,
    }  # fmt: skip


def _judged(verdict: Verdict | Unjudged) -> Document | None:
    if isinstance(verdict, Unjudged):
        return None
    return figures(
        verdict, "worst", "limit", "margin_frac", "passes", "at_s", "worst_hz", "note"
    )


def rule_document(rule: Rule) -> Document:
    """Write a rule."""
    return {**plain(rule), "unit": rule.unit}


def _mode(before: ModeMargin, after: ModeMargin) -> Document:
    """Write how strongly a critical frequency is driven, before and after."""
    names = (
        "amplitude_w", "at_hz", "at_s", "margin_frac", "passes", "nearby_w",
        "nearby_hz", "nearby_ratio",
    )  # fmt: skip
    return {
        **figures(before.mode, "key", "title", "low_hz", "high_hz", "source", "date"),
        **figures(before, "limit_w", "resolution_hz"),
        "before": figures(before, *names), "after": figures(after, *names),
    }  # fmt: skip


def _run(found: Stabilized) -> Document:
    """Write the figures of one run."""
    power_w = found.grid.power_w
    return {
        "highest_w": float(power_w.max()), "lowest_w": float(power_w.min()),
        "mean_w": float(power_w.mean()), "books": plain(found.books),
        **figures(found.books, "unexplained_frac", "wasted_frac"),
        **figures(found, "slowdown_frac", "lost_start_s", "starts", "burn_life_frac"),
    }  # fmt: skip


def _stores(found: Study) -> list[Document]:
    measures = found.measures
    documents = []
    for place, store in found.after.stores.items():
        one = getattr(measures, place)
        documents.append({
            "place": place, "power_w": one.power_w, "energy_j": one.energy_j,
            "control": one.control, "lowest_frac": float(store.charge_frac.min()),
            "highest_frac": float(store.charge_frac.max()), "lost_j": store.lost_j,
            "full_cycles": store.full_cycles, "life_years": plain(store.life_years),
            "full_or_empty_frac": store.full_or_empty_frac,
        })  # fmt: skip
    return documents


def _job(asked: Any, job: TrainingJob) -> Document:
    return figures(asked, "name", "gpu") | figures(
        job, "gpu_count", "tdp_w", "iteration_s", "duty", "start_s", "end_s"
    )


def _ups(found: Study) -> Document | None:
    ups = found.site.ups
    if ups is None:
        return None
    names = ("rated_w", "peak_gain", "peak_hz", "amplifies_below_hz")
    return {**figures(ups, *names), "words": _ups_words(ups)}


def _ups_words(ups: UpsFilter) -> str:
    if ups.eco:
        return "on the bypass: every swing passes"
    if ups.peak_gain > 1.0 + 1e-6:
        return (
            f"amplifies swings near {ups.peak_hz:.3g} Hz by {ups.peak_gain:.2f}; "
            f"passes slower ones"
        )
    return f"passes swings slower than about {ups.bandwidth_hz:g} Hz, amplifies none"


def _generators(found: Study) -> Document | None:
    if found.generators is None:
        return None
    before, after = found.generators
    classes = [
        {
            "key": second.genset_class.key, "source": second.genset_class.source,
            "margin_before_frac": plain(first.margin_frac),
            "margin_after_frac": plain(second.margin_frac), "passes": second.passes,
        }
        for first, second in found.classes
    ]  # fmt: skip
    return {"before": _island(before), "after": _island(after), "classes": classes}


def _island(found: Islanded) -> Document:
    return figures(
        found, "lowest_hz", "highest_hz", "worst_off_hz", "worst_at_s",
        "rocof_hz_per_s", "load_frac", "overload_s", "fuel_limited_frac",
    )  # fmt: skip


_TABLE = ("key", "authority", "title", "source", "date")


def _ride(table: RideTable, ride: Ride) -> Document:
    return {
        **figures(table, *_TABLE), "event": ride.site.event.title,
        **figures(ride, "passes", "lost_w", "lost_s", "recovered_s"),
        "battery_j": plain(ride.site.store_j), "findings": plain(ride.findings),
        **figures(ride.site, "t_s", "grid_w"),
        **figures(ride.site.event, "voltage_t_s", "voltage_pu"),
    }  # fmt: skip


def known_document(known: Known) -> Document:
    """Write what is known by name."""
    return {
        "rules": [rule_document(rule) for rule in known.rules.values()],
        "tables": [figures(table, *_TABLE) for table in known.tables.values()],
        "modes": [plain(mode) for mode in known.modes.values()],
    }  # fmt: skip


def learned_document(found: Learned, job: TrainingJob) -> Document:
    """
    Write a learned job: what was seen, the fit's error, and the job for a scenario.

    Args:
        found: What was learned.
        job: The job it makes.
    """
    written = {
        name: value for name, value in plain(job).items()
        if name != "seed" and value is not None
    }  # fmt: skip
    return {
        **plain(found), "duty": plain(found.duty),
        "iteration_s": plain(found.iteration_s), "job": written,
    }  # fmt: skip


def size_document(
    found: Sized,
    turned: Iterable[Sensitivity],
    scenario: Scenario,
    provenance: Document,
) -> Document:
    """Write a search for measures: every combination, the front, the best."""
    return {
        "tried": [_tried(k, t) for k, t in enumerate(found.tried)],
        "front": list(found.front), "best": found.best,
        "passing": sum(t.passes for t in found.tried),
        "objective": scenario.training.sizing.objective if scenario.training else "",
        "sample_s": found.sample_s, "horizon_s": found.horizon_s,
        "best_measures": written_measures(found.measures),
        "unjudged": [{"key": u.rule.key, "why": u.why} for u in found.unjudged],
        "sensitivity": [
            {"what": s.what, "same": s.same,
             "best": None if s.best is None else _tried(-1, s.best)}
            for s in turned
        ],
        "provenance": provenance,
    }  # fmt: skip


def written_measures(measures: Measures | None) -> Document | None:
    """
    Write measures as `training.measures` takes them; absent ones are left out.

    Args:
        measures: The measures.
    """
    if measures is None:
        return None
    given = {place: part for place, part in plain(measures).items() if part is not None}
    return {
        place: {name: value for name, value in part.items() if value is not None}
        for place, part in given.items()
    }


def _tried(k: int, tried: Tried) -> Document:
    return {"index": k} | figures(
        tried, "choice", "passes", "worst_rule", "worst_margin_frac", "cost_per_year",
        "costs", "wasted_frac", "slowdown_frac", "highest_w",
    )  # fmt: skip


def assumptions(training: Training) -> list[Document]:
    """
    List every number a study rests on, with where it comes from.

    Args:
        training: What was asked.

    Returns:
        Path, meaning, value, unit and source of each; a value that differs from the
        default is the user's.
    """
    found: list[Document] = []
    _assume(training, "training", found)
    return found


_QUIET = ("sizing", "own_rules", "rules", "ride_tables")


def _is_part(annotation: Any) -> bool:
    """Whether a field holds a model of its own."""
    kinds = (annotation, *get_args(annotation))
    return any(isinstance(k, type) and issubclass(k, BaseModel) for k in kinds)


def _assume(model: Any, path: str, found: list[Document]) -> None:
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if name in _QUIET:
            continue
        items = value if isinstance(value, tuple) else (value,)
        if items and hasattr(type(items[0]), "model_fields"):
            for k, item in enumerate(items):
                many = isinstance(value, tuple)
                _assume(item, f"{path}.{name}" + (f".{k}" if many else ""), found)
            continue
        extra = info.json_schema_extra
        extra = extra if isinstance(extra, dict) else {}
        if value is None and _is_part(info.annotation):
            continue  # a measure that is not there
        default = str(extra.get("source", "default"))
        source = default if value == info.default else "given"
        doc = (info.description or name).rsplit(" [", maxsplit=1)[0]
        found.append({
            "path": f"{path}.{name}", "meaning": doc,
            "value": plain(value), "unit": str(extra.get("unit", "")),
            "source": "left empty" if value is None else source,
        })  # fmt: skip
