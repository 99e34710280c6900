"""Report of a study: one question at many points, answered with ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import format as say
from app.markup import Markup, listed, table, text
from app.report import origin, study_figures, validation
from app.report.assumptions import assumed_table, given_table, inputs_of
from app.report.inputs import given_only, model_of
from app.report.page import Html, Report, Section, Tile, code, quiet, tiles
from app.report.row import MISSING
from app.report.study_answer import answer_of, chance
from app.report.study_data import Study, value_at
from twin.scenario.study import StudySpec
from twin.study.questions import QUESTIONS

Json = dict[str, Any]
_TILES, _FAILED, _FRONT = 8, 12, 25
_SUITES = {
    "row": ("row", "polca"), "row-day": ("row", "polca"),
    "site": ("row", "polca", "tapas"), "failures": ("row", "polca", "tapas"),
    "room": ("row", "polca", "tapas"), "cooling-year": ("tapas",),
    "reliability": ("row", "polca"), "campus": ("row", "polca", "tapas"),
    "placement": ("row", "polca", "optimise"),
    "stabilize": ("stabilize",), "serving": ("row", "batch_model"),
    "query-energy": ("energy_per_query",), "cost": (), "build-out": (),
}  # fmt: skip
_KINDS = {"values": "a list", "range": "a range", "log": "a range of ratios",
          "distribution": "a distribution"}  # fmt: skip


def study_report(document: Json, points: Sequence[Json] = ()) -> Report:
    """
    Lay out the report of a study.

    Args:
        document: As `GET /studies/{id}` answers it.
        points: As `GET /studies/{id}/points` lists them; without them there are
            figures over all points, but none of the points themselves.
    """
    study = Study(document, points)
    answer, rest = answer_of(study)
    failed = document["points"]["failed"]
    if failed:
        rest += f"; {failed:,} further points have no answer and are left out"
    if document["status"] != "done":
        done, asked = (document["points"][k] for k in ("done", "asked"))
        rest += f". The study is {document['status']}: {done:,} of {asked:,} points"
    return Report(
        kind=f"Study: {document['question']['label']}", title=str(document["name"]),
        answer=answer, rest=rest, good=None, sections=tuple(_sections(study)),
    )  # fmt: skip


def _sections(study: Study) -> list[Section]:
    found: list[Section] = [
        ("What was asked", _asked(study)),
        ("Key figures", _numbers(study)),
    ]
    drawn = (
        ("Distribution", study_figures.distributions(study)),
        ("Heat map", study_figures.heat(study)),
        ("Which input matters", study_figures.tornado(study)
         + study_figures.indices(study) + _sensitivity(study)),
        ("Best points", study_figures.pareto(study) + _front(study)),
        ("Every point", study_figures.lines_across(study)),
        ("Points without an answer", _failed(study)),
    )  # fmt: skip
    found += [(name, body) for name, body in drawn if body]
    suites = (*_SUITES.get(str(study.spec.get("question")), ("row",)), "uncertainty")
    if study.spec.get("design", {}).get("kind") == "search":
        suites = (*suites, "optimise")
    return [
        *found,
        ("Assumptions", _assumptions(study)),
        ("Validation", validation.status(
            suites, "A study's ranges say what follows from the axes chosen; what is "
            "not an axis is taken as certain.")),
        ("Provenance", origin.provenance(
            study.document.get("provenance") or {}, _engine(study))),
        ("How to reproduce it", _again(study)),
    ]  # fmt: skip


def _asked(study: Study) -> Html:
    counts = study.document["points"]
    words = (
        f"{study.document['question']['label']}: {counts['done']:,} of "
        f"{counts['asked']:,} points asked, chosen by {study.design}; "
        f"{study.counted:,} have an answer ({counts['from_cache']:,} were known "
        f"before), {counts['failed']:,} have none."
    )
    rows = [
        [
            Markup(f"{text(study.label(a['field']))} {code(a['field'])}"),
            _KINDS.get(a["kind"], ""),
            _ends(study, a, "low"), _ends(study, a, "high"), _scatter(study, k),
        ]
        for k, a in enumerate(study.axes)
    ]  # fmt: skip
    head = ("What varies", "As", "From", "To", "How")
    limits = [
        [study.label(one["output"]), "at most" if one["above"] else "at least",
         study.value(one["output"], one["limit"])]
        for one in study.limits
    ]  # fmt: skip
    goals = [
        [
            study.label(o["output"]),
            {"max": "as large as can be", "min": "as small as can be"}[o["goal"]],
            "",
        ]
        for o in study.objectives
    ]
    body = f"<p>{text(words)}</p>" + table(head, rows, kind="text")
    if limits or goals:
        body += table(("Limit or objective", "Side", "Value"), limits + goals)
    return body + _base(study)


def _ends(study: Study, axis: Json, end: str) -> str:
    value = axis.get(end)
    return say.MISSING if value is None else study.value(axis["field"], value)


def _scatter(study: Study, place: int) -> str:
    """Write a distribution, or a list's values, in words."""
    axes = study.spec.get("axes") or []
    one = axes[place] if place < len(axes) else {}
    spread = one.get("distribution")
    if spread:
        rest = ", ".join(f"{k} {v:g}" if isinstance(v, int | float) else f"{k} {v}"
                         for k, v in spread.items()
                         if k != "kind" and v is not None
                         and not isinstance(v, list))  # fmt: skip
        return f"{spread.get('kind', '')}: {rest}"
    values = one.get("values")
    if values:
        return ", ".join(map(str, values[:8])) + (" …" if len(values) > 8 else "")
    part = one.get("range") or one.get("log") or {}
    return f"{part['count']} values" if part.get("count") else ""


