"""Which published energies of a query are met, and which are known not to be."""

from __future__ import annotations

from cli.validation import energy_per_query


def test_rows_hold_but_for_the_known_ones():
    rows = energy_per_query.rows(lambda _part, _text: None)
    missed = {row.id.partition(".")[2] for row in rows if not row.passes}

    assert len({row.id for row in rows}) == len(rows)
    assert all(row.id.startswith(f"{energy_per_query.PREFIX}.") for row in rows)
    assert missed == {
        "v1.typical_p75",
        "v2.typical_p75",
        "v2.long_p25",
        "v1.fleet_after",
        "v2.fleet_long",
        "v2.combined_long",
        "nvidia.typical_v1",
        "nvidia.long_v2",
        "mlenergy_405b.long_v1",
        "mlenergy_405b.long_v2",
        "mlenergy_235b.long_v2",
    }


def test_rows_whose_figure_was_an_input_are_not_counted_as_holding():
    rows = {row.id: row for row in energy_per_query.rows(lambda _part, _text: None)}

    for version in ("v1", "v2"):
        for name in ("typical", "long", "ratio", "fleet"):
            row = rows[f"energy_per_query.{version}.{name}"]
            assert row.why.startswith("not independent")
            assert (row.shows, row.mark) == ("input", "inferred")
        for kind in ("typical", "long"):
            row = rows[f"energy_per_query.{version}.combined_{kind}"]
            assert row.shows == "input"
            assert row.why.startswith("a product of assumed ranges")


def test_each_versions_fleet_takes_nothing_from_the_other():
    rows = {row.id: row for row in energy_per_query.rows(lambda _part, _text: None)}

    assert "v1's 0.8 GWh" in rows["energy_per_query.v1.fleet_long"].why
    assert "v2's 0.7 GWh" in rows["energy_per_query.v2.fleet_long"].why
