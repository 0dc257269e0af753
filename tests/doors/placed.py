"""Who may do what: each public operation of the core in one place. `operations.py` finds them; one that is not here
fails the matrix until somebody has thought of it.
"""

from types import SimpleNamespace

from ca_core.call import EvidenceKind
from ca_core.roles import Permission
from tests.doors.operations import Anything, Work

# The permission that opens it; who holds it says `roles.GRANTS`.
BY_PERMISSION: dict[str, tuple[Permission, ...]] = {
    name: permissions
    for permissions, names in {
        (Permission.VIEW_AUDIT,): ("audit_view.page", "audit_view.state"),
        (Permission.SEARCH_CERTIFICATES,): ("lookup.search",),
        (Permission.VIEW_HOLDER,): ("lookup.holder",),
        (Permission.REVEAL_PERSONAL_DATA,): ("lookup.reveal",),
        (Permission.REISSUE,): ("issuance.accept.by_owner", "issuance.reissue.request"),
        (Permission.OPEN_RENEWAL,): ("issuance.renew.open_for_owner",),
        (Permission.SUBMIT_APPLICATION,): ("issuance.submit.with_request", "issuance.submit.withdraw"),
        (Permission.PROPOSE_BY_LAW,): (
            *(
                "revocation.hold.propose",
                "revocation.hold.propose_release",
                "revocation.revoke.propose_by_law",
            ),
            *("revocation.reports.propose_dismissal", "revocation.reports.take_up"),
            "revocation.two_officers.propose",
        ),
        (Permission.AGREE_TO_PROPOSAL,): (
            *("overview.proposals", "revocation.hold.agree", "revocation.hold.agree_release"),
            *("revocation.reports.agree_dismissal", "revocation.revoke.agree_by_law"),
            *("revocation.two_officers.agree", "revocation.two_officers.turn_down"),
        ),
        (Permission.VIEW_STATISTICS,): ("reporting.by_facet", "reporting.by_month_and", "reporting.report"),
        (Permission.EXPORT_STATISTICS,): ("reporting.note_export",),
        (Permission.VIEW_OPERATIONS,): ("ca_health.state", "overview.health"),
        (Permission.VIEW_EVIDENCE,): (
            *(
                "overview.calls",
                "overview.calls_now",
                "overview.review_days",
                "registration.evidence.files_checked",
            ),
            *("registration.evidence.require_reason", "registration.evidence.to_check"),
            "registration.passport.reexamine",
            *("registration.evidence.open_", "registration.evidence.listed"),
        ),
        (Permission.VIEW_REVIEWS,): ("overview.review_queue", "overview.reviews"),
        (Permission.DECIDE_REVIEWS,): (
            *("overview.own_decisions", "registration.review.claim_next", "registration.review.decide"),
            *("registration.review.keep", "registration.review.release", "registration.review.require_held"),
            *("registration.review.undo", "registration.review_look.frame", "registration.review_look.live"),
            "registration.review_look.portrait",
        ),
        (Permission.DECIDE_REVIEWS, Permission.VIEW_EVIDENCE): ("registration.review_look.revealed",),
        (Permission.TAKE_CALLS,): (
            *("overview.queue_now", "registration.call.accept", "registration.call.decline"),
            *("registration.call.hang_up", "registration.call.hold", "registration.call.mine"),
            *("registration.call.on_the_line", "registration.call.resume", "registration.checklist.features"),
            *("registration.checklist.greeted", "registration.checklist.of_call"),
            *(
                "registration.checklist.pressure",
                "registration.decide.escalate",
                "registration.decide.refuse",
            ),
            *("registration.decide.register", "registration.desk.extend_wrap_up"),
            *("registration.desk.finish_wrap_up", "registration.desk.go_available", "registration.desk.of"),
            *("registration.desk.pause", "registration.evidence.require_takeable"),
            *("registration.evidence.took_still", "registration.face.compared", "registration.face.decide"),
            *("registration.face.insist", "registration.passport.portrait", "registration.passport.record"),
            *("registration.phone_code.send", "registration.spoken.compare", "registration.ticket.for_agent"),
        ),
        (Permission.LISTEN_IN,): ("registration.listening.begin",),
        (Permission.SPEAK_IN,): ("registration.listening.speak",),
        (Permission.MANAGE_STAFF,): (
            "staff_joining.agree",
            "staff_joining.propose_join",
            "staff_joining.propose_reset",
            "staff_rights.agree",
            "staff_rights.everybody",
            "staff_rights.propose_return",
            "staff_rights.propose_role",
            "staff_rights.turn_down",
            "staff_rights.unlock",
        ),
        (Permission.SETTLE_CALLS,): (
            *("registration.settle.portrait", "registration.settle.refuse", "registration.settle.register"),
            *("registration.settle.require_open", "registration.settle.require_registrable"),
        ),
    }.items()
    for name in names
}

