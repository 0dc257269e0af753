"""The holder's name as the NCA writes it: CN, SURNAME, serialNumber, C, GIVENNAME, in that order.

GIVENNAME carries the patronymic; the given name stands only in CN. EN 319 412-2, NAT-4.2.4-1
demands a surname or a givenName, so one who has neither surname nor patronymic gets the given
name there.
"""

import unicodedata
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

# X.520 counts characters (ub-common-name, ub-surname, ub-given-name); EN 319 412-2 relaxes them,
# relying parties often do not.
_COMMON_NAME_CHARACTERS = 64
_NAME_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Subject:
    """A natural person as the state register names them (R1); absent parts are empty."""

    surname: str
    given_name: str
    patronymic: str
    iin: str
    country: str = "KZ"

    def __repr__(self) -> str:
        # R14: an object that ends up in a log must not carry a name or an IIN with it.
        return f"Subject(iin=********{self.iin[-4:]})"


def name(subject: Subject) -> x509.Name:
    """The subject field of this person's certificates."""
    surname, given_name, patronymic = map(_tidy, (subject.surname, subject.given_name, subject.patronymic))
    attributes = [
        _text(NameOID.COMMON_NAME, _common_name(surname, given_name)),
        _text(NameOID.SURNAME, surname[:_NAME_CHARACTERS]) if surname else None,
        x509.NameAttribute(NameOID.SERIAL_NUMBER, f"IIN{subject.iin}"),
        x509.NameAttribute(NameOID.COUNTRY_NAME, subject.country),
        _given_name(surname, given_name, patronymic),
    ]
    return x509.Name([attribute for attribute in attributes if attribute is not None])


def _tidy(text: str) -> str:
    """One composed form, single blanks, no control characters: equal names give equal bytes."""
    composed = unicodedata.normalize("NFC", text)
    printable = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in composed)
    return " ".join(printable.split())


def _common_name(surname: str, given_name: str) -> str:
    """Family and given name; one that is too long is cut at 64 characters, the surname first."""
    whole = " ".join(filter(None, (surname, given_name)))
    return whole[:_COMMON_NAME_CHARACTERS].rstrip()


def _given_name(surname: str, given_name: str, patronymic: str) -> x509.NameAttribute[str] | None:
    text = patronymic or ("" if surname else given_name)
    return _text(NameOID.GIVEN_NAME, text[:_NAME_CHARACTERS].rstrip()) if text else None


class _CyrillicText(x509.NameAttribute[str]):
    """An attribute whose bound is counted in characters, as X.520 has it.

    cryptography counts UTF-8 octets, and would refuse a common name of 33 Cyrillic letters.
    """

    def __init__(self, oid: x509.ObjectIdentifier, value: str) -> None:
        super().__init__(oid, value[:16])
        self._whole = value

    @property
    def value(self) -> str:
        return self._whole


def _text(oid: x509.ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
    return _CyrillicText(oid, value)
