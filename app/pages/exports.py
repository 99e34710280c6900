"""The Export menu, the same on every page: a report, the answer, tables of the page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.client import Client
from app.components import html
from app.pages.asking import bind_files
from app.report.inputs import given_only
from app.report.kinds import report_of
from app.report.pdf import as_pdf
from twin.scenario import apply_changes, parse_scenario

Json = dict[str, Any]
File = tuple[bytes | str, str]
"""Content and name."""
SHARED = (
    ("html", "Report (HTML)"), ("pdf", "Report (PDF)"), ("json", "Answer (JSON)"),
)  # fmt: skip
"""Ids and texts of the files that every page has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """
    What a page answers, as far as files are made of it.

    Args:
        name: Of the files, without their ending.
        answer: The document a report is of.
        beside: Asks for what `report_of` takes besides.
        tables: Makers of the page's own files by their ids.
    """

    name: str
    answer: Json
    beside: Callable[[], Json] = dict
    tables: Mapping[str, Callable[[], File]] = field(default_factory=dict)

    def file(self, wanted: str) -> File:
        """
        Make one file.

        Raises:
            Refusal: Where PDF cannot be written here.
            ApiProblem: If the server has not what goes into it.
        """
        if wanted in self.tables:
            return self.tables[wanted]()
        if wanted == "json":
            return json.dumps(self.answer, indent=1), f"{self.name}.json"
        page = report_of(self.answer, **self.beside())
        return as_pdf(page) if wanted == "pdf" else page, f"{self.name}.{wanted}"


def menu(prefix: str, own: Iterable[tuple[str, str]]) -> Any:
    """Draw the menu: what every page has, then ids and texts of the page's own."""
    return html.Details(className="np-menu", children=[
        html.Summary("Export", id=f"{prefix}-export"),
        html.Div(className="np-menu-items", children=[
            html.Button(text, id=f"{prefix}-{name}", type="button")
            for name, text in (*SHARED, *own)
        ]),
    ])  # fmt: skip


def bind_exports(
    dash: Any, prefix: str, find: Callable[..., Found | None], states: Iterable[Any],
    own: Iterable[str] = (),
) -> None:  # fmt: skip
    """
    Make a file at the press of a button of the menu.

    Args:
        dash: The page's application.
        prefix: Of its ids.
        find: Takes the states; returns what is answered, None for nothing yet.
        states: What `find` needs of the page.
        own: Ids of the page's own files that the server makes.
    """

    def make(wanted: str, *given: Any) -> File | None:
        found = find(*given)
        return None if found is None else found.file(wanted)

    bind_files(dash, prefix, [*(name for name, _ in SHARED), *own], make, states)


def of_call(client: Client, kept: Json | None) -> Found | None:
    """What a page that keeps its call answers: a site, or a training site."""
    if not kept or "call" not in kept:
        return None
    path, body = kept["call"]["path"], kept["call"]["body"]
    question = {name: body.get(name) for name in ("scenario_id", "changes")}
    more = {k: v for k, v in body.items() if k not in ("scenario", *question)}
    noun = path.rpartition("/")[2]

    def beside() -> Json:
        found: Json = {"scenario": scenario_of(client, **question)}
        if path == "/site/run":
            found["failures"] = client.site_failures(pairs=False, **question)
        if path == "/site/failures":
            found["run"] = client.site_run(**question)
        return found | ({"asked": more} if path == "/site/cooling-year" else {})

    name = "stabilize" if path.startswith("/stabilize") else f"site-{noun}"
    return Found(
        name=f"nameplate-{name.removesuffix('-run')}", beside=beside,
        answer=client.site_ask(path, more, **question),
    )  # fmt: skip


def scenario_of(
    client: Client, *, scenario_id: str | None, changes: Json | None
) -> Json:
    """Return what a question asks, without what is at its default."""
    base = client.scenario(scenario_id)["scenario"] if scenario_id else {}
    found = given_only(apply_changes(parse_scenario(base), changes or {}))
    return found if scenario_id else {k: v for k, v in found.items() if k != "name"}


def of_readings(client: Client, of: str, window_s: tuple[float, float]) -> Found:
    """
    What was measured in a period.

    Args:
        client: Way to the server.
        of: What is looked at: site, `node/NAME` or a host.
        window_s: Start and end since 1970. [s]
    """
    start_us, end_us = period_us = tuple(round(t * 1e6) for t in window_s)
    return Found(name="nameplate-measured", answer={
        "now": client.telemetry_now(),
        "series": client.telemetry_series(of, start_us, end_us),
        "sources": client.telemetry_sources(),
        "events": client.telemetry_events(start_us, end_us), "period_us": period_us,
    })  # fmt: skip
