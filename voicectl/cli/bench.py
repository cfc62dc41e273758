"""`voicectl bench`: how long callers wait for an answer, stage by stage, on this machine."""

import os
from pathlib import Path
from typing import Annotated

import typer

from voicectl.cli.options import ConfigOption, JsonOption, file_to_read, open_config
from voicectl.console import Screen

CallsOption = Annotated[int, typer.Option(metavar="M", min=1, max=1000, help="Calls at once.")]
TurnsOption = Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="Questions, over all calls.")]
QuestionsOption = Annotated[
    Path | None, file_to_read(says="Ask these, one a line, instead of the script's own questions.")
]
OutOption = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the JSON document here as well.")]


def bench(
    *,
    config: ConfigOption = None,
    calls: CallsOption = 1,
    turns: TurnsOption = 100,
    questions: QuestionsOption = None,
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Ask the running agent N questions over M calls, and time every stage on the wire."""
    from voicectl.bench.keep import keep_measured  # noqa: PLC0415 - `voicectl --help` measures nothing
    from voicectl.bench.questions import questions_in, questions_of  # noqa: PLC0415 - the same
    from voicectl.bench.report import SCHEMA, problem_of  # noqa: PLC0415 - the same
    from voicectl.bench.result_file import ensure_writable, write_result  # noqa: PLC0415 - the same
    from voicectl.bench.run import run_bench  # noqa: PLC0415 - the same
    from voicectl.cli.bench_picture import picture_of_bench  # noqa: PLC0415 - the same
    from voicectl.config.find import find_config  # noqa: PLC0415 - the same
    from voicectl.planner.document import plan_path  # noqa: PLC0415 - the same
    from voicectl.planner.measured import FILE_NAME  # noqa: PLC0415 - the same
    from voicectl.render.places import places_of  # noqa: PLC0415 - the same

    screen = Screen(json=json)
    places = places_of(open_config(config, screen))
    if out is not None:
        ensure_writable(out)
    asked = questions_in(questions, turns) if questions else questions_of(places.script, turns)
    document = run_bench(places, asked, calls=calls, progress=screen.say)
    problem = problem_of(document)
    if problem is not None:
        document = {**document, "error": problem.to_dict()}
    if out is not None:
        write_result(out, {"schema": SCHEMA, **document})
    keep_measured(plan_path(find_config(config, os.environ)).with_name(FILE_NAME), document, screen.say)
    screen.show(SCHEMA, document, lambda: picture_of_bench(document))
    if problem is not None:
        screen.say(str(problem))
        raise typer.Exit(problem.exit_code)
