"""Records: attributes with types, units beside them, tables that are text."""

from __future__ import annotations

import pydoc
from typing import Annotated

import pytest
from nameplate_client.generated.answers import EnergyOut, RunOut
from nameplate_client.pages import Pages
from nameplate_client.record import Record, short

ENERGY = {"prefill_wh": 1.0, "decode_wh": 2.0, "gpu_idle_wh": 3.0, "host_wh": None,
          "total_wh": 6.0}  # fmt: skip
SERIES = {"t_s": [0.0, 60.0], "row_mean_w": [1000.0, 2000.0]}


class Curves(Record):
    """A row over time."""

    name: str
    t_s: Annotated[list, "Time [s]"]
    row_mean_w: Annotated[list, "Mean power of the row [W]"]


def test_an_inner_object_is_a_record_of_its_own():
    run = RunOut({"energy_split": ENERGY, "peak_w": 5.0})

    assert run.energy_split.decode_wh == 2.0
    assert run.energy_split.host_wh is None


def test_a_field_the_server_did_not_send_is_named():
    with pytest.raises(AttributeError, match="server's RunOut has no policy"):
        RunOut({}).policy  # noqa: B018 - reading is the test


def test_an_attribute_nobody_declared_is_no_attribute():
    with pytest.raises(AttributeError, match="RunOut has no peak_kw"):
        RunOut({"peak_kw": 1.0}).peak_kw  # noqa: B018


def test_a_notebook_sees_figures_with_their_units():
    shown = EnergyOut(ENERGY)._repr_html_()

    row = "<td {0}>total_wh</td><td {0}>6</td><td {0}>Wh</td>"
    assert row.format('style="text-align:left"') in shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12_679_412.3, "12,679,412"), (0.978673412, "0.978673"), (204520.0, "204,520"),
        (1.5e-7, "1.5e-07"), (608063, "608,063"), (True, "True"), (None, "—"),
        ([1, 2], "2 items"), (float("inf"), "inf"), (0.0, "0"),
    ],
)  # fmt: skip
def test_a_value_is_shown_in_a_few_words(value, text):
    assert short(value) == text


def test_what_a_server_sends_is_text_in_a_notebook():
    shown = RunOut({"policy": "<script>alert(1)</script>"})._repr_html_()

    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_record_of_columns_becomes_a_frame_of_them():
    frame = Curves(SERIES).frame()

    assert frame["row_mean_w"].tolist() == [1000.0, 2000.0]
    assert frame.attrs["units"] == {"t_s": "s", "row_mean_w": "W"}


def test_a_record_of_figures_becomes_one_row_with_dotted_names():
    frame = RunOut({"peak_w": 5.0, "energy_split": ENERGY}).frame()

    assert frame.loc[0, "energy_split.total_wh"] == 6.0
    assert frame.attrs["units"]["energy_split.total_wh"] == "Wh"
    assert frame.attrs["units"]["peak_w"] == "W"


def test_help_says_what_a_record_is_and_what_its_fields_mean():
    assert pydoc.getdoc(Curves).splitlines() == [
        "A row over time.",
        "",
        "Attributes:",
        "    t_s: Time [s]",
        "    row_mean_w: Mean power of the row [W]",
    ]
    assert Curves(SERIES).__doc__ == Curves.__doc__


def test_a_list_that_is_none_is_no_frame():
    with pytest.raises(KeyError, match="peak_w"):
        RunOut({"peak_w": 5.0}).frame("peak_w")


def test_pages_are_fetched_as_they_are_read():
    asked = []

    def fetch(cursor):
        asked.append(cursor)
        number = int(cursor or 0)
        following = str(number + 1) if number < 2 else None
        return {"items": [{"total_wh": float(number)}], "next_cursor": following}

    pages = Pages(EnergyOut, fetch)

    assert next(iter(pages)).total_wh == 0.0
    assert asked == [None]
    assert [item.total_wh for item in pages] == [0.0, 1.0, 2.0]
    assert pages.frame()["total_wh"].tolist() == [0.0, 1.0, 2.0]
