"""The shell in a real browser: one header, keys, palette, undo, drafts, guides."""

from __future__ import annotations

import pytest

from tests.app.conftest import ANSWER_MS, BROWSER, FIRST_ANSWER_MS

pytestmark = BROWSER

ANSWERED = "() => Boolean(document.querySelector('#explore-verdict .np-headline'))"
SHORT = "days=0.1"
"""A horizon that is answered at once."""
CUT = (
    "net::ERR_FAILED",
    "status of 500",
    "Callback error",
    "Callback failed: the server did not respond",
)
"""Words of requests that are cut on purpose."""
ADDED = "#explore-added-slider [role=slider]"
FOCUSED = """() => {
    const node = document.activeElement;
    if (node === document.body) return null;
    const label = node.labels?.[0];
    const ringed = (n) => n && getComputedStyle(n).outlineStyle !== 'none'
        && parseFloat(getComputedStyle(n).outlineWidth) >= 2;
    const hidden = node.matches('input') && node.offsetWidth === 0;  // of a switch
    const seen = hidden ? label : node;
    const { top, bottom, width } = seen.getBoundingClientRect();
    const named = node.getAttribute('aria-label') || label?.textContent
        || node.textContent.trim();
    const value = node.getAttribute('aria-valuenow') || '';
    return [`${named} ${value}`.trim(), Boolean(ringed(seen)),
            width > 0 && bottom > 0 && top < innerHeight];
}"""
"""Words of what has the focus, whether a ring is drawn around it, and in sight."""
MOST_STOPS = 90


