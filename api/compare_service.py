"""Read or run what is to be compared, and compare it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from api.compare_catalogue import figure_of
from api.compare_documents import Loaded, comparison
from api.compare_told import point_told, row_told, rows_told, site_told
from api.documents import plain, run_document
from api.jobs import Job
from api.problems import Refusal, problem_of
from api.schemas.compare import CompareIn, CompareItem
from api.shared import Service, insist, provenance
from store.repositories import NotFoundError
from twin.errors import ScenarioError, ScenarioErrors
from twin.plan import Memo, what_if
from twin.scenario import dataset_names, parse_scenario
from twin.study.questions import find_question
from twin.types import Document

if TYPE_CHECKING:
    from api.services import AppState
    from store.models import PlanRow, RunRow
    from store.models_studies import StudyRow

T = TypeVar("T")
REMEMBERED = 32
"""Scenarios whose figures and curves are kept: a baseline is swapped, an item added."""
_PREFIX = "/api/v1"


class CompareService(Service):
    """Puts runs side by side."""

    def __init__(self, state: AppState) -> None:
        super().__init__(state)
        self.ran = Memo(limit=REMEMBERED)

    async def compare(self, asked: CompareIn) -> Job:
        """Compare; at once where everything is stored or quick to run."""

        def work(job: Job) -> Document:
            items = []
            for index, item in enumerate(asked.items):
                report = _part_of(self._state.jobs.report(job), index, len(asked.items))
                items.append(self._load(job, index, item, report))
            return comparison(items, baseline=asked.baseline, series=asked.series)

        return await self._state.directly(asked.view, work)

    def _load(
        self, job: Job, index: int, item: CompareItem, report: Callable[..., None]
    ) -> Loaded:
        """Read or run one item; what is wrong with it is said by its place."""
        at = f"items.{index}"
        if item.run_id is not None and not item.changes:
            found = _placed(at, lambda: self._run(str(item.run_id), at))
        elif item.plan_id is not None:
            found = _placed(at, lambda: self._cell(item, at))
        elif item.study_id is not None:
            found = _placed(at, lambda: self._point(item, at))
        else:
            found = _placed(at, lambda: self._scenario(job, item, report))
        if item.label is None:
            return found
        return replace(found, label=item.label)

    # --- what is stored -----------------------------------------------------------

    def _run(self, key: str, at: str) -> Loaded:
        row = self._state.runs.with_result(key)
        result = _result(row, f"{at}.run_id")
        return Loaded(
            label=row.name, kind="row", source="run", id=row.id,
            href=f"{_PREFIX}/runs/{row.id}", inputs=_inputs(row.body),
            provenance=_provenance(row), told=row_told(result),
        )  # fmt: skip

    def _cell(self, item: CompareItem, at: str) -> Loaded:
        row = self._state.plans.with_result(str(item.plan_id))
        result = _result(row, f"{at}.plan_id")
        cell = next(
            (c for c in result["cells"] if c["policy"] == item.policy
             and c["added_servers"] == item.added_servers), None,
        )  # fmt: skip
        if cell is None:
            raise _no_cell(result["cells"], item, at)
        inputs = _inputs(row.body)
        inputs["fleet"] = inputs.get("fleet", {}) | {
            "server_count": cell["server_count"]
        }
        inputs["policy"] = _policy_of(inputs, str(item.policy))
        return Loaded(
            label=f"{row.name}, {item.added_servers:+d}, {item.policy}", kind="row",
            source="plan", id=row.id, href=f"{_PREFIX}/plans/{row.id}", inputs=inputs,
            provenance=_provenance(row), told=rows_told(cell["runs"]),
        )  # fmt: skip

    def _point(self, item: CompareItem, at: str) -> Loaded:
        key, place = str(item.study_id), int(item.point or 0)
        row = self._state.studies.table.get(key)
        question = find_question(row.question)
        point = self._state.studies.point(key, place)
        if point["outputs"] is None:
            error = point["error"] or {}
            raise Refusal(
                409, f"Point {place} of {key} has no answer",
                errors=[ScenarioError(f"{at}.point", "must have an answer", place,
                               str(error.get("repair") or "choose another point"))],
            )  # fmt: skip
        provenance = _provenance(row) | {"scenario_sha256": point["key"]}
        inputs = point["inputs"] or {}
        return Loaded(
            label=f"{row.name}, point {place}", kind="point", source="study", id=key,
            href=f"{_PREFIX}/studies/{key}/points/{place}", provenance=provenance,
            inputs=inputs, model=question.model,
            told=point_told(point["outputs"], question.key, inputs),
            figures=tuple(map(figure_of, question.metrics)),
        )  # fmt: skip

    # --- what is run --------------------------------------------------------------

    def _scenario(
        self, job: Job, item: CompareItem, report: Callable[..., None]
    ) -> Loaded:
        base = item.scenario
        if item.run_id is not None:
            base = parse_scenario(self._state.runs.get(item.run_id).body)
        asked = self._state.question(base, item.scenario_id, item.changes)
        recordings = self._state.datasets.recordings(dataset_names(asked))
        key = item.scenario_id or ""
        on_site = asked.facility is not None

        def run() -> Loaded:
            if on_site:
                told = site_told(self._state.site.document(job, asked))
            else:
                found = what_if(
                    asked, recordings, memo=self._state.memo, on_progress=report,
                    cancelled=job.cancelled,
                )  # fmt: skip
                told = row_told(run_document(found.run, {}))
            return Loaded(
                label=asked.name, kind="site" if on_site else "row", source="scenario",
                id="", href="", inputs=plain(asked), provenance=provenance(asked),
                told=told,
            )  # fmt: skip

        found = insist(job, lambda: self.ran.site(asked, recordings, run))
        # inputs may have been run under another id before
        return replace(found, id=key, href=f"{_PREFIX}/scenarios/{key}" if key else "")


# --- parts ----------------------------------------------------------------------------


def _inputs(body: Document) -> Document:
    """Inputs of a stored run; what an older version did not know takes its default."""
    try:
        return dict(plain(parse_scenario(body)))
    except (ScenarioError, ScenarioErrors):
        return dict(body)  # a key of then that is gone now


def _provenance(row: RunRow | PlanRow | StudyRow) -> Document:
    return {
        "scenario_sha256": row.scenario_sha256, "model_version": row.model_version,
        "seed": row.seed, "created_at": row.finished_at or row.created_at,
    }  # fmt: skip


def _policy_of(inputs: Document, label: str) -> Document:
    """Settings of a plan's policy by its label, as far as the plan says them."""
    planned = inputs.get("plan", {}).get("policies", [])
    for one in planned:
        if isinstance(one, dict) and label in (one.get("label"), one.get("name")):
            return one
    own = inputs.get("policy", {})
    if own.get("name") == label:
        return dict(own)
    try:
        return dict(plain(parse_scenario({"policy": {"name": label}}).policy))
    except (ScenarioError, ScenarioErrors):
        return {"name": label}


