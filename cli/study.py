"""`nameplate study`: one question at many points, followed, kept, gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.files import announce, as_json, prepare_file, write_whole
from cli.inner_scenario import load_without
from cli.options import Json, Server
from cli.problem import refusal
from cli.scenario_file import InputFile, load_inputs, load_scenario
from cli.session import (
    answering,
    err_console,
    follow,
    out_console,
    planner,
    print_json,
    show,
)
from cli.study_tables import print_check, print_questions, print_study
from twin.types import Document

if TYPE_CHECKING:
    from api.client import Client

_ENDINGS = (".parquet", ".csv", ".json")


@answering
def study(
    file: Annotated[Path | None, typer.Argument(help="Study in YAML or JSON.")] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help="serial, threads, processes, or a dask scheduler's tcp://HOST:PORT."
        ),
    ] = None,
    resume: Annotated[
        str | None, typer.Option(help="Go on with this study instead of starting one.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File for all points: .json, .csv or .parquet.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only look: how many points, what is wrong.")
    ] = False,
    questions: Annotated[
        bool, typer.Option("--questions", help="List the questions and their outputs.")
    ] = False,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Ask one question at many points: grids, uncertainty, sensitivity, searches."""
    prepare_file(out, endings=_ENDINGS)
    from twin.scenario.study import StudySpec

    source = None if file is None else load_without(
        StudySpec, file, "put it, or its path, under `base` of a study, see "
        "examples/study.yaml",
    )  # fmt: skip
    with planner(server, source, study_engine=engine) as client:
        if questions:
            show(client.study_questions(), print_questions, as_json=as_json)
            return
        if check:
            show(client.check_study(_asked(source)), print_check, as_json=as_json)
            return
        found = _answered(client, source, resume, engine)
        if out is not None:
            _write(client, found["id"], out)
        if as_json:
            print_json(found)
        else:
            print_study(out_console(), found, list(client.study_points(found["id"])))


def _answered(
    client: Client, source: InputFile | None, resume: str | None, engine: str | None
) -> Document:
    """Start a study or go on with one, and wait for its end."""
    if resume is not None:
        job = client.resume_study(resume, engine=engine)
    else:
        job = client.start_study(_asked(source), engine=engine)
    key = job["result"]["id"]
    try:
        follow(client, job, "study")
    except KeyboardInterrupt:
        err_console().print(
            f"Stopped. What was answered is kept: nameplate study --resume {key}",
            markup=False,
        )
        raise
    return client.study(key)


def _asked(source: InputFile | None) -> Document:
    """Read the study; `base` may be the path of a scenario beside its file."""
    if source is None:
        raise refusal("There is no study", "FILE", "is needed", "",
                      "name a study, for example examples/study.yaml")  # fmt: skip
    asked = dict(source.document)
    base, question = asked.get("base"), str(asked.get("question", "row"))
    if isinstance(base, str):
        asked["base"] = _base(source.path.parent / base, question)
    return asked


def _base(path: Path, question: str) -> Document:
    """Read the inputs a study starts from; a scenario's own policy file comes along."""
    from twin.scenario import Scenario
    from twin.study.questions import QUESTIONS

    known = QUESTIONS.get(question)
    if known is not None and known.model is Scenario:
        return load_scenario(path).document()
    return load_inputs(path).document


def _write(client: Client, study_id: str, out: Path) -> None:
    kind: Any = out.suffix.removeprefix(".")
    found = client.study_result(study_id, kind)
    announce([write_whole(out, found if isinstance(found, bytes) else as_json(found))])
