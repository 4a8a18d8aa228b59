"""Colours that everybody can tell apart, on both pages."""

import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mastery_core.charts.palette import BAND_COLOURS, COLOURS

THEME = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())["theme"]

# Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency", severity 1.
VISION = {
    "usual": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip
JUST_TOLD_APART = 10.0


def linear(colour: str) -> NDArray[np.float64]:
    share = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("page", ["light", "dark"])
def test_colours_stand_out_from_the_page(page: str) -> None:
    background = THEME[page]["backgroundColor"]
    assert min(contrast(colour, background) for colour in (*COLOURS, *BAND_COLOURS.values())) >= 3


@pytest.mark.parametrize("vision", VISION)
def test_colours_can_be_told_apart(vision: str) -> None:
    seen = {colour: lab(VISION[vision] @ linear(colour)) for colour in COLOURS}
    near = min((float(np.linalg.norm(seen[a] - seen[b])), a, b) for a, b in combinations(COLOURS, 2))
    assert near[0] >= JUST_TOLD_APART, near


@pytest.mark.parametrize("page", ["light", "dark"])
def test_texts_of_the_theme_can_be_read(page: str) -> None:
    theme, background = THEME[page], THEME[page]["backgroundColor"]
    assert contrast(theme["textColor"], background) >= 7
    for name in ("linkColor", "orangeTextColor", "blueTextColor", "greenTextColor", "grayTextColor"):
        assert contrast(theme[name], background) >= 4.5, name
    assert contrast(theme["primaryColor"], "#ffffff") >= 4, "white letters on chosen concepts"


def test_the_theme_draws_with_the_same_colours() -> None:
    assert tuple(THEME["chartCategoricalColors"]) == COLOURS
    assert len(THEME["chartDivergingColors"]) == 10
    assert len(THEME["light"]["chartSequentialColors"]) == len(THEME["dark"]["chartSequentialColors"]) == 10
