"""Questions about money, orders, years and places, and their answers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import create_model, model_validator

from api.schemas.base import In, said
from api.schemas.reflect import schema_of
from api.schemas.results import rests
from api.schemas.stored import Viewed, inputs_like
from twin.buildout.answer import BuildOutResult, FrontPoint
from twin.buildout.program import Measure
from twin.cost.answer import CostResult
from twin.errors import ScenarioError
from twin.optimise.placement import Placement
from twin.optimise.placement_bindings import Binding
from twin.optimise.placement_solve import Proof
from twin.scenario import Scenario
from twin.scenario.build_out import BuildOutInput
from twin.scenario.cost import CostInput
from twin.scenario.placement import PlacementInput

MOST_POINTS = 20


CostBody = Annotated[CostInput, inputs_like(CostInput, "examples/cost.yaml")]
BuildOutBody = Annotated[
    BuildOutInput, inputs_like(BuildOutInput, "examples/build_out.yaml")
]
PlacementBody = Annotated[
    PlacementInput, inputs_like(PlacementInput, "examples/placement.yaml")
]


class CostIn(Viewed):
    """What a site costs."""

    cost: CostBody = said(
        "Inputs; absent keys take defaults", {"load": {"server_count": 200}}, {},
        validate_default=True,
    )  # fmt: skip


class FrontIn(In):
    """Two aims to find plans between."""

    first: Measure = said("What is minimised", "cost")
    second: Measure = said("What is held at equal steps", "carbon")
    points: int = said("Most plans", 6, 6, ge=2, le=MOST_POINTS)

    @model_validator(mode="after")
    def _two(self) -> FrontIn:
        if self.first == self.second:
            raise ScenarioError("front.second", "must differ from first", self.second,
                                "name another: cost, spend, carbon or "
                                "unmet")  # fmt: skip
        return self


class BuildOutIn(Viewed):
    """What to build and buy, and when."""

    build_out: BuildOutBody = said(
        "Inputs; absent keys take defaults", {"demand": {"growth_per_year": 0.4}}, {},
        validate_default=True,
    )  # fmt: skip
    explain: bool = said("Whether each limit is tried without", True, True)
    front: FrontIn | None = said("Plans between two aims", {"first": "cost",
                                 "second": "carbon"}, None)  # fmt: skip


class PlacementIn(Viewed):
    """Where servers go, and on which feeds and phases."""

    placement: PlacementBody = said(
        "Inputs; absent keys take defaults, the site's facility is set",
        {"scenario": {"facility": {"template": {"design": "2n"}}}},
    )  # fmt: skip


_WARNINGS: Any = (
    list[str],
    said("What looks wrong and is still possible", ["load.pue: not used, ..."]),
)
CostOut = create_model(
    "CostOut",
    __base__=schema_of(CostResult),
    warnings=_WARNINGS,
    inputs=(dict[str, Any], said("Inputs with every default", {"name": "A site"})),
    **rests(0.001),
)


_FRONT: Any = list[schema_of(FrontPoint)]  # type: ignore[misc]
BuildOutOut = create_model(
    "BuildOutOut",
    __base__=schema_of(BuildOutResult),
    warnings=_WARNINGS,
    front=(_FRONT, said("Plans between two aims, the best in the first aim first", [])),
    inputs=(dict[str, Any], said("Inputs with every default", {"name": "A campus"})),
    **rests(0.4),
)


_LIMIT = create_model(
    "PlacementLimitOut",
    __base__=schema_of(Binding),
    words=(str, said("The same in words", "UPS-H1-B at 99 % after loss of UPS-H1-A")),
)
_PROOF = create_model(
    "PlacementProofOut",
    __base__=schema_of(Proof),
    gap_frac=(float, said("Distance from the bound ÷ value", 0.0)),
    words=(str, said("The same in words", "most-servers 48, bound 48: proven best")),
)
_LIMITS: Any = list[_LIMIT]  # type: ignore[valid-type]
_PROOFS: Any = list[_PROOF]  # type: ignore[valid-type]
PlacementOut = create_model(
    "PlacementOut",
    __base__=schema_of(Placement),
    bindings=(_LIMITS, said("Limits that keep one more server out, fullest first", [])),
    proofs=(_PROOFS, said("How sure each objective is, in their order", [])),
    scenario=(Scenario, said("The site with the servers in place", {})),
    warnings=_WARNINGS,
    inputs=(dict[str, Any], said("Inputs with every default", {"present": "stay"})),
    **rests(0.4),
)