def _result(row: RunRow | PlanRow, field: str) -> Document:
    if row.result is not None:
        return row.result
    raise Refusal(
        409, f"{row.id} is {row.status} and has no result to compare",
        errors=[ScenarioError(field, "must have a result", row.id,
                       f"wait for its job {row.job_id}, or run it again")],
    )  # fmt: skip


def _no_cell(cells: list[Document], item: CompareItem, at: str) -> ScenarioErrors:
    policies = list(dict.fromkeys(str(c["policy"]) for c in cells))
    if item.policy not in policies:
        return ScenarioErrors([
            ScenarioError(f"{at}.policy", "must be a policy of the plan", item.policy,
                          f"one of {', '.join(policies)}")
        ])  # fmt: skip
    counts = sorted({int(c["added_servers"]) for c in cells})
    return ScenarioErrors([
        ScenarioError(f"{at}.added_servers", "must be a count of the plan",
                      item.added_servers, f"one of {', '.join(map(str, counts))}")
    ])  # fmt: skip


def _placed(at: str, ask: Callable[[], T]) -> T:
    """Ask, and put the item's place before the fields of what is refused."""
    try:
        return ask()
    except (ScenarioError, ScenarioErrors) as error:
        found = error.errors if isinstance(error, ScenarioErrors) else (error,)
        raise ScenarioErrors([
            e if e.field.startswith(at)
            else ScenarioError(f"{at}.{e.field}", e.rule, e.value, e.repair)
            for e in found
        ]) from error  # fmt: skip
    except NotFoundError as error:
        entry = problem_of(error)["errors"][0]
        field = "point" if entry["field"] == "point_id" else entry["field"]
        raise Refusal(404, str(error), errors=[
            ScenarioError(f"{at}.{field}", entry["rule"], entry["value"],
                   entry["repair"])
        ]) from error  # fmt: skip


def _part_of(
    report: Callable[[float, str], None], index: int, count: int
) -> Callable[[float, str], None]:
    """Progress of one item as a part of all."""

    def told(part: float, text: str) -> None:
        report((index + part) / count, f"item {index + 1} of {count}: {text}")

    return told
