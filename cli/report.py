"""`nameplate report`: an answer as one HTML or PDF file, to be sent around."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.files import announce, prepare_file, write_whole
from cli.options import Server
from cli.problem import CANNOT, Problem, ProblemLine, parts, refusal
from cli.scenario_file import (
    InputFile,
    ScenarioFile,
    load_inputs,
    load_scenario,
)
from cli.session import answering, planner, progress
from twin.types import Document

if TYPE_CHECKING:
    from api.client import Client

_MOST_BYTES = 200_000_000
_MOST = 4
_SUFFIXES = {".html": "html", ".htm": "html", ".pdf": "pdf"}
_KINDS = ("run", "plan", "study")


class Paper(StrEnum):
    """Sheets of a PDF."""

    a4 = "a4"
    letter = "letter"


@answering
def report(
    what: Annotated[
        list[str],
        typer.Argument(
            help="Id of a run, plan or study; an answer as JSON; or a scenario or "
            "inputs of `serving`, run now. Two to four runs or scenarios are compared."
        ),
    ],
    out: Annotated[Path, typer.Option(help="File to write: .html, or .pdf.")] = Path(
        "report.html"
    ),
    paper: Annotated[Paper, typer.Option(help="Sheets of a PDF.")] = Paper.a4,
    server: Server = None,
) -> None:
    """Write a report: answer, figures, assumptions, validation, how to reproduce it."""
    kind = _prepared(out)
    _check(what)
    answer = _answer_in(Path(what[0])) if len(what) == 1 else None
    if answer is not None:
        page = _report_of(answer)
    else:
        source = _asked_in(what)
        with planner(server, source) as client:
            if source is not None:
                page = _asked(client, source)
            else:
                named = _compared if len(what) > 1 else _stored
                page = named(client, what)
    content = page.encode() if kind == "html" else _pdf(page, paper)
    announce([write_whole(out, content)])


def _check(what: list[str]) -> None:
    """Check what can be checked before a planner is opened."""
    if len(what) > _MOST:
        raise _refused("WHAT", f"must be at most {_MOST}", len(what), "leave some out")
    kinds = _KINDS if len(what) == 1 else ("run",)
    for one in what:
        if not _is_file(Path(one)) and one.partition("_")[0] not in kinds:
            raise _refused(
                "WHAT", f"must be a file or the id of a {' or '.join(kinds)}", one,
                "look ids up under /api/v1/runs, /plans or /studies",
            )  # fmt: skip


def _prepared(out: Path) -> str:
    """Check that the file can be written before any work is done."""
    prepare_file(out, endings=tuple(_SUFFIXES))
    kind = _SUFFIXES[out.suffix.lower()]
    if kind == "pdf":
        from app.report.pdf import check_pdf

        with _asked_of_pdf():
            check_pdf()
    return kind


def _pdf(page: str, paper: Paper) -> bytes:
    from app.report.pdf import as_pdf

    with _asked_of_pdf():
        return as_pdf(page, paper=paper.value)


def _report_of(answer: Document, **beside: Any) -> str:
    from app.report.kinds import report_of  # it brings every figure

    return report_of(answer, **beside)


def _is_file(path: Path) -> bool:
    return path.suffix in (".yaml", ".yml", ".json") or path.exists()


def _stored(client: Client, what: list[str]) -> str:
    from app.report.study_data import thinned

    (key,) = what
    kind = key.partition("_")[0]
    if kind == "run":
        scenario = client.run(key)["scenario"]
        return _report_of(client.run_result(key), scenario=scenario)
    if kind == "plan":
        return _report_of(client.plan_result(key))
    document = client.study(key)
    points = thinned(client.study_points(key), document)
    return _report_of(document, points=points)


def _compared(client: Client, what: list[str]) -> str:
    items = [_item(one) for one in what]
    with progress("comparing") as told:
        found = client.compare(items, on_progress=told)
    return _report_of(found, asked={"items": items})


def _item(one: str) -> Document:
    path = Path(one)
    if _is_file(path):
        return {"scenario": load_scenario(path).document(), "label": path.stem}
    return {"run_id": one}


# --- files ------------------------------------------------------------------------


def _answer_in(path: Path) -> Document | None:
    """Return the answer that a JSON file holds; None where it holds something else."""
    from app.report.kinds import kind_of

    if path.suffix != ".json" or not path.is_file():
        return None
    if path.stat().st_size > _MOST_BYTES:
        raise _refused(
            "WHAT", f"must be at most {_MOST_BYTES:,} bytes", str(path),
            "ask for it without series",
        )  # fmt: skip
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None  # the reader of scenarios says what is wrong, and where
    return document if isinstance(document, dict) and kind_of(document) else None


def _asked_in(what: list[str]) -> InputFile | None:
    """Read the one file that asks for something; None for ids and comparisons."""
    path = Path(what[0])
    if len(what) > 1 or not _is_file(path):
        return None
    source = load_inputs(path)
    if "axes" in source.document:
        raise _refused(
            "WHAT", "must be an answer, and this is a study's question", str(path),
            f"run `nameplate study {path}`, then name the study's id",
        )  # fmt: skip
    return source


def _asked(client: Client, source: InputFile) -> str:
    """Run what a file asks for, and write the answer."""
    if not {"systems", "traffic"} & source.document.keys():
        return _scenario(client, load_scenario(source.path))
    with progress("serving systems") as told:
        found = client.serving_run(source.document, points=600, on_progress=told)
    return _report_of(found)


def _scenario(client: Client, source: ScenarioFile) -> str:
    """Run a scenario: a site with its failures, a training site, or a row."""
    document, scenario = source.document(), source.scenario
    with progress(source.name) as told:
        question: Document = {"scenario": document, "on_progress": told}
        if scenario.facility is not None:
            run = client.site_run(**question)
            failures = client.site_failures(pairs=False, **question)
            return _report_of(run, scenario=document, failures=failures)
        if scenario.training is not None:
            return _report_of(client.stabilize_run(**question), scenario=document)
        return _report_of(client.what_if(document, on_progress=told))


# --- refusals ---------------------------------------------------------------------


def _refused(field: str, rule: str, value: Any, repair: str) -> Problem:
    return refusal("The report cannot be written", field, rule, value, repair)


@contextmanager
def _asked_of_pdf() -> Iterator[None]:
    """Turn what cannot be had of a PDF into our problem."""
    from api.problems import Refusal

    try:
        yield
    except Refusal as no:
        lines = [ProblemLine(**part) for error in no.errors for part in parts(error)]
        title = "The report cannot be written"
        title = title if lines else f"{title}: {no.detail}"
        raise Problem(title, lines, code=CANNOT) from no
