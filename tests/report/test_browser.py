"""The page in headless Chromium: loading from disk, charts, keyboard, dark mode and narrow screens."""

import json
import shutil
import time

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.report.conftest import make_run

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium or chromedriver is not installed"),
]
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip
IN_PAGE = """
const seen = (node) => { const box = node.getBoundingClientRect(); return box.width > 0 && box.height > 0; };
const luminance = (colour) => colour.match(/[\\d.]+/g).slice(0, 3)
  .map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
const contrast = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
const style = (node) => getComputedStyle(node);
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory, params):
    """A report with every figure."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("run"))
        patch.setenv("GDIG_SCRATCH", "kept")
        run = make_run(params)
        run.report()
        yield (run.folder / run.paths.report / "index.html").as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (*ARGUMENTS, f"--user-data-dir={tmp_path_factory.mktemp('user')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def look(browser, page, *, width=1280, scheme="light"):
    """Open the page on a screen, and wait until all is drawn."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    start = time.monotonic()
    browser.get(page)
    while not browser.execute_script("return document.documentElement.dataset.drawn"):
        assert time.monotonic() < start + 60, browser.get_log("browser")
        time.sleep(0.02)


def press(browser, key):
    webdriver.ActionChains(browser).send_keys(key).perform()


def test_it_loads_in_two_seconds_draws_everything_and_asks_the_network_for_nothing(browser, page):
    # What the browser's own first page asked for.
    browser.get("about:blank")
    browser.get_log("performance")
    # Processor time of the page, which on a machine that does nothing else is what the reader waits for.
    browser.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    look(browser, page)
    measured = browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    assert 0.05 < next(entry["value"] for entry in measured if entry["name"] == "TaskDuration") < 2
    assert browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}
    assert page in asked
    assert not {url for url in asked if url.split(":")[0] not in ("file", "data", "about")}
    assert len({url for url in asked if url.startswith("file:")}) == 1
    charts = browser.find_elements(By.CSS_SELECTOR, ".chart")
    marks = browser.execute_script(
        IN_PAGE + "return [...document.querySelectorAll('.chart')].map((chart) => "
        "[...chart.querySelectorAll('.role-mark path, .role-mark line, .role-mark text')].filter(seen).length)"
    )
    assert len(charts) == len(marks) > 10
    assert min(marks) >= 2, marks
    figures = browser.find_elements(By.CSS_SELECTOR, "figure")
    assert len(figures) == 10
    assert all(figure.find_elements(By.CSS_SELECTOR, "details table td") for figure in figures)


def test_the_page_cannot_reach_a_network(browser, page):
    look(browser, page)
    refused = browser.execute_async_script(
        "const done = arguments[0]; fetch('https://example.org').then(() => done('no'), (error) => done(String(error)))"
    )
    assert "TypeError" in refused
    assert "Content Security Policy" in str(browser.get_log("browser"))


def test_the_keyboard_reaches_everything_in_order(browser, page):
    look(browser, page)
    seen = []
    for _ in range(400):
        press(browser, Keys.TAB)
        node = browser.switch_to.active_element
        if node.tag_name == "body" or (len(seen) > 1 and node.get_attribute("class") == "skip"):
            break
        outlined = browser.execute_script("return getComputedStyle(arguments[0]).outlineStyle", node)
        seen.append((node.tag_name, node.get_attribute("href"), node.rect["y"], outlined, node.text))
    assert seen[0][1].endswith("#main")
    assert all(outline != "none" for *_, outline, _ in seen)
    links = [href for tag, href, *_ in seen if tag == "a"]
    assert len([href for href in links if "#" in href]) > 10
    assert len([href for href in links if "/figures/" in href]) == 20
    inside = [y for tag, href, y, *_ in seen if tag == "summary" or (href and "/figures/" in href)]
    assert inside == sorted(inside)
    assert len([tag for tag, *_ in seen if tag == "summary"]) >= 10
    # A chart's numbers unfold without a mouse.
    summary = browser.find_element(By.CSS_SELECTOR, "figure summary")
    table = browser.find_element(By.CSS_SELECTOR, "figure details table")
    assert not table.is_displayed()
    summary.send_keys(Keys.ENTER)
    assert table.is_displayed()
    # The link at the top leads past the contents.
    look(browser, page)
    press(browser, Keys.TAB)
    press(browser, Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "main"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(browser, page, scheme):
    look(browser, page, scheme=scheme)
    contrasts = browser.execute_script(
        IN_PAGE + "const card = style(document.querySelector('main > section')).backgroundColor;"
        "const texts = [...document.querySelectorAll('main p, main td, main th, figcaption, summary, h2, h4')];"
        "const labels = [...document.querySelectorAll('.role-axis-label text')];"
        "return {card: luminance(card), text: Math.min(...texts.map((n) => contrast(style(n).color, card))),"
        " chart: Math.min(...labels.map((n) => contrast(style(n).fill, card)))}"
    )
    assert (contrasts["card"] < 0.05) == (scheme == "dark")
    assert contrasts["text"] >= 4.5
    assert contrasts["chart"] >= 4.5


@pytest.mark.parametrize("width", [400, 768, 1280])
def test_nothing_is_wider_than_the_screen(browser, page, width):
    look(browser, page, width=width)
    browser.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    across, screen, outside = browser.execute_script(
        IN_PAGE + "const root = document.documentElement;"
        "const out = [...document.querySelectorAll('svg, .scroll, figure, pre, h2, p')]"
        ".filter((n) => seen(n) && n.getBoundingClientRect().right > innerWidth + 1)"
        ".map((n) => n.outerHTML.slice(0, 80));"
        "return [root.scrollWidth, innerWidth, out]"
    )
    assert across <= screen == width
    assert outside == []


def test_a_dot_tells_its_sentences_and_markup_in_them_stays_text(browser, page):
    look(browser, page)
    dot = browser.find_element(By.CSS_SELECTOR, "#clusters .role-mark path")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", dot)
    webdriver.ActionChains(browser).move_to_element(dot).perform()
    tooltip = WebDriverWait(browser, 10).until(
        lambda b: next((t for t in b.find_elements(By.ID, "vg-tooltip-element") if t.is_displayed()), None)
    )
    assert "Satz" in tooltip.text
    assert "Sentence" in tooltip.text
    assert not browser.find_elements(By.CSS_SELECTOR, "#vg-tooltip-element script")
