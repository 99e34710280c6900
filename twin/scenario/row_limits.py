"""Power limits of a site's rows: given, or what their servers were promised."""

from __future__ import annotations

from twin.scenario.facility import Rack
from twin.scenario.model import Scenario


def planned_row_w(scenario: Scenario) -> float:
    """
    Limit of a template's row: given, or planned servers × the catalogue's figure. [W]

    Rows of explicit racks may differ: `row_limits_w`.
    """
    template = scenario.facility.template if scenario.facility else None
    if template is not None and template.row_limit_w is not None:
        return float(template.row_limit_w)
    if scenario.row.provisioned_w is not None:
        return float(scenario.row.provisioned_w)
    count = scenario.row.base_server_count
    if template is not None:
        count = template.racks_per_row * template.servers_per_rack
    return count * scenario.server().provisioned_w.value


def row_limits_w(scenario: Scenario, racks: tuple[Rack, ...]) -> dict[str, float]:
    """
    Limit of every row. [W]

    Args:
        scenario: The site.
        racks: Its racks.

    Returns:
        By row, in the racks' order: the template's, else what the facility says, else
        `row.provisioned_w`, else the catalogue's provisioned power of its servers.
    """
    given = scenario.facility
    rows = dict.fromkeys(r.row for r in racks)
    if given is None or given.template is not None:
        return dict.fromkeys(rows, planned_row_w(scenario))
    promised = dict.fromkeys(rows, 0.0)
    for rack in racks:
        server = scenario.server(rack.server)
        promised[rack.row] += rack.server_count * server.provisioned_w.value
    if scenario.row.provisioned_w is not None:
        promised = dict.fromkeys(rows, float(scenario.row.provisioned_w))
    found = promised | {k: v for k, v in given.row_limits_w.items() if k in rows}
    least_w = scenario.server().provisioned_w.value
    return {row: limit_w or least_w for row, limit_w in found.items()}
