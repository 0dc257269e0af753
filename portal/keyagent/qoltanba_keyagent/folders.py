"""Where keys may lie: under the home folder and on removable media, and nowhere else.

A place is named to the page by a root's number and a relative path, so that no page can name another.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path, PurePath

from qoltanba_keyagent import alphabet, keys
from qoltanba_keyagent.refusals import FolderRefused, NameRefused, NoKeyInFile

KEY_SUFFIXES = (".p12", ".pfx")
_SHOWN_AT_MOST = 500
_FORBIDDEN_IN_NAMES = set('/\\:*?"<>|')


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that may be shown: the number of its root, and its path from there."""

    root: int
    path: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder as the page shows it. `trail` leads from the root to the folder itself."""

    place: Place
    shown: str
    trail: tuple[Row, ...]
    folders: tuple[Row, ...]
    key_files: tuple[str, ...]
    writable: bool


class Folders:
    """The part of the disk that the dialogs walk through."""

    def __init__(self, home: Path, media: tuple[Path, ...] = ()) -> None:
        self._home = home.resolve()
        self._media = media

    def roots(self) -> list[Row]:
        """The home folder, then each medium that is plugged in now."""
        return [Row(self.shown(path), Place(number, "")) for number, path in enumerate(self._roots())]

    def look(self, place: Place) -> Listing:
        """Raises FolderRefused."""
        folder = self.folder(place)
        try:
            entries = sorted(folder.iterdir(), key=lambda one: alphabet.place(one.name))
        except OSError as error:
            raise FolderRefused from error
        seen = [one for one in entries if _is_shown(one.name)][:_SHOWN_AT_MOST]
        return Listing(
            place=place,
            shown=self.shown(folder),
            trail=self._trail(place),
            folders=tuple(Row(one.name, _below(place, one.name)) for one in seen if self._enters(one)),
            key_files=tuple(one.name for one in seen if is_key_file(one)),
            writable=os.access(folder, os.W_OK),
        )

    def folder(self, place: Place) -> Path:
        """The folder itself. Raises FolderRefused for one that is not there or not below its root."""
        roots = self._roots()
        if not 0 <= place.root < len(roots) or not stays_below(PurePath(place.path)):
            raise FolderRefused
        try:
            found = (roots[place.root] / place.path).resolve()
            if not found.is_relative_to(roots[place.root]) or not found.is_dir():
                raise FolderRefused
        # Too long a name; a NUL in it; links that lead in a circle.
        except (OSError, ValueError, RuntimeError) as error:
            raise FolderRefused from error
        return found

    def key_file(self, place: Place, name: str) -> Path:
        """The key file itself, where a link leads to one. Raises FolderRefused, NoKeyInFile."""
        named = self.folder(place) / name
        # A file's name, not a way out of the folder.
        if named.name != name or not is_key_file(named):
            raise NoKeyInFile
        found = named.resolve()
        if not any(found.is_relative_to(root) for root in self._roots()):
            raise NoKeyInFile
        return found

    def make(self, place: Place, name: str) -> Place:
        """A new folder there. Raises FolderRefused, NameRefused."""
        folder = self.folder(place)
        clean = name.strip()
        if not 0 < len(clean) <= 100 or clean.startswith(".") or set(clean) & _FORBIDDEN_IN_NAMES:
            raise NameRefused
        if not clean.isprintable():
            raise NameRefused
        try:
            (folder / clean).mkdir(exist_ok=True)
        except OSError as error:
            raise FolderRefused from error
        return _below(place, clean)

    def place_of(self, folder: Path) -> Place | None:
        """The name under which a page may show this folder, where it may."""
        for number, root in enumerate(self._roots()):
            if folder.is_relative_to(root):
                relative = folder.relative_to(root).as_posix()
                return Place(number, "" if relative == "." else relative)
        return None

    def shown(self, path: Path) -> str:
        """As people read it, and as a site may learn it: the home folder is "~", not the account's name."""
        if path.is_relative_to(self._home):
            relative = path.relative_to(self._home)
            return "~" if str(relative) == "." else f"~{os.sep}{relative}"
        return str(path)

    def _roots(self) -> list[Path]:
        return [self._home, *(path.resolve() for path in _mounted(self._media))]

    def _enters(self, path: Path) -> bool:
        try:
            return path.is_dir() and any(path.resolve().is_relative_to(root) for root in self._roots())
        except (OSError, RuntimeError):
            return False

    def _trail(self, place: Place) -> tuple[Row, ...]:
        steps = [Row(self.shown(self._roots()[place.root]), Place(place.root, ""))]
        for part in Path(place.path).parts:
            steps.append(Row(part, _below(steps[-1].place, part)))
        return tuple(steps)


def stays_below(path: PurePath) -> bool:
    """Judged by its words alone: merely looking at a network path (Windows) would show this account to its server."""
    return not path.anchor and ".." not in path.parts


def _is_shown(name: str) -> bool:
    """No hidden ones, and none whose name is no text (old archives and sticks): no page could name it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return not name.startswith(".")


def is_key_file(path: Path) -> bool:
    try:
        return (
            path.suffix.casefold() in KEY_SUFFIXES
            and path.is_file()
            and path.stat().st_size <= keys.FILE_LIMIT_BYTES
        )
    except OSError:
        return False


def media_folders(home: Path) -> tuple[Path, ...]:
    """The folders in which this system mounts removable media."""
    if sys.platform == "darwin":
        return (Path("/Volumes"),)
    if sys.platform == "win32":
        return tuple(Path(f"{letter}:\\") for letter in "DEFGHIJKLMNOPQRSTUVWXYZ")
    return (Path("/media") / home.name, Path("/run/media") / home.name)


def _mounted(media: tuple[Path, ...]) -> list[Path]:
    """A drive letter is a medium itself; elsewhere each folder inside is one."""
    found: list[Path] = []
    for path in media:
        try:
            if not path.is_dir():
                continue
            found += (
                [path] if path == Path(path.anchor) else sorted(one for one in path.iterdir() if one.is_dir())
            )
        except OSError:
            continue
    return found


def _below(place: Place, name: str) -> Place:
    return Place(place.root, f"{place.path}/{name}" if place.path else name)
