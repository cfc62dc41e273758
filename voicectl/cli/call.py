"""`voicectl call`: ring the agent, speak to it, and hear whether it answers rightly."""

from pathlib import Path
from typing import Annotated

import typer

from voicectl.cli.options import ConfigOption, JsonOption, file_to_read, open_config
from voicectl.console import Screen

LinesArgument = Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="What to say, line by line.")]
WavOption = Annotated[list[Path] | None, file_to_read(says="Play this recording, after the texts.")]
ExpectOption = Annotated[
    list[str] | None,
    typer.Option(metavar="TEXT", help="What the answer to the next line must say: words, or re:PATTERN; '' for any."),
]
InterruptOption = Annotated[
    int | None, typer.Option(metavar="MS", min=0, help="Say the last line over the agent, MS after it began to speak.")
]
RegisterOption = Annotated[bool, typer.Option("--register", help="Register first, as a softphone does.")]
OutOption = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for the recording.")]


def call(
    lines: LinesArgument = None,
    *,
    config: ConfigOption = None,
    wav: WavOption = None,
    expect: ExpectOption = None,
    interrupt_after: InterruptOption = None,
    register: RegisterOption = False,
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Call the agent, speak to it, and measure and check what it says; exit 1 when that is not right."""
    from voicectl.cli.call_job import SCHEMA, job_of_call, longest_call_s, problem_of  # noqa: PLC0415 - `voicectl --help` calls nobody
    from voicectl.cli.call_picture import picture_of_call  # noqa: PLC0415 - the same
    from voicectl.logs.join_call import join_record  # noqa: PLC0415 - the same
    from voicectl.phases.call import place_call  # noqa: PLC0415 - the same
    from voicectl.render.places import places_of  # noqa: PLC0415 - the same

    screen = Screen(json=json)
    places = places_of(open_config(config, screen))
    job = job_of_call(lines or (), wav or (), expect or (), interrupt_after_ms=interrupt_after, out=out)
    heard = place_call(places, {**job, "register": register}, timeout_s=2 * longest_call_s(job), progress=screen.say)
    document = join_record(heard, places.state / "calls.db")
    problem = problem_of(document)
    if problem is not None:
        document = {**document, "ok": False, "error": problem.to_dict()}
    screen.show(SCHEMA, document, lambda: picture_of_call(document))
    if problem is not None:
        screen.say(str(problem))
        raise typer.Exit(problem.exit_code)
