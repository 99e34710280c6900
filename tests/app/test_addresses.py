"""What every page looks at goes to its address and comes back the same."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pages.data import state as data
from app.pages.explore import state as explore
from app.pages.live import state as live
from app.pages.serving import state as serving
from app.pages.site import state as site
from app.pages.stabilize import state as stabilize

NAMES = st.text("abc-/é ?&=.,~", min_size=1, max_size=20)
KNOBS = '{"greener":{"batch":[16,64]},"splitwise":{"design":"HA"}}'
CHOSEN = {
    site: {"view": "cooling", "hall": "H2", "failed": "A,B"},
    serving: {
        "arrivals": "rates:servegen-m-large", "knobs": KNOBS, "look": "SSJF: 2",
    },
    stabilize: {"gpu": "h100-sxm-80gb", "rules": "ieso-15s"},
}  # fmt: skip
TYPED = {
    live: {
        "range": st.sampled_from([k for k, _ in live.RANGES]),
        "metric": st.sampled_from([k for k, _ in live.METRICS]),
        "units": st.sampled_from(["W", "kW", "MW"]), "node": NAMES, "host": NAMES,
        "gpu": NAMES, "zoom": st.sampled_from(["", "1763733600~1763737200"]),
    },
    data: {
        "period": st.sampled_from(list(data.PERIOD_S)),
        "search": st.text("ab &=?é", max_size=20),
        "page": st.integers(1, 999).map(str),
    },
}  # fmt: skip


def named(page):
    return page.__name__.split(".")[-2]


def again(page, view):
    return page.view_from(dict(parse_qsl(view.to_query())))


@pytest.mark.parametrize(
    "page", [data, explore, live, serving, site, stabilize], ids=named
)
def test_the_untouched_view_needs_no_query(page):
    assert page.view_from({}).to_query() == ""


@pytest.mark.parametrize("page", [site, serving, stabilize], ids=named)
@given(drawn=st.data())
def test_a_view_survives_its_address(page, drawn):
    values = {
        c.key: drawn.draw(st.floats(c.low, c.high).map(lambda v: round(v, 3)))
        for c in page.CONTROLS
    }
    view = page.view_from(values | CHOSEN[page])
    read = again(page, view)

    assert read.choices == view.choices
    assert read.sliders == pytest.approx(view.sliders, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("page", [live, data], ids=named)
@given(drawn=st.data())
def test_what_is_typed_survives_its_address(page, drawn):
    view = page.view_from(drawn.draw(st.fixed_dictionaries(TYPED[page])))

    assert again(page, view) == view
