"""The contract between Python and SQL: named functions in, one JSON document out."""

from typing import Any, Protocol

# The functions that only read (in SQL: stable). A transport may ask them again by itself; a test holds them equal.
READS = frozenset(
    {
        "app_session_get",
        "cohort_cells",
        "cohort_concepts",
        "cohort_course",
        "cohort_imports",
        "cohort_learners",
        "cohort_opportunities",
        "cohort_people",
        "cohort_roster",
        "cohort_span",
        "find_people",
        "known_interactions",
        "learner_attempts",
        "learner_curves",
        "learner_days",
        "learner_export",
        "learner_gaps",
        "learner_group",
        "learner_history",
        "learner_hours",
        "learner_mastery",
        "learner_practice",
        "learner_pulse",
        "learner_rules",
        "learner_session",
        "learner_sessions",
        "list_cohorts",
        "my_invitations",
        "people",
        "person",
        "plan_roster",
        "research_days",
        "research_events",
        "research_learners",
        "status",
    }
)


class Database(Protocol):
    """The database as one person, or the service, may use it."""

    def call(self, function: str, /, **arguments: Any) -> Any:
        """Call the SQL function ``public.<function>`` with named arguments and return its one document.

        Every function of the contract is idempotent (whatever is created is named by its caller): where it is not
        known whether a call came through, the same call again is safe. Arguments that are left out take the function's
        own defaults. Raises the errors of ``mastery_core.errors``.
        """
        ...


class TokenSource(Protocol):
    """Where a person's access token comes from, which is a newer one every hour or so."""

    def __call__(self, refused: str | None = None) -> str:
        """The access token now; where ``refused`` is the one just refused as expired, a newer one.

        Raises NotSignedIn where there is none any more.
        """
        ...
