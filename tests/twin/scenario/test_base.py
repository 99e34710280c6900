"""Fields say their meaning once, and documents are changed by one rule."""

from __future__ import annotations

from twin.scenario import Scenario, parse_scenario
from twin.scenario.base import Model, described, part, quantity
from twin.scenario.parse import changed


class Inner(Model):
    """A part."""

    name: str = described("a", "Name", max_length=3)


class Outer(Model):
    """What has one."""

    power_w: float = quantity(5.0, "Power", unit="W", source="assumed", gt=0)
    share: float = quantity(..., "Share", example=0.5)
    inner: Inner = part(Inner, "The part", {"name": "b"})


def test_an_example_left_out_is_the_default():
    shown = Outer.model_json_schema()["properties"]

    assert shown["power_w"]["examples"] == [5.0]
    assert shown["share"]["examples"] == [0.5]
    assert shown["inner"]["examples"] == [{"name": "b"}]
    assert Inner.model_json_schema()["properties"]["name"]["examples"] == ["a"]


def test_a_quantity_says_unit_and_source_and_is_a_ratio_where_none_is_said():
    shown = Outer.model_json_schema()["properties"]

    assert shown["power_w"]["description"] == "Power [W]"
    assert (shown["power_w"]["unit"], shown["power_w"]["source"]) == ("W", "assumed")
    assert shown["share"]["unit"] == "1"
    assert "source" not in shown["share"]


def test_another_kind_drops_the_settings_of_the_old_one_in_every_document():
    document = parse_scenario({}).model_dump(mode="json")

    wrong = changed(Scenario, document, {"policy.name": "no-cap"})

    assert wrong == []
    assert parse_scenario(document).policy.name == "no-cap"
