"""The agent's own pages: its home page, its dialogs, and what they are drawn with."""

import secrets
from collections.abc import Mapping
from importlib import resources
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qsl

import jinja2
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

import qoltanba_keyagent
from qoltanba_keyagent import words
from qoltanba_keyagent.answers import Office
from qoltanba_keyagent.dialogs import Dialog
from qoltanba_keyagent.pages import NewPassword
from qoltanba_keyagent.refusals import Refused
from qoltanba_keyagent.words import Words

_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FORM_LIMIT_BYTES = 16 * 1024
_LANGUAGE_COOKIE = "keyagent_language"


class Pages:
    """Draws templates in a language."""

    def __init__(self) -> None:
        loader = jinja2.PackageLoader("qoltanba_keyagent")
        self._templates = jinja2.Environment(
            loader=loader,
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.words = words.load()

    def draw(
        self, request: Request, template: str, language: str, view: Mapping[str, object], *, status: int = 200
    ) -> Response:
        spoken: Words = self.words[language]
        text = self._templates.get_template(template).render(
            t=spoken.t,
            day=spoken.day,
            language=language,
            languages=words.LANGUAGES,
            version=qoltanba_keyagent.__version__,
            # Of this very agent, whatever its port: the Host was checked at the door.
            home=str(request.base_url),
            **view,
        )
        response = Response(text, status_code=status, media_type="text/html")
        if request.query_params.get("lang") == language:
            response.set_cookie(_LANGUAGE_COOKIE, language, httponly=True, samesite="lax")
        return response


def language_of(request: Request, otherwise: str) -> str:
    """Chosen here, else chosen before, else the one that the site speaks."""
    chosen = words.known(request.query_params.get("lang"), "")
    return chosen or words.known(request.cookies.get(_LANGUAGE_COOKIE), otherwise)


async def static(request: Request) -> Response:
    name = request.path_params["name"]
    kind = _MEDIA_TYPES.get(PurePosixPath(name).suffix)
    file = resources.files("qoltanba_keyagent").joinpath("static", name)
    if kind is None or "/" in name or not file.is_file():
        raise HTTPException(404)
    return Response(file.read_bytes(), media_type=kind, headers={"Cache-Control": "no-cache"})


async def ready(request: Request) -> Response:
    return Response("ready", media_type="text/plain")


async def show(request: Request) -> Response:
    """The page that a dialog has come to. The first browser that opens it is the one that it stays with."""
    dialog = _dialog(request)
    new_cookie = ""
    if dialog.cookie:
        _require_same_browser(request, dialog)
    else:
        new_cookie = dialog.cookie = secrets.token_urlsafe(32)
    response = _drawn(request, dialog)
    if new_cookie:
        # Lax, not Strict: the site may bring the person back here with a link.
        response.set_cookie(
            "keyagent_dialog", new_cookie, path=f"/dialog/{dialog.token}", httponly=True, samesite="lax"
        )
    return response


async def answer(request: Request) -> Response:
    """A form of that page."""
    dialog = _dialog(request)
    _require_same_browser(request, dialog)
    form = await form_of(request)
    if form.get("do") == "cancel":
        await dialog.cancel()
    else:
        await dialog.take(form, step=_number(form.get("step")))
    return RedirectResponse(f"/dialog/{dialog.token}", status_code=303)


async def check(request: Request) -> Response:
    """Which rules a password breaks, while it is typed (R16). Between this page and the agent alone."""
    dialog = _dialog(request)
    _require_same_browser(request, dialog)
    form = await form_of(request)
    page = dialog.page
    if not isinstance(page, NewPassword):
        raise HTTPException(409)
    return JSONResponse({"faults": list(page.faults(form.get("password", "")))})


async def home(request: Request) -> Response:
    """What the agent holds: open dialogs, sites that may ask, keys that wait. All of it can be withdrawn."""
    office: Office = request.app.state.office
    language = words.known(request.headers.get("accept-language"), words.LANGUAGES[0])
    view = {
        "dialogs": office.desk.waiting(),
        "sites": office.around.memory.sites(),
        "waiting": [kept for kept in office.enrolment.shelf.all() if not kept.is_receipt],
        "shown": lambda folder: office.around.tree.shown(Path(folder)),
        "address": "/",
    }
    return _pages(request).draw(request, "home.html", language_of(request, language), view)


async def withdraw(request: Request) -> Response:
    """A site's permission, or a waiting key."""
    office: Office = request.app.state.office
    form = await form_of(request)
    if origin := form.get("site"):
        office.around.memory.withdraw(origin)
    if key_id := form.get("key"):
        await office.enrolment.withdraw(key_id)
    return RedirectResponse("/", status_code=303)


async def refused(request: Request, refusal: Exception) -> Response:
    """A page that cannot be drawn: a folder that went away while it was shown."""
    assert isinstance(refusal, Refused)
    return _told(request, refusal.code, 409)


async def turned_away(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _told(request, f"http.{error.status_code}", error.status_code)


def _told(request: Request, code: str, status: int) -> Response:
    pages = _pages(request)
    language = language_of(request, words.LANGUAGES[0])
    known = code if f"told.{code}" in pages.words[language].entries else "http.404"
    return pages.draw(request, "told.html", language, {"code": known, "address": "/"}, status=status)


def _drawn(request: Request, dialog: Dialog) -> Response:
    language = language_of(request, dialog.language)
    view: dict[str, object] = {"refused": dialog.refused}
    if dialog.ending is not None:
        template, view["ending"] = "end.html", dialog.ending
    elif dialog.page is None:
        template = "working.html"
    else:
        template = dialog.page.template
        view |= dialog.page.view(request.query_params)
    view |= {"address": f"/dialog/{dialog.token}", "origin": dialog.origin, "step": dialog.step}
    return _pages(request).draw(request, template, language, view)


def _dialog(request: Request) -> Dialog:
    office: Office = request.app.state.office
    dialog = office.desk.find(request.path_params["token"])
    if dialog is None:
        raise HTTPException(404)
    return dialog


def _require_same_browser(request: Request, dialog: Dialog) -> None:
    given = request.cookies.get("keyagent_dialog", "")
    if not dialog.cookie or not secrets.compare_digest(given.encode(), dialog.cookie.encode()):
        raise HTTPException(403)


async def form_of(request: Request) -> Mapping[str, str]:
    """A small form; the first value of each field. Raises HTTPException."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_LIMIT_BYTES:
            raise HTTPException(413)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=30)
    except ValueError as error:
        raise HTTPException(400) from error
    return dict(reversed(pairs))


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 6 else -1
