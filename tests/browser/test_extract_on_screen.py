"""A researcher's Data in a browser: an extract is made behind a progress bar and taken along; and nobody else has it."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import screens
from tests.browser.test_instructor_screens import ELENA, LOOKS
from tests.browser.test_student_screens import Visitor

MAREN = "Maren Lindahl"


def extracted(page: Page) -> None:
    """The screen with an extract, by the button."""
    screens.open_screen(page, "Data")
    page.get_by_role("button", name="Extract now").click()
    expect(page.get_by_text(re.compile("events extracted|Nothing has changed"))).to_be_visible()
    page.mouse.move(0, 0)  # no help of the button while axe looks
    expect(page.get_by_role("heading", name="Take it with you")).to_be_visible()
    screens.settle(page)


WAYS = {"Data": extracted}


@pytest.fixture(scope="module", params=LOOKS)
def visitor(request: pytest.FixtureRequest, app_url: str, browser: Browser) -> Iterator[Visitor]:
    width, color_scheme, _ = LOOKS[request.param]
    with screens.signed_in(browser, app_url, MAREN, width=width, color_scheme=color_scheme) as page:
        yield Visitor(page, WAYS)


def test_it_opens_by_clicking_without_a_complaint_in_the_console(visitor: Visitor) -> None:
    assert visitor.visit("Data").complaints == []


def test_it_is_not_wider_than_the_window(visitor: Visitor) -> None:
    assert visitor.visit("Data").hidden_width <= 0


def test_axe_finds_no_serious_violation_that_is_ours(visitor: Visitor) -> None:
    assert visitor.visit("Data").violations == []


def test_the_keyboard_alone_reaches_every_control(visitor: Visitor) -> None:
    assert visitor.visit("Data").unreached == []


def test_what_is_taken_along_is_what_is_counted(app_url: str, browser: Browser) -> None:
    with screens.signed_in(browser, app_url, MAREN) as page:
        extracted(page)
        figures = {label: metric.value for label, metric in screens.metrics(page).items()}
        with page.expect_download() as download:
            page.get_by_role("button", name="Events as Parquet").click()
        with ZipFile(Path(download.value.path())) as archive:
            parts = [
                pd.read_parquet(BytesIO(archive.read(each))) for each in archive.namelist() if each.endswith(".parquet")
            ]
        events = pd.concat(parts)
    assert figures["Learners"] == f"{events.learner.nunique():,}"
    assert figures["Cohorts"] == f"{events.cohort.nunique():,}"
    assert figures["Concepts"] == f"{events.concept.nunique():,}"
    assert events.cohort.value_counts().size >= 3
    assert events.groupby("cohort").learner.nunique().min() >= 5


def test_whoever_is_no_researcher_is_led_elsewhere(app_url: str, browser: Browser) -> None:
    with screens.signed_in(browser, app_url, ELENA) as page:
        assert page.get_by_test_id("stSidebar").get_by_role("link", name="Data", exact=True).count() == 0
        assert page.get_by_role("button", name="Extract now").count() == 0
