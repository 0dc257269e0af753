"""R16, and what a password must have: each rule by itself."""

from pathlib import Path

import pytest

from qoltanba_keyagent import passwords
from qoltanba_keyagent.passwords import Fault, Owner

PATH = Path("/home/daulet/Documents/egov-keys/qoltanba-sign-2026-11-22-9f03a1.p12")
OWNER = Owner(iin="870312300454", phone="+7 701 123-45-67", birth_date="1987-03-12")


def faults(password: str, path: Path = PATH) -> set[Fault]:
    return set(passwords.faults(password, path=path, owner=OWNER))


@pytest.mark.parametrize("password", ["Tulpar7arystan", "x9!Kq#zwT", "A" + "b" * 62 + "1"])
def test_a_good_password_passes(password: str) -> None:
    assert faults(password) == set()


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("Tulpar7", Fault.TOO_SHORT),
        ("Tulpar7" * 10, Fault.TOO_LONG),
        ("TULPAR7ARYSTAN", Fault.NO_LOWER),
        ("tulpar7arystan", Fault.NO_UPPER),
        ("TulparArystan", Fault.NO_DIGIT),
        ("Tulpar7аrystan", Fault.FOREIGN_CHARACTER),  # one letter is Cyrillic
        ("Tulpar7 arystan", Fault.FOREIGN_CHARACTER),
        ("Tulpar7arystan\n", Fault.FOREIGN_CHARACTER),
    ],
)
def test_what_a_password_must_have(password: str, fault: Fault) -> None:
    assert faults(password) == {fault}


@pytest.mark.parametrize(
    "password",
    [
        "Documents",  # a folder on its path
        "DOCUMENTS",
        "Documents2026x",  # contains one
        "xXegov-keys1",
        "Cuments1Documents",
        "Daulet1987",  # the home folder's name
        "Qoltanba-sign-2026-11-22-9f03a1",  # the file's name
        "Qoltanba-sign-2026-11-22-9f03a1.p12",
        "Sign-2026-11",  # is contained in it
    ],
)
def test_refused_when_like_the_file_or_a_folder_on_its_path(password: str) -> None:
    """R16: equals, contains or is contained in a name on the path."""
    assert Fault.LIKE_NAME in faults(password)


def test_a_folder_with_a_name_of_two_letters_forbids_nothing() -> None:
    assert faults("Tulpar7arystan", Path("/u/ar/k.p12")) == set()


@pytest.mark.parametrize(
    "password",
    [
        "Aa870312300454",
        "Aa+77011234567",
        "Aa87011234567",
        "Aa7011234567x",
        "Aa12.03.1987",
        "Aa12031987",
        "Aa1987-03-12",
        "Aa03121987z",
        "Aa12/03/87zz",
        "Aa870312zz",
        "Aa12,03,1987",
        "Aa*12#03:1987",
        "Aa12.3.1987",
        "Aa3/12/1987",
        "Aa1987.3.12",
        "Aa8,7,0,3,1,2,3,0,0,4,5,4",
    ],
)
def test_refused_when_it_is_the_owners_number_phone_or_birth_date(password: str) -> None:
    """R16, in the usual spellings, with or without something around them."""
    assert Fault.LIKE_OWNER in faults(password)


@pytest.mark.parametrize("password", ["Aa870312300454", "Aa12.03.1987", "Aa1987-3-12"])
def test_the_certificate_itself_names_the_owner(password: str) -> None:
    """R16 holds for a site that says nothing about the owner, too: the IIN begins with the birth date."""
    owner = Owner(certified_iin="870312300454")
    assert Fault.LIKE_OWNER in passwords.faults(password, path=PATH, owner=owner)


def test_a_name_in_another_spelling_is_the_same_name() -> None:
    """A folder written in full-width letters, as some keyboards do."""
    assert Fault.LIKE_NAME in faults("Tulpar7arystan", Path("/u/ｔｕｌｐａｒ/k.p12"))


def test_what_is_not_known_of_the_owner_forbids_nothing() -> None:
    assert passwords.faults("Tulpar7arystan", path=PATH, owner=Owner()) == ()


def test_the_owner_is_never_printed() -> None:
    assert "8703" not in repr(OWNER)
