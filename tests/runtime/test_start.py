"""Which processes `run` keeps alive."""

from dataclasses import replace
from pathlib import Path

from runtime import keyagent, settings, start


def test_the_demo_starts_a_key_program_unless_told_not_to(tmp_path: Path) -> None:
    """The citizen of the demo sits at this computer; `--without-keyagent` shows what others see."""
    configured = settings.load({"var_dir": str(tmp_path)})
    (found,) = [child for child in start._children(configured) if child.name == "keyagent"]
    assert list(found.argv) == keyagent.command(configured)
    without = start._children(replace(configured, keyagent="no"))
    assert "keyagent" not in [child.name for child in without]
