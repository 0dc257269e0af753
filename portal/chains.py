"""A certificate with those above it, as the key program takes them: DER in base64, the leaf first."""

import base64

from portal.parts import Parts

_ABOVE = ("issuing.cer", "root.cer")


def of(handed: Parts, leaf: bytes) -> list[str]:
    authorities = [file.content for name in _ABOVE if (file := handed.files.get(name))]
    return [base64.b64encode(der).decode() for der in (leaf, *authorities)]
