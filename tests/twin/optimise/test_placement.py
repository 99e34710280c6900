"""Placements worked by hand, and refusals."""

from __future__ import annotations

import pytest

from twin.errors import ScenarioError

LOSSLESS = {"fixed": 0.0, "linear": 0.0, "quadratic": 0.0}


def node(name, kind, rated_w, *feeds, **more):
    return {
        "name": name, "kind": kind, "rated_w": rated_w, "fed_by": list(feeds),
        "loss": LOSSLESS, "derate_frac": 1.0,
    } | more  # fmt: skip


def rack(name, *feeds, row="R1", count=0, **more):
    position = int(name[1:])
    return {"name": name, "row": row, "fed_by": list(feeds), "server_count": count,
            "position": position} | more  # fmt: skip


def two_feeds(rated_w, racks=4):
    """One row of racks on two busways from two UPS."""
    nodes = [node("U", "utility", 1e7)]
    for side in "AB":
        nodes += [
            node(f"UPS-{side}", "ups", rated_w, "U"),
            node(f"BUS-{side}", "busway", 1e6, f"UPS-{side}"),
        ]
    return nodes, [rack(f"K{k}", "BUS-A", "BUS-B") for k in range(1, racks + 1)]


def ask(site, **more):
    return {
        "scenario": site, "present": "gone",
        "place": [{"server": "dgx-a100", "planned_w": 5000}],
    } | more  # fmt: skip


@pytest.mark.parametrize(
    ("survive", "servers", "worst"),
    [
        # each UPS must carry all 52 kW alone: 10 servers of 5 kW
        pytest.param("any-one", 10, "UPS-A at 96 % after loss of UPS-B", id="2n"),
        # shared by two: 104 kW, 20 servers
        pytest.param("nothing", 20, "UPS-A at 96 %", id="n"),
    ],
)
def test_one_row_on_two_feeds_holds_half_when_either_may_be_lost(
    placed, plain_site, survive, servers, worst
):
    found = placed(ask(plain_site(*two_feeds(52_000.0)), survive=survive))

    assert found.placed == servers
    assert found.worst_frac == pytest.approx(50.0 / 52.0)
    assert worst in [b.words for b in found.bindings]
    assert all(proof.optimal for proof in found.proofs)
    assert found.verified.agrees


def test_servers_of_two_sizes_fill_a_feed_like_a_knapsack(placed, plain_site):
    """31 kW, 5 kW worth 5 and 8 kW worth 9: three and two make 33, one and three 32."""
    nodes, racks = two_feeds(31_000.0)
    kinds = [
        {"server": "dgx-a100", "planned_w": 5000, "worth": 5},
        {"server": "dgx-h100", "planned_w": 8000, "worth": 9},
    ]
    found = placed(ask(plain_site(nodes, racks), place=kinds))

    assert [kind.placed for kind in found.kinds] == [3, 2]
    assert found.proofs[0].value == pytest.approx(33.0)


def test_a_rack_holds_as_many_as_its_height_allows(placed, plain_site):
    found = placed(ask(plain_site(*two_feeds(1e6)), rack_units=20))

    assert [r.server_count for r in found.racks] == [3, 3, 3, 3]  # 6 U each
    assert [b.words for b in found.bindings] == ["space in every rack at 100 %"]


def test_losses_above_a_node_are_counted_to_the_watt(placed, plain_site):
    """10 % lost in the busway: 11 servers of 5 kW ask 60.5 kW of the UPS."""
    nodes, racks = two_feeds(60_499.0)
    for one in nodes:
        if one["kind"] == "busway":
            one["loss"] = {"fixed": 0.0, "linear": 0.1, "quadratic": 0.0}
    tight = placed(ask(plain_site(nodes, racks)))
    for one in nodes:
        if one["kind"] == "ups":
            one["rated_w"] = 60_501.0
    loose = placed(ask(plain_site(nodes, racks)))

    assert (tight.placed, loose.placed) == (10, 11)


def test_six_unequal_racks_are_balanced_on_three_phases(placed, plain_site):
    """1 + 6 = 2 + 5 = 3 + 4."""
    nodes = [node("U", "utility", 1e7), node("P", "pdu", 3e5, "U")]
    racks = [rack(f"K{n}", "P", count=n, phases="a") for n in range(1, 7)]
    document = ask(
        plain_site(nodes, racks), present="stay", survive="nothing",
        place=[{"server_count": 0}], objectives=["least-imbalance", "least-moves"],
        wirings=[{"phases": p} for p in "abc"],
    )  # fmt: skip
    found = placed(document)

    held = {p: sum(r.server_count for r in found.racks if r.phases == p) for p in "abc"}
    assert held == {"a": 7, "b": 7, "c": 7}
    assert found.imbalance_frac == pytest.approx(0.0, abs=1e-9)
    assert found.moved == 14  # seven of the 21 may stay on phase a
    assert [proof.optimal for proof in found.proofs] == [True, True]