def _base(study: Study) -> Html:
    model = _inputs(study)
    if model is None:
        return MISSING
    varied = [a["field"] for a in study.axes]
    shown = given_table(inputs_of(model, leave=varied))
    return f"<p>The inputs that differ from their defaults at every point:</p>{shown}"


def _inputs(study: Study) -> Any:
    question = QUESTIONS.get(str(study.spec.get("question")))
    if question is None:
        return None
    return model_of(question.model, study.spec.get("base") or {"schema_version": 1})


def _numbers(study: Study) -> Html:
    found = [
        Tile(name=_passed(study, r),
             value=chance(r["probability"]) if study.sampled
             else f"{chance(r['probability'])} of points",
             part=f"{chance(r['low'])} to {chance(r['high'])}" if study.sampled else
             "no probability: points are not drawn")
        for r in study.chances
    ]  # fmt: skip
    for key in study.outputs:
        row, scale = study.summary(key), study.scale(key)
        if row.get("p50") is not None:
            found.append(Tile(
                name=study.label(key), value=scale.text(row["p50"]),
                part=f"P5 to P95: {scale.number(row['p5'])} to "
                f"{scale.text(row['p95'])}"))  # fmt: skip
    notes = study.analysis.get("notes") or []
    shown = listed(notes) if notes else ""
    return tiles(found[:_TILES]) + shown + _summary(study) + _exceeded(study)


def _summary(study: Study) -> Html:
    rows = []
    for key in study.outputs:
        row, scale = study.summary(key), study.scale(key)
        if not row:
            continue
        names = ("mean", "sd", "least", "p5", "p50", "p95", "most")
        rows.append([
            scale.title(study.label(key)), *(scale.number(row.get(n)) for n in names),
            _between(scale.number(row.get("p50_low")), scale.number(
                row.get("p50_high"))),
        ])  # fmt: skip
    if not rows:
        return "<p>There is no analysis of the points yet.</p>"
    head = ("Output", "Mean", "SD", "Least", "P5", "Median", "P95", "Most",
            "Median, 95 %")  # fmt: skip
    return table(head, rows)


def _passed(study: Study, row: Json) -> str:
    limit = study.value(row["output"], row["limit"])
    return f"{study.label(row['output'])} {row['side']} {limit}"


def _between(low: str, high: str) -> str:
    return say.MISSING if say.MISSING in (low, high) else f"{low} to {high}"