# Besides those who hold the permission, the owner at their own door, where consent or code is the proof (R9, R10a).
ALSO_BY_THE_OWNER: dict[str, Permission] = {
    "registration.phone_code.confirm": Permission.TAKE_CALLS,
    "registration.phone_code.take_try": Permission.TAKE_CALLS,
    # For the first purpose there is, revoking; each purpose has the permission of its act.
    "registration.sms_code.confirm": Permission.REVOKE_WITH_OWNER,
    "registration.sms_code.send": Permission.REVOKE_WITH_OWNER,
    "registration.sms_code.take_try": Permission.REVOKE_WITH_OWNER,
    "revocation.hold.release_by_owner": Permission.REVOKE_WITH_OWNER,
    "revocation.hold.with_owner": Permission.REVOKE_WITH_OWNER,
    "revocation.revoke.by_owner": Permission.REVOKE_WITH_OWNER,
}

# Besides those who hold the permission, the command line.
ALSO_BY_THE_SYSTEM: dict[str, Permission] = {
    "given_up.retry": Permission.RETRY_GIVEN_UP,
    "registration.leaving.leave": Permission.MANAGE_STAFF,
    "staff.add": Permission.MANAGE_STAFF,
    "staff.disable": Permission.MANAGE_STAFF,
    "staff.reset": Permission.MANAGE_STAFF,
}

# Jobs, the gateway and the command line alone.
BY_THE_SYSTEM = frozenset(
    {
        *("cabinet.sessions.forget", "issuance.issue.abandon", "issuance.issue.give_up"),
        *(
            "issuance.issue.prepare",
            "issuance.issue.reserve",
            "issuance.issue.store",
            "issuance.submit.expire",
        ),
        *("registration.call.came_back", "registration.call.connected", "registration.call.lost"),
        "registration.call.measured",
        *("registration.call.offer", "registration.call.page_gone", "registration.call.page_here"),
        *("registration.call.placed", "registration.call.recording", "registration.call_back.erase_old"),
        *("registration.call_back.invite", "registration.deadlines.keep", "registration.desk.keep_time"),
        *("registration.dossier.forget", "registration.evidence.recording_began"),
        *("registration.evidence.recording_closed", "registration.evidence.seal"),
        *("registration.review_effect.apply", "registration.review_effect.withdraw"),
        *(
            "registration.ticket.erase_old",
            "retention.entries",
            "retention.evidence",
            "revocation.hold.expire",
        ),
    }
)

# Everybody who is signed in, and why.
BY_ANYBODY = {
    "overview.home": "each figure asks for its own permission, and is left out without it",
    "staff.set_language": "one's own account, and no other",
    "records.caller_of": "whom one has on the line oneself",
}

# Parts of the operations above, which have asked already. No door may reach past those to these.
INNER = frozenset(
    {
        *("registration.bmg.enter", "registration.call.end", "registration.call.give_back"),
        *("registration.checklist.note", "registration.checklist.open_again", "registration.review.note"),
        *("registration.review.staff_id", "registration.review.withdrawn", "registration.sms_code.dispatch"),
        *("revocation.hold.lift", "revocation.hold.place", "revocation.reports.note"),
        *("revocation.reports.settle", "revocation.revoke.record", "revocation.two_officers.note"),
        *("registration.desk.close", "registration.review.give_back"),
        *("staff_rights.ask", "staff_rights.note", "staff_rights.of_another"),
        "staff_rights.require_both_still_manage",
    }
)

# The owner at their own door alone.
BY_THE_OWNER = frozenset({"revocation.hold.by_owner"})

# They are the question itself.
CHECKS = frozenset(
    {"roles.may", "roles.require", "roles.require_system", "records.require_for", "records.require_for_owner"}
)

# What an operation has to find before it can ask.
FOUND: dict[str, Work] = {
    "registration.evidence.open_": Work(
        evidence=SimpleNamespace(by_id=lambda _: SimpleNamespace(kind=EvidenceKind.RECORDING, call_id=1))
    ),
    "registration.evidence.listed": Work(desks=SimpleNamespace(by_id=lambda _: None)),
    "registration.review_look.revealed": Work(reviews=Anything()),
}
GIVEN: dict[str, dict[str, object]] = {
    "registration.evidence.took_still": {
        "still": SimpleNamespace(kind=EvidenceKind.DOCUMENT_FRONT, call_id=1)
    },
}
