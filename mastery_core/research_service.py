"""What a researcher may have."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mastery_core.database.protocol import Database
from mastery_core.errors import InvalidInput
from mastery_core.research import packed
from mastery_core.research.datashop import as_datashop
from mastery_core.research.extract import (
    EVENTS,
    MANIFEST,
    Extracted,
    Manifest,
    Progress,
    alone_in,
    bring_up_to_date,
    read_manifest,
)

if TYPE_CHECKING:
    from mastery_core.research.findings import Selected
    from mastery_core.research.refit import Refit
    from mastery_core.research.selection import Choices, Held, Selection
    from mastery_core.research.velocity import VelocityDifference

CHANGED = "The extract was brought up to date while this was read from it: look again."


class ResearchService:
    """The extract that the house keeps in ``folder``: all its researchers may have the same.

    Every method asks the database whether the one whom ``database`` acts for is a researcher, and raises NotAllowed where not;
    InvalidInput while somebody else extracts, Unavailable.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder

    def extract(self, on_progress: Progress | None = None) -> Extracted:
        """Bring the extract up to date, or make it anew where it cannot be read. ``on_progress(done, total)`` counts events, about."""
        with alone_in(self.folder):
            return self._extract(on_progress)

    def get_manifest(self) -> Manifest | None:
        """What the extract says of itself; None where there is none that can be read."""
        self._require_researcher()
        try:
            return read_manifest(self.folder)
        except InvalidInput:
            return None

    def get_counts(self, manifest: Manifest) -> packed.Counts:
        """How many learners, cohorts and concepts are in it."""
        self._require_researcher()
        return packed.counts(self.folder, manifest)

    def choices(self) -> "Choices":
        """What can be selected of the extract. Raises InvalidInput where there is none, or none that is whole."""
        self._require_researcher()
        with _as_it_stands():
            return _choices(self.folder, read_manifest(self.folder).fingerprint())

    def held(self, selection: "Selection") -> "Held":
        """How much a selection holds. Raises InvalidInput as ``findings.open_selection`` does."""
        self._require_researcher()
        with _as_it_stands():
            return _held(self.folder, read_manifest(self.folder).fingerprint(), selection)

    def found(self, selection: "Selection") -> "Selected":
        """A selection of the extract, for measures. Raises InvalidInput as ``findings.open_selection`` does."""
        from mastery_core.research.findings import open_selection  # noqa: PLC0415

        held = self.held(selection)
        with _as_it_stands():
            return open_selection(self.folder, selection, held=held)

    def tables(self, name: str, selection: "Selection", by: tuple[str, ...] = ()) -> dict[str, pd.DataFrame]:
        """The tables of a measure, a name of ``findings.MEASURES``, told ``by`` groups that it has. Raises InvalidInput as ``found`` does."""
        from mastery_core.research.findings import MEASURES  # noqa: PLC0415

        found = self.found(selection)
        with _as_it_stands():
            return MEASURES[name].tables(found, by)

    def proposal(self, selection: "Selection") -> "Refit":
        """Which decay and worth of outcomes would forecast better; of all months. Raises InvalidInput as ``found`` does."""
        from mastery_core.research.findings import proposal  # noqa: PLC0415

        found = self.found(selection)
        with _as_it_stands():
            return proposal(found)

    def velocity_difference(self, selection: "Selection", first: str, second: str, column: str) -> "VelocityDifference":
        """How much faster the learners of the second cohort learn: see ``findings.velocity_difference``. Raises InvalidInput as ``found`` does."""
        from mastery_core.research.findings import velocity_difference  # noqa: PLC0415

        found = self.found(selection)
        with _as_it_stands():
            return velocity_difference(found, first, second, column)

    def as_parquet(self) -> BytesIO:
        """The extract as one archive of Parquet files, brought up to date first: who has left is not in it."""
        return self._packed(packed.as_parquet)

    def as_csv(self) -> BytesIO:
        """The extract as one archive of CSV files, brought up to date first."""
        return self._packed(packed.as_csv)

    def as_datashop(self) -> BytesIO:
        """The extract in DataShop's transaction format, gzip-packed, brought up to date first: see ``research.datashop``."""
        return self._packed(as_datashop)

    def _packed(self, pack: Callable[[Path, Manifest], BytesIO]) -> BytesIO:
        with alone_in(self.folder):
            return pack(self.folder, self._extract().manifest)

    def _extract(self, on_progress: Progress | None = None) -> Extracted:
        self._require_researcher()
        if self.get_manifest() is None:
            shutil.rmtree(self.folder / EVENTS, ignore_errors=True)
            (self.folder / MANIFEST).unlink(missing_ok=True)
        return bring_up_to_date(self.database, self.folder, on_progress)

    def _require_researcher(self) -> None:
        self.database.call("research_learners", days=[])


# What there is to choose and what a selection holds follow from the events: they are counted once for all who ask, and are asked for in every run.


@lru_cache(maxsize=2)
def _choices(folder: Path, fingerprint: str) -> "Choices":  # noqa: ARG001 - a key of the cache
    from mastery_core.research.engines import open_events  # noqa: PLC0415 - the engines take their time to load
    from mastery_core.research.selection import choices, lattice  # noqa: PLC0415

    return choices(lattice(open_events(folder)))


@lru_cache(maxsize=200)
def _held(folder: Path, fingerprint: str, selection: "Selection") -> "Held":
    from mastery_core.research.engines import open_events  # noqa: PLC0415
    from mastery_core.research.selection import hold, lattice  # noqa: PLC0415

    return hold(lattice(open_events(folder)), selection, _choices(folder, fingerprint))


@contextmanager
def _as_it_stands() -> Iterator[None]:
    """A file that went while it was read, as a sentence: the extract was brought up to date."""
    import duckdb  # noqa: PLC0415

    try:
        yield
    except (duckdb.IOException, OSError) as error:
        raise InvalidInput(CHANGED) from error
