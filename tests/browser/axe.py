"""What axe-core finds wrong with a page, without what is Streamlit's own."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"

# By rule, the elements that Streamlit draws in a way no page of ours can change, and why.
STREAMLITS_OWN = {
    "color-contrast": [
        # White stands on the primary colour (tags, buttons), and the primary colour on a tint of the page (the chosen
        # range). On a dark page no colour is far enough from both: ours is far enough from white.
        "[data-variant=segmented_control][data-selected=true] p",
    ],
}

RUN = """async own => {
  const {violations} = await axe.run(document, {resultTypes: ["violations"], elementRef: true});
  const ours = violations.filter(({impact}) => impact === "serious" || impact === "critical");
  return ours.flatMap(({id, nodes}) => nodes
    .filter(({element}) => !(own[id] ?? []).some(selector => element.matches(selector)))
    .map(({html, failureSummary}) => `${id}: ${html.slice(0, 200)} ${failureSummary.replaceAll("\\n", " ")}`));
}"""


def violations(page: Page) -> list[str]:
    """Each serious or critical violation that is ours: the rule, the element, what is wrong."""
    if not AXE.exists():
        pytest.skip("There is no axe-core here: run npm ci --prefix tests.")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN, STREAMLITS_OWN)
    return found