def test_a_bound_on_imbalance_costs_servers(placed, plain_site):
    """Two racks of up to 8 on phases a and b: nothing is on c, so nothing may be."""
    nodes = [node("U", "utility", 1e7), node("P", "pdu", 3e5, "U")]
    racks = [rack(f"K{n}", "P", phases="ab"[n - 1]) for n in (1, 2)]
    free = ask(plain_site(nodes, racks), survive="nothing")

    assert placed(free).placed == 16
    assert placed(free).imbalance_frac == pytest.approx(0.5)
    # mean of 16/3 a phase and 8 on the fullest: 1.5 times the mean
    assert placed(free | {"imbalance_limit_frac": 0.51}).placed == 16
    assert placed(free | {"imbalance_limit_frac": 0.49}).placed == 0


def test_replicas_are_kept_apart(placed, plain_site):
    """Two rows on feeds of their own: no loss may take more than three."""
    nodes = [node("U", "utility", 1e7)]
    nodes += [node(f"B{k}", "busway", 1e6, "U") for k in (1, 2)]
    racks = [rack(f"K{k}", f"B{k}", row=f"R{k}") for k in (1, 2)]
    nodes.append(node("V", "utility", 1e7))  # the loss of U alone takes nothing
    for one in nodes[1:3]:
        one |= {"fed_by": ["U", "V"], "transfer": "first"}
    kinds = [{"name": "chat", "most_lost": 3}, {"name": "batch", "server_count": 4}]
    found = placed(ask(plain_site(nodes, racks), place=kinds))

    assert [kind.placed for kind in found.kinds] == [6, 4]
    assert {r.of["chat"] for r in found.racks} == {3}
    assert "chat below one node at 100 %" in [b.words for b in found.bindings]


def test_no_more_than_asked_stand_in_one_row(placed, plain_site):
    nodes, racks = two_feeds(1e6)
    racks[2]["row"] = racks[3]["row"] = "R2"
    found = placed(ask(plain_site(nodes, racks), place=[{"most_per_row": 5}]))

    assert found.placed == 10


def test_what_stands_there_stays_and_what_may_move_moves_least(placed, plain_site):
    """Ten servers on A alone overload it; at 30 kW a feed, four must go to B."""
    nodes, _ = two_feeds(30_000.0)
    racks = [rack("K1", "BUS-A", count=8), rack("K2", "BUS-A", count=2),
             rack("K3", "BUS-B"), rack("K4", "BUS-B")]  # fmt: skip
    document = ask(
        plain_site(nodes, racks), planned_for="provisioned",
        place=[{"server_count": 0}], objectives=["least-moves"], survive="nothing",
    )  # fmt: skip
    with pytest.raises(ScenarioError, match=r"present leaves no placement.*UPS-A at"):
        placed(document | {"present": "stay"})
    found = placed(document | {"present": "may-move"})

    assert found.moved == 5  # 30 kW hold five servers of 5,113 W
    assert found.server_count == 10
    assert sum(r.server_count for r in found.racks[:2]) == 5


def test_racks_choose_their_feeds(placed, plain_site):
    """
    Three chains of 20 kW, x, y and z on AB, BC and CA: after a loss of one the next
    carries x + y/2 and so on. Without CA 15 + 10 kW fit, with it 15 + 10 + 10.
    """
    nodes = [node("U", "utility", 1e7)]
    nodes += [node(f"UPS-{s}", "ups", 20_000.0, "U") for s in "ABC"]
    racks = [rack(f"K{k}", "UPS-A", "UPS-B") for k in (1, 2)]
    racks.append(rack("K3", "UPS-B", "UPS-C"))
    given = ask(plain_site(nodes, racks))
    pairs = [["UPS-A", "UPS-B"], ["UPS-B", "UPS-C"], ["UPS-C", "UPS-A"]]
    chosen = given | {"wirings": [{"fed_by": pair} for pair in pairs]}

    assert placed(given).placed == 5
    assert placed(chosen).placed == 7


def test_feeds_that_nothing_hangs_on_any_more_are_named_and_left_out(
    placed, plain_site
):
    nodes, racks = two_feeds(52_000.0)
    document = ask(plain_site(nodes, racks), wirings=[{"fed_by": ["BUS-A"]}])
    found = placed(document)

    assert found.unused == ("BUS-B", "UPS-B")
    assert found.placed == 10
    assert found.verified.most_lost == 10


