"""The HTML report as a person meets it: in a browser, on a phone, by keyboard, in the dark."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import chromium
from tests.repo import fleetmod, make

EVIL = "</script><img src=x onerror=alert(1)>"
FILES = {
    "package.json": '{\n  "name": "acme",\n  "workspaces": ["packages/*"]\n}\n',
    "packages/app/package.json": '{\n  "name": "@acme/app"\n}\n',
    "packages/cli/package.json": '{\n  "name": "@acme/cli"\n}\n',
    "fleetmod.toml": 'version = 1\n[home]\nusers = ["alice"]\n[runtime]\nscope = "@acme"\n',
    "CODEOWNERS": "* @acme/all\n/packages/cli/ @acme/cli @eve\n",
    "packages/app/src/a.ts": f'export const evil = "/Users/alice/{EVIL}";\n'
    f'export const b = "/Users/bob/{"x" * 300}";\n',
    "packages/cli/src/a b.ts": 'import { execSync } from "node:child_process";\n'
    'execSync("launchctl kickstart -k system/com.acme.api");\n'
    'export const other = () => execSync("launchctl $1");\n',
    "packages/cli/src/broken.ts": '@@@ execSync("launchctl list") ###\n',
}
HISTORY = {
    "format": "fleetmod-trend",
    "version": 1,
    "points": [
        {
            "commit": sha * 40,
            "date": f"2026-0{sha}-01T00:00:00Z",
            "subject": EVIL,
            "debt": {"process": 9 - int(sha), "home": 12},
            "files": 3,
            "unproven": 0,
        }
        for sha in "123"
    ],
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    root = make(folder / "r", dict(FILES))
    (folder / "history.json").write_text(json.dumps(HISTORY))
    page = folder / "report.html"
    options = ("--format", "html", "--output", str(page), "--history", str(folder / "history.json"))
    assert fleetmod(root, "audit", *options).code == 1
    return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    """The report, opened; whatever it logs, throws or asks the network for fails the test."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("dialog", lambda dialog: said.append(dialog.message))
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(report.as_uri())
    yield opened
    assert said == []
    assert {url for url in asked if not url.startswith("data:")} == {report.as_uri()}
    context.close()


def shown(page: Page) -> list[str]:
    rules = page.locator("details.finding:visible .rule").all_inner_texts()
    return sorted(rules)


def test_it_tells_what_is_left(page: Page) -> None:
    assert page.locator("h1").inner_text() == "4 places tie this repository to one host"
    assert page.locator(".figure").all_inner_texts() == ["2 left", "2 left", "0 left", "0 left"]
    assert page.locator(".bars tbody th").all_inner_texts() == ["packages/app", "packages/cli"]
    assert "broken.ts:1" in page.locator("section:has(#unproven)").inner_text()
    chart = page.locator(".plot svg").get_attribute("aria-label")
    assert chart == ("Debt of each phase over time: phase 1a from 8 to 2, phase 1b from 12 to 2")


def test_the_filter_works_by_keyboard(page: Page) -> None:
    every = ["home-path", "home-stranger", "launchctl-call", "launchctl-call"]
    assert shown(page) == every
    page.locator("[name=text]").focus()
    page.keyboard.type("KICKSTART")
    assert shown(page) == ["launchctl-call"]
    assert page.locator("#shown").inner_text() == "1 of 4 findings"
    page.keyboard.type(" nowhere")
    assert shown(page) == [] and page.locator("#none").is_visible()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")  # to the package
    page.keyboard.type("packages/app")
    assert shown(page) == ["home-path", "home-stranger"]
    page.keyboard.press("Tab")  # to the phase
    page.keyboard.press("Tab")  # to the owner
    page.keyboard.press("Tab")  # to "needs a person"
    page.keyboard.press("Space")
    assert shown(page) == ["home-path"]


def test_a_finding_opens_by_keyboard_and_shows_before_and_after(page: Page) -> None:
    finding = page.locator("details.finding:has(summary:has-text('kickstart'))")
    finding.locator("summary").focus()
    page.keyboard.press("Enter")
    assert "kickstart" in finding.locator(".del").all_inner_texts()[-1]
    assert any("processManagerSync.restart" in t for t in finding.locator(".add").all_inner_texts())
    link = finding.locator(".links a").first.get_attribute("href")
    assert link == "r/packages/cli/src/a%20b.ts"
    refused = page.locator("details.finding:has(summary:has-text('$1'))")
    assert refused.locator(".hit").inner_text().endswith('execSync("launchctl $1");')


