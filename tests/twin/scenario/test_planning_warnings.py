"""What looks wrong about a cost or a build-out is said, what was meant is not."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from twin.errors import ScenarioErrors
from twin.scenario.build_out import BuildOutInput
from twin.scenario.cost import CostInput
from twin.scenario.facility import Facility
from twin.scenario.parse import parse_inputs
from twin.scenario.planning_warnings import build_out_warnings, cost_warnings
from twin.scenario.site_templates import expand

SITE = {"facility": {"template": {"design": "2n"}}}
UPS = {"name": "U", "kind": "ups", "size_w": 3e6, "usd": 7e6, "lead_months": 12}


def test_defaults_are_sound():
    assert cost_warnings(CostInput()) == ()
    assert build_out_warnings(BuildOutInput()) == ()


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"site": SITE}, "servers.usd is the default 310,000 USD"),
        ({"site": SITE}, "the site's design is 2n"),
        ({"site": SITE, "load": {"pue": 1.5}}, "load.pue: not used"),
        ({"energy": {"usd_per_kwh": 6}}, "if cents were meant, write 0.06"),
        ({"energy": {"grid": "ercot", "usd_per_kwh": 0.1}}, "from energy.grid 'ercot'"),
    ],
)
def test_a_cost_that_looks_wrong_says_why(document, says):
    found = cost_warnings(CostInput.model_validate(document))

    assert any(says in words for words in found)


@pytest.mark.parametrize(
    ("design", "said"),
    [("2n", "the site's design is 2n"), ("n+1", None), (None, "design is not said")],
)
def test_an_explicit_site_tells_the_cost_its_design(design, said):
    explicit = expand(Facility(template={"design": design or "2n"}), 2e5)
    facility = explicit.model_dump() | {"design": design}
    found = cost_warnings(CostInput.model_validate({"site": {"facility": facility}}))

    about = [words for words in found if words.startswith("capital.redundancy")]
    assert [said in words for words in about] == ([True] if said else [])


def test_a_template_has_one_design():
    with pytest.raises(ValidationError, match="leave out design"):
        Facility(template={"design": "2n"}, design="n")


def test_what_was_said_on_purpose_is_no_warning():
    given = CostInput.model_validate(
        {"site": SITE, "servers": {"usd": 150_000}, "capital": {"redundancy": "n+1"}}
    )

    assert cost_warnings(given) == ()


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"blocks": [UPS | {"size_w": 3.0}]}, "megawatts were meant, write 3e+06"),
        ({"limits": {"contract_w": 16.0}}, "megawatts were meant, write 1.6e+07"),
        ({"blocks": [UPS]}, "no block is of kind utility, generator, hall, cooling"),
        ({"demand": {"first_servers": 0}}, "demand is 0 in every period"),
    ],
)
def test_a_build_out_that_looks_wrong_says_why(document, says):
    found = build_out_warnings(BuildOutInput.model_validate(document))

    assert any(says in words for words in found)


@pytest.mark.parametrize("start", [2027, "2027-13", "2027"])
def test_a_start_that_is_no_month_says_how_to_write_it(start):
    with pytest.raises(ValueError, match="write it as 2027-01"):
        BuildOutInput(start=start)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"rates": {"energy_usd_per_kwh": 55}}, "rates.energy_usd_per_kwh"),
        ({"demand": {"rates": 3}}, "demand.rates"),
        ({"generations": [{"name": "a", "work": -1}]}, "generations.0.work"),
    ],
)
def test_a_key_called_like_a_kind_of_arrivals_keeps_its_name(document, field):
    with pytest.raises(ScenarioErrors) as refused:
        parse_inputs(BuildOutInput, document, example="examples/build_out.yaml")

    assert field in {error.field for error in refused.value.errors}