def test_a_cap_after_the_loss_makes_room_while_breakers_hold(placed, plain_site):
    """Ten servers uncapped; more where a cap lands before the UPS gives up."""
    site = plain_site(*two_feeds(52_000.0)) | {"horizon": {"days": 0.05}}
    document = ask(site | {"policy": {"name": "polca"}}, after_loss="capped")
    found = placed(document)

    assert 10 < found.placed < 20  # 20 would fill both feeds with nothing lost
    # both feeds at most full before, the one left above its limit until the cap lands
    assert found.verified.normal_frac <= 1.0
    assert found.verified.worst_frac == pytest.approx(5.0 * found.placed / 52.0)
    assert found.verified.worst_frac > 1.0
    assert (found.verified.trips, found.verified.lost_by_load) == (0, 0)
    assert found.verified.agrees


def test_a_ups_that_does_not_wait_for_the_cap_leaves_no_more(placed, plain_site):
    """It bears 3 % for ten minutes and more for 30 s; the cap takes over 40 s."""
    nodes, racks = two_feeds(52_000.0)
    for one in nodes:
        if one["kind"] == "ups":
            one["protection"] = "ups-overload-short"
    site = plain_site(nodes, racks) | {
        "horizon": {"days": 0.05}, "policy": {"name": "polca"},
    }  # fmt: skip
    slow = placed(ask(site, after_loss="capped"))

    assert slow.placed == 10
    assert any("until the cap lands" in b.words for b in slow.bindings)


def test_the_result_is_a_scenario_that_holds_what_was_placed(placed):
    site = {"facility": {"template": {"design": "2n", "rows_per_hall": 2,
                                      "racks_per_row": 3}}}  # fmt: skip
    found = placed({"scenario": site, "planned_for": "peak"})
    racks = found.scenario.facility.racks

    assert sum(rack.server_count for rack in racks) == found.server_count
    assert found.scenario.facility.template is None
    again = placed({
        "scenario": found.scenario.model_dump(mode="json"), "planned_for": "peak",
    })  # fmt: skip
    assert again.placed == 0


# --- refusals -----------------------------------------------------------------------

TEMPLATE = {"facility": {"template": {"design": "2n"}}}


@pytest.mark.parametrize(
    ("document", "field", "words"),
    [
        pytest.param({"scenario": {}}, "facility", "template", id="no facility"),
        pytest.param(
            {"scenario": TEMPLATE, "present": "gone",
             "place": [{"server_count": 5000}]},
            "place.0.server_count", "is more than fit, 160", id="an impossible count",
        ),
        pytest.param(
            {"scenario": TEMPLATE, "place": [{"server": "gb200-nvl72"}],
             "rack_units": 42},
            "place.0.server", "is 48 U high", id="higher than a rack",
        ),
        pytest.param(
            {"scenario": TEMPLATE, "present": "gone", "rack_limit_w": 4000},
            "place.0.planned_w", "more than any rack can carry", id="more than a rack",
        ),
        pytest.param(
            {"scenario": TEMPLATE, "place": [{"server": "dgx-a101"}]},
            "place.0.server", "must be in the catalogue", id="unknown server",
        ),
        pytest.param(
            {"scenario": TEMPLATE, "wirings": [{"fed_by": ["PDU-H1-C"]}]},
            "wirings.0.fed_by", "did you mean PDU-H1-", id="unknown feed",
        ),
        pytest.param(
            {"scenario": TEMPLATE | {"policy": {"name": "no-cap"}},
             "after_loss": "capped"},
            "after_loss", "needs a policy that caps", id="nothing caps",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_placed_is_refused_by_name(placed, document, field, words):
    with pytest.raises(ScenarioError, match=words) as refused:
        placed(document)

    assert refused.value.field == field
    assert refused.value.repair


def test_rows_full_to_the_last_watt_leave_room_for_a_second_objective(placed):
    """Three types on rows of 204.52 kW: limits met to a millionth stay met."""
    kinds = [
        {"server": "dgx-h100", "server_count": 20},
        {"server": "dgx-b200", "server_count": 10},
        {"server": "dgx-a100"},
    ]
    found = placed({
        "scenario": TEMPLATE, "present": "gone", "planned_for": "peak", "place": kinds,
        "objectives": ["most-servers", "least-loading", "least-imbalance"],
    })  # fmt: skip

    assert [k.placed for k in found.kinds[:2]] == [20, 10]
    left_w = 4 * 204_520.0 - sum(k.placed * k.planned_w for k in found.kinds[:2])
    assert found.kinds[2].placed <= left_w / found.kinds[2].planned_w
    assert found.worst_frac <= 1.0 + 1e-6
    assert all(proof.optimal for proof in found.proofs)
    assert found.verified.agrees


def test_part_is_placed_where_part_was_asked_for(placed):
    found = placed({
        "scenario": TEMPLATE, "present": "gone", "place": [{"server_count": 170}],
        "partial": True,
    })  # fmt: skip

    assert (found.placed, found.unplaced) == (160, 10)
