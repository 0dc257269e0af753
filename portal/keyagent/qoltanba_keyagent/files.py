"""Files that a killed process leaves whole: the old content or the new, never half of either."""

import contextlib
import glob
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

_PRIVATE = 0o600


def replace(path: Path, content: bytes) -> None:
    """Write for the owner alone, in the place of what was there."""
    with _beside(path, content) as written:
        written.replace(path)
    _settle(path.parent)


def write_new(path: Path, content: bytes) -> Path:
    """Write for the owner alone under `path`, or under a numbered name where that is taken; the path it got."""
    with _beside(path, content) as written:
        for chosen in _numbered(path):
            if _take(written, chosen):
                _settle(path.parent)
                return chosen
    raise FileExistsError(path)


def free_name(path: Path) -> Path:
    """The name that `write_new` would give now."""
    return next(one for one in _numbered(path) if not one.exists())


def erase(path: Path) -> None:
    """Overwrite, then remove: the best that a program can do; a disk may keep old blocks."""
    with contextlib.suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        _settle(path.parent)


def clear_halves(path: Path) -> None:
    """Remove what a killed `replace` or `write_new` of the same name left beside it."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*"):
        left.unlink(missing_ok=True)


def private_folder(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


@contextlib.contextmanager
def _beside(path: Path, content: bytes) -> Iterator[Path]:
    """A whole, flushed file in the same folder, gone afterwards unless it was moved."""
    written = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield written
    finally:
        written.unlink(missing_ok=True)


def _take(written: Path, chosen: Path) -> bool:
    """Give the file its name unless somebody has it, in one step where the file system can."""
    try:
        os.link(written, chosen)
        return True
    except FileExistsError:
        return False
    except OSError:
        # FAT, as on most USB sticks, has no second names.
        if chosen.exists():
            return False
        written.rename(chosen)
        return True


def _numbered(path: Path) -> Iterator[Path]:
    yield path
    for number in range(2, 1000):
        yield path.with_name(f"{path.stem} ({number}){path.suffix}")


def _settle(folder: Path) -> None:
    """The folder's entry too must survive a power cut, where the system lets a folder be flushed."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
