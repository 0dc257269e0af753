"""Every address of every process, and why a stranger may or may not be answered there.

Written by hand on purpose: the crawl (`crawl.py`) finds the addresses, this table says that somebody thought of them.
"""

from dataclasses import dataclass
from enum import StrEnum


class Stranger(StrEnum):
    """What becomes of one who shows neither session, cookie, ticket nor secret."""

    TURNED_AWAY = "401, 403, or led to the place where one begins"
    REFUSED = "heard, and refused: what is sent has to prove itself"
    WELCOME = "answered"


@dataclass(frozen=True, slots=True)
class Known:
    stranger: Stranger
    why: str


def closed(why: str) -> Known:
    return Known(Stranger.TURNED_AWAY, why)


def refused(why: str) -> Known:
    return Known(Stranger.REFUSED, why)


def welcome(why: str) -> Known:
    return Known(Stranger.WELCOME, why)


_SESSION = closed("needs the session of a member of staff")
_STREAMLIT = closed("Streamlit's own: behind the gate like all else")
_SECRET = closed("needs the secret that our processes share")
_CABINET = closed("needs the owner's session of the cabinet")
_WAY = closed("needs the cookie of a dossier: who has none is led to the first step")
_DIALOG = refused("needs the token of an open dialog, which its page alone was told")
_ALIVE = welcome("says that the process is alive, and nothing else")

CONSOLE = {
    "GET /sign-in": welcome("the door itself"),
    "POST /sign-in": refused("wants login, password and one-time code, and the form's own token"),
    "GET /enrol": welcome("the form for a code from two administrators"),
    "POST /enrol": refused("wants both halves of a code"),
    "POST /enrol/finish": refused("wants the token of a page that a code has opened"),
    "GET /health": _ALIVE,
    "GET /ready": welcome("says whether the database answers, and nothing else"),
    "FILES /assets": welcome("styles, scripts and marks that the sign-in page needs; no data"),
    "GET /live/session": _SESSION,
    "SOCKET /live": _SESSION,
    "POST /calls/ticket": _SESSION,
    "POST /calls/present": _SESSION,
    "POST /calls/{call_id:int}/listening": _SESSION,
    "GET /evidence/stills/{evidence_id:int}": _SESSION,
    "GET /evidence/recordings/{evidence_id:int}/{side}": _SESSION,
    "GET /evidence/portrait/{call_id:int}": _SESSION,
    "POST /reviews/next": _SESSION,
    "POST /reviews/{review_id:int}/present": _SESSION,
    "POST /reviews/{review_id:int}/decision": _SESSION,
    "POST /reviews/{review_id:int}/undo": _SESSION,
    "POST /reviews/{review_id:int}/release": _SESSION,
    "GET /reviews/{review_id:int}/revealed": _SESSION,
    "GET /reviews/{review_id:int}/live": _SESSION,
    "GET /reviews/{review_id:int}/portrait": _SESSION,
    "GET /reviews/{review_id:int}/frames/{place:int}": _SESSION,
}

