"""The command line. Exit codes: 0 done, 1 not done, 2 wrong usage."""

import argparse
import asyncio
import contextlib
import io
import locale
import logging
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import qoltanba_keyagent
from qoltanba_keyagent import app, files, folders, installing, listener, single, tls, trust, words
from qoltanba_keyagent.asking import clock
from qoltanba_keyagent.folders import Folders

PORT = 13579


def main(arguments: Sequence[str] | None = None) -> None:
    for stream in (sys.stdout, sys.stderr):
        # A console of Windows may lack letters of ours; a program without a console has no streams at all.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    folder = files.private_folder(options.folder.expanduser().absolute())
    home = options.home.expanduser().resolve()
    sys.exit(_ACTIONS[options.action](folder, home, options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="qoltanba-keyagent", description=qoltanba_keyagent.__doc__)
    parser.add_argument("action", choices=tuple(_ACTIONS))
    parser.add_argument("--port", type=int, default=PORT, help="port on loopback (sites expect 13579)")
    parser.add_argument(
        "--folder", type=Path, default=own_folder(Path.home()), help="folder of the agent itself"
    )
    parser.add_argument("--home", type=Path, default=Path.home(), help="folder below which keys may lie")
    parser.add_argument(
        "--no-start", action="store_true", help="install, and start with the next session only"
    )
    parser.add_argument(
        "--no-browser",
        action="store_true",
        help="open no browser for dialogs; the agent's own page lists them",
    )
    parser.add_argument(
        "--any-account",
        action="store_true",
        help="let programs of other accounts of this computer connect, too",
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
    try:
        with single.alone(folder):
            # First the port: whoever has none touches nothing of what is in the folder.
            _serve(folder, home, options, listener.listen(options.port))
    except single.AlreadyRunning:
        print("The key agent is running already.", file=sys.stderr)
        return 1
    except listener.PortTaken:
        print(
            f"Port {options.port} is taken: another agent, or NCALayer, is running. End it first.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _serve(folder: Path, home: Path, options: argparse.Namespace, listening: list[socket.socket]) -> None:
    tree = Folders(home, folders.media_folders(home))
    quiet = {"open_browser": lambda url: None} if options.no_browser else {}
    made = app.make(folder=folder, tree=tree, port=options.port, **quiet)
    # Windows' own loop cannot watch a socket for its first byte.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(
            listener.serve(
                made,
                listening=listening,
                tls=tls.context(folder, now=clock()),
                any_account=options.any_account,
            )
        )


def _trust(folder: Path, home: Path, options: argparse.Namespace) -> int:
    tls.context(folder, now=clock())
    return _tell(trust.install(folder, home=home), folder, "trusted")


def _untrust(folder: Path, home: Path, options: argparse.Namespace) -> int:
    return _tell(trust.remove(folder, home=home), folder, "no longer trusted")


def _install(folder: Path, home: Path, options: argparse.Namespace) -> int:
    """It starts with this account's session from now on, and at once."""
    runs = installing.install(
        folder,
        home=home,
        port=options.port,
        now=clock(),
        options=_again(options),
        at_once=not options.no_start,
    )
    spoken = _spoken()
    print(spoken.t("install.done"))
    if options.no_start:
        return 0
    print(spoken.t("install.runs" if runs else "install.silent", address=f"http://127.0.0.1:{options.port}/"))
    return 0


def _uninstall(folder: Path, home: Path, options: argparse.Namespace) -> int:
    # Afterwards the words are gone with the rest.
    spoken = _spoken()
    if waiting := installing.keys_that_wait(folder):
        print(spoken.t("install.keys_wait", count=waiting), file=sys.stderr)
        return 1
    installing.uninstall(folder, home=home)
    print(spoken.t("install.gone"))
    return 0


def _open(folder: Path, home: Path, options: argparse.Namespace) -> int:
    return 0 if installing.open_page(folder, port=options.port, options=_again(options)) else 1


def _stop(folder: Path, home: Path, options: argparse.Namespace) -> int:
    installing.stop(folder)
    return 0


def _again(options: argparse.Namespace) -> list[str]:
    """What the started agent is told, too; nothing where everything is as usual."""
    return [] if options.port == PORT else ["--port", str(options.port)]


def _spoken() -> words.Words:
    """The language of this account."""
    with contextlib.suppress(locale.Error):
        locale.setlocale(locale.LC_ALL, "")
    return words.load()[words.known(locale.getlocale()[0], words.LANGUAGES[0])]


def _tell(outcomes: list[trust.Outcome], folder: Path, word: str) -> int:
    for outcome in outcomes:
        state = word if outcome.done else f"not done ({outcome.detail})"
        print(f"{outcome.store}: {state}")
    if outcomes and all(outcome.done for outcome in outcomes):
        return 0
    print(trust.by_hand(folder))
    return 1


_ACTIONS = {
    "run": _run,
    "open": _open,
    "stop": _stop,
    "install": _install,
    "uninstall": _uninstall,
    "trust": _trust,
    "untrust": _untrust,
}