@pytest.fixture(scope="module")
def page(browser, origin):
    """One page for the module; nothing may go wrong in its console."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, bypass_csp=True
    )
    shown = context.new_page()
    faults: list[str] = []
    shown.on("console", lambda m: m.type == "error" and faults.append(m.text))
    shown.on("pageerror", lambda e: faults.append(str(e)))
    shown.goto(f"{origin}/?{SHORT}")
    shown.wait_for_function(ANSWERED, timeout=FIRST_ANSWER_MS)
    yield shown
    context.close()
    assert [text for text in faults if not any(c in text for c in CUT)] == []


@pytest.fixture
def explore(page, origin):
    """Explore as a stranger finds it, or with an address; as it is, if it is there."""

    def opened(query=f"?{SHORT}", *, keep=False, there=False):
        if there and page.url.partition("?")[0] == f"{origin}/":
            return page
        if not keep:
            page.evaluate("localStorage.clear()")
        page.goto(f"{origin}/{query}")
        page.wait_for_function(ANSWERED, timeout=ANSWER_MS)
        return page

    return opened


def in_url(page, text, *, there=True):
    page.wait_for_function(
        "([t, is]) => location.search.includes(t) === is", arg=[text, there],
        timeout=ANSWER_MS,
    )  # fmt: skip


def test_a_first_visit_has_three_questions_and_closes_them_for_good(page):
    asks = page.locator(".np-welcome .np-ask")

    assert asks.all_inner_texts() == [
        "How many more servers?", "What if this UPS fails?",
        "Will the utility accept this job?",
    ]  # fmt: skip
    page.click("#np-welcome-close")
    assert page.locator(".np-welcome").is_hidden()
    page.reload()
    page.wait_for_function(ANSWERED, timeout=ANSWER_MS)
    assert page.locator(".np-welcome").is_hidden()


def at_focus(page):
    """What has the focus, in words; nothing may have it unseen."""
    found = page.evaluate(FOCUSED)
    assert found, "nothing has the focus"
    words, ringed, in_sight = found
    assert ringed, f"no ring at {words!r}"
    assert in_sight, f"the focus is out of sight at {words!r}"
    return words


def tab_to(page, words, *, back=False):
    """Go on by Tab alone to what says this; return all that was passed, it included."""
    passed = []
    while not passed or words not in passed[-1]:
        assert len(passed) < MOST_STOPS, f"no {words!r} among {passed}"
        page.keyboard.press("Shift+Tab" if back else "Tab")
        passed.append(at_focus(page))
    return passed


def ask(page, question):
    """From a page just loaded to the guide of a question, its first words quoted."""
    tab_to(page, "Skip to the answer")
    page.keyboard.press("Enter")
    asks = tab_to(page, question)
    page.keyboard.press("Enter")
    return asks, quoted(page)


def quoted(page):
    """What the guide says first; the focus is in it."""
    page.wait_for_selector("#np-guide", timeout=FIRST_ANSWER_MS)
    assert at_focus(page) == "Next"
    assert "1 of 4" in page.inner_text("#np-guide")
    return page.inner_text("#np-guide p")


def until(page, selector, pattern):
    """Wait until a reader sees this; return the words."""
    page.wait_for_function(
        "([s, p]) => new RegExp(p).test(document.querySelector(s)?.innerText || '')",
        arg=[selector, pattern], timeout=ANSWER_MS,
    )  # fmt: skip
    return page.inner_text(selector)


def test_keys_alone_find_how_many_more_servers_fit(explore):
    page = explore("")
    headline = "#explore-verdict .np-headline"

    asks, said = ask(page, "How many more servers?")
    assert asks == ["How many more servers?"]  # what is seen first comes first
    assert page.inner_text(headline).lstrip("✓✕ \n") in said
    page.keyboard.press("Enter")
    assert "2 of 4" in page.inner_text("#np-guide")
    page.keyboard.press("ArrowLeft")
    assert "1 of 4" in page.inner_text("#np-guide")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    assert page.locator("#np-guide").count() == 0
    assert "Added servers" in at_focus(page)  # goes on from where the guide was

    tab_to(page, "Added servers 12")  # the slider
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    said = until(page, headline, "44 servers")
    assert at_focus(page) == "Added servers 4"
    assert said.startswith("✓")
    assert "44 servers (+10 %) fit" in said

    tab_to(page, "Table")
    page.keyboard.press("Enter")
    assert at_focus(page) == "Table"
    table = page.get_attribute("button:focus", "aria-controls")
    assert "kW" in until(page, f"#{table}", r"\d\d\d")


def test_keys_alone_fail_a_ups_in_the_diagram_and_the_focus_stays(explore):
    page = explore(there=True)
    story = "#site-story-words .np-story-words"

    page.keyboard.press("Control+k")
    page.keyboard.type("this ups fails")
    page.keyboard.press("Enter")
    said = quoted(page)
    assert page.inner_text(story) in said
    assert "UPS-H1-A lost" in said
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    nodes = tab_to(page, "UPS-H1-B")
    assert any("UPS-H1-A, UPS" in words for words in nodes)
    page.keyboard.press("Enter")

    assert "UPS-H1-A and UPS-H1-B lost" in until(page, story, "UPS-H1-B lost")
    assert "UPS-H1-B" in at_focus(page)
    page.keyboard.press("f")  # repaired
    until(page, story, "^UPS-H1-A lost")
    assert "UPS-H1-B" in at_focus(page)
    tab_to(page, "nodes change")
    assert "UPS-H1-A" in page.inner_text("#site-affected")


def test_keys_alone_read_a_rule_of_the_utility_and_its_worst_moment(explore):
    page = explore()
    headline = "#stab-verdict .np-headline"

    asks, said = ask(page, "Will the utility accept this job?")
    assert asks[:2] == ["How many more servers?", "What if this UPS fails?"]
    assert page.inner_text(headline).lstrip("✓✕ \n") in said
    for _ in range(3):
        page.keyboard.press("Enter")
    assert at_focus(page) == "Done"
    page.keyboard.press("Enter")
    assert at_focus(page) == "Find the cheapest"
    tab_to(page, "ERCOT, at most 10 MW", back=True)
    page.keyboard.press("Enter")
    rule = until(page, "#stab-compliance .np-chosen-row", "ERCOT")
    assert "ERCOT" in at_focus(page)
    assert "MW" in rule


def test_undo_goes_back_one_movement_and_redo_forth(explore):
    page = explore("")
    assert page.is_disabled("#np-undo")
    page.focus(ADDED)
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    in_url(page, "added=9")

    assert page.get_attribute("#np-undo", "data-tip") == "Undo: Added servers 12 → 9"
    page.keyboard.press("Control+z")
    in_url(page, "added=", there=False)
    assert page.input_value("#explore-added") == "12"
    assert page.is_disabled("#np-undo")
    page.click("#np-redo")
    in_url(page, "added=9")
    assert page.input_value("#explore-added") == "9"
    page.click("#np-redo", force=True)  # nothing more: it stays
    assert page.is_disabled("#np-redo")


def test_inputs_come_back_after_the_tab_is_gone_and_an_address_wins(explore):
    page = explore()
    page.focus(ADDED)
    page.keyboard.press("ArrowLeft")
    in_url(page, "added=11")

    explore(f"?added=5&{SHORT}", keep=True)
    in_url(page, "added=5")
    assert page.locator("#explore-draft").is_hidden()
    explore("", keep=True)
    in_url(page, "added=11")
    assert "are back" in page.inner_text("#explore-draft")
    page.click("#np-fresh")
    in_url(page, "added=", there=False)
    assert page.input_value("#explore-added") == "12"
    assert page.locator("#explore-draft").is_hidden()


def test_a_definition_of_a_study_is_undone_and_comes_back(page, origin):
    page.goto(origin + "/study/")
    name = page.locator("[data-at='name']")
    name.wait_for(timeout=ANSWER_MS)
    page.wait_for_function("() => document.body.dataset.studySeq")  # edits are noted
    before = name.input_value()
    name.fill("Spring study")
    name.press("Tab")
    page.wait_for_function("() => !document.querySelector('#np-undo').disabled")
    page.reload()
    name.wait_for(timeout=ANSWER_MS)

    assert name.input_value() == "Spring study"
    assert "are back" in page.inner_text("#study-draft")
    page.click("#np-fresh")
    page.wait_for_function(
        "b => document.querySelector('[data-at=name]').value === b", arg=before
    )


def test_the_palette_finds_and_runs_by_keyboard(explore):
    page = explore(there=True)
    page.focus("#explore-export")
    page.keyboard.press("/")
    field = page.locator("#np-palette-in")
    field.wait_for()
    page.wait_for_function("() => document.body.dataset.npPalette")
    page.keyboard.type("sample")

    assert "Sample row" in page.inner_text("#np-palette-list")
    hit = field.get_attribute("aria-activedescendant")
    assert page.get_attribute(f"#{hit}", "aria-selected") == "true"
    field.fill("headroom")
    assert "Word" in page.inner_text("#np-palette-list")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "explore-export"
    page.keyboard.press("Control+k")
    page.keyboard.type("api call")
    page.keyboard.press("Enter")
    page.wait_for_selector("#explore-api-text", timeout=ANSWER_MS)
    assert "/api/v1/what-if" in page.inner_text("#explore-api-text")
    assert page.locator("#np-who").is_hidden()  # nobody has to sign in here
    page.keyboard.press("Escape")
    page.wait_for_selector("#explore-api-text", state="hidden")


def test_help_has_the_keys_keeps_the_focus_and_gives_it_back(explore):
    page = explore(there=True)
    page.focus("#explore-copy")
    page.keyboard.press("?")
    box = page.locator("#np-help-dialog")
    box.wait_for()

    assert "g t" in " ".join(box.inner_text().split())
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body"
            " || Boolean(document.activeElement.closest('dialog'))"
        )
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "explore-copy"


def test_a_number_says_its_inputs_source_and_time_and_is_old_when_the_server_is_gone(
    explore,
):
    page = explore(f"?added=11&{SHORT}")
    tip = page.locator("#np-tip")
    page.wait_for_function(
        r"() => /, as of \d\d:\d\d:\d\d, \d+ s ago$/.test("
        "document.querySelector('#explore-age').textContent)"
    )
    page.focus("#explore-number-headroom")
    lines = tip.inner_text().split("\n")
    assert lines[0] == "Provisioned row power minus peak row power."
    assert "Added servers 11" in lines[1]
    assert lines[1].endswith("the others as they start.")
    assert lines[2].startswith("Source: the model")
    assert lines[3].startswith("Computed at ")
    assert len(lines) == 4

    page.route("**/api/v1/health", lambda route: route.abort())
    page.wait_for_selector("#explore-offline:not([hidden])", timeout=ANSWER_MS)
    assert "Connection lost" in page.inner_text("#explore-offline")
    page.wait_for_selector("#explore-verdict.np-old", timeout=ANSWER_MS)
    page.wait_for_selector("#explore-numbers.np-old", timeout=ANSWER_MS)
    named = "getComputedStyle(document.querySelector('#explore-verdict'), '::after')"
    assert page.evaluate(f"{named}.content") == '"old"'
    page.hover("#explore-number-peak")
    assert tip.inner_text().endswith("Old: the server is not reached.")

    page.unroute("**/api/v1/health")
    page.wait_for_selector("#explore-offline", state="hidden", timeout=ANSWER_MS)
    page.wait_for_selector(".np-old", state="detached", timeout=ANSWER_MS)


@pytest.mark.parametrize(
    ("fail", "words"),
    [
        (lambda route: route.fulfill(status=500, json={"title": "A fault of ours"}),
         "A fault of ours: status 500"),
        (lambda route: route.abort(), "No answer: the server was not reached"),
    ],
    ids=["500", "unreached"],
)  # fmt: skip
def test_the_last_answer_is_old_at_every_chart_when_a_question_has_failed(
    explore, fail, words
):
    page = explore(there=True)
    asked = "**/_dash-update-component*"
    chip = """getComputedStyle(document.querySelector(
        '#explore-main .np-chart .np-h2'), '::after').content"""
    page.wait_for_selector(".np-old", state="detached", timeout=ANSWER_MS)
    assert page.evaluate(chip) == "none"

    page.route(asked, fail)
    page.focus(ADDED)
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#explore-verdict.np-old", timeout=ANSWER_MS)
    page.wait_for_selector("#np-waiting:not([hidden])")
    assert page.inner_text("#np-waiting") == words
    page.wait_for_selector("#explore-numbers.np-old")
    page.wait_for_selector("#explore-main.np-unanswered")
    assert page.evaluate(chip) == '"old"'
    page.mouse.move(0, 0)
    page.hover("#explore-number-peak")
    assert page.inner_text("#np-tip").endswith("Old: the last question has failed.")

    page.unroute(asked)
    page.focus(ADDED)
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".np-old", state="detached", timeout=ANSWER_MS)
    page.wait_for_selector("#explore-main:not(.np-unanswered)")


def test_keys_theme_and_libraries_are_the_same_on_the_next_page(explore):
    page = explore(there=True)
    page.click("#explore-theme >> text=Dark")
    dark = "() => document.documentElement.dataset.mantineColorScheme === 'dark'"
    page.wait_for_function(dark, timeout=ANSWER_MS)
    page.focus("#explore-copy")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/compare/*")
    page.wait_for_function(dark, timeout=ANSWER_MS)
    page.wait_for_selector("#np-help", timeout=ANSWER_MS)

    assert page.locator("#cmp-theme input:checked").get_attribute("value") == "dark"
    sizes = page.evaluate(
        "performance.getEntriesByType('resource')"
        ".filter((e) => e.name.includes('_dash-component-suites'))"
        ".map((e) => [e.name, e.transferSize])"
    )
    assert len(sizes) > 6
    assert [name for name, size in sizes if size] == []  # kept for good
    page.evaluate("localStorage.clear()")
