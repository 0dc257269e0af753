"""How an application stands, in the applicant's words (F1, step 15): where it is, what comes next, why it ended."""

from dataclasses import dataclass

from ca_core.lifecycle import ApplicationState
from ca_core.registration.dossier import Standing
from portal.words import Words


@dataclass(frozen=True, slots=True)
class Shown:
    """`why` is empty unless the application was rejected."""

    word: str
    next: str
    why: str


def shown(standing: Standing, spoken: Words) -> Shown:
    until = standing.held_until
    key = f"standing.{'held' if until else standing.state.name.lower()}"
    rejected = standing.state is ApplicationState.REJECTED
    return Shown(
        word=spoken.t(f"{key}.word"),
        next=spoken.t(f"{key}.next", until=spoken.moment(until).text if until else ""),
        why=_why(standing.reason, spoken) if rejected else "",
    )


def _why(reason: str, spoken: Words) -> str:
    """A moderator's reason, or the refusal with which issuing was given up; what has no words is technical."""
    keys = (f"review_reason.{reason}", f"given_up.{reason}")
    return next((spoken.entries[key] for key in keys if key in spoken.entries), spoken.t("given_up.other"))