def test_what_needs_a_person_comes_first_and_is_open(page: Page) -> None:
    states = [each.get_attribute("data-state") for each in page.locator("details.finding").all()]
    assert states == ["refuse", "rewrite", "refuse", "rewrite"]
    assert page.locator("details[open]").count() == 2
    page.get_by_role("button", name="Expand all").click()
    assert page.locator("details[open]").count() == 4
    page.get_by_role("button", name="Expand all").click()
    assert page.locator("details[open]").count() == 0


def test_what_is_chosen_stands_in_the_address(page: Page) -> None:
    page.get_by_label("Owner").select_option("@eve")
    page.get_by_label("needs a person").uncheck()
    assert shown(page) == ["launchctl-call"]
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    assert shown(page) == ["launchctl-call"]
    page.locator("table.matrix a").first.click()
    assert shown(page) == ["home-path", "home-stranger"]
    assert page.get_by_label("Owner").input_value() == ""


def test_a_link_opens_one_finding(page: Page) -> None:
    finding = page.locator("details.finding:has(summary:has-text('kickstart'))")
    page.locator("[name=text]").fill("nothing like it")
    assert finding.is_hidden()
    page.goto(f"{page.url.partition('#')[0]}#{finding.get_attribute('id')}")
    assert finding.is_visible() and finding.get_attribute("open") is not None


def test_the_words_that_change_are_marked_and_stand_side_by_side(page: Page) -> None:
    finding = page.locator("details.finding:has(summary:has-text('alice'))")
    finding.locator("summary").click()
    marked = finding.locator(".del mark").all_inner_texts()
    assert "/Users/alice" in marked[0] and not any("evil" in each for each in marked)
    gone, come = finding.locator(".del").last, finding.locator(".add").last

    def tops() -> list[float]:
        boxes = [each.bounding_box() for each in (gone, come)]
        return [box["y"] for box in boxes if box is not None]

    assert tops()[0] < tops()[1]
    page.get_by_role("button", name="Side by side").click()
    assert tops()[0] == tops()[1]


def test_the_way_is_shown_whole(page: Page) -> None:
    steps = page.locator(".roadmap li").all_inner_texts()
    assert steps[0] == "1a process manager 2 left" and steps[-1] == "5 a second node not asked"
    points = page.locator(".plot .home title").all_text_contents()
    assert points[0] == "2026-01-01: 12 of phase 1b" and points[-1] == "now: 2 of phase 1b"


def test_text_of_the_code_is_only_text(page: Page) -> None:
    assert EVIL in page.locator("summary", has_text="onerror").inner_text()
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("width", [320, 390, 768])
def test_no_width_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    for finding in page.locator("summary").all():
        finding.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    low = page.evaluate(
        "[...document.querySelectorAll('summary, select, input, a.skip')]"
        ".filter(e => e.checkVisibility() && e.type !== 'checkbox' && !e.matches('.skip'))"
        ".map(e => e.getBoundingClientRect().height)"
    )
    assert min(low) >= 40, "large enough for a finger"


CONTRAST = """
() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const color = rgb(getComputedStyle(e).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest('script, style, .unseen')) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`);
  }
  return [...new Set(low)];
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(page: Page, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for finding in page.locator("summary").all():
        finding.click()
    assert page.evaluate(CONTRAST) == []
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(20, 22, 26)") == (scheme == "dark")


def test_all_of_it_can_be_read_without_a_script(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.locator("details.finding").count() == 4
    assert page.locator("#filter").is_hidden()
    assert page.locator("details[open] pre").count() == 2  # what needs a person
    page.locator("details:not([open]) summary").first.click()
    assert page.locator("details[open] pre").count() == 3
    context.close()


def test_links_to_a_remote(report: Path, tmp_path: Path) -> None:
    root = report.parent / "r"
    page = tmp_path / "x.html"
    url = "https://git.example/acme/blob/{commit}/{path}#L{line}"
    fleetmod(root, "audit", "--format", "html", "--output", str(page), "--source-url", url)
    assert "/packages/cli/src/a%20b.ts#L2" in page.read_text()
    assert "{commit}" not in page.read_text()
