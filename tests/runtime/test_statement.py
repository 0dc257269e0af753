"""The application as a statement on paper (F1): its number, the agreements, every Kazakh letter, nothing in full."""

import io
import tomllib
from importlib import resources

import pypdf
import pytest

from ca_core.certificate import Channel, Method, Purpose
from ca_core.dossier import AgreementKind
from ca_core.lifecycle import ApplicationState
from ca_core.registration import dossier as dossiers
from ca_core.registration import statement as statements
from ca_core.registration.statement import Statement
from runtime import statement as papers
from tests import builders
from tests import dossiers as ways
from tests.fakes import House

LETTERS = "ӘҒҚҢӨҰҮҺІәғқңөұүһі"


@pytest.fixture
def here() -> House:
    house = builders.house()
    builders.register(house, surname=f"ҮЛГІЕВ{LETTERS}")
    return house


def made(here: House, dossier: dossiers.Dossier) -> Statement:
    with ways.opened(here, dossier) as (work, found):
        return statements.of(work, dossier=found)


def text(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize("language", papers.LANGUAGES)
def test_the_paper_bears_number_applicant_agreements_and_key(here: House, language: str) -> None:
    paper = made(here, ways.submitted(here))
    read = text(papers.render(paper, language=language, now=here.now))
    assert read.count(str(paper.number)) >= 2
    assert "".join(LETTERS.split()) in read
    assert "ДАМИР" in read
    for accepted in paper.accepted:
        assert accepted.text.version in read
        assert accepted.text.sha256.hex() in read
    assert paper.key_id.hex()[:4] in read
    assert "■" not in read


def test_what_identifies_a_person_is_masked(here: House) -> None:
    """R14: the file leaves the portal."""
    read = text(papers.render(made(here, ways.submitted(here)), language="kk", now=here.now))
    assert builders.person().iin.masked in read
    assert builders.person().iin.digits not in read
    assert builders.PHONE.digits[4:] not in read.replace(" ", "")
    assert "damir@example.kz" not in read


def test_a_statement_exists_from_the_number_on_and_says_what_is_missing(here: House) -> None:
    paper = made(here, ways.started(here))
    read = text(papers.render(paper, language="ru", now=here.now))
    assert (paper.method, paper.accepted, paper.key_id) == (None, (), b"")
    assert "ещё не подтверждена" in read
    assert "Согласий ещё нет" in read
    assert "Ещё не подписано" in read


def test_the_phone_is_the_one_of_today_or_none(here: House) -> None:
    """R3: it may have become another's since."""
    dossier = ways.started(here)
    assert made(here, dossier).phone == builders.PHONE.masked
    here.memory.bmg.clear()
    assert made(here, dossier).phone == ""


def test_there_is_none_before_there_is_an_application(here: House) -> None:
    with pytest.raises(dossiers.DossierUnknown):
        made(here, ways.signed_in(here))


def test_a_name_is_text_and_never_markup(here: House) -> None:
    """Names come from the register, and the register is not ours."""
    odd = builders.replace(made(here, ways.started(here)), surname="<b>A&B</b>")
    assert "<b>A&B</b>" in text(papers.render(odd, language="ru", now=here.now))


def test_the_same_statement_is_the_same_file(here: House) -> None:
    paper = made(here, ways.submitted(here))
    assert papers.render(paper, language="ru", now=here.now) == papers.render(
        paper, language="ru", now=here.now
    )


@pytest.mark.parametrize("language", papers.LANGUAGES)
def test_every_value_has_its_word(language: str) -> None:
    file = resources.files("runtime").joinpath("messages", f"statement.{language}.toml")
    words = tomllib.loads(file.read_text("utf-8"))
    kinds = (
        ("purpose_name", Purpose),
        ("channel_name", Channel),
        ("method_name", Method),
        ("state_name", ApplicationState),
    )
    for table, kind in kinds:
        assert set(words[table]) == {member.name.lower() for member in kind}
    assert set(words["agreement_kind"]) == {kind.value for kind in AgreementKind}


def test_both_languages_say_the_same_things() -> None:
    read = [
        tomllib.loads(
            resources.files("runtime").joinpath("messages", f"statement.{one}.toml").read_text("utf-8")
        )
        for one in papers.LANGUAGES
    ]
    assert read[0].keys() == read[1].keys()
