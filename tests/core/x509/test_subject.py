import warnings

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from ca_core.x509 import lint, subject
from ca_core.x509.subject import Subject
from tests.core.x509 import authorities

_ORDER = [
    NameOID.COMMON_NAME,
    NameOID.SURNAME,
    NameOID.SERIAL_NUMBER,
    NameOID.COUNTRY_NAME,
    NameOID.GIVEN_NAME,
]


def values(person: Subject) -> dict[x509.ObjectIdentifier, str]:
    return {attribute.oid: str(attribute.value) for attribute in subject.name(person)}


def test_attributes_stand_in_the_order_of_the_nca() -> None:
    assert [attribute.oid for attribute in subject.name(authorities.PERSON)] == _ORDER


def test_given_name_attribute_holds_the_patronymic() -> None:
    """The NCA's quirk, on which relying parties depend: the given name stands only in CN."""
    assert values(authorities.PERSON) == {
        NameOID.COMMON_NAME: "СЫНАҚОВА ҮЛГІ",
        NameOID.SURNAME: "СЫНАҚОВА",
        NameOID.SERIAL_NUMBER: "IIN990101400008",
        NameOID.COUNTRY_NAME: "KZ",
        NameOID.GIVEN_NAME: "СЫНАҚҚЫЗЫ",
    }


def test_without_patronymic_the_attribute_is_left_out() -> None:
    assert NameOID.GIVEN_NAME not in values(Subject("СЫНАҚОВА", "ҮЛГІ", "", "990101400008"))


def test_with_one_name_only_the_attribute_holds_the_given_name() -> None:
    """EN 319 412-2, NAT-4.2.4-1: a surname or a given name must be there."""
    found = values(Subject("", "ҮЛГІ", "", "990101400008"))
    assert (found[NameOID.COMMON_NAME], found[NameOID.GIVEN_NAME]) == ("ҮЛГІ", "ҮЛГІ")
    assert NameOID.SURNAME not in found


def test_common_name_is_cut_at_64_characters_not_octets() -> None:
    """X.520 ub-common-name counts characters; 33 Cyrillic letters are 66 octets."""
    whole = values(Subject("Ғ" * 30, "Ү" * 33, "", "990101400008"))[NameOID.COMMON_NAME]
    cut = values(Subject("Ғ" * 60, "Ү" * 33, "", "990101400008"))[NameOID.COMMON_NAME]
    assert whole == "Ғ" * 30 + " " + "Ү" * 33
    assert cut == "Ғ" * 60 + " " + "Ү" * 3


def test_equal_names_give_equal_octets() -> None:
    """A decomposed Й, a double blank and a line feed are no other name."""
    tidy = Subject("БАЙТЕСТОВ", "СЫНАҚ", "", "990101300009")
    untidy = Subject(" БАИ\u0306ТЕСТОВ", "СЫНАҚ\n", "  ", "990101300009")
    assert subject.name(tidy).public_bytes() == subject.name(untidy).public_bytes()


def test_subject_prints_neither_name_nor_iin() -> None:
    """R14."""
    printed = f"{authorities.PERSON} {authorities.plan()!r}"
    assert "СЫНАҚОВА" not in printed
    assert "990101400008" not in printed


_names = st.text(alphabet=st.sampled_from("АӘБВГҒДЕҚҢӨҰҮҺІЙЬ'-’ \u0306\u00a0\u200bÇab"), max_size=90)


@pytest.mark.judge
@settings(max_examples=40, deadline=None)
@given(surname=_names, given_name=_names, patronymic=_names)
def test_whatever_the_register_says_the_certificate_is_clean(
    surname: str, given_name: str, patronymic: str
) -> None:
    """Names come from the state register: however long or odd, they never stop an issue."""
    person = Subject(surname, "Ү" + given_name, patronymic, "990101400008")
    with warnings.catch_warnings():
        # cryptography warns at reading a common name of more than 64 octets, and still reads it.
        warnings.simplefilter("ignore", UserWarning)
        found = authorities.linter().findings(authorities.der(authorities.leaf(subject=person)))
    assert [f for f in found if f.severity <= lint.Severity.WARNING and f.code not in lint.ALLOWED] == []
