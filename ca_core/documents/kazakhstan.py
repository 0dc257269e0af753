"""What is particular about the documents of Kazakhstan: the number's form, and where the IIN stands.

A passport (TD3) has N and eight digits, and the IIN in the personal number. An ID card or a residence permit (TD1)
has nine digits, and the IIN in the optional data of the first line.
"""

import re
from collections.abc import Sequence

from ca_core.documents import look_alikes, mrz, states
from ca_core.documents.mrz import Format, Mrz, Span
from ca_core.identifiers import Iin, IinInvalid, Sex

_NUMBER = {Format.TD3: r"N[0-9]{8}", Format.TD1: r"[0-9]{9}"}
_IIN_DIGITS = 12
_DIGITS = {
    Format.TD3: (Span(1, 1, 9), Span(1, 28, 28 + _IIN_DIGITS)),
    Format.TD1: (Span(0, 5, 14), Span(0, 15, 15 + _IIN_DIGITS)),
}


def is_issued_there(zone: Mrz) -> bool:
    """A passport or a card whose issuing state is Kazakhstan (R2); a visa is neither."""
    return zone.issuing_state == states.KAZAKHSTAN and zone.format in _NUMBER


def has_its_number_form(zone: Mrz) -> bool:
    """Whether the document's number is written as Kazakhstan writes it."""
    return is_issued_there(zone) and re.fullmatch(_NUMBER[zone.format], zone.document_number) is not None


def iin_of(zone: Mrz) -> Iin | None:
    """The IIN in the zone, or None where the document has none or its own check digit does not hold (R1)."""
    if not is_issued_there(zone):
        return None
    try:
        return Iin.parse(zone.optional_data[0][:_IIN_DIGITS])
    except IinInvalid:
        return None


def iin_agrees(zone: Mrz) -> bool:
    """R1: birth date and sex in the IIN are those of the document."""
    iin = iin_of(zone)
    if iin is None:
        return False
    sex = {"M": Sex.MALE, "F": Sex.FEMALE}.get(zone.sex)
    return iin.birth_date == zone.born_on and iin.sex is sex


def typed(lines: Sequence[str]) -> tuple[str, ...]:
    """As `look_alikes.typed`, knowing besides which positions are digits here. Raises MrzUnreadable."""
    turned = look_alikes.typed(lines)
    digits = _DIGITS.get(mrz.layout_of(turned).format)
    if digits is None or turned[0][2:5] != states.KAZAKHSTAN:
        return turned
    return look_alikes.as_digits(turned, digits)
