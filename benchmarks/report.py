"""What was measured, for people (a Markdown table) and for programs (one document)."""

from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.machine import Machine
from benchmarks.pairing import Pair, Timings

HEADINGS = ("benchmark", "measured", "median", "beside", "median", "ratio", "quartiles", "bound", "holds")
SIZE_HEADINGS = ("benchmark", "measured", "bytes", "bound", "holds")
HOLDS = {True: "yes", False: "**no**", None: ""}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A benchmark that could not be run here, and why."""

    benchmark: str
    why: str


@dataclass(frozen=True, slots=True)
class Size:
    """How many bytes something came to, and how many it may."""

    benchmark: str
    measured: str
    size: int
    bound: int

    @property
    def holds(self) -> bool:
        return self.size <= self.bound


Result = Pair | Size | Skipped


def as_table(machine: Machine, results: list[Result]) -> str:
    """Machine and date, the pairs, the sizes, and in so many words what was missed."""
    pairs = [result for result in results if isinstance(result, Pair)]
    sizes = [result for result in results if isinstance(result, Size)]
    lines = [str(machine), "", *_table(HEADINGS, [_cells(pair) for pair in pairs]), ""]
    lines += [*_table(SIZE_HEADINGS, [_size_cells(size) for size in sizes]), ""] if sizes else []
    lines += [f"{result.benchmark} was skipped: {result.why}." for result in results if isinstance(result, Skipped)]
    bounds = [result for result in (*pairs, *sizes) if result.holds is not None]
    missed = [result for result in bounds if not result.holds]
    lines += [_said(result) for result in missed]
    lines.append(f"{len(bounds) - len(missed)} of {len(bounds)} bounds hold.")
    return "\n".join(lines)


def as_document(machine: Machine, results: list[Result]) -> dict[str, Any]:
    """The same as one JSON document; seconds in full, round by round."""
    return {
        "machine": asdict(machine),
        "pairs": [_pair(result) for result in results if isinstance(result, Pair)],
        "sizes": [asdict(result) | {"holds": result.holds} for result in results if isinstance(result, Size)],
        "skipped": [asdict(result) for result in results if isinstance(result, Skipped)],
    }


def _pair(pair: Pair) -> dict[str, Any]:
    low, high = pair.spread
    return {
        "benchmark": pair.benchmark,
        "measured": _timings(pair.ours),
        "beside": _timings(pair.other),
        "reading": pair.reading,
        "ratio": pair.ratio,
        "quartiles": [low, high],
        "bound": None if pair.bound is None else {"kind": pair.reading.bound_kind, "value": pair.bound},
        "holds": pair.holds,
    }


def _timings(timings: Timings) -> dict[str, Any]:
    return {
        "name": timings.name,
        "median_seconds": timings.median,
        "things_a_round": timings.things,
        "rate": timings.rate,
        "seconds": timings.seconds,
    }


def _cells(pair: Pair) -> tuple[str, ...]:
    low, high = pair.spread
    return (
        pair.benchmark,
        pair.ours.name,
        _median(pair, pair.ours),
        pair.other.name,
        _median(pair, pair.other),
        _ratio(pair.ratio),
        f"{_ratio(low)} to {_ratio(high)}",
        _bound(pair),
        HOLDS[pair.holds],
    )


def _size_cells(size: Size) -> tuple[str, ...]:
    return size.benchmark, size.measured, f"{size.size:,}", f"at most {size.bound:,}", HOLDS[size.holds]


def _said(missed: Pair | Size) -> str:
    if isinstance(missed, Size):
        return (
            f"MISSED: {missed.benchmark}, {missed.measured}: {missed.size:,} bytes where the bound is {missed.bound:,}."
        )
    return (
        f"MISSED: {missed.benchmark}, {missed.ours.name}: {_ratio(missed.ratio)} where the bound is {_bound(missed)}."
    )


def _bound(pair: Pair) -> str:
    return "" if pair.bound is None else f"{pair.reading.bound_kind} {pair.bound:g}"


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}"


def _median(pair: Pair, timings: Timings) -> str:
    if pair.unit:
        return f"{timings.rate:,.0f} {pair.unit}"
    return f"{timings.median:.2f} s" if timings.median >= 1 else f"{timings.median * 1000:.1f} ms"


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    ruled = [headings, tuple("-" * width for width in widths), *rows]
    return [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in ruled
    ]
