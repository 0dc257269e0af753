"""Numbers, dates and spans as each language writes them; times are Asia/Almaty's, UTC in the help text."""

from datetime import UTC, date, datetime, timedelta

from babel.dates import get_month_names
from babel.numbers import format_decimal

from ca_core.statistics import ALMATY
from console import language as languages

# Narrow and never broken over two lines.
THIN_SPACE = "\u202f"

_MONTHS = get_month_names("abbreviated", locale="en")
_UNITS = {
    "ru": ("дн", "ч", "мин", "с"),
    "kk": ("күн", "сағ", "мин", "с"),
    "en": ("d", "h", "min", "s"),
}


def number(value: int, *, language: str | None = None) -> str:
    """20312 -> 20 312, with a thin space, in every language."""
    del language
    return f"{value:,}".replace(",", THIN_SPACE)


def fraction(value: float, *, language: str | None = None) -> str:
    """0.45 in English, 0,45 in Russian and Kazakh."""
    return format_decimal(value, format="0.00", locale=language or languages.current())


def day(value: date, *, language: str | None = None) -> str:
    """22.11.2026 in Russian and Kazakh, 22 Nov 2026 in English."""
    if (language or languages.current()) == "en":
        return f"{value.day} {_MONTHS[value.month]} {value.year}"
    return f"{value.day:02}.{value.month:02}.{value.year}"


def month(year: int, number: int, *, language: str | None = None) -> str:
    """11.2026 in Russian and Kazakh, Nov 2026 in English."""
    if (language or languages.current()) == "en":
        return f"{_MONTHS[number]} {year}"
    return f"{number:02}.{year}"


def local_day(value: datetime, *, language: str | None = None) -> str:
    """The day in Kazakhstan on which an instant falls."""
    return day(value.astimezone(ALMATY).date(), language=language)


def instant(value: datetime, *, language: str | None = None) -> str:
    """22.11.2026 14:05, in Asia/Almaty."""
    local = value.astimezone(ALMATY)
    return f"{day(local.date(), language=language)} {local:%H:%M}"


def clock(value: datetime) -> str:
    """14:05:07, in Asia/Almaty."""
    return f"{value.astimezone(ALMATY):%H:%M:%S}"


def utc(value: datetime) -> str:
    """For help texts: the same instant in UTC."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def span(value: timedelta, *, language: str | None = None) -> str:
    """The two largest units: 3 min 20 s, 2 h 5 min, 4 d 3 h."""
    days_, hours, minutes, seconds = _UNITS[language or languages.current()]
    total = max(0, int(value.total_seconds()))
    parts = [
        (total // 86400, days_),
        (total // 3600 % 24, hours),
        (total // 60 % 60, minutes),
        (total % 60, seconds),
    ]
    first = next((i for i, (n, _) in enumerate(parts) if n), len(parts) - 1)
    shown = [f"{n}\u00a0{unit}" for n, unit in parts[first : first + 2] if n or first == len(parts) - 1]
    return " ".join(shown)


def grouped(hexadecimal: str) -> str:
    """A serial in groups of four."""
    upper = hexadecimal.upper()
    return " ".join(upper[i : i + 4] for i in range(0, len(upper), 4))


def anything(value: object, *, language: str | None = None) -> str:
    """A fact by its type."""
    match value:
        case bool() | str():
            return str(value)
        case int():
            return number(value, language=language)
        case float():
            return format_decimal(value, locale=language or languages.current())
        case datetime():
            return instant(value, language=language)
        case date():
            return day(value, language=language)
        case timedelta():
            return span(value, language=language)
    return str(value)
