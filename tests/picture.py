"""The picture of README: the sample report of the demo, as a browser shows it.

python -m tests.picture
"""

from __future__ import annotations

from tests.browser import chromium
from tests.repo import FIXTURES

DEMO = FIXTURES.parent / "reports" / "demo"

if __name__ == "__main__":
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1120, "height": 760}, color_scheme="light")
        page.goto((DEMO / "audit.html").as_uri())
        page.screenshot(path=DEMO / "audit.png")
