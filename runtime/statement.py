"""The statement of an application as PDF, in Kazakh and Russian: A4, with its number on every page (F1)."""

import functools
import io
import tomllib
from datetime import datetime
from importlib import resources
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from ca_core.registration.statement import Statement
from ca_core.statistics import ALMATY
from runtime import notice_texts

LANGUAGES = ("ru", "kk")

# Has all Kazakh letters, and comes in a package: no font of the machine is needed.
_FONT = "NotoSans"
_FONT_FILE = ("manimgx_fonts", "NotoSans[wght].ttf")
_MARGIN = 20 * mm
_LABEL_WIDTH = 58 * mm
# What a frame keeps free on each side of what it holds.
_PADDING = 6
_GREY = colors.HexColor("#5b6670")
_ACCENT = colors.HexColor("#007c91")
_LINE = colors.HexColor("#d5dbe0")

_BODY = ParagraphStyle("body", fontName=_FONT, fontSize=10, leading=14)
_LABEL = ParagraphStyle("label", parent=_BODY, textColor=_GREY)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=8, leading=11, textColor=_GREY)
_HEADING = ParagraphStyle(
    "heading", parent=_BODY, fontSize=12, leading=16, spaceBefore=12, spaceAfter=4, textColor=_ACCENT
)
_TITLE = ParagraphStyle("title", parent=_BODY, fontSize=17, leading=22)
_NUMBER = ParagraphStyle("number", parent=_BODY, fontSize=15, leading=20)


def language(asked: str) -> str:
    """Statements exist in the two languages of the state; whoever reads another one gets Russian."""
    return asked if asked in LANGUAGES else LANGUAGES[0]


def render(statement: Statement, *, language: str, now: datetime) -> bytes:
    """The whole file; the same statement at the same moment is the same octets."""
    words = _words(language)
    _register_font()
    number = str(statement.number)
    target = io.BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=f"{words['title']} № {number}",
        author="Qoltanba",
        subject=words["subtitle"],
        lang=language,
        invariant=1,
    )

    def footer(canvas: Canvas, page: SimpleDocTemplate) -> None:
        canvas.setFont(_FONT, 8)
        canvas.setFillColor(_GREY)
        canvas.drawString(_MARGIN + _PADDING, 12 * mm, words["page"].format(number=number, page=page.page))

    document.build(_story(statement, words, now), onFirstPage=footer, onLaterPages=footer)
    return target.getvalue()


@functools.cache
def _words(language: str) -> dict[str, Any]:
    file = resources.files("runtime").joinpath("messages", f"statement.{language}.toml")
    return tomllib.loads(file.read_text("utf-8")) | notice_texts.alike(language)


@functools.cache
def _register_font() -> None:
    package, name = _FONT_FILE
    with resources.as_file(resources.files(package).joinpath(name)) as file:
        pdfmetrics.registerFont(TTFont(_FONT, str(file)))


def _story(statement: Statement, words: dict[str, Any], now: datetime) -> list[Flowable]:
    return [
        Paragraph(escape(words["title"]), _TITLE),
        Paragraph(escape(words["subtitle"]), _LABEL),
        Spacer(0, 6 * mm),
        Paragraph(escape(f"{words['number']}: {statement.number}"), _NUMBER),
        *_section(words["applicant"], _applicant(statement, words)),
        *_section(words["asked"], _asked(statement, words)),
        KeepTogether([Paragraph(escape(words["agreed"]), _HEADING), *_agreements(statement, words)]),
        KeepTogether([Paragraph(escape(words["signed"]), _HEADING), _signature(statement, words)]),
        Spacer(0, 8 * mm),
        Paragraph(escape(words["made"].format(at=_moment(now), policy=statement.policy_version)), _SMALL),
    ]


def _applicant(statement: Statement, words: dict[str, Any]) -> list[tuple[str, str]]:
    name = " ".join(filter(None, (statement.surname, statement.given_name, statement.patronymic)))
    return [
        (words["name"], name),
        (words["iin"], statement.iin),
        (words["phone"], statement.phone or words["none"]),
        (words["email"], statement.email or words["none"]),
    ]


def _asked(statement: Statement, words: dict[str, Any]) -> list[tuple[str, str]]:
    method = statement.method
    return [
        (words["purpose"], words["purpose_name"][statement.purpose.name.lower()]),
        (words["channel"], words["channel_name"][statement.channel.name.lower()]),
        (words["storage"], words[f"storage.{statement.storage.name.lower()}"]),
        (words["method"], words["method_name"][method.name.lower()] if method else words["not_proven"]),
        (words["opened"], _moment(statement.opened_at)),
        (words["state"], f"{words['state_name'][statement.state.name.lower()]}, {_moment(statement.since)}"),
    ]


def _agreements(statement: Statement, words: dict[str, Any]) -> list[Flowable]:
    lines: list[Flowable] = []
    for accepted in statement.accepted:
        text = accepted.text
        said = words["agreement"].format(
            kind=words["agreement_kind"][text.kind.value], version=text.version, at=_moment(accepted.at)
        )
        lines.append(Paragraph(escape(said), _BODY))
        lines.append(Paragraph(escape(words["digest"].format(sha256=text.sha256.hex())), _SMALL))
    return lines or [Paragraph(escape(words["nothing_agreed"]), _BODY)]


def _signature(statement: Statement, words: dict[str, Any]) -> Flowable:
    if not statement.key_id:
        return Paragraph(escape(words["not_signed"]), _BODY)
    key_id = statement.key_id.hex()
    grouped = " ".join(key_id[start : start + 4] for start in range(0, len(key_id), 4))
    return Paragraph(escape(words["signed_text"].format(key_id=grouped)), _BODY)


def _section(title: str, lines: list[tuple[str, str]]) -> list[Flowable]:
    rows = [[Paragraph(escape(label), _LABEL), Paragraph(escape(value), _BODY)] for label, value in lines]
    table = Table(rows, colWidths=[_LABEL_WIDTH, A4[0] - 2 * (_MARGIN + _PADDING) - _LABEL_WIDTH])
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE),
            ]
        )
    )
    return [KeepTogether([Paragraph(escape(title), _HEADING), table])]


def _moment(at: datetime) -> str:
    return f"{at.astimezone(ALMATY):%d.%m.%Y %H:%M}"
