"""Nothing that people read is written where it cannot be translated: in Python, in a template, in a script.

Every sentence stands in a `wording/` folder in three languages. What is drawn without one is listed here, by
its file and with the reason: names, formats, standards, and what is said to programs and their developers.
"""

import ast
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.house import reading

PROJECT = Path(__file__).resolve().parents[2]
KEY_AGENT = "portal/keyagent/qoltanba_keyagent"
DRAWN_OUTSIDE_THE_DOORS = ("runtime/statement.py", "runtime/notice_texts.py")

# Said to a program, its developer or whoever starts it at a command line: English, like the log.
NOT_FOR_READERS = {
    " has lapsed",
    " is not published",
    " is taken: another agent, or NCALayer, is running. End it first.",
    "A sign-in is signed only for the site that its second line names.",
    "Only the agent's own pages may do this.",
    "The key agent is running already.",
    "The owner has not allowed this site. Ask again later.",
    "The request was refused.",
    "There is no time-stamping service here. Ask without tsaProfile, or for createCAdESFromBase64.",
    "This is not the host you asked for.",
    "This program knows ECDSA and RSA keys, no GOST.",
    "database not reached\n",
    "folder below which keys may lie",
    "folder of the agent itself",
    "install, and start with the next session only",
    "let programs of other accounts of this computer connect, too",
    "no longer trusted",
    "no such page",
    "not done (",
    "not here",
    "open no browser for dialogs; the agent's own page lists them",
    "port on loopback (sites expect 13579)",
    "portal: there is no certificate authority here yet; run `qoltanba ca init`",
    "session ended",
    "sign in first",
    "the OCSP responder's certificate is not valid now",
    "the file of an accepted version was changed",
    "the form is too large",
    "the form was sent from another site",
}
# Compared, stored, parsed or handed to the system: never drawn.
NOT_DRAWN = {
    "console/components/session_guard.py": {"html."},
    "console/components/theme_choice.py": {"Light", "Dark"},
    "console/components/tiles.py": {"number long"},
    "console/own_page.py": {"Routes"},
    "console/widgets/notes.py": {
        "owner by sms_code",
        "owner by (?:not_me|link in a message)",
        "case (?P<case>.+); asked by (?P<name>.+)",
        "by law: (?P<document>.+); asked by (?P<name>.+)",
        "time is over",
    },
    "portal/keyagent_download.py": {"Mac OS"},
    "portal/keyagent/installer/__main__.py": {"Library/Application Support/qoltanba-keyagent"},
    f"{KEY_AGENT}/startup.py": {"[Desktop Entry]", "Label"},
    f"{KEY_AGENT}/tls.py": {"Qoltanba key agent of this computer"},
    f"{KEY_AGENT}/trust.py": {"login keychain", "Root", "Import"},
    f"{KEY_AGENT}/cli.py": {"Library/Application Support/qoltanba-keyagent", "Port"},
    f"{KEY_AGENT}/keys.py": {"key agent"},
    # Names of types.
    f"{KEY_AGENT}/dialogs.py": {"Answer"},
    f"{KEY_AGENT}/enrolment.py": {"Made"},
    f"{KEY_AGENT}/fields.py": {"Json"},
    f"{KEY_AGENT}/xml_signatures.py": {"Id"},
    "console/assets/review_desk/paint.js": {"why whole"},
    "portal/static/agent.js": {"note bad"},
    "portal/static/get/agent_found.js": {"note good"},
    "portal/static/get/verification.js": {"no devices on an insecure address"},
    "portal/static/get/camera_test.js": {"no devices on an insecure address"},
    "portal/static/call/devices.js": {"no devices on an insecure address"},
    "portal/static/call/signalling.js": {"no ticket"},
}
# The same in every language, or in all three at once.
SAME_FOR_ALL = {
    "console/widgets/format.py": {"дн", "ч", "мин", "с", "күн", "сағ"},  # the table of units itself
    # The alphabet by which all languages are sorted, and the months in English.
    "console/widgets/alphabet.py": {"аәбвгғдежзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя", "а", "е", "ё"},
    f"{KEY_AGENT}/alphabet.py": {"аәбвгғдежзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя", "а", "е", "ё"},
    f"{KEY_AGENT}/words.py": {
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    },
    "portal/keyagent/installer/__main__.py": {
        # Before anything is known of its reader.
        "Нужен Python 3.11 или новее. Python 3.11 немесе жаңасы керек. Python 3.11 or newer is needed.",
        "Сначала: · Алдымен: · First:  sudo apt install python3-venv",
    },
    # Signed or written into a file: must not change with the language.
    f"{KEY_AGENT}/sign_ins.py": {"Qoltanba: sign-in to the cabinet"},
    f"{KEY_AGENT}/cms.py": {"A digest that a site computed: the content was shown to nobody."},
    f"{KEY_AGENT}/trust.py": {" by hand where your browser keeps certificate authorities:"},
    # What camera operators, standards and keyboards everywhere call it.
    "portal/templates/call_live.html": {"REC"},
    "portal/templates/layout.html": {"DEMO · SPECIMEN"},
    "portal/templates/get_agent.html": {"SHA-256", "uninstall"},
    "portal/templates/landing.html": {"OCSP", "JSON"},
    "console/assets/review_desk/desk.html": {"Enter", "Esc"},
}
NAMES = {"Windows", "Linux", "Qoltanba", "Python", "SHA-256"}
THE_AUDIT_LOG_S = {"given up"}


