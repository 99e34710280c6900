"""`nameplate sweep`: one question at many points, followed, kept, gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.client import ApiProblem, Client
from cli.problem import Problem, ProblemLine
from cli.scenario_file import InputFile, load_inputs, load_scenario
from cli.serve_study import Json, Server
from cli.session import (
    answering,
    err_console,
    follow,
    out_console,
    planner,
    print_json,
    problem_from,
)
from cli.sweep_tables import print_check, print_questions, print_study
from twin.types import Document

_ENDINGS = (".json", ".csv", ".parquet")


@answering
def sweep(
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
    """Ask one question at many points: sweeps, uncertainty, sensitivity, searches."""
    _check_out(out)
    source = None if file is None else load_inputs(file)
    with planner(server, study_engine=engine) as client:
        if questions:
            found = client.study_questions()
            print_json(found) if as_json else print_questions(out_console(), found)
            return
        try:
            if check:
                seen = client.check_study(_study(source, file))
                print_json(seen) if as_json else print_check(out_console(), seen)
                return
            study = _answered(client, source, file, resume, engine)
        except ApiProblem as error:
            raise problem_from(error, source) from error
        if out is not None:
            _write(client, study["id"], out)
        if as_json:
            print_json(study)
        else:
            print_study(out_console(), study, list(client.study_points(study["id"])))


def _answered(
    client: Client,
    source: InputFile | None,
    file: Path | None,
    resume: str | None,
    engine: str | None,
) -> Document:
    """Start a study or go on with one, and wait for its end."""
    if resume is not None:
        job = client.resume_study(resume, engine=engine)
    else:
        job = client.start_study(_study(source, file), engine=engine)
    key = job["result"]["id"]
    try:
        follow(client, job, "study")
    except KeyboardInterrupt:
        err_console().print(
            f"Stopped. What was answered is kept: nameplate sweep --resume {key}",
            markup=False,
        )
        raise
    return client.study(key)


def _study(source: InputFile | None, file: Path | None) -> Document:
    """Read the study; `base` may be the path of a scenario beside its file."""
    if source is None or file is None:
        raise Problem(
            "There is no study",
            [ProblemLine(field="FILE", rule="is needed", value="",
                         repair="name a study, for example examples/study.yaml")],
        )  # fmt: skip
    study = dict(source.document)
    base = study.get("base")
    if isinstance(base, str):
        study["base"] = _base(file.parent / base, str(study.get("question", "row")))
    return study


def _base(path: Path, question: str) -> Document:
    """Read the inputs a study starts from; a scenario's own policy file comes along."""
    from twin.scenario import Scenario
    from twin.study.questions import QUESTIONS

    known = QUESTIONS.get(question)
    if known is not None and known.model is Scenario:
        return load_scenario(path).document()
    return load_inputs(path).document


def _check_out(out: Path | None) -> None:
    """Refuse a file we cannot write before work starts."""
    if out is None:
        return
    if out.suffix not in _ENDINGS:
        raise Problem(
            "The points cannot be written",
            [ProblemLine(field="--out", rule="must end in " + ", ".join(_ENDINGS),
                         value=str(out), repair="for example points.parquet")],
        )  # fmt: skip
    if not out.parent.is_dir():
        raise Problem(
            "The points cannot be written",
            [ProblemLine(field="--out", rule="must lie in a folder that exists",
                         value=str(out), repair=f"make {out.parent} first")],
        )  # fmt: skip


def _write(client: Client, study_id: str, out: Path) -> None:
    kind: Any = out.suffix.removeprefix(".")
    if kind == "json":
        import json

        out.write_text(json.dumps(client.study_result(study_id), indent=1) + "\n")
    else:
        out.write_bytes(client.study_result(study_id, kind))
    err_console().print(f"wrote {out}", markup=False)
