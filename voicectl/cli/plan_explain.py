"""Every term of a plan: where each figure comes from, how far it may be off, and what the seed claims beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Final, cast

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.planner.latency import Latency
from voicectl.planner.plan import Plan

if TYPE_CHECKING:
    from voicectl.catalogue.language_model import LanguagePrecision

_LEAST_ROOM: Final = 20
"""Characters in which words are still read as a sentence."""


def explained(plan: Plan) -> Iterator[RenderableType]:
    """One table a subject."""
    yield from _engines(plan)
    for card in plan.vram:
        yield from _table(
            f"Memory of the {card.name} ({plan.placement}), MiB",
            ("owner", "MiB", "range", "basis", "what, and by which formula"),
            [
                (
                    term.owner,
                    f"{term.mib:g}",
                    f"{term.low_mib:g} to {term.high_mib:g}",
                    term.basis,
                    f"{term.what} ({term.formula})",
                )
                for term in card.terms
            ],
        )
        speed = f"Its bandwidth: {card.bandwidth_gb_s:g} GB/s ({card.bandwidth_basis})"
        yield Text(f"  {card.used_mib} used, {card.headroom_mib} free of {card.total_mib}. {speed}.")
    yield from _table(
        "What bounds the calls",
        ("constraint", "calls", "basis", "why"),
        [(one.constraint, str(one.calls), one.basis, one.why) for one in plan.limits],
    )
    yield from _stages("A turn that the script answers, ms", plan.latency_ms)
    if plan.model_latency_ms is not None:
        yield from _stages("A turn that the language model answers, ms", plan.model_latency_ms)
    yield from _table("Seed", ("claim", "and why not"), [(one.claim, one.but) for one in plan.seed_claims])
    ways = [(one.what, one.of, f"{one.frees_mib} MiB" if one.frees_mib else "", one.price) for one in plan.discipline]
    yield from _table("What stays on the card, and what could give way", ("what", "of", "frees", "price"), ways)
    ports = plan.rtp_ports
    rtp = f"{ports.first} to {ports.last}: {ports.configured} ports, {ports.needed} needed, {ports.advised} advised"
    yield from _table(
        "Settings",
        ("name", "value"),
        [("RTP", rtp), ("voice processes", str(plan.speech_workers)), *_environment(plan)],
    )
    yield from _table(
        "Licences",
        ("licence", "commercial", "of what, and on which terms"),
        [(one.licence, one.commercial, f"{', '.join(one.of)}: {one.terms}") for one in plan.licences],
    )
    yield Text(f"\nStart order: {', '.join(plan.start_order)}.")


def _engines(plan: Plan) -> Iterator[RenderableType]:
    head = ("service", "model", "device", "VRAM", "RAM", "basis")
    rows = [
        (one.service, one.model, one.device, f"{one.vram_mib}", f"{one.ram_mib}", one.basis) for one in plan.components
    ]
    yield from _table("Engines, MiB", head, rows)


def _environment(plan: Plan) -> list[tuple[str, str]]:
    settings = plan.settings
    found = [(one.name, one.value) for one in settings.environment]
    llm = plan.component("llm-service")
    found += [
        (f"CUDA_VISIBLE_DEVICES of {one.service}", ",".join(one.cards))
        for one in plan.components
        if one.cards and one is not llm
    ]
    row = load_catalogue().language_models.get(llm.model) if llm else None
    if llm is None or row is None:
        return found
    tag = row.tag_at(cast("LanguagePrecision", llm.precision))  # Ollama's own default tag is another quantisation
    return [*found, ("num_batch", str(settings.batch_tokens)), ("tag", tag)]


def _stages(title: str, latency: Latency) -> Iterator[RenderableType]:
    names = ("endpoint", "recognise", "answer", "speech", "wire")
    stages = [(name, getattr(latency, name)) for name in names]
    rows = [(name, f"{one.work_ms:g}", f"{one.waited_ms:g}", one.basis) for name, one in stages]
    total = latency.voice_to_voice
    rows.append(("voice to voice", "", f"{total.p50:g} (p95 {total.p95:g})", total.confidence))
    yield from _table(title, ("stage", "takes", "caller waits", "basis"), rows)


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[RenderableType]:
    if not rows:
        return
    yield Text(f"\n{title}", style="bold")
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head) - 1)]
    for line in lines:
        cells = (f"{cell:{width}}" for cell, width in zip(line, widths, strict=False))
        yield _Row("".join(f"  {cell}" for cell in cells) + "  ", line[-1])


@dataclass(frozen=True)
class _Row:
    """One line of a table; where a terminal is too narrow for it, its last cell goes on below itself."""

    start: str
    last: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - len(self.start)
        is_broken = room >= _LEAST_ROOM and not options.no_wrap
        parts = wrap(self.last, room) if is_broken and self.last else [self.last]
        yield Text(self.start + f"\n{' ' * len(self.start)}".join(parts))
