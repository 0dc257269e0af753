"""What a moderator must have answered before deciding so, and which reasons a decision may have (F3).

Three questions come first, and the decision must follow from them: nobody approves a photo in which they do not
recognise the person, and nobody turns away a citizen whose photo they found in order.
"""

from ca_core.errors import Refusal
from ca_core.review import FOR_A_NEW_PHOTO, REJECTING, Answers, Decision, Reason, Round

SURELY_ANOTHER, SURELY_SAME = 1, 5
_RECOGNISED = 4
_NOTE_AT_LEAST = 3
NOTE_AT_MOST = 500


class AnswersMissing(Refusal):
    """The first question has an answer from 1 to 5."""

    code = "review.answers_missing"


class AnswersContradict(Refusal):
    """The decision does not follow from the answers. Facts: decision."""

    code = "review.answers_contradict"


class ReasonUnfit(Refusal):
    """A refusal has a reason of its own list, and an approval has none. Facts: decision."""

    code = "review.reason_unfit"


class NoteMissing(Refusal):
    """Another reason, and a second moderator, need a sentence."""

    code = "review.note_missing"


class NothingToCompare(Refusal):
    """The register has no portrait: nobody can have recognised the person, whatever they answered."""

    code = "review.nothing_to_compare"


class SecondDecides(Refusal):
    """The second moderator's decision counts; there is no third."""

    code = "review.second_decides"


_REASONS: dict[Decision, tuple[Reason | None, ...]] = {
    Decision.APPROVE: (None,),
    Decision.REJECT: REJECTING,
    Decision.NEW_PHOTO: FOR_A_NEW_PHOTO,
    Decision.SECOND_MODERATOR: (None,),
}


def require_comparable(*, has_portrait: bool) -> None:
    """An approval says that two faces are one person's. Raises NothingToCompare."""
    if not has_portrait:
        raise NothingToCompare


def require_consistent(
    *, turn: Round, answers: Answers, decision: Decision, reason: Reason | None, note: str
) -> None:
    """Raises AnswersMissing, SecondDecides, ReasonUnfit, AnswersContradict, NoteMissing."""
    if not SURELY_ANOTHER <= answers.same <= SURELY_SAME:
        raise AnswersMissing
    if decision is Decision.SECOND_MODERATOR and turn is Round.SECOND:
        raise SecondDecides
    if reason not in _REASONS[decision]:
        raise ReasonUnfit(decision=decision.name)
    if not _follows(answers, decision, reason):
        raise AnswersContradict(decision=decision.name)
    needs_note = reason is Reason.OTHER or decision is Decision.SECOND_MODERATOR
    if needs_note and len(note) < _NOTE_AT_LEAST:
        raise NoteMissing


def _follows(answers: Answers, decision: Decision, reason: Reason | None) -> bool:
    in_order = answers.live and answers.usable and answers.same >= _RECOGNISED
    if decision is Decision.APPROVE:
        return in_order
    if decision is Decision.SECOND_MODERATOR:
        return True
    if reason is Reason.ANOTHER_PERSON:
        return answers.usable and answers.same < _RECOGNISED
    if reason is Reason.NOT_LIVE:
        return not answers.live
    # What somebody else does beside the camera shows in no answer.
    return reason in (Reason.UNDER_DIRECTION, Reason.OTHER) or not in_order


def written(note: str) -> str:
    """The note as it is stored."""
    return " ".join(note.split())[:NOTE_AT_MOST]
