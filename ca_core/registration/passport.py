"""The passport check: what the machine read, field by field beside what the citizen typed and the register knows.

A verdict is computed from the machine-readable zone itself (ICAO 9303), never taken over from who read it.
What could not be checked is never shown as good (R1, R2).
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ca_core import audit, records, roles, statistics
from ca_core.call import Call, EvidenceKind, Gate, Outcome
from ca_core.documents import kazakhstan, spelling
from ca_core.documents.mrz import Checked, Mrz
from ca_core.errors import Refusal
from ca_core.identifiers import Iin
from ca_core.ports import Work
from ca_core.registration import call as calls
from ca_core.registration import checklist, evidence
from ca_core.subscriber import Person


class NoDocumentStill(Refusal):
    """The document's still comes first."""

    code = "passport.no_still"


class NewerStill(Refusal):
    """A newer still of the document was taken meanwhile: that one is read."""

    code = "passport.newer_still"


class ReadFirst(Refusal):
    """The register's portrait is shown once the document was read as the caller's own (R14)."""

    code = "passport.read_first"


class Mark(StrEnum):
    GOOD = "good"
    BAD = "bad"
    # Read again or look closer: repaired, doubtful.
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"


class Field(StrEnum):
    ZONE = "zone"
    NUMBER = "number"
    BIRTH = "birth"
    EXPIRY = "expiry"
    SEX = "sex"
    STATE = "state"
    IIN = "iin"
    NAME = "name"
    COMPOSITE = "composite"


class Test(StrEnum):
    """What was tested about a field."""

    READ = "read"
    CHECK_DIGIT = "check_digit"
    FORM = "form"
    IIN_DIGIT = "iin_digit"
    AGREES_WITH_IIN = "agrees_with_iin"
    NOT_EXPIRED = "not_expired"
    ISSUED_IN_KAZAKHSTAN = "issued_in_kazakhstan"
    AS_TYPED = "as_typed"
    AS_IN_REGISTER = "as_in_register"
    ALIVE = "alive"


