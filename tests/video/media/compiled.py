"""A plug-in for pytest: the tests that are named with it run on the compiled modules (`runtime.compiling`)."""

import os
from pathlib import Path

from runtime import compiling

assert compiling.use(Path(os.environ["QOLTANBA_COMPILED"])), "nothing was compiled there"
