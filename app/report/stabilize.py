"""
A compliance report of a training site: one HTML file that needs nothing else.

Figures are plain SVG; there is no script, and nothing is fetched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from app import stabilize_words as words
from app.markup import Markup, listed, table, text
from app.report import stabilize_figures as figures
from app.report import stabilize_tables as tables
from app.report import validation
from app.report.page import figure, now_words, whole
from app.report.stabilize_inputs import LEFT_OUT, assumptions

Json = dict[str, Any]
_MEASURES = "training.measures."
_CONTRACT = "contracted power"
_UNCOVERED = (
    "Rules are read from their documents, not checked against a utility's own meter."
)
_NO_MEASURES = "No measure is set: both sides are the same."


def stabilize_report(
    document: Json, title: str, *, detail: Json | None = None,
    scenario: Json | None = None, file: str = "scenario.yaml",
) -> str:  # fmt: skip
    """
    Write the compliance report of a study.

    Args:
        document: The study, as `POST /stabilize/run` answers it.
        title: Name of the site or scenario.
        detail: A closer look at the waveform, as `POST /stabilize/zoom` answers it.
        scenario: What was asked, printed so that it can be asked again.
        file: Name of the file it came from.

    Returns:
        One HTML file.
    """
    sections = list(_sections(document, detail, scenario, file))
    body = "".join(
        f'<section><h2><span class="count">{k}</span> {text(name)}</h2>{inside}'
        "</section>"
        for k, (name, inside) in enumerate(sections, start=1)
    )
    return whole(f"{title}: compliance report", _head(document, title) + body)


def _head(study: Json, title: str) -> str:
    """Title block: name, verdict, date and where the numbers come from."""
    known = study["provenance"]
    rows = [
        ["Report written", now_words()],
        ["Computed", str(known.get("created_at", ""))[:19].replace("T", " ") + " UTC"],
        ["Scenario, SHA-256", str(known.get("scenario_sha256", ""))],
        ["Model version", str(known.get("model_version", ""))],
        ["Seed", str(known.get("seed", ""))],
        ["Waveform", f"{study['horizon_s']:g} s in samples of {study['sample_s']:g} s"],
    ]
    return (
        f'<header><p class="eyebrow">Grid compliance of a training site</p>'
        f"<h1>{text(title)}</h1>{_verdict(study)}"
        f'<div class="two">{table((), rows, kind="pairs")}'
        f"{tables.summary(study)}</div></header>"
    )


def _verdict(study: Json) -> str:
    """Say whether rules are kept, and what else is not."""
    beside = words.beside(study)
    judged = words.judged(study)
    word = "Passes" if study["passes"] else "Does not pass" if judged else "Not judged"
    if study["passes"] and beside:
        word = "Passes its grid rules, not all else"
    kind = "good" if study["passes"] and not beside else "bad"
    more = "".join(f" {said[0].upper()}{said[1:]}." for said in beside)
    return (
        f'<p class="verdict {kind}"><b>{word}.</b> '
        f"The site {text(words.verdict(study))}.{text(more)}</p>"
    )


def _sections(
    study: Json, detail: Json | None, scenario: Json | None, file: str
) -> Iterator[tuple[str, str]]:
    """Name and content of every section, in order."""
    yield "Site and jobs", _site(study)
    yield "Compliance", _compliance(study)
    yield "Waveform", _waveform(study, detail)
    yield "Spectrum", _spectrum(study)
    yield "Critical frequencies", _modes(study)
    yield "Measures as set", _measures(study)
    yield "Energy", _energy(study)
    if study["stores"]:
        yield "Stores", _stores(study)
    yield "Ride-through", _rides(study)
    yield "UPS, generators and interharmonics", _upstream(study)
    yield "What could not be judged", _unjudged(study)
    yield "Notes", listed(study["notes"]) if study["notes"] else "<p>None.</p>"
    yield "Inputs and assumptions", _inputs(study)
    yield "What is not modelled", listed(LEFT_OUT)
    yield "Validation", validation.status(("stabilize",), _UNCOVERED)
    yield "How to reproduce it", _again(study, scenario, file)


def _site(study: Json) -> str:
    by_path = {a["path"]: a for a in study["assumptions"]}
    name = words.contract(study)
    power = f"{name[0].upper()}{name[1:]}, taken as contracted"
    if name == _CONTRACT:
        power = "Contracted power"
    rows = [[power, words.watts(study["contract_w"])]]
    for path, name in (
        ("nominal_v", "Nominal voltage"), ("short_circuit_va", "Short-circuit power"),
        ("frequency_hz", "Grid frequency"),
    ):  # fmt: skip
        found = by_path.get(f"training.connection.{path}")
        if found:
            rows.append([name, _scaled(found["value"], found["unit"])])
    return (
        tables.jobs(study)
        + '<div class="two">' + table((), rows, kind="pairs")
        + tables.power(study) + "</div>"
    )  # fmt: skip


def _scaled(value: float, unit: str) -> str:
    for size, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g} {prefix}{unit}"
    return f"{value:g} {unit}"


def _compliance(study: Json) -> str:
    return (
        tables.compliance(study)
        + '<p class="quiet">Margin: (limit − worst) ÷ limit. Worst at: begin of the '
        "worst window, from the begin of the run. Strongest line: of the spectrum "
        "inside the band. (read), (second-hand) and (from memory) say how each limit "
        "was obtained.</p>"
    )


def _waveform(study: Json, detail: Json | None) -> str:
    run = figures.waveform(
        study["window"], "Power from the grid over the run",
        limit=(study["contract_w"], words.contract(study)),
    )  # fmt: skip
    parts = [figure(run, "Each point is the lowest to highest sample of its stretch "
                     "of time: no peak is lost.")]  # fmt: skip
    if detail is not None:
        closer = figures.waveform(detail, "Power from the grid, a closer look")
        caption = (
            f"A closer look: {detail['from_s']:g} to {detail['to_s']:g} s, in samples "
            f"of {detail['sample_s']:.3g} s."
        )
        parts.append(figure(closer, caption))
    return "".join(parts)


def _spectrum(study: Json) -> str:
    return figure(
        figures.spectrum(study),
        "Amplitude of the lines over the whole run, the highest of each part of the "
        "axis. Red: half of a rule's peak-to-peak limit over its band, the amplitude "
        "at which one line alone would use all of it. Shaded: critical frequencies, "
        "with their limits in violet.",
    )


def _modes(study: Json) -> str:
    if not study["modes"]:
        return "<p>None could be measured on this waveform; see the notes.</p>"
    return tables.modes(study) + (
        '<p class="quiet">Largest amplitude in the band in any segment, against the '
        "limit for one line. A margin says how hard the site pushes there; whether the "
        "grid swings depends on the grid.</p>"
    )


def _measures(study: Json) -> str:
    found = [a for a in study["assumptions"] if a["path"].startswith(_MEASURES)]
    return assumptions(found) if found else f"<p>{_NO_MEASURES}</p>"


def _energy(study: Json) -> str:
    return (
        f'<div class="two">{tables.books(study)}{tables.price(study)}</div>'
        '<p class="quiet">Lines add up to what the grid gave; the last line is what '
        "does not, and is rounding of the computer alone.</p>"
    )


def _stores(study: Json) -> str:
    drawn = figure(
        figures.charge(study["window"]),
        "State of charge; stores inside a job act alike and are drawn as one.",
    )
    return drawn + tables.stores(study)


def _rides(study: Json) -> str:
    parts = [
        f'<p class="event">{text(tables.ride_words(ride))}</p>{tables.ride(ride)}'
        for ride in study["rides"]
    ]
    if study["rejections"]:
        parts.append("<h3>Load onto batteries and back</h3>")
        parts.append(listed(words.rejection(r) for r in study["rejections"]))
    parts.append(
        '<p class="quiet">A requirement that the event did not put to the test is '
        "answered by the protection settings.</p>"
    )
    return "".join(parts) if study["rides"] else "<p>No table was asked for.</p>"


def _upstream(study: Json) -> str:
    ups = study["ups"]
    said = (
        f"UPS, rated {words.watts(ups['rated_w'])}: {ups['words']}."
        if ups else "No UPS is on the way: every swing passes, without loss."
    )  # fmt: skip
    parts = [f"<p>{text(said)}</p>"]
    if study["generators"] is None:
        parts.append("<p>No gensets are described.</p>")
    else:
        parts.append(tables.gensets(study))
        if study["window"]["frequency"] is not None:
            parts.append(figure(figures.frequency(study["window"]), "Frequency of the "
                                 "gensets, lowest to highest."))  # fmt: skip
    if study["interharmonics"] is None:
        parts.append("<p>Interharmonics: samples are too coarse or too few.</p>")
    else:
        parts.append(tables.interharmonics(study))
    return "".join(parts)


def _unjudged(study: Json) -> str:
    found = [f"{v['key']}: {v['why_not']}" for v in study["verdicts"] if v["why_not"]]
    return listed(found) if found else "<p>Every rule asked for was judged.</p>"


def _inputs(study: Json) -> str:
    found = [a for a in study["assumptions"] if not a["path"].startswith(_MEASURES)]
    given = sum(a["source"] == "given" for a in study["assumptions"])
    return (
        f"<p>{given} of {len(study['assumptions'])} inputs differ from their defaults "
        "and are marked given; the others are the defaults, with where each is from. "
        "Settings of measures stand under Measures as set.</p>" + assumptions(found)
    )


def _again(study: Json, scenario: Json | None, file: str) -> str:
    known = study["provenance"]
    command = f"nameplate stabilize {file} --report report.html"
    call = (
        "curl -s http://127.0.0.1:8050/api/v1/stabilize/run "
        "-H 'content-type: application/json' -d @question.json"
    )
    body = Markup('<code>{"scenario": …}</code>')
    parts = [
        f"<pre>{text(command)}</pre>",
        f"<p>or, with question.json holding {body}:</p><pre>{text(call)}</pre>",
        (
            f"<p>Model version {text(known.get('model_version'))} and seed "
            f"{text(known.get('seed'))} give the same numbers.</p>"
        ),
    ]
    if scenario is not None:
        written = json.dumps(scenario, indent=1, ensure_ascii=False)
        parts.append(f"<p>The scenario; what it leaves out is at its default:</p>"
                     f"<pre>{text(written)}</pre>")  # fmt: skip
    return "".join(parts)
