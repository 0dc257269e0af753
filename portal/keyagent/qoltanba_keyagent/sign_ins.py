"""Signing in to the cabinet with a key: signed for the site that the text names, and for no other.

Another site that the owner allowed could fetch such a text from the authority, have it signed here and hand it on:
it would be in somebody else's cabinet. The text's second line is the origin that it signs in to.
"""

from qoltanba_keyagent import origins
from qoltanba_keyagent.refusals import SignInElsewhere

TITLE = "Qoltanba: sign-in to the cabinet"
_LOOKED_AT_BYTES = 4096


def require_own(content: bytes, *, origin: str) -> None:
    """Raises SignInElsewhere."""
    lines = content[:_LOOKED_AT_BYTES].lstrip().split(b"\n", 2)
    if not lines[0].startswith(TITLE.encode()):
        return
    named = lines[1].decode("ascii", "replace").strip() if len(lines) > 1 else ""
    if origins.of(named) != origin:
        raise SignInElsewhere
