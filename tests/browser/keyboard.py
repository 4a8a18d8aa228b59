"""Which controls of a page the Tab key comes to."""

from playwright.sync_api import Page

MOST_STEPS = 500

# A control is reached where the focus comes to it, or to another part of the one widget whose arrow keys lead to it.
CONTROLS = """() => {
  const controls = "a[href], button, input, select, textarea, summary, [role=spinbutton], [data-testid=data-grid-canvas]";
  const widgets = "[role=radiogroup], [role=tablist], [role=toolbar], [role=group], [data-testid=stNumberInput], [data-testid=stDataFrame]";
  const shown = [...document.querySelectorAll(controls)].filter(element =>
    element.checkVisibility({visibilityProperty: true, opacityProperty: true}) &&
    element.getBoundingClientRect().width > 1 && !element.disabled && !element.closest("[inert], [aria-hidden=true]"));
  window.widgetOf = element => element.closest(widgets) ?? element;
  window.shownControls = new Map(shown.map(element => [element,
    `${element.tagName} ${element.ariaLabel ?? element.innerText ?? ""} ${element.dataset.testid ?? ""}`.trim()]));
  window.reached = new Set();
  document.querySelector("[data-testid=stSkipToContent]").focus();
}"""
NOTE_FOCUS = """() => {
  const element = document.activeElement;
  if (element === document.body) return false;
  for (const each of [element, widgetOf(element), element.closest("canvas")]) reached.add(each);
  return true;
}"""
UNREACHED = """() => [...shownControls].filter(([element]) => element.isConnected
  && !reached.has(element) && !reached.has(widgetOf(element))).map(([_, name]) => name)"""


def unreached(page: Page) -> list[str]:
    """The visible controls that Tab does not come to on its way through the whole page."""
    page.evaluate(CONTROLS)
    for _ in range(MOST_STEPS):
        if not page.evaluate(NOTE_FOCUS):
            break
        page.keyboard.press("Tab")
    else:
        return ["the end of the page"]
    names: list[str] = page.evaluate(UNREACHED)
    return names
