"""Take the pictures of docs/screens.md: ``python -m tests.browser.take_pictures [students] [instructors] [researchers]``.

They are of the sample classroom, which is invented, and of one who has just begun in it.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mastery_core.database import EmbeddedDatabase
from tests.browser import screens
from tests.browser.conftest import CHROMIUM_ARGUMENTS, running_app
from tests.browser.test_student_screens import WAYS, from_menu

PICTURES = Path(__file__).parents[2] / "docs" / "screens"
WIDE, NARROW = 1440, 390
TALLEST = {WIDE: 2_000, NARROW: 2_600}
COLOURS_A_PICTURE = 256
LOOKS = {
    "wide-light": (WIDE, "light"),
    "wide-dark": (WIDE, "dark"),
    "narrow-light": (NARROW, "light"),
    "narrow-dark": (NARROW, "dark"),
}
MUCH, LITTLE, TEACHES, RESEARCHES = "Amina Diallo", "Noor Jansen", "Elena Marchetti", "Maren Lindahl"


def a_concept_of_the_cohort(page: Page) -> None:
    """From its name in the table of all."""
    screens.open_screen(page, "Concepts")
    screens.open_row(page, re.compile("^Every concept with its learners"))
    expect(page.get_by_role("heading", name="Its learners, weakest first")).to_be_visible()
    screens.settle(page)


TEACHING = {name: from_menu(name) for name in ("Cohort", "Grid", "Concepts", "Compare", "Manage", "Import")} | {
    "Concept of a cohort": a_concept_of_the_cohort
}


def an_extract(page: Page) -> None:
    """Made now, where there is none yet."""
    screens.open_screen(page, "Data")
    page.get_by_role("button", name="Extract now").click()
    expect(page.get_by_text("Take it with you")).to_be_visible()
    screens.settle(page)


# Without an extract there is nothing to measure.
MEASURED = ("Velocity", "Learning curves", "Time to mastery", "Retention", "Calibration")
RESEARCHING = {"Data": an_extract} | {name: from_menu(name) for name in MEASURED}


def main() -> None:
    wanted = set(sys.argv[1:]) or {"students", "instructors", "researchers"}
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as url, sync_playwright() as playwright:
        add_beginner(Path(folder) / "home")
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        if "students" in wanted:
            for look, (width, color_scheme) in LOOKS.items():
                take(browser, url, MUCH, look, width, color_scheme, WAYS | {"Concept": from_menu("Concept")})
            at_first = {name: WAYS[name] for name in ("Progress", "Insights", "Review plan")}
            take(browser, url, LITTLE, "little", NARROW, "light", at_first)
        if "instructors" in wanted:
            for look, (width, color_scheme) in LOOKS.items():
                take(browser, url, TEACHES, look, width, color_scheme, TEACHING)
        if "researchers" in wanted:
            for look, (width, color_scheme) in LOOKS.items():
                take(browser, url, RESEARCHES, look, width, color_scheme, RESEARCHING)
        browser.close()


def add_beginner(home: Path) -> None:
    """Somebody with three answers on one concept, and one on another."""
    learner, now = str(uuid4()), datetime.now(UTC)
    database = EmbeddedDatabase(home)
    rows = [
        {"id": str(uuid4()), "learner": learner, "learner_name": LITTLE, "concept": concept, "outcome": outcome,
         "at": (now - timedelta(hours=hours)).isoformat(), "session": None, "type": "quiz_attempt"}
        for concept, outcome, hours in (
            ("Box plots and outliers", "correct", 50), ("Box plots and outliers", "incorrect", 26),
            ("Box plots and outliers", "correct", 2), ("z-scores", "correct", 1),
        )
    ]  # fmt: skip
    database.acting_as_service().call("import_outcomes", rows=rows, cohort=None)
    database.close()


def take(
    browser: Browser,
    url: str,
    name: str,
    look: str,
    width: int,
    color_scheme: str,
    ways: dict[str, Callable[[Page], None]],
) -> None:
    with screens.signed_in(browser, url, name, width=width, color_scheme=color_scheme) as page:
        for screen, go in ways.items():
            go(page)
            page.wait_for_timeout(1_000)  # until what fades in has
            tall = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
            page.set_viewport_size({"width": width, "height": min(tall, TALLEST[width])})
            page.wait_for_timeout(500)
            page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
            page.mouse.move(width - 1, 0)
            expect(page.get_by_test_id("stTooltipContent")).to_have_count(0)
            screens.settle(page)
            save(page.screenshot(), f"{screen.lower().replace(' ', '-')}-{look}.png")
            page.set_viewport_size({"width": width, "height": 900})


def save(picture: bytes, name: str) -> None:
    """As few bytes as leave it looking the same: screens have few colours."""
    Image.open(BytesIO(picture)).convert("RGB").quantize(COLOURS_A_PICTURE, kmeans=2, dither=Image.Dither.NONE).save(
        PICTURES / name, optimize=True
    )


if __name__ == "__main__":
    main()
