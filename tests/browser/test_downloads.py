"""A file that somebody takes along, and everybody else who knows its address."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
from playwright.sync_api import Page, expect


def _cookies(page: Page) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}


def test_a_file_is_for_the_person_it_was_made_for(
    start_app: Callable[..., AbstractContextManager[str]], new_page: Callable[..., Page]
) -> None:
    ada, ben = new_page(), new_page()
    with start_app(script="tests/browser/download_app.py", PYTHONPATH=".") as url:
        for page, person in ((ada, "ada"), (ben, "ben")):
            page.goto(f"{url}/session/sign-in?person={person}")
            page.goto(url)
            expect(page.get_by_role("button", name="Take along")).to_be_visible()
        with ada.expect_download() as download:
            ada.get_by_role("button", name="Take along").click()
        address = download.value.url

        assert "/media/" in address
        assert httpx.get(address, cookies=_cookies(ada), timeout=60).text == "learner\nada\n"
        assert httpx.get(address, cookies=_cookies(ben), timeout=60).status_code == 401
        assert httpx.get(address, timeout=60).status_code == 401
