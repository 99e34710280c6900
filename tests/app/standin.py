"""A client that answers from the core in this process: no database, no routes."""

from __future__ import annotations

import uuid
from concurrent.futures import Future, ThreadPoolExecutor

from api.client import ApiProblem
from api.documents import plain, plan_document, what_if_document
from twin.catalogue import SERVERS
from twin.errors import ScenarioError
from twin.plan import Memo, plan, what_if
from twin.scenario import ScenarioErrors, apply_changes, parse_scenario
from twin.serving.traffic import Recordings

PROVENANCE = {
    "scenario_sha256": "0" * 64,
    "model_version": "test",
    "created_at": "2026-01-05T00:00:00Z",
}


class StandIn:
    """The calls of `api.client.Client` that the page makes."""

    def __init__(self):
        self.memo = Memo()
        self.pool = ThreadPoolExecutor(2)
        self.cells = ThreadPoolExecutor(1)
        self.jobs: dict[str, Future] = {}
        self.stored: dict[str, dict] = {}

    def _scenario(self, scenario_id, changes):
        base = self.stored[scenario_id]["scenario"] if scenario_id else {}
        try:
            return apply_changes(parse_scenario(base), changes)
        except (ScenarioError, ScenarioErrors) as error:
            raise ApiProblem(problem_of(error)) from error

    def what_if(self, *, scenario_id=None, changes=None, view=None):
        scenario = self._scenario(scenario_id, changes or {})
        try:
            answer = what_if(scenario, Recordings.none(), memo=self.memo)
        except ScenarioError as error:
            raise ApiProblem(problem_of(error)) from error
        return what_if_document(answer, PROVENANCE)

    def create_plan(self, *, scenario_id=None, changes=None, view=None):
        scenario = self._scenario(scenario_id, changes or {})
        name = uuid.uuid4().hex
        self.jobs[name] = self.pool.submit(
            plan, scenario, Recordings.none(), executor=self.cells, memo=self.memo
        )
        return {"id": name, "state": "queued", "part": 0.0, "text": ""}

    def job(self, job_id):
        future = self.jobs[job_id]
        state = "done" if future.done() else "running"
        result = {"kind": "plan", "id": job_id}
        return {"id": job_id, "state": state, "part": 0.5, "text": "", "result": result}

    def plan_result(self, plan_id):
        return plan_document(self.jobs[plan_id].result(), PROVENANCE)

    def cancel_job(self, job_id):
        self.jobs[job_id].cancel()
        return self.job(job_id)

    def servers(self):
        return [
            {
                "key": s.key, "label": s.label,
                "figures": {"rated_w": plain(s.rated_w)},
                "gpu": {"figures": {"clock_max_mhz": plain(s.gpu.clock_max_mhz)}},
            }
            for s in SERVERS.values()
        ]  # fmt: skip

    def models(self, server=None):
        return [{"model": "bloom-176b"}, {"model": "llama-2-70b"}]

    def datasets(self):
        return [{"name": "servegen-m-large", "kind": "rates", "present": True}]

    def scenarios(self, *, archived=None):
        return [s for s in self.stored.values() if s["archived"] is False]

    def scenario(self, scenario_id):
        return self.stored[scenario_id]

    def create_scenario(self, scenario):
        name = uuid.uuid4().hex[:8]
        entry = {"id": name, "name": scenario["name"], "archived": False}
        self.stored[name] = entry | {"scenario": scenario}
        return self.stored[name]

    def clone_scenario(self, scenario_id, *, name=None):
        source = self.stored[scenario_id]["scenario"]
        return self.create_scenario(source | {"name": f"{source['name']}, copy"})

    def update_scenario(self, scenario_id, **values):
        self.stored[scenario_id] |= values
        return self.stored[scenario_id]


def problem_of(error):
    """Problem document of a refusal."""
    found = getattr(error, "errors", None) or [error]
    return {
        "title": "Invalid scenario", "status": 422, "detail": str(error), "id": "p-1",
        "errors": [
            {"field": e.field, "rule": e.rule, "value": plain(e.value),
             "repair": e.repair}
            for e in found
        ],
    }  # fmt: skip