def of_python(text: str) -> list[str]:
    return list(reading.of_python(ast.parse(text)))


def of_template(text: str) -> list[str]:
    return reading.Template(text).found


def of_script(text: str) -> list[str]:
    return list(reading.of_script(text))


def files(ending: str) -> list[Path]:
    doors = [path for door in ("console", "portal") for path in sorted((PROJECT / door).rglob(f"*{ending}"))]
    return doors + [PROJECT / name for name in DRAWN_OUTSIDE_THE_DOORS if name.endswith(ending)]


def untranslated(name: str, found: Iterable[str]) -> list[str]:
    known = (
        NAMES | NOT_FOR_READERS | THE_AUDIT_LOG_S | NOT_DRAWN.get(name, set()) | SAME_FOR_ALL.get(name, set())
    )
    # A long text is known by one of its lines.
    lines = {one for one in known if len(one) > 40}
    return [
        text
        for text in found
        if text not in known and text.strip() not in known and not any(line in text for line in lines)
    ]


@pytest.mark.parametrize(
    ("ending", "read", "at_least"),
    [(".py", of_python, 150), (".html", of_template, 50), (".js", of_script, 30)],
)
def test_every_word_that_is_drawn_comes_from_the_wording(
    ending: str, read: Callable[[str], list[str]], at_least: int
) -> None:
    paths = files(ending)
    assert len(paths) > at_least
    found = {}
    for path in paths:
        name = path.relative_to(PROJECT).as_posix()
        if texts := untranslated(name, read(path.read_text("utf-8"))):
            found[name] = texts
    assert found == {}


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (of_python, 'st.button("save", key="save")'),
        (of_python, 'st.html(f"<p>{name} left</p>")'),
        (of_python, 'column.metric(label="Issued", value=3)'),
        (of_python, 'row = make(title=words.t("a.b"), help="what is counted")'),
        (of_python, 'empty = "Nothing was found"'),
        (of_python, "empty = 'пусто'"),
        (of_template, '<p>{{ t("a.b") }} of 17</p>'),
        (of_template, '<img src="x.png" alt="photo">'),
        (of_template, '<input type="submit" value="Send">'),
        (of_script, 'told.textContent = "sent";'),
        (of_script, 'mark(part("x"), "aria-label", `call ${n}`);'),
        (of_script, 'say("Nobody answers now");'),
    ],
)
def test_a_word_outside_the_wording_is_found(read: Callable[[str], list[str]], text: str) -> None:
    assert untranslated("somewhere", read(text)) != []


@pytest.mark.parametrize("table", [NOT_DRAWN, SAME_FOR_ALL], ids=["kept", "same"])
def test_what_is_listed_is_still_there(table: dict[str, set[str]]) -> None:
    """Each file and its text: a list that outlives its reason hides the next mistake."""
    gone = []
    for name, texts in table.items():
        written = (PROJECT / name).read_text("utf-8")
        gone += [(name, text) for text in texts if text.strip() not in written]
    assert gone == []


def test_what_is_said_to_programs_is_still_said() -> None:
    written = "".join(path.read_text("utf-8") for path in files(".py"))
    assert [text for text in NOT_FOR_READERS | THE_AUDIT_LOG_S if text.strip() not in written] == []
