"""Zones with right check digits, of people who do not exist."""

from ca_core.documents import mrz

# ICAO Doc 9303: the specimens of parts 4, 5, 6 and 7.
ICAO_TD3 = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
ICAO_TD1 = (
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)
ICAO_TD2 = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
ICAO_MRV_A = (
    "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L8988901C4XXX4009078F96121096ZE184226B<<<<<<",
)
ICAO_MRV_B = ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<")
ICAO_LONG_NUMBER = (
    "I<UTOD23145890<7349<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)

IIN = "870312300016"


def passport(
    *,
    number: str = "N01234567",
    born: str = "870312",
    sex: str = "M",
    expires: str = "340605",
    iin: str = IIN,
) -> tuple[str, str]:
    """A passport of Kazakhstan."""
    check = mrz.check_digit
    personal = iin.ljust(14, "<")
    dates = f"{born}{check(born)}{sex}{expires}{check(expires)}"
    second = f"{number}{check(number)}KAZ{dates}{personal}{check(personal)}"
    composite = check(second[:10] + second[13:20] + second[21:43])
    return ("P<KAZULGIYEV<<DAUREN".ljust(44, "<"), second + composite)


def id_card(
    *,
    number: str = "012345678",
    born: str = "870312",
    sex: str = "M",
    expires: str = "340605",
    iin: str = IIN,
) -> tuple[str, str, str]:
    """An ID card of Kazakhstan."""
    check = mrz.check_digit
    first = f"IDKAZ{number}{check(number)}{iin}".ljust(30, "<")
    second = f"{born}{check(born)}{sex}{expires}{check(expires)}KAZ".ljust(29, "<")
    composite = check(first[5:] + second[:7] + second[8:15] + second[18:29])
    return (first, second + composite, "ULGIYEV<<DAUREN".ljust(30, "<"))


def put(lines: tuple[str, ...], line: int, column: int, character: str) -> tuple[str, ...]:
    changed = lines[line][:column] + character + lines[line][column + 1 :]
    return (*lines[:line], changed, *lines[line + 1 :])
