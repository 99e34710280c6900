"""Rows share a parent: nobody above it, nobody above a breaker, low priority first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.twin.facility.conftest import mild, run  # noqa: F401 - fixtures
from twin.facility.answer import SiteAnswer
from twin.tapas.site_steering import steer_site

SHARES = (1.0, 0.9, 0.75, 0.5, 0.2)


@pytest.fixture
def answer(run):  # noqa: F811 - the fixture
    """Four rows of two halls at 80 % activity."""
    assembled, result, stage = run(
        activity=0.8, design="2n", halls=2, rows_per_hall=2, racks_per_row=4
    )
    return SiteAnswer(
        scenario=assembled.scenario, assembled=assembled, result=result, stage=stage
    )


def uneven(answer, *factors):
    """Scale what each row drew by a factor."""
    rows = answer.result.rows
    factor = {n: f for row, f in zip(rows, factors, strict=True) for n in row.nodes}
    nodes = tuple(
        replace(n, max_series_w=n.max_series_w * factor.get(n.name, 1.0))
        for n in answer.result.nodes
    )
    return replace(answer, result=replace(answer.result, nodes=nodes))


@pytest.mark.parametrize("left", SHARES)
@pytest.mark.parametrize("by", ["row", "hall"])
def test_nobody_gets_more_than_parent_breaker_or_want(answer, by, left):
    found = steer_site(uneven(answer, 0.5, 1.0, 1.1, 0.9), by=by, left_frac=left)

    assert found.reserved_w <= found.parent_w * (1 + 1e-9)
    assert found.lent_w + 1e-6 >= found.borrowed_w
    assert found.spare_w == pytest.approx(found.lent_w - found.borrowed_w, abs=1e-6)
    for d in found.domains:
        assert d.reserved_w <= min(d.breaker_w, d.predicted_w) + 1e-6
        assert d.reserved_w + d.capped_w + d.shed_w == pytest.approx(d.predicted_w)
        assert d.reserved_w >= d.floor_w - 1e-6
        assert d.lent_w == pytest.approx(d.entitled_w - d.reserved_w)


def test_with_the_whole_parent_everybody_gets_what_it_wants(answer):
    found = steer_site(answer)

    assert found.parent_w == pytest.approx(sum(r.limit_w for r in answer.result.rows))
    assert found.borrowed_w == found.capped_w == 0
    assert found.shed == ()
    assert found.words == ()


def test_a_quiet_row_lends_to_busy_ones(answer):
    found = steer_site(uneven(answer, 0.4, 1.0, 1.0, 1.0), left_frac=0.7)
    first, *others = found.domains

    assert first.lent_w > 0
    assert all(d.lent_w < 0 for d in others)
    assert found.words[0].startswith("H1R2, H2R1, H2R2 borrow")
    assert found.words[0].endswith("covered by H1R1")


def test_a_row_borrows_no_more_than_its_feeds_carry_when_one_is_lost(answer):
    found = steer_site(answer, growth_frac=1.0)

    for domain, row in zip(found.domains, answer.result.rows, strict=True):
        assert domain.breaker_w == pytest.approx(row.limit_w, rel=1e-4)  # of two sides
        assert domain.reserved_w <= domain.breaker_w


def test_low_priority_is_capped_before_anybody_is_shed(answer):
    found = steer_site(answer, left_frac=0.8)

    assert found.capped_w > 0
    assert found.shed_servers == 0


def test_high_priority_is_shed_only_once_no_low_is_left(answer):
    low = answer.assembled.site.servers[:, 0].sum()
    for left in SHARES:
        found = steer_site(answer, left_frac=left)
        shed = {"low": 0, "high": 0}
        for load in found.shed:
            shed[load.priority] += load.servers
        assert shed["high"] == 0 or shed["low"] == low
        assert sum(shed.values()) == found.shed_servers
    assert shed["high"] > 0  # a fifth of the parent


def test_who_stays_within_its_share_does_not_pay_for_who_does_not(answer):
    """Once anybody is shed at all; much tighter, low goes before high everywhere."""
    asked = uneven(answer, 0.5, 1.0, 1.0, 1.0)
    tighter = (steer_site(asked, left_frac=x / 100) for x in range(70, 40, -1))
    found = next(f for f in tighter if f.shed_servers)

    assert found.shed_servers > 0
    assert found.domains[0].shed_servers == 0


def test_a_halls_rows_do_not_peak_together(answer):
    rows, halls = steer_site(answer), steer_site(answer, by="hall")

    assert [d.name for d in halls.domains] == ["H1", "H2"]
    assert halls.predicted_w <= rows.predicted_w * (1 + 1e-9)
    assert halls.parent_w == pytest.approx(rows.parent_w)


@pytest.mark.parametrize(
    "asked",
    [{"parent_w": 0.0}, {"left_frac": 1.2}, {"left_frac": -0.1}, {"growth_frac": -1.0}],
)
def test_shares_out_of_range_are_refused(answer, asked):
    with pytest.raises(ValueError, match=next(iter(asked))):
        steer_site(answer, **asked)
