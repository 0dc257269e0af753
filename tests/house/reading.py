"""Finds what reads as words in Python, templates and scripts: for the test that wants every word translated."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

KEYBOARD = {"Enter", "Escape"}
MARKUP = re.compile(
    r"<[^<>]*>|<[^<>]*$|^[^<>]*>|^-badge\[|:material/\w+:|:[a-z]+-badge\[|:[a-z]+\[|&\w+;|\$\w+|https?://\S+"
)
# Rules of a style sheet, its selectors, headers of HTTP and PEM: words to machines.
CODE = re.compile(
    r"[a-z-]+: [^;{}]+;|\[data-|\[role=|\(prefers-|^-----(BEGIN|END)|(^|; )(filename|charset)=|-src '"
    r"|^(private|public|no-cache), "
)
SENTENCE = re.compile(r"[A-Za-z]{2,}[,:;]? +[A-Za-z]{2,}")
WORD = re.compile(r" ?[A-Z][a-z]+[.!?:]? ?")
CYRILLIC = re.compile(r"[Ѐ-ӿ]")
# The parameters of Streamlit's calls, and of ours that hand them on, which end up before a reader's eyes.
DRAWN_PARAMETERS = {"label", "help", "placeholder", "title", "caption", "text", "body", "alt", "empty"}
DRAWING_CALLS = {
    *(
        "title",
        "header",
        "subheader",
        "caption",
        "markdown",
        "text",
        "write",
        "html",
        "code",
        "latex",
        "badge",
    ),
    *("button", "download_button", "form_submit_button", "link_button", "page_link", "popover", "expander"),
    *("selectbox", "pills", "segmented_control", "radio", "checkbox", "toggle", "text_input", "text_area"),
    *(
        "metric",
        "tabs",
        "spinner",
        "status",
        "toast",
        "error",
        "warning",
        "info",
        "success",
        "dialog",
        "Page",
    ),
}
DRAWN_ATTRIBUTES = {"title", "alt", "placeholder", "aria-label", "aria-description", "label", "value"}
SCRIPT_PART = re.compile(
    r"//[^\n]*|/\*.*?\*/|(?P<word>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)", re.DOTALL
)
# `element.textContent = "Save"`, `mark(part, "aria-label", "Save")`.
SCRIPT_DRAWS = re.compile(
    r"(?:\.(?:textContent|innerText|innerHTML|title|placeholder|ariaLabel|alt)\s*=\s*"
    r"|\"(?:aria-label|title|placeholder|alt)\",\s*)(\"[^\"]*[A-Za-z]{2}[^\"]*\"|'[^']*[A-Za-z]{2}[^']*'"
    r"|`(?:\$\{[^}]*\}|[^`$])*`)"
)


def is_style(text: str) -> bool:
    return "<style>" in text or text.lstrip().startswith((":host", "button {"))


def reads_as_words(text: str) -> bool:
    seen = MARKUP.sub("", text)
    if CYRILLIC.search(seen):
        return True
    return not CODE.search(text) and bool(SENTENCE.search(seen) or WORD.fullmatch(seen))


def of_script(text: str) -> Iterator[str]:
    """The string literals of a script that read as words, and all that is put into the page."""
    for part in SCRIPT_PART.finditer(text):
        literal = (part["word"] or "")[1:-1]
        bare = re.sub(r"\$\{[^}]*\}", "", literal)
        if reads_as_words(bare) and literal not in KEYBOARD:
            yield literal
    for drawn in SCRIPT_DRAWS.finditer(text):
        if re.search(r"[A-Za-z]{2}", re.sub(r"\$\{[^}]*\}", "", drawn[1])):
            yield drawn[1][1:-1]


def unread(tree: ast.Module) -> set[int]:
    """Docstrings, log lines, what is raised, annotations."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        silent: list[ast.AST | None] = []
        if (
            (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            or isinstance(node, ast.Raise)
            or (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."))
        ):
            silent = [node]
        elif isinstance(node, ast.AnnAssign | ast.arg):
            silent = [node.annotation]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            silent = [node.returns]
        skipped |= {id(inner) for outer in silent if outer for inner in ast.walk(outer)}
    return skipped


def of_python(tree: ast.Module) -> Iterator[str]:
    skipped = unread(tree)
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _of_literal(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            drawn = [word.value for word in node.keywords if word.arg in DRAWN_PARAMETERS]
            if node.func.attr in DRAWING_CALLS and ast.unparse(node.func.value) in ("st", "column", "place"):
                drawn += node.args[:1]
            yield from (text for one in drawn for text in _put_down(one))


def _of_literal(text: str) -> Iterator[str]:
    if is_style(text):
        return
    if "\n" in text and re.search(r"\b(const|function)\b", text):
        yield from of_script(text)
    elif reads_as_words(text):
        yield text


def _put_down(drawn: ast.expr) -> Iterator[str]:
    """Of what is handed to a drawing call: its literals, but no key of the wording."""
    if isinstance(drawn, ast.Constant) and isinstance(drawn.value, str):
        parts = [drawn.value]
    elif isinstance(drawn, ast.JoinedStr):
        parts = [str(part.value) for part in drawn.values if isinstance(part, ast.Constant)]
    else:
        return
    yield from (
        p
        for p in parts
        if not is_style(p) and not CODE.search(p) and re.search(r"[A-Za-zЀ-ӿ]{2}", MARKUP.sub("", p))
    )


class Template(HTMLParser):
    """Text and attributes of a template, without what its engine fills in."""

    ENGINE = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|\$\w+|<!--.*?-->", re.DOTALL)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._code = False
        # A block inside a tag would look like text: `<main {% block wide %}class="wide"{% endblock %}>`.
        bare = re.sub(r"\{% block wide %\}.*?\{% endblock %\}", "", text, flags=re.DOTALL)
        self.feed(self.ENGINE.sub("", bare))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._code = tag in ("script", "style", "code")
        kind = dict(attributes).get("type")
        for name, value in attributes:
            is_answer = name == "value" and (tag != "input" or kind not in ("submit", "button", "reset"))
            if name in DRAWN_ATTRIBUTES and not is_answer:
                self._note(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._code = False

    def handle_data(self, data: str) -> None:
        if not self._code:
            self._note(data.strip())

    def _note(self, text: str) -> None:
        if re.search(r"[A-Za-zЀ-ӿ]{2}", text) and not text.startswith("-----BEGIN"):
            self.found.append(text)
