"""`voicectl plan`: which engines answer the phone on this machine, how many calls they carry, and why?"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from voicectl.cli.options import ConfigOption, JsonOption, file_to_read
from voicectl.console import Screen

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
GpusOption = Annotated[
    int | None, typer.Option("--gpus", metavar="N", min=1, max=16, help="How many of --gpu; one by default.")
]
FactsOption = Annotated[Path | None, file_to_read("--facts", says="Plan for the machine of `doctor --facts`.")]
ProbeOption = Annotated[bool, typer.Option("--probe", help="Measure the running engines first.")]
CostOption = Annotated[bool, typer.Option("--cost", help="Compare with the cloud, over one to five years.")]
MinutesOption = Annotated[
    int | None,
    typer.Option("--minutes", metavar="N", min=1, max=100_000_000, help="Of --cost: a month; 10,000 by default."),
]
HardwareOption = Annotated[
    float | None,
    typer.Option("--hardware", metavar="DOLLARS", min=0, max=1e9, help="Of --cost: what the machine costs."),
]
KwhOption = Annotated[
    float | None, typer.Option("--kwh", metavar="DOLLARS", min=0, max=100, help="Of --cost: a kilowatt-hour.")
]
SvgOption = Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Of --cost: draw it as SVG.")]
_MINUTES_A_MONTH = 10_000
"""The seed's volume."""
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
    gpus: GpusOption = None,
    facts: FactsOption = None,
    probe: ProbeOption = False,
    cost: CostOption = False,
    minutes: MinutesOption = None,
    hardware: HardwareOption = None,
    kwh: KwhOption = None,
    svg: SvgOption = None,
    out: OutOption = None,
    explain: ExplainOption = False,
    json: JsonOption = False,
) -> None:
    """Choose the engines that this machine carries, say why, and write it down for `voicectl deploy`."""
    from voicectl.cli.plan_job import PlanJob, carry_out  # noqa: PLC0415 - `voicectl --help` plans nothing
    from voicectl.planner.cost import Volume  # noqa: PLC0415 - the same
    from voicectl.planner.wishes import Wishes  # noqa: PLC0415 - the same

    wishes = Wishes(profile, calls, stt, llm, tts, context, commercial, tuple(sorted(set(accept_licence or ()))))
    is_asked = cost or any(given is not None for given in (minutes, hardware, kwh, svg))
    volume = Volume(minutes or _MINUTES_A_MONTH, hardware, kwh) if is_asked else None
    job = PlanJob(config, wishes, facts, gpu, gpus, probe=probe, volume=volume, svg=svg, out=out)
    carry_out(job, Screen(json=json), explain=explain)