def _exceeded(study: Study) -> Html:
    rows = [
        [_passed(study, r), chance(r["probability"]),
         f"{chance(r['low'])} to {chance(r['high'])}",
         say.percent(r.get("level", 0.95), 0), str(r.get("method", ""))]
        for r in study.chances
    ]  # fmt: skip
    if not rows:
        return ""
    word = "Probability" if study.sampled else "Part of points"
    return table(("Limit passed", word, "Interval", "Level", "Method"), rows)


def _sensitivity(study: Study) -> Html:
    known = [k for k in study.outputs if study.effects(k)][:4]
    rows = [
        [f"{study.label(key)}: {study.label(r['field'])}",
         _index(r["first"], r["first_ci"]), _index(r["total"], r["total_ci"]),
         _index(r["rank_correlation"], None)]
        for key in known for r in study.effects(key)
    ]  # fmt: skip
    if not rows:
        return ""
    head = ["Output and input", "Alone", "With others", "Rank correlation"]
    if all(row[2] == say.MISSING for row in rows):
        head, rows = head[:2] + head[3:], [row[:2] + row[3:] for row in rows]
    caption = "Alone, with others: part of the variance, ± half of the 95 % interval"
    methods = [f"{study.label(key)}: {study.method(key)}" for key in known]
    return table(head, rows, caption=caption) + listed(methods)


def _index(value: float | None, half: float | None) -> str:
    if value is None:
        return say.MISSING
    shown = say.number(value, 3)
    return shown if half is None else f"{shown} ± {say.number(half, 3)}"


def _front(study: Study) -> Html:
    best = study.analysis.get("best")
    wanted = [best, *(study.analysis.get("pareto") or ())]
    found = [p for n in dict.fromkeys(wanted) if (p := study.point(n)) is not None]
    if not found or not study.objectives:
        return ""
    keys = [o["output"] for o in study.objectives]
    rows = [
        [f"{p['index']}{', best' if p['index'] == best else ''}",
         *(study.value(k, value_at(p, k)) for k in keys),
         study.changes_words(p)]
        for p in found[:_FRONT]
    ]  # fmt: skip
    more = len(found) - len(rows)
    caption = "No other point is better in all objectives"
    return table(
        ("Point", *(study.label(k) for k in keys), "At"),
        rows,
        kind="words",
        caption=f"{caption}; {more} more" if more > 0 else caption,
    )


def _failed(study: Study) -> Html:
    bad = [p for p in study.points if p.get("error")]
    rows = [
        [str(p["index"]), study.changes_words(p),
         f"{p['error']['field']} {p['error']['rule']}, got {p['error']['value']}",
         str(p["error"]["repair"])]
        for p in bad[:_FAILED]
    ]  # fmt: skip
    if not rows:
        return ""
    more = len(bad) - len(rows)
    head = ("Point", "At", "Why", "What would help")
    return table(head, rows, kind="text",
                 caption=f"{more} more" if more > 0 else "")  # fmt: skip


def _assumptions(study: Study) -> Html:
    model = _inputs(study)
    if model is None:
        return MISSING
    varied = [a["field"] for a in study.axes]
    return quiet(
        "Defaults that were neither set nor varied, the least sure first: the ranges "
        "above take them as certain."
    ) + assumed_table(inputs_of(model, leave=varied))


def _engine(study: Study) -> list[tuple[str, str]]:
    found = [("Study", str(study.document["id"]))]
    engine = study.document.get("engine")
    if engine:
        found.append(("Engine", f"{engine}; figures do not depend on it"))
    if study.document.get("stopped"):
        found.append(("Stopped early", str(study.document["stopped"])))
    return found


def _again(study: Study) -> Html:
    spec = model_of(StudySpec, study.spec)
    key = str(study.document["id"])
    return origin.again(
        commands=["nameplate study study.yaml",
                  f"nameplate report {key} --out report.html"],
        calls=[("/studies", "the inputs as JSON")],
        inputs=study.spec if spec is None else given_only(spec), file="study.yaml",
        same="The engine and the number of workers change nothing.",
    )  # fmt: skip
