"""What makes the agent start with its owner's session, and be found in the menu; of this account alone.

Linux: an autostart and a menu entry (freedesktop.org). macOS: a LaunchAgent. Windows: the account's own Run key.
"""

import plistlib
import shlex
import subprocess
import sys
from importlib import resources
from pathlib import Path

from qoltanba_keyagent import files, words

if sys.platform == "win32":
    import winreg

_NAME = "qoltanba-keyagent"
_LABEL = "kz.qoltanba.keyagent"
_RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"


def command(*arguments: str) -> list[str]:
    """This very program; on Windows without a console window."""
    python = Path(sys.executable)
    if sys.platform == "win32" and python.with_name("pythonw.exe").exists():
        python = python.with_name("pythonw.exe")
    return [str(python), "-m", "qoltanba_keyagent", *arguments]


def enter(home: Path, *options: str) -> None:
    """The program that calls this is the one that will start. Twice is once."""
    run = command("run", *options)
    if sys.platform == "win32":
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _RUN_KEY) as key:
            winreg.SetValueEx(key, _NAME, 0, winreg.REG_SZ, subprocess.list2cmdline(run))
    elif sys.platform == "darwin":
        entry = {"Label": _LABEL, "ProgramArguments": run, "RunAtLoad": True}
        _write(_launch_agent(home), plistlib.dumps(entry))
    else:
        _write(_autostart(home), _desktop_entry(run, hidden=True))
        _write(_menu(home), _desktop_entry(command("open", *options), hidden=False))


def leave(home: Path) -> None:
    """Takes back what `enter` did."""
    if sys.platform == "win32":
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _RUN_KEY) as key:
            try:
                winreg.DeleteValue(key, _NAME)
            except FileNotFoundError:
                return
    elif sys.platform == "darwin":
        _launch_agent(home).unlink(missing_ok=True)
    else:
        _autostart(home).unlink(missing_ok=True)
        _menu(home).unlink(missing_ok=True)


def _launch_agent(home: Path) -> Path:
    return home / "Library/LaunchAgents" / f"{_LABEL}.plist"


def _autostart(home: Path) -> Path:
    return home / ".config/autostart" / f"{_NAME}.desktop"


def _menu(home: Path) -> Path:
    return home / ".local/share/applications" / f"{_NAME}.desktop"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    files.replace(path, content)


def _desktop_entry(run: list[str], *, hidden: bool) -> bytes:
    """Desktop Entry Specification 1.5: in Exec a quoted argument, a percent sign twice."""
    spoken = words.load()
    lines = [
        "[Desktop Entry]",
        "Type=Application",
        "Version=1.5",
        f"Name={spoken['en'].t('agent.name')}",
        *(f"Name[{language}]={spoken[language].t('agent.name')}" for language in ("ru", "kk")),
        f"Icon={resources.files('qoltanba_keyagent').joinpath('static', 'mark.svg')}",
        f"Exec={' '.join(map(_quoted, run))}",
        "Terminal=false",
        "Categories=Utility;Security;",
        *(["NoDisplay=true"] if hidden else []),
    ]
    return ("\n".join(lines) + "\n").encode()


def _quoted(argument: str) -> str:
    if shlex.quote(argument) == argument:
        return argument
    inside = argument
    for special in '\\"`$':
        inside = inside.replace(special, f"\\{special}")
    # The whole value is read as a string first, in which a backslash is written twice.
    return f'"{inside}"'.replace("\\", "\\\\").replace("%", "%%")
