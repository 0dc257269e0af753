"""Files for what is too large for the memory and must leave no trace: recordings that were just opened (R14)."""

import tempfile
from typing import BinaryIO

from runtime.settings import Settings


def file(settings: Settings) -> BinaryIO:
    """Without a name, for this process alone, gone when it is closed and with the process, however that ends."""
    folder = settings.var_dir / "opened"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)
