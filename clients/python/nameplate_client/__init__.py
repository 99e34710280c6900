"""
Typed client of Nameplate, the digital twin for datacenter power planning.

    from nameplate_client import Client

    client = Client("http://127.0.0.1:8050")
    changes = {"fleet.server_count": 52}
    answer = client.what_if(scenario_id="sample-row", changes=changes)
    answer.run.peak_w
"""

from __future__ import annotations

from nameplate_client.client import Client
from nameplate_client.connection import Event
from nameplate_client.downloads import Download
from nameplate_client.errors import (
    Conflict,
    Fault,
    InvalidInput,
    JobTimeout,
    NameplateError,
    NotAllowed,
    NotFound,
    Problem,
    ServerUnreachable,
    TooMuchWork,
    Unavailable,
)
from nameplate_client.pages import Pages
from nameplate_client.record import Record
from nameplate_client.study import Study

__all__ = [
    "Client", "Conflict", "Download", "Event", "Fault", "InvalidInput",
    "JobTimeout", "NameplateError", "NotAllowed", "NotFound", "Pages", "Problem",
    "Record", "ServerUnreachable", "Study", "TooMuchWork", "Unavailable",
]  # fmt: skip
