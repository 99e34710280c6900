"""The `nameplate` command: plan, run, site, failures, serve, data, doctor, ..."""

from __future__ import annotations

import platform
import webbrowser
from pathlib import Path
from threading import Timer
from typing import Annotated, Any

import typer

from cli import (
    audit,
    backup,
    build_out,
    campus,
    compare,
    data,
    doctor,
    imports,
    learn,
    mcp,
    place,
    query_energy,
    report,
    serve_study,
    serving,
    shift,
    site,
    stabilize,
    sweep,
    telemetry_import,
    tokens,
    tracking,
    validate,
)
from cli.files import prepare_folder, write_plan, write_run
from cli.problem import ANSWER_IS_NO
from cli.render import best_lines, plan_table, print_run
from cli.scenario_file import ScenarioFile, load_scenario
from cli.session import (
    answering,
    err_console,
    follow,
    out_console,
    planner,
    print_json,
    problem_from,
    progress,
)

app = typer.Typer(
    name="nameplate",
    help="Digital twin for datacenter power planning: how many GPU servers a row "
    "carries, under which policy, and what it costs the users.\n\n"
    "Exit codes: 0 answered, 1 the answer is no, 2 wrong input, 3 not possible here "
    "and now, 130 stopped.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(data.app, name="data")
app.add_typer(tokens.app, name="tokens")
app.add_typer(telemetry_import.app, name="telemetry")
app.command()(site.site)
app.command()(campus.campus)
app.command()(site.failures)
app.command()(site.fit)
app.command()(site.schedule)
app.command()(stabilize.stabilize)
app.command()(serve_study.serve_study)
app.command()(query_energy.query_energy)
app.command()(sweep.sweep)
app.command()(report.report)
app.command()(shift.shift)
app.command()(build_out.cost)
app.command()(build_out.build_out)
app.command()(place.place)
app.command()(compare.compare)
app.command()(learn.learn)
app.command()(mcp.mcp)
app.command()(audit.audit)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(tracking.calibrate)
app.command()(tracking.forecast)
app.command()(tracking.shadow)
app.command(name="import")(imports.import_file)
app.add_typer(imports.exports, name="export")

File = Annotated[Path, typer.Argument(help="Scenario in YAML or JSON.")]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout.")
]
Server = Annotated[
    str | None,
    typer.Option(
        envvar="NAMEPLATE_SERVER",
        help="Ask a running server, e.g. http://127.0.0.1:8050; without it the work "
        "is done in this process.",
    ),
]
Out = Annotated[
    Path | None, typer.Option(help="Folder for JSON, CSV, Parquet and HTML report.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit with 1 where the answer is no.")
]


@app.command()
@answering
def plan(
    file: File,
    out: Out = None,
    server: Server = None,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Find the largest server count that meets the service levels, per policy."""
    source = load_scenario(file)
    folder = prepare_folder(out)
    with planner(server) as client:
        result, plan_id = _planned(client, source)
        if folder is not None:
            _announce(write_plan(client, result, plan_id, folder))
    if as_json:
        print_json(result)
    else:
        console = out_console()
        console.print(plan_table(result))
        for line in best_lines(result):
            console.print(line, markup=False, highlight=False)
    if strict and all(best is None for best in result["best"].values()):
        raise typer.Exit(ANSWER_IS_NO)


@app.command()
@answering
def run(
    file: File,
    out: Out = None,
    server: Server = None,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Run one scenario as it stands."""
    source = load_scenario(file)
    folder = prepare_folder(out)
    with planner(server) as client:
        result, run_id = _ran(client, source)
        if folder is not None:
            _announce(write_run(client, source.document(), result, run_id, folder))
    if as_json:
        print_json(result)
    else:
        print_run(out_console(), result)
    if strict and not result["meets_slo"]:
        raise typer.Exit(ANSWER_IS_NO)


@app.command()
@answering
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; beyond this machine, with users.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port.")] = 8050,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the dashboard in a browser.")
    ] = False,
    access: Annotated[
        serving.Access | None,
        typer.Option(
            envvar="NAMEPLATE_ACCESS",
            help="open: whoever reaches it may use it, on this machine alone; tokens: "
            "every request needs a token, the pages a login. Without it: tokens where "
            "--host is not this machine.",
        ),
    ] = None,
) -> None:
    """Start the dashboard and the REST API."""
    server = serving.prepare(host, port, access)
    doctor.insist_on_database()
    address = f"http://{host if ':' not in host else f'[{host}]'}:{port}"
    err_console().print(f"Nameplate on {address} (API: {address}/api/v1, Ctrl-C ends)")
    if open_browser:
        timer = Timer(1.0, webbrowser.open, [address])
        timer.daemon = True
        timer.start()
    serving.serve_until_stopped(server)


@app.command(name="doctor")
@answering
def run_doctor(
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Save what can be read of a damaged SQLite database, or take one as "
            "it is that is older than it should be; the damaged file is kept aside.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what is installed, what is missing and how to mend it."""
    mended = [doctor.mend()] if repair else []
    checks = mended + doctor.examine()
    if as_json:
        print_json(doctor.document(checks))
    else:
        out_console().print(doctor.table(checks))
    if any(check.state == "bad" for check in checks):
        raise typer.Exit(ANSWER_IS_NO)


@app.command(name="validate")
@answering
def run_validate(
    prefix: Annotated[
        str, typer.Argument(help="Only ids that start so, e.g. polca.")
    ] = "",
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Recompute the validation table: published, ours, difference."""
    with progress("validating") as report:
        rows = validate.recompute(prefix, report)
    if as_json:
        print_json(rows)
    else:
        out_console().print(validate.table(rows))
    if strict and not all(row["passes"] for row in rows):
        raise typer.Exit(ANSWER_IS_NO)


@app.command()
@answering
def version(as_json: Json = False) -> None:
    """Versions of product, model and scenario format."""
    from api import version as known

    document = {
        "product": known.PRODUCT_VERSION,
        "model": known.MODEL_VERSION,
        "scenario_schema": known.SCENARIO_SCHEMA_VERSION,
        "python": platform.python_version(),
    }
    if as_json:
        print_json(document)
        return
    out_console().print(
        f"nameplate {document['product']}, model {document['model']}, "
        f"scenario schema {document['scenario_schema']}, Python {document['python']}",
        highlight=False,
    )


def main() -> None:
    """Run the command; entry point of the installed script."""
    app()


# --- one job each -----------------------------------------------------------------


def _planned(client: Any, source: ScenarioFile) -> tuple[dict[str, Any], str]:
    """Make a plan and wait for it; problems point at lines of the file."""
    return _answered(client, source, "plan")


def _ran(client: Any, source: ScenarioFile) -> tuple[dict[str, Any], str]:
    return _answered(client, source, "run")


def _answered(
    client: Any, source: ScenarioFile, kind: str
) -> tuple[dict[str, Any], str]:
    from api.client import ApiProblem

    create = client.create_plan if kind == "plan" else client.create_run
    read = client.plan_result if kind == "plan" else client.run_result
    try:
        job = follow(client, create(source.document()), source.scenario.name)
        result_id = str(job["result"]["id"])
        return read(result_id), result_id
    except ApiProblem as error:
        raise problem_from(error, source) from error


def _announce(paths: list[Path]) -> None:
    console = err_console()
    for path in paths:
        console.print(f"wrote {path}", markup=False)


if __name__ == "__main__":
    main()
