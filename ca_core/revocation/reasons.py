"""Which reason may be given by whom (RFC 5280 5.3.1; RFC 3647 4.9.1).

The stored value is the CRLReason number. `unspecified` is stored as 0 and left out of lists and answers.
"""

from enum import IntEnum

from cryptography import x509

from ca_core.errors import Refusal


class ReasonNotAllowed(Refusal):
    """This reason cannot be given by this way of revoking. Facts: reason."""

    code = "revoke.reason_not_allowed"


class Reason(IntEnum):
    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    PRIVILEGE_WITHDRAWN = 9


# Lost or stolen keys are key compromise to a relying party: somebody else may hold the key.
BY_OWNER = (
    Reason.KEY_COMPROMISE,
    Reason.SUPERSEDED,
    Reason.CESSATION_OF_OPERATION,
    Reason.AFFILIATION_CHANGED,
    Reason.UNSPECIFIED,
)
BY_LAW = (Reason.KEY_COMPROMISE, Reason.CESSATION_OF_OPERATION, Reason.PRIVILEGE_WITHDRAWN)

_FLAGS = {
    Reason.KEY_COMPROMISE: x509.ReasonFlags.key_compromise,
    Reason.AFFILIATION_CHANGED: x509.ReasonFlags.affiliation_changed,
    Reason.SUPERSEDED: x509.ReasonFlags.superseded,
    Reason.CESSATION_OF_OPERATION: x509.ReasonFlags.cessation_of_operation,
    Reason.CERTIFICATE_HOLD: x509.ReasonFlags.certificate_hold,
    Reason.PRIVILEGE_WITHDRAWN: x509.ReasonFlags.privilege_withdrawn,
}


def flag(reason: Reason) -> x509.ReasonFlags | None:
    """None for `unspecified`: the extension is left out (RFC 5280, 5.3.1)."""
    return _FLAGS.get(reason)


def require(reason: Reason, allowed: tuple[Reason, ...]) -> None:
    """Raises ReasonNotAllowed."""
    if reason not in allowed:
        raise ReasonNotAllowed(reason=reason.name)