PORTAL = {
    "GET /": welcome("the first page"),
    "GET /cps": welcome("the practice statement (RFC 3647) is published"),
    "FILES /static": welcome("styles and scripts of public pages; no data"),
    "GET /health": _ALIVE,
    "GET /ready": welcome("says whether the database answers, and nothing else"),
    "GET /status": welcome("anybody may ask about a serial (F8)"),
    "POST /status": welcome("anybody may ask about a serial or a file (F8)"),
    "GET /api/status": welcome("the same for programs; answers 400 without a serial"),
    "POST /api/renewals/{number}/signature": refused("the owner's key has to sign the number (R8)"),
    "GET /bmg": welcome("the form of step 3"),
    "POST /bmg": refused("wants an IIN; limited per network, and takes equally long for every IIN"),
    "GET /kenes": welcome("help"),
    "GET /verify": welcome("anybody may verify a signed document (F8)"),
    "POST /verify": refused("wants a file"),
    "GET /call/start": welcome("whoever is not in the BMG begins here (F2)"),
    "POST /call/start": welcome("the form's first page holds nothing of anybody"),
    "GET /call": closed("needs the cookie of a call"),
    "POST /call": closed("needs the cookie of a form that was filled in"),
    "POST /call/ticket": refused("needs the cookie of a call"),
    "POST /call/back": refused("wants a phone number"),
    "GET /call/back/{token}": welcome(
        "leads an invited caller to the form; what the token says shows only there"
    ),
    "GET /not-me/{token}": refused("needs the token of the SMS (R14)"),
    "POST /not-me/{token}": refused("needs the token of the SMS (R14)"),
    "GET /keyagent/{name}": refused("public files of the key agent, by name; anything else is not found"),
    "GET /get": _WAY,
    "GET /get/start": welcome("step 1: nothing is known yet"),
    "POST /get/start": welcome("begins a dossier that knows nobody"),
    "GET /cabinet": welcome("the cabinet's sign-in"),
    "GET /cabinet/code": closed("needs the cookie of a sign-in that was begun"),
    "POST /cabinet/code": closed("needs the cookie of a sign-in that was begun"),
    "GET /cabinet/code/send": closed("leads to the form"),
    "POST /cabinet/code/send": refused("wants an IIN; limited, and equal for every IIN"),
    "POST /cabinet/key": refused("wants a signature of the nonce"),
    "POST /cabinet/key/nonce": welcome("random octets to be signed"),
    "POST /cabinet/sign-out": closed("ends what is not there"),
    "GET /ocsp/{question:path}": welcome("OCSP is public (RFC 6960)"),
    "POST /ocsp": welcome("OCSP is public (RFC 6960)"),
    "GET /crl/issuing.crl": welcome("revocation lists are public (RFC 5280)"),
    "GET /crl/root.crl": welcome("revocation lists are public (RFC 5280)"),
    "GET /ca/issuing.cer": welcome("the authority's certificates are public"),
    "GET /ca/root.cer": welcome("the authority's certificates are public"),
    "GET /demo/phone": welcome("the demo's telephone; not there in production"),
    "POST /demo/phone": welcome("the demo's telephone; not there in production"),
    "GET /demo/phone/changes": welcome("the demo's telephone; not there in production"),
    **{
        f"{method} /get/{step}": _WAY
        for step in (
            *("camera", "iin", "code", "call", "agent", "proceed", "resume", "identify", "access"),
            *("agreement", "contact", "again", "withdraw"),
        )
        for method in ("GET", "POST")
    },
    **{f"GET /get/{step}": _WAY for step in ("key", "status", "password", "done", "face")},
    "GET /get/statement/{language}.pdf": _WAY,
    **{
        f"POST /get/{step}": _WAY
        for step in ("key/request", "password/installed", "face/burst", "face/draw", "face/judge")
    },
    **{f"GET /cabinet/{page}": _CABINET for page in ("views", "password", "report.csv")},
    "GET /cabinet/certificates/{serial}": _CABINET,
    "GET /cabinet/certificates/{serial}/file": _CABINET,
    **{
        f"{method} /cabinet/certificates/{{serial}}/{act}": _CABINET
        for act in ("revoke", "not-me", "release", "renew")
        for method in ("GET", "POST")
    },
    "GET /cabinet/renewals/{serial}": _CABINET,
    "POST /cabinet/renewals/taken": _CABINET,
}

GATEWAY = {
    "SOCKET /calls": refused("the first message has to bear a ticket, within seconds"),
    "POST /probe": refused(
        "the portal's page tests a camera; loops back, keeps nothing, limited per address"
    ),
    "OPTIONS /probe": welcome("a browser's question before the probe (CORS)"),
    "GET /health": _ALIVE,
    "GET /ready": welcome("says whether a media worker answers, and nothing else"),
    "GET /metrics": _SECRET,
}

MEDIA_WORKER = {
    "GET /health": _ALIVE,
    **dict.fromkeys(
        (
            *(
                "POST /calls",
                "GET /calls",
                "DELETE /calls/{call_id:int}",
                "POST /calls/{call_id:int}/recording",
            ),
            *("POST /calls/{call_id:int}/legs", "DELETE /calls/{call_id:int}/legs/{role}"),
            *("POST /calls/{call_id:int}/hold", "POST /calls/{call_id:int}/keyframe"),
            *("POST /calls/{call_id:int}/stills", "GET /calls/{call_id:int}/stats", "POST /probe"),
            *("POST /calls/{call_id:int}/observers", "DELETE /calls/{call_id:int}/observers/{observer:int}"),
            *("POST /calls/{call_id:int}/voices", "DELETE /calls/{call_id:int}/voices/{observer:int}"),
            "POST /calls/{call_id:int}/ears",
            *("POST /drain", "SOCKET /events", "GET /ready", "GET /metrics"),
        ),
        _SECRET,
    ),
}

VISION = {
    "GET /health": _ALIVE,
    **dict.fromkeys(
        (
            *("GET /ready", "POST /documents", "POST /faces", "POST /aligned", "POST /comparisons"),
            *("POST /bursts", "POST /clips"),
        ),
        _SECRET,
    ),
}

KEY_AGENT = {
    "SOCKET /": closed("a page has to name its site (Origin); each act is then asked of the person"),
    "GET /": welcome("the citizen's own list of open dialogs, on their own computer"),
    "GET /ready": welcome("says that it runs"),
    "GET /static/{name}": refused("its own few files, by name"),
    "POST /withdraw": closed("from the agent's own pages only"),
    "GET /dialog/{token}": _DIALOG,
    "POST /dialog/{token}": closed("from the agent's own pages only"),
    "POST /dialog/{token}/check": closed("from the agent's own pages only"),
}

JOBS = {"GET /health": _ALIVE, "GET /ready": welcome("says what keeps the process from its work, in a word")}
