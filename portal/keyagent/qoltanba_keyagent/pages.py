"""The questions that a dialog asks: may this site, which folder, which file, which password."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from qoltanba_keyagent import certificates, keys, passwords
from qoltanba_keyagent.folders import Folders, Place
from qoltanba_keyagent.keys import KeyWithCertificate
from qoltanba_keyagent.passwords import Owner
from qoltanba_keyagent.refusals import (
    Cancelled,
    FolderRefused,
    NoKeyInFile,
    PasswordRefused,
    PasswordsDiffer,
)

# The buttons that are not the answer itself.
MAKE_FOLDER = "make"
OTHER_FILE = "other"


def place_in(values: Mapping[str, str]) -> Place:
    """The folder that an address or a form names; the home folder when it names none."""
    root = values.get("root", "0")
    return Place(int(root) if root.isdecimal() and len(root) < 4 else 0, values.get("path", ""))


@dataclass(slots=True)
class SiteConsent:
    """This site wants to use your keys: asked once for each origin, and remembered."""

    origin: str
    template: str = "site.html"

    def view(self, query: Mapping[str, str]) -> dict[str, object]:
        # Without TLS anybody on the way can speak in the site's name; on this computer there is nobody on the way.
        parts = urlsplit(self.origin)
        is_open = parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1")
        return {"origin": self.origin, "is_open": is_open}

    def take(self, form: Mapping[str, str]) -> bool:
        return form.get("allow") == "yes"


@dataclass(slots=True)
class FolderChoice:
    """Where the key's file will be. `missing` is the folder that was chosen before and is not there now."""

    tree: Folders
    missing: str = ""
    template: str = "folder.html"
    _made: Place | None = None

    def view(self, query: Mapping[str, str]) -> dict[str, object]:
        place = self._made if self._made and "root" not in query else place_in(query)
        return {"listing": self.tree.look(place), "roots": self.tree.roots(), "missing": self.missing}

    def take(self, form: Mapping[str, str]) -> Path | None:
        place = place_in(form)
        if form.get("do") == MAKE_FOLDER:
            self._made = place
            self._made = self.tree.make(place, form.get("name", ""))
            return None
        listing = self.tree.look(place)
        self._made = place
        if not listing.writable:
            raise FolderRefused
        return self.tree.folder(place)


@dataclass(slots=True)
class FileChoice:
    """Which key file to use."""

    tree: Folders
    template: str = "file.html"

    def view(self, query: Mapping[str, str]) -> dict[str, object]:
        return {"listing": self.tree.look(place_in(query)), "roots": self.tree.roots()}

    def take(self, form: Mapping[str, str]) -> Path:
        return self.tree.key_file(place_in(form), form.get("file", ""))


@dataclass(frozen=True, slots=True)
class Opened:
    """A key file and what was in it."""

    path: Path
    held: KeyWithCertificate
    password: str

    def __repr__(self) -> str:
        return f"Opened({self.path.name})"


@dataclass(frozen=True, slots=True)
class Document:
    """One thing to be signed: its digest, and the text where people can read it. A digest alone has no size."""

    digest: str
    size_bytes: int = 0
    text: str = ""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """What is about to be done with a key, for the person to read before giving the password: all of it."""

    verb: str
    facts: tuple[tuple[str, str], ...] = ()
    documents: tuple[Document, ...] = ()


@dataclass(slots=True)
class KeyUse:
    """The password of a key's file, beside what the key is wanted for."""

    path: Path
    shown: str
    use: Use
    check: Callable[[KeyWithCertificate], None]
    # The file will be written anew, so that it may hold one key only.
    rewritten: bool = False
    template: str = "use.html"

    def view(self, query: Mapping[str, str]) -> dict[str, object]:
        return {"shown": self.shown, "use": self.use}

    def take(self, form: Mapping[str, str]) -> Opened | str:
        """The opened key, or the wish for another file."""
        if form.get("do") == OTHER_FILE:
            return OTHER_FILE
        password = form.get("password", "")
        content = content_of(self.path)
        held = keys.unseal(content, password=password)
        if self.rewritten:
            keys.require_single(content)
        self.check(held)
        return Opened(self.path, held, password)


@dataclass(slots=True)
class NewPassword:
    """A password for a key's file, twice (R15, R16). With `old`, that of the file as it is comes first."""

    path: Path
    shown: str
    owner: Owner
    old: bool = False
    template: str = "password.html"

    def view(self, query: Mapping[str, str]) -> dict[str, object]:
        return {"shown": self.shown, "rules": list(passwords.Fault), "old": self.old}

    def faults(self, password: str) -> tuple[passwords.Fault, ...]:
        """For the list of rules that follows the typing."""
        return passwords.faults(password, path=self.path, owner=self.owner)

    def take(self, form: Mapping[str, str]) -> "PasswordGiven | str":
        if form.get("do") == OTHER_FILE:
            return OTHER_FILE
        password = form.get("password", "")
        held = self._opened(form.get("current", "")) if self.old else None
        if held is not None:
            self.owner = replace(self.owner, certified_iin=certificates.owners_number(held.certificate))
        if found := self.faults(password):
            raise PasswordRefused(faults=" ".join(found))
        if password != form.get("again", ""):
            raise PasswordsDiffer
        return PasswordGiven(password, held)

    def _opened(self, current: str) -> KeyWithCertificate:
        content = content_of(self.path)
        held = keys.unseal(content, password=current)
        keys.require_single(content)
        return held


@dataclass(frozen=True, slots=True)
class PasswordGiven:
    """The new password, and what the file held where its old one was asked for."""

    password: str = field(repr=False)
    held: KeyWithCertificate | None


def content_of(path: Path) -> bytes:
    """Raises NoKeyInFile for one that vanished."""
    try:
        if path.stat().st_size > keys.FILE_LIMIT_BYTES:
            raise NoKeyInFile
        return path.read_bytes()
    except OSError as error:
        raise NoKeyInFile from error


def require_yes(allowed: bool) -> None:
    if not allowed:
        raise Cancelled
