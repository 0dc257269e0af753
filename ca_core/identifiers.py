"""Identifiers of people, phones, applications and certificates: parsed once at the door, masked when printed."""

import re
import secrets
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import phonenumbers

from ca_core.errors import Refusal


class IinInvalid(Refusal):
    code = "iin.invalid"


class PhoneInvalid(Refusal):
    code = "phone.invalid"


class SerialInvalid(Refusal):
    code = "serial.invalid"


class ApplicationIdInvalid(Refusal):
    code = "application_id.invalid"


class Sex(StrEnum):
    MALE = "M"
    FEMALE = "F"


_SERIAL_OCTETS = 20
_FIRST_WEIGHTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND_WEIGHTS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_CENTURY = {1: 1800, 2: 1800, 3: 1900, 4: 1900, 5: 2000, 6: 2000}


def iin_check_digit(body: str) -> int | None:
    """The twelfth digit for the first eleven, or None where the number is never issued."""
    digits = [int(c) for c in body]
    for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
        remainder = sum(w * d for w, d in zip(weights, digits, strict=True)) % 11
        if remainder < 10:
            return remainder
    return None


@dataclass(frozen=True, slots=True, order=True)
class Iin:
    """Individual identification number: 12 digits, birth date, sex and check digit agree (R1)."""

    digits: str

    @classmethod
    def parse(cls, text: str) -> "Iin":
        """Raises IinInvalid."""
        digits = re.sub(r"[\s-]", "", text)
        if not re.fullmatch(r"[0-9]{12}", digits) or iin_check_digit(digits[:11]) != int(digits[11]):
            raise IinInvalid
        iin = cls(digits)
        try:
            born = iin.birth_date
        except (KeyError, ValueError) as error:
            raise IinInvalid from error
        if born.year < 1800:
            raise IinInvalid
        return iin

    @classmethod
    def of(cls, number: int) -> "Iin":
        """From the integer that the database keeps."""
        return cls(f"{number:012d}")

    @property
    def number(self) -> int:
        return int(self.digits)

    @property
    def birth_date(self) -> date:
        century = _CENTURY[int(self.digits[6])]
        return date(century + int(self.digits[:2]), int(self.digits[2:4]), int(self.digits[4:6]))

    @property
    def sex(self) -> Sex:
        return Sex.MALE if int(self.digits[6]) % 2 else Sex.FEMALE

    @property
    def masked(self) -> str:
        return f"{self.digits[:6]} ••••••"

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"Iin({self.masked})"


@dataclass(frozen=True, slots=True, order=True)
class Phone:
    """A Kazakh mobile number as 11 digits, country code first."""

    digits: str

    @classmethod
    def parse(cls, text: str) -> "Phone":
        """Raises PhoneInvalid. Accepts +7, 7, 8 and the bare ten digits."""
        try:
            number = phonenumbers.parse(text, "KZ")
        except phonenumbers.NumberParseException as error:
            raise PhoneInvalid from error
        mobile = phonenumbers.number_type(number) in (
            phonenumbers.PhoneNumberType.MOBILE,
            phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        )
        if phonenumbers.region_code_for_number(number) != "KZ" or not mobile:
            raise PhoneInvalid
        return cls(f"7{number.national_number}")

    @classmethod
    def of(cls, number: int) -> "Phone":
        return cls(str(number))

    @property
    def number(self) -> int:
        return int(self.digits)

    @property
    def masked(self) -> str:
        return f"+7 7•• ••• •• {self.digits[-2:]}"

    @property
    def full(self) -> str:
        d = self.digits
        return f"+{d[0]} {d[1:4]} {d[4:7]} {d[7:9]} {d[9:]}"

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"Phone({self.masked})"


@dataclass(frozen=True, slots=True, order=True)
class Serial:
    """A certificate's serial number as its 20 octets (RFC 5280, 4.1.2.2)."""

    octets: bytes

    @classmethod
    def parse(cls, text: str) -> "Serial":
        """Raises SerialInvalid. Accepts hexadecimal with or without colons and blanks."""
        compact = re.sub(r"[\s:]", "", text)
        if not re.fullmatch(r"[0-9a-fA-F]{1,40}", compact):
            raise SerialInvalid
        return cls(bytes.fromhex(compact.rjust(2 * _SERIAL_OCTETS, "0")))

    @classmethod
    def of(cls, number: int) -> "Serial":
        """Raises SerialInvalid: zero, negative, or longer than twenty octets."""
        if not 0 < number < 1 << 8 * _SERIAL_OCTETS:
            raise SerialInvalid
        return cls(number.to_bytes(_SERIAL_OCTETS, "big"))

    @property
    def number(self) -> int:
        return int.from_bytes(self.octets, "big")

    @property
    def hex(self) -> str:
        return self.octets.hex()

    @property
    def grouped(self) -> str:
        """For reading aloud: groups of four."""
        return " ".join(self.hex[i : i + 4] for i in range(0, 40, 4))

    def __str__(self) -> str:
        return self.hex


def _mod_11_10(body: str) -> int:
    """ISO/IEC 7064 MOD 11,10: finds every single wrong digit and swap of neighbours."""
    product = 10
    for c in body:
        total = (product + int(c)) % 10 or 10
        product = (total * 2) % 11
    return (11 - product) % 10


@dataclass(frozen=True, slots=True, order=True)
class ApplicationId:
    """An application's number: 11 digits, the first 1-6 so that it is no phone, the last a check digit (R5)."""

    digits: str

    @classmethod
    def parse(cls, text: str) -> "ApplicationId":
        """Raises ApplicationIdInvalid."""
        digits = re.sub(r"[\s-]", "", text)
        if not re.fullmatch(r"[1-6][0-9]{10}", digits) or _mod_11_10(digits[:10]) != int(digits[10]):
            raise ApplicationIdInvalid
        return cls(digits)

    @classmethod
    def form(cls, body: int) -> "ApplicationId":
        """From ten digits: the core draws them, the database guarantees that they are new."""
        return cls(f"{body:010d}{_mod_11_10(f'{body:010d}')}")

    @classmethod
    def draw(cls) -> "ApplicationId":
        return cls.form(1_000_000_000 + secrets.randbelow(6_000_000_000))

    @classmethod
    def of(cls, number: int) -> "ApplicationId":
        return cls(f"{number:011d}")

    @property
    def number(self) -> int:
        return int(self.digits)

    def __str__(self) -> str:
        d = self.digits
        return f"{d[:4]}-{d[4:8]}-{d[8:]}"


_FOLD = str.maketrans("әғқңөұүһіёй", "агкноуухиеи", "ъь")


def fold_name(*parts: str) -> str:
    """How names are compared: lower case, Kazakh letters on their nearest Russian ones, ъ and ь dropped.

    A run of и is one и: what Kazakh writes ейі (Нұрпейісова), Russian writes еи (Нурпеисова).
    """
    words = " ".join(" ".join(parts).lower().split())
    return re.sub("и+", "и", words.translate(_FOLD))


def mask_name(surname: str, given_name: str) -> str:
    """Surname and initial: enough to tell two people on one list apart."""
    return f"{surname} {given_name[:1]}." if given_name else surname


def mask_email(email: str) -> str:
    name, _, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}" if domain else ""
