"""Every sentence of the console in all three languages, every refusal worded, nothing left in another script."""

import importlib
import pkgutil
import re
from string import Formatter

import pytest

import ca_core
import runtime
from ca_core import overview
from ca_core.certificate import AgeBand, Channel, Kind, Method, Purpose, Status, StorageKind
from ca_core.errors import Refusal
from ca_core.figures import Figure
from ca_core.revocation.signed_file import Cause
from ca_core.roles import Role
from console import words
from console.language import LANGUAGES
from console.pages import PAGES
from portal import words as portal_words

# What stands in Latin letters in every language: names, standards, formats, keyboard signs.
LATIN = re.compile(
    r"\b(eGov|Qoltanba|Kenes|NCALayer|OCSP|CRL|PEM|DER|CSR|PKCS|PKCS#10|PKCS#11|PKCS#12|RFC|RSA|EC|ECDSA|SHA|P-256|P-384|X"
    r"|TOTP|SMS|SIM|USB|PDF|CSV|XLSX|UTC|UTF|IP|UDP|URL|HTTP|HTTPS|TLS|UTF-8|BEGIN|CERTIFICATE|REQUEST|END|ASN|OID|ETSI|ID"
    r"|qoltanba backup|Python|article|Eng|English|NEW|ESC|Ctrl|Enter|Asia|Almaty|k|n|N|x|v|DEMO|SPECIMEN)\b"
)
PLACEHOLDER = re.compile(
    r"«qoltanba[^»]*»|\.[a-z]{3}\b|7XX XXX XX XX|\{[a-z_]*\}|\{[a-z_]+[:!][^}]*\}|`[^`]*`|\*\*|https?://\S+|\$\w+|:[a-z-]+\[|:material/\w+:"
)


def sentences(language: str) -> dict[str, str]:
    """Each sentence by its key, plural forms apart."""
    found: dict[str, str] = {}
    for key, entry in words.entries(language).items():
        if isinstance(entry, str):
            found[key] = entry
        else:
            found |= {f"{key}.{category}": sentence for category, sentence in entry.items()}
    return found


def refusal_codes() -> set[str]:
    """Of every subclass of Refusal in the rooms that may refuse."""
    for room in (ca_core, runtime):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found: set[str] = set()
    waiting = list(Refusal.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "code" in vars(kind) and kind.__module__.split(".")[0] in ("ca_core", "runtime", "data"):
            found.add(kind.code)
    return found


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_keys_in_every_language(language: str) -> None:
    assert words.entries(language).keys() ^ words.entries("en").keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_file_words_what_another_file_words(language: str) -> None:
    seen: dict[str, str] = {}
    twice = []
    for name in words.files(language):
        for key in words.of_file(name):
            if key in seen:
                twice.append((key, seen[key], name))
            seen[key] = name
    assert twice == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty(language: str) -> None:
    assert [key for key, sentence in sentences(language).items() if not sentence.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_is_worded(language: str) -> None:
    """Each code has what happened and what to do next (style, 6)."""
    known = words.entries(language)
    wanted = {f"refusal.{code}.{part}" for code in refusal_codes() for part in ("text", "next")}
    assert wanted - known.keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_enumeration_has_its_labels(language: str) -> None:
    sections = (
        ("channel", Channel),
        ("storage", StorageKind),
        ("kind", Kind),
        ("method", Method),
        ("purpose", Purpose),
        ("age_band", AgeBand),
    )
    wanted = {f"{section}.{member.name.lower()}" for section, kind in sections for member in kind}
    wanted |= {f"status.{status.value}" for status in Status} | {f"role.{role.value}" for role in Role}
    wanted |= {f"region.{number}" for number in range(1, 21)} | {page.title for page in PAGES}
    assert wanted - words.entries(language).keys() == set()


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_placeholders_are_the_same(language: str) -> None:
    english = words.entries("en")
    different = []
    for key, entry in words.entries(language).items():
        forms = [entry] if isinstance(entry, str) else list(entry.values())
        other = english[key]
        expected = placeholders(other if isinstance(other, str) else other["other"])
        different += [key for form in forms if placeholders(form) - {"n"} != expected - {"n"}]
    assert different == []


@pytest.mark.parametrize(
    ("language", "categories"), [("ru", "few many one other"), ("kk", "one other"), ("en", "one other")]
)
def test_plural_forms_are_complete(language: str, categories: str) -> None:
    """CLDR: Russian has four categories, Kazakh and English two."""
    incomplete = [
        key
        for key, entry in words.entries(language).items()
        if not isinstance(entry, str) and " ".join(sorted(entry)) != categories
    ]
    assert incomplete == []


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_no_latin_words_are_left(language: str) -> None:
    left = {
        key: LATIN.sub("", PLACEHOLDER.sub("", sentence))
        for key, sentence in sentences(language).items()
        if re.search(r"[A-Za-z]{2,}", LATIN.sub("", PLACEHOLDER.sub("", sentence)))
    }
    assert left == {}


def test_english_has_no_cyrillic() -> None:
    allowed = ("language.short.",)
    left = [k for k, s in sentences("en").items() if re.search(r"[Ѐ-ӿ]", s) and not k.startswith(allowed)]
    assert left == []


def test_kazakh_is_kazakh() -> None:
    """Sentences of some length are in Kazakh letters, not a copy of the Russian ones."""
    russian = sentences("ru")
    same = [
        key
        for key, sentence in sentences("kk").items()
        if sentence == russian.get(key) and len(sentence.split()) > 3
    ]
    assert same == []
    long = [s for s in sentences("kk").values() if len(s) > 60]
    assert [s for s in long if not re.search(r"[әғқңөұүһі]", s.lower())] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_and_every_cause_has_its_words(language: str) -> None:
    """Both are found under the value of the enumeration."""
    said = sentences(language)
    assert [f for f in Figure if not said.get(f"statistics.label.{f.value}")] == []
    assert [f for f in overview.Figure if not said.get(f"home.figure.{f.value}")] == []
    verified = portal_words.load()[language].entries
    assert [c for c in Cause if not verified.get(f"verify.cause_{c.value}")] == []
