"""What a token may open: scopes, and roles as named sets of them."""

from __future__ import annotations

SCOPES = {
    "telemetry:write": "send telemetry, as one agent",
    "telemetry:collect": "send telemetry of any host: Prometheus, OpenTelemetry",
    "telemetry:read": "read telemetry and the server's own metrics",
    "scenarios:read": "read scenarios, results and jobs; ask what-ifs; open the pages",
    "scenarios:write": "change scenarios and sites; start and stop runs, plans, jobs",
    "imports:write": "import datasets, topologies and telemetry files",
    "alerts:write": "change alert rules",
    "admin": "manage tokens, read the audit log",
}
_VIEWER = ("telemetry:read", "scenarios:read")
_PLANNER = (*_VIEWER, "scenarios:write", "imports:write", "alerts:write")
ROLES: dict[str, tuple[str, ...]] = {
    "agent": ("telemetry:write",),
    "collector": ("telemetry:collect",),
    "viewer": _VIEWER,
    "planner": _PLANNER,
    "admin": (*_PLANNER, "admin"),
}
UNNAMED = frozenset(SCOPES) - {"telemetry:write"}
"""What may be done without saying who; a reading must always tell its agent."""
