"""`qoltanba video`: each process of the video call alone; and the end of a media worker that breaks off no call."""

from typing import Annotated

import typer

from runtime import compiling, start

app = typer.Typer(help="The processes of the video call.", no_args_is_help=True)
_Number = Annotated[int, typer.Argument(min=0, help="Which media worker, from 0.")]


@app.command("gateway")
def gateway() -> None:
    """Run the queue and signalling of video calls alone."""
    from runtime import video  # noqa: PLC0415 - media libraries load in their own processes only

    video.gateway(start.loaded())


@app.command("worker")
def worker(number: _Number) -> None:
    """Run one media worker alone."""
    from runtime import media_worker  # noqa: PLC0415 - media libraries load in their own processes only

    media_worker.run(start.loaded(), number)


@app.command("compile")
def compile_() -> None:
    """Make machine code of what sees every packet: a media worker started after it needs less of the processor."""
    typer.echo(f"compiled into {compiling.build()}; media workers use it from their next start")


@app.command("drain")
def drain(number: _Number) -> None:
    """Give a media worker no further call: it ends after its last one, and is started anew."""
    from runtime import video  # noqa: PLC0415 - media libraries load in their own processes only

    calls = video.drain(start.loaded(), number)
    typer.echo(f"media worker {number} takes no further call; going on there: {calls}")


@app.command("vision")
def vision() -> None:
    """Run the reader of documents and faces alone."""
    from runtime import video  # noqa: PLC0415 - models load in their own process only

    video.vision(start.loaded())
