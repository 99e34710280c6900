"""
What looks wrong about inputs of a cost or a build-out and is still possible.

Defaults that belong to another site than the one given, keys that are not used, slips
of the unit. What is not possible is refused by the inputs themselves.
"""

from __future__ import annotations

from twin.scenario.build_out import BuildOutInput
from twin.scenario.cost import CostInput
from twin.scenario.model import Scenario

_PRICED_SERVER = "dgx-h100"
"""Server of the default price; docs/models/cost.md."""
_DEAR_USD_PER_KWH = 1.0
_KINDS = ("utility", "generator", "ups", "hall", "cooling")


def cost_warnings(given: CostInput) -> tuple[str, ...]:
    """
    Everything that looks wrong about a cost and is not refused.

    Args:
        given: Inputs as they were asked, so that what was said can be told from
            what was not.

    Returns:
        One sentence each: what, its value, and the repair.
    """
    found = [] if given.site is None else _of_site(given, given.site)
    energy, said = given.energy, given.energy.model_fields_set
    if energy.usd_per_kwh > _DEAR_USD_PER_KWH:
        found.append(
            f"energy.usd_per_kwh is {energy.usd_per_kwh:g} USD; if cents were meant, "
            f"write {energy.usd_per_kwh / 100:g}"
        )
    if energy.grid is not None and "usd_per_kwh" in said:
        found.append(
            f"energy.usd_per_kwh is not used: prices come from energy.grid "
            f"{energy.grid!r}; leave one of them out"
        )
    return tuple(found)


def _of_site(given: CostInput, site: Scenario) -> list[str]:
    """Defaults and keys that do not go with the site that is run."""
    found = []
    if unused := sorted(given.load.model_fields_set):
        names = ", ".join(f"load.{name}" for name in unused)
        found.append(f"{names}: not used, the site's run says; leave load out")
    server = site.fleet.server
    if "usd" not in given.servers.model_fields_set and server != _PRICED_SERVER:
        found.append(
            f"servers.usd is the default {given.servers.usd:,.0f} USD, the price of a "
            f"{_PRICED_SERVER}; the site's fleet is {server}: give its price"
        )
    facility = site.facility
    told = None if facility is None else (facility.template or facility).design
    design = told or "not said"
    chain = given.capital.redundancy
    if "redundancy" not in given.capital.model_fields_set and design != chain:
        found.append(
            f"capital.redundancy is the default {chain}, the site's design is "
            f"{design}: say which the power chain is priced for, n, n+1 or 2n"
        )
    return found


def build_out_warnings(given: BuildOutInput) -> tuple[str, ...]:
    """
    Everything that looks wrong about a build-out and is not refused.

    Args:
        given: Inputs.

    Returns:
        One sentence each: what, its value, and the repair.
    """
    found = []
    least_w = min(g.peak_w for g in given.generations)
    for k, block in enumerate(given.blocks):
        if block.size_w < least_w:
            found.append(
                f"blocks.{k}.size_w of {block.name!r} is {block.size_w:g} W, below one "
                f"server's {least_w:g} W; {_in_watts(block.size_w)}"
            )
    contract_w = given.limits.contract_w
    if contract_w is not None and contract_w < least_w:
        found.append(
            f"limits.contract_w is {contract_w:g} W, below one server's {least_w:g} W; "
            f"{_in_watts(contract_w)}"
        )
    here = {block.kind for block in given.blocks}
    if absent := [kind for kind in _KINDS if kind not in here]:
        found.append(
            f"no block is of kind {', '.join(absent)}: taken as never short and free; "
            "add blocks to count them"
        )
    if not given.wanted.any():
        found.append("demand is 0 in every period; give demand.first_servers")
    return tuple(found)


def _in_watts(value: float) -> str:
    return f"if megawatts were meant, write {value * 1e6:.3g}"