@dataclass(frozen=True, slots=True)
class Finding:
    """One test of one field; `document` and `register` are what to show, masked where they identify."""

    field: Field
    test: Test
    mark: Mark
    document: str = ""
    register: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`findings` in the order of the panel; `repaired` counts characters that a check digit put right."""

    findings: tuple[Finding, ...]
    repaired: int = 0

    @property
    def holds(self) -> bool:
        return all(finding.mark is Mark.GOOD for finding in self.findings)

    @property
    def worst(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.mark is not Mark.GOOD)


def examine(
    zone: Mrz | None, *, sure: bool, agreed: bool, typed: Iin, person: Person | None, today: date
) -> Verdict:
    """Every test. `sure`: the reader has no doubt about a character; `agreed`: an earlier still gave the same lines,
    so that a doubt or a repair is settled by two readings.
    """
    if zone is None:
        return Verdict((Finding(Field.ZONE, Test.READ, Mark.UNKNOWN),))
    # R14: what the register knows is shown beside that person's own document only, whatever IIN was typed.
    if kazakhstan.iin_of(zone) != typed:
        person = None
    findings = [
        _zone(zone, settled=agreed or (sure and not zone.repaired)),
        *_digits(zone),
        *_document(zone, person, today),
        *_iin(zone, typed),
        *_name(zone, person),
    ]
    return Verdict(tuple(findings), len(zone.repaired))


def _zone(zone: Mrz, *, settled: bool) -> Finding:
    return Finding(Field.ZONE, Test.READ, Mark.GOOD if settled else Mark.DOUBTFUL, "\n".join(zone.lines))


_DIGIT_OF = {
    Checked.NUMBER: Field.NUMBER,
    Checked.BIRTH: Field.BIRTH,
    Checked.EXPIRY: Field.EXPIRY,
    Checked.OPTIONAL: Field.IIN,
    Checked.COMPOSITE: Field.COMPOSITE,
}


def _digits(zone: Mrz) -> list[Finding]:
    return [
        Finding(_DIGIT_OF[digit.field], Test.CHECK_DIGIT, _mark(digit.holds), f"{digit.read} = {digit.expected}"
                if not digit.holds else digit.read)
        for digit in zone.digits
    ]  # fmt: skip


def _document(zone: Mrz, person: Person | None, today: date) -> list[Finding]:
    expires = zone.expires_on
    known = person.document_number if person is not None else ""
    findings = [
        Finding(
            Field.STATE, Test.ISSUED_IN_KAZAKHSTAN, _mark(kazakhstan.is_issued_there(zone)), zone.issuing_state
        ),
        Finding(Field.NUMBER, Test.FORM, _mark(kazakhstan.has_its_number_form(zone)), zone.document_number),
        Finding(
            Field.NUMBER, Test.AS_IN_REGISTER,
            _mark(zone.document_number == known) if person is not None else Mark.UNKNOWN,
            zone.document_number, known,
        ),
        Finding(
            Field.EXPIRY, Test.NOT_EXPIRED, _mark(expires is not None and expires >= today),
            expires.isoformat() if expires else "",
        ),
    ]  # fmt: skip
    if person is not None and expires is not None:
        as_known = _mark(expires == person.document_expires_on)
        findings.append(
            Finding(Field.EXPIRY, Test.AS_IN_REGISTER, as_known, expires.isoformat(),
                    person.document_expires_on.isoformat())
        )  # fmt: skip
    return findings


def _iin(zone: Mrz, typed: Iin) -> list[Finding]:
    found = kazakhstan.iin_of(zone)
    if found is None:
        return [Finding(Field.IIN, Test.IIN_DIGIT, Mark.BAD)]
    born = _mark(zone.born_on == found.birth_date)
    sex = _mark(zone.sex == found.sex.value)
    return [
        Finding(Field.IIN, Test.IIN_DIGIT, Mark.GOOD, found.masked),
        Finding(Field.IIN, Test.AS_TYPED, _mark(found == typed), found.masked, typed.masked),
        Finding(
            Field.BIRTH, Test.AGREES_WITH_IIN, born, zone.born_on.isoformat() if zone.born_on else "",
            found.birth_date.isoformat(),
        ),
        Finding(Field.SEX, Test.AGREES_WITH_IIN, sex, zone.sex, found.sex.value),
    ]  # fmt: skip


def _name(zone: Mrz, person: Person | None) -> list[Finding]:
    """The register's name is the truth; the document's is compared letter by letter in every accepted spelling."""
    read = f"{zone.surname} {zone.given_names}".strip()
    if person is None:
        return [Finding(Field.NAME, Test.AS_IN_REGISTER, Mark.UNKNOWN, read)]
    near = spelling.similarity(person.surname, person.given_name, zone.surname, zone.given_names)
    mark = Mark.GOOD if near == 1 else Mark.DOUBTFUL if near >= spelling.SIMILAR else Mark.BAD
    known = f"{person.surname} {person.given_name}"
    findings = [Finding(Field.NAME, Test.AS_IN_REGISTER, mark, read, known)]
    if person.deceased_on is not None:
        findings.append(Finding(Field.NAME, Test.ALIVE, Mark.BAD))
    return findings


def _mark(holds: bool) -> Mark:
    return Mark.GOOD if holds else Mark.BAD


def record(
    work: Work,
    *,
    actor: roles.Actor,
    call_id: int,
    evidence_id: int,
    zone: Mrz | None,
    sure: bool,
    now: datetime,
) -> Verdict:
    """What was read from a still of this call, examined and written down.

    Raises NoDocumentStill and as `call.on_the_line`.
    """
    found = calls.on_the_line(work, actor=actor, call_id=call_id)
    _require_document(work, call_id, evidence_id)
    _require_newest(work, call_id, evidence_id)
    verdict = _verdict(work, found, zone, sure, evidence_id, now)
    outcome = Outcome.PASSED if verdict.holds else Outcome.FAILED
    checklist.note(
        work, actor=actor, call_id=call_id, gate=Gate.READING, outcome=outcome,
        facts=_facts(verdict, zone), evidence_id=evidence_id, now=now,
    )  # fmt: skip
    _note(work, actor, call_id, verdict, now)
    return verdict


def _require_document(work: Work, call_id: int, evidence_id: int) -> None:
    still = work.evidence.by_id(evidence_id)
    documents = (EvidenceKind.DOCUMENT_FRONT, EvidenceKind.DOCUMENT_BACK)
    if still is None or still.call_id != call_id or still.kind not in documents:
        raise NoDocumentStill


def _require_newest(work: Work, call_id: int, evidence_id: int) -> None:
    """A verdict about a still that was replaced while it was read says nothing about the one that counts."""
    stills = work.evidence.of_call(call_id)
    kind = next(item.kind for item in stills if item.evidence_id == evidence_id)
    if max(item.evidence_id for item in stills if item.kind is kind) != evidence_id:
        raise NewerStill


def portrait(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> bytes | None:
    """The register's portrait of the caller, once the document was read as theirs; an audited look (R14).

    Raises ReadFirst and as `call.on_the_line`.
    """
    found = calls.on_the_line(work, actor=actor, call_id=call_id)
    reading = checklist.newest(work.checks.of_call(call_id)).get(Gate.READING)
    if reading is None or reading.outcome is not Outcome.PASSED:
        raise ReadFirst
    work.audit.add(audit.Entry(now, actor, "register:portrait:seen", f"call/{call_id}"))
    return work.portraits.of_iin(found.iin)


def reexamine(
    work: Work,
    *,
    actor: roles.Actor,
    call_id: int,
    evidence_id: int,
    zone: Mrz | None,
    sure: bool,
    reason: str,
    now: datetime,
) -> Verdict:
    """The same panel over stored evidence, after the call: decides nothing, leaves an audit entry with the reason.

    Raises NotAllowed, EvidenceReasonMissing, CallUnknown, NoDocumentStill.
    """
    written = evidence.require_reason(actor, reason)
    found = records.call(work, call_id)
    _require_document(work, call_id, evidence_id)
    verdict = _verdict(work, found, zone, sure, evidence_id, now)
    _note(work, actor, call_id, verdict, now, reason=written)
    return verdict


def _verdict(
    work: Work, found: Call, zone: Mrz | None, sure: bool, evidence_id: int, now: datetime
) -> Verdict:
    agreed = zone is not None and any(
        check.gate is Gate.READING
        and check.evidence_id != evidence_id
        and check.facts.get("lines_sha256") == fingerprint(zone)
        for check in work.checks.of_call(found.call_id)
    )
    person = work.register.person(found.iin)
    today = statistics.local_day(now)
    return examine(zone, sure=sure, agreed=agreed, typed=found.iin, person=person, today=today)


def _facts(verdict: Verdict, zone: Mrz | None) -> dict[str, str]:
    worst = ", ".join(f"{finding.field.value}:{finding.test.value}" for finding in verdict.worst)
    facts = {"not_good": worst, "repaired": str(verdict.repaired)}
    if zone is not None:
        # The lines themselves are in the still; two readings are compared by their digest.
        facts["lines_sha256"] = fingerprint(zone)
    return facts


def fingerprint(zone: Mrz) -> str:
    """By which two readings are compared; the lines themselves stay with the still."""
    return hashlib.sha256("|".join(zone.lines).encode()).hexdigest()


def _note(
    work: Work, actor: roles.Actor, call_id: int, verdict: Verdict, now: datetime, *, reason: str = ""
) -> None:
    state = Outcome.PASSED.value if verdict.holds else Outcome.FAILED.value
    work.audit.add(
        audit.Entry(
            now, actor, "passport:check:done", f"call/{call_id}", to_state=state, reason=reason,
            policy_version=work.policy.version,
            details={"not_good": str(len(verdict.worst)), "repaired": str(verdict.repaired)},
        )
    )  # fmt: skip
