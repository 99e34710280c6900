"""Answer planners' questions: one point at a time, or a whole plan."""

from __future__ import annotations

from twin.plan.memo import Memo
from twin.plan.search import PlanCell, PlanResult, Spread, plan
from twin.plan.whatif import WhatIf, what_if

__all__ = ["Memo", "PlanCell", "PlanResult", "Spread", "WhatIf", "plan", "what_if"]
