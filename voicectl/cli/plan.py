"""`voicectl plan`: which engines answer the phone on this machine, how many calls they carry, and why?"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from voicectl.cli.options import ConfigOption, JsonOption, open_config
from voicectl.console import Screen

if TYPE_CHECKING:
    from voicectl.config.sections import Config
    from voicectl.hardware.facts import Facts

OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Where the plan is written; by default beside the configuration."),
]
ProfileOption = Annotated[
    Literal["embedded", "cpu", "gpu"] | None, typer.Option("--profile", help="Overrule agent.profile.")
]
CallsOption = Annotated[
    int | None, typer.Option("--calls", metavar="N", min=1, max=1000, help="Refuse a plan that carries fewer calls.")
]
SttOption = Annotated[str | None, typer.Option("--stt", metavar="ID[@PRECISION]", help="The recogniser.")]
LlmOption = Annotated[str | None, typer.Option("--llm", metavar="ID[@PRECISION]", help="The language model.")]
TtsOption = Annotated[str | None, typer.Option("--tts", metavar="ID", help="The voice.")]
ContextOption = Annotated[
    int | None, typer.Option("--context", metavar="TOKENS", min=256, max=131_072, help="Of one call.")
]
CommercialOption = Annotated[bool, typer.Option("--commercial", help="The agent works for a business.")]
AcceptOption = Annotated[
    list[str] | None, typer.Option("--accept-licence", metavar="ID", help="A licence that you have read.")
]
GpuOption = Annotated[str | None, typer.Option("--gpu", metavar="NAME", help="Plan for a card that is not here.")]
GpusOption = Annotated[int, typer.Option("--gpus", metavar="N", min=1, max=16, help="How many of --gpu.")]
FactsOption = Annotated[
    Path | None, typer.Option("--facts", metavar="FILE", help="Plan for the machine of `doctor --facts`.")
]
ExplainOption = Annotated[bool, typer.Option("--explain", help="Every term of the memory, every limit, every licence.")]


def plan(
    *,
    config: ConfigOption = None,
    profile: ProfileOption = None,
    calls: CallsOption = None,
    stt: SttOption = None,
    llm: LlmOption = None,
    tts: TtsOption = None,
    context: ContextOption = None,
    commercial: CommercialOption = False,
    accept_licence: AcceptOption = None,
    gpu: GpuOption = None,
    gpus: GpusOption = 1,
    facts: FactsOption = None,
    out: OutOption = None,
    explain: ExplainOption = False,
    json: JsonOption = False,
) -> None:
    """Choose the engines that this machine carries, say why, and write it down for `voicectl deploy`."""
    from voicectl.catalogue.models import load_models  # noqa: PLC0415 - `voicectl --help` plans nothing
    from voicectl.cli.plan_picture import picture_of_plan  # noqa: PLC0415 - the same
    from voicectl.config.find import find_config  # noqa: PLC0415 - the same
    from voicectl.planner.document import plan_path, plan_to_dict, write_plan  # noqa: PLC0415 - the same
    from voicectl.planner.plan import SCHEMA, make_plan  # noqa: PLC0415 - the same
    from voicectl.planner.wishes import Wishes  # noqa: PLC0415 - the same

    screen = Screen(json=json)
    options = open_config(config, screen)
    wishes = Wishes(profile, calls, stt, llm, tts, context, commercial, tuple(sorted(set(accept_licence or ()))))
    decided = make_plan(options, _machine(options, facts, gpu, gpus), load_models(), wishes=wishes)
    path = out or plan_path(find_config(config, os.environ))
    write_plan(decided, path)
    screen.show(SCHEMA, plan_to_dict(decided), lambda: picture_of_plan(decided, path, explain=explain))


def _machine(config: "Config", file: Path | None, gpu: str | None, gpus: int) -> "Facts":
    """This machine or the one in the file, with the cards that are wished for."""
    from voicectl.catalogue.catalogue import load_catalogue  # noqa: PLC0415 - `voicectl --help` plans nothing
    from voicectl.catalogue.gpu import find_gpu  # noqa: PLC0415 - the same
    from voicectl.catalogue.models import load_models  # noqa: PLC0415 - the same
    from voicectl.errors import UsageError  # noqa: PLC0415 - the same
    from voicectl.hardware.facts_file import read_facts  # noqa: PLC0415 - the same
    from voicectl.hardware.gather import gather_facts  # noqa: PLC0415 - the same
    from voicectl.planner.cards import imagine  # noqa: PLC0415 - the same

    facts = gather_facts(config, load_models()) if file is None else read_facts(file)
    if gpu is None:
        return facts
    known = load_catalogue().gpus
    row = find_gpu(gpu, known)
    if row is None:
        names = ", ".join(one.name for one in known.values())
        raise UsageError("E125", "--gpu", f"the catalogue knows no card {gpu!a}", fix=f"use one of: {names}")
    return imagine(facts, row, gpus)
