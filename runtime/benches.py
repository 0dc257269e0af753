"""`qoltanba bench`: a benchmark of the source tree as a command, in a process and on a house of its own."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Measure this version on this machine.", no_args_is_help=True)
_PROJECT = Path(__file__).resolve().parent.parent


@app.callback()
def measure() -> None:
    """Measure this version on this machine."""


@app.command("shift")
def shift(
    seconds: Annotated[float, typer.Option(min=1, help="The measured stretch.")] = 600.0,
    agents: Annotated[int, typer.Option(min=1, help="Call agents at work.")] = 20,
    moderators: Annotated[int, typer.Option(min=1, help="Moderators at work.")] = 20,
    callers: Annotated[int, typer.Option(min=1, help="Callers at the same time.")] = 12,
    per_second: Annotated[float, typer.Option(min=0.1, help="Applications a second.")] = 2.0,
    unmeasured: Annotated[
        bool, typer.Option("--unmeasured", help="Speed and growth are shown and decide nothing.")
    ] = False,
    kills: Annotated[bool, typer.Option(help="Kill each process once at the end.")] = True,
) -> None:
    """Agents, callers, moderators and applicants at once; then each process is killed, and nothing may be lost.

    Everything runs in a folder and on ports of its own. Exit code 1 with the reasons when a bar fails.
    """
    options = [
        *("--seconds", str(seconds), "--agents", str(agents), "--moderators", str(moderators)),
        *("--callers", str(callers), "--per-second", str(per_second)),
        *(("--unmeasured",) if unmeasured else ()),
        *(() if kills else ("--no-kills",)),
    ]
    _run("benchmarks.shift", options)


@app.command("video")
def video(
    rounds: Annotated[int, typer.Option(min=1, help="How often each server is measured.")] = 2,
    seconds: Annotated[float, typer.Option(min=1, help="The length of one reading.")] = 15.0,
    joins: Annotated[int, typer.Option(min=0, help="How often 60 calls join one port.")] = 10,
    soak_minutes: Annotated[float, typer.Option(min=0, help="How long calls come and go at the end.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="The figures as one object a line.")] = False,
) -> None:
    """The media engines under the same calls, and beside Janus where it is installed. Exit code 1 when a bar fails."""
    options = [
        *("--rounds", str(rounds), "--seconds", str(seconds), "--joins", str(joins)),
        *("--soak-minutes", str(soak_minutes)),
        *(("--json",) if as_json else ()),
    ]
    _run("benchmarks.video", options)


def _run(module: str, options: list[str]) -> None:
    if not (_PROJECT / "benchmarks").is_dir():
        typer.echo("the benchmarks are in the source tree, which is not here", err=True)
        raise typer.Exit(1)
    done = subprocess.run([sys.executable, "-m", module, *options], cwd=_PROJECT, check=False)
    raise typer.Exit(1 if done.returncode else 0)
