"""The command line: run, trust, untrust. Exit codes: 0 done, 1 not done, 2 wrong usage."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import qoltanba_keyagent
from qoltanba_keyagent import app, files, folders, listener, tls, trust
from qoltanba_keyagent.asking import clock
from qoltanba_keyagent.folders import Folders

PORT = 13579


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    folder = files.private_folder(options.folder.expanduser().absolute())
    home = options.home.expanduser().resolve()
    actions = {"run": _run, "trust": _trust, "untrust": _untrust}
    sys.exit(actions[options.action](folder, home, options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="qoltanba-keyagent", description=qoltanba_keyagent.__doc__)
    parser.add_argument("action", choices=("run", "trust", "untrust"))
    parser.add_argument("--port", type=int, default=PORT, help="port on loopback (sites expect 13579)")
    parser.add_argument(
        "--folder", type=Path, default=own_folder(Path.home()), help="folder of the agent itself"
    )
    parser.add_argument("--home", type=Path, default=Path.home(), help="folder below which keys may lie")
    parser.add_argument(
        "--no-browser",
        action="store_true",
        help="open no browser for dialogs; the agent's own page lists them",
    )
    parser.add_argument("--version", action="version", version=qoltanba_keyagent.__version__)
    return parser


def own_folder(home: Path) -> Path:
    """Where programs of this system keep what is theirs."""
    if sys.platform == "darwin":
        return home / "Library/Application Support/qoltanba-keyagent"
    if sys.platform == "win32":
        return home / "AppData/Local/qoltanba-keyagent"
    return home / ".local/share/qoltanba-keyagent"


def _run(folder: Path, home: Path, options: argparse.Namespace) -> int:
    tree = Folders(home, folders.media_folders(home))
    quiet = {"open_browser": lambda url: None} if options.no_browser else {}
    made = app.make(folder=folder, tree=tree, port=options.port, **quiet)
    try:
        asyncio.run(listener.serve(made, port=options.port, tls=tls.context(folder, now=clock())))
    except listener.PortTaken:
        print(
            f"Port {options.port} is taken: another agent, or NCALayer, is running. End it first.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _trust(folder: Path, home: Path, options: argparse.Namespace) -> int:
    tls.context(folder, now=clock())
    return _tell(trust.install(folder, home=home), folder, "trusted")


def _untrust(folder: Path, home: Path, options: argparse.Namespace) -> int:
    return _tell(trust.remove(folder, home=home), folder, "no longer trusted")


def _tell(outcomes: list[trust.Outcome], folder: Path, word: str) -> int:
    for outcome in outcomes:
        state = word if outcome.done else f"not done ({outcome.detail})"
        print(f"{outcome.store}: {state}")
    if outcomes and all(outcome.done for outcome in outcomes):
        return 0
    print(trust.by_hand(folder))
    return 1
