"""
Typed calls for every endpoint, over HTTP or inside this process.

    with Client.in_process(create_app()) as client:
        answer = client.what_if(changes={"fleet.server_count": 52})
"""

from __future__ import annotations

from api.client.base import Format, Progress
from api.client.measured import MeasuredCalls
from api.client.problems import ApiProblem
from api.client.questions import QuestionCalls
from api.client.serving import ServingCalls
from api.client.stored import StoredCalls
from api.client.studies import StudyCalls
from twin.types import Document

__all__ = ["ApiProblem", "Client", "Document", "Format", "Progress"]


class Client(StoredCalls, QuestionCalls, ServingCalls, MeasuredCalls, StudyCalls):
    """One connection to the planner. Safe to share between threads."""
