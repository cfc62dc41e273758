"""How a plan looks to a person: what was chosen, what it carries, what it needs, and the next command."""

from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from voicectl.cli.cost_picture import picture_of_cost
from voicectl.cli.plan_explain import explained
from voicectl.logs.safe_text import escaped
from voicectl.planner.latency import Latency
from voicectl.planner.placement import CardLedger
from voicectl.planner.plan import Plan

_BAR_CELLS: Final = 48
_COLOURS: Final = {"stt-service": "cyan", "tts-service": "magenta", "llm-service": "green", "free": "bright_black"}


def picture_of_plan(plan: Plan, path: Path | None, *, explain: bool = False) -> RenderableType:
    """The explanation screen; the next command comes last."""
    return Group(
        Text.assemble("Profile ", (plan.profile, "bold green"), escaped(f": {plan.reason}.")),
        Text(),
        *_components(plan),
        Text(),
        *(line for card in plan.vram for line in _bar(card)),
        *_calls(plan),
        *_latency("A turn that the script answers", plan.latency_ms),
        *_latency("A turn that the language model answers", plan.model_latency_ms),
        *_discipline(plan),
        *_settings(plan),
        *_licences(plan),
        *(Text(escaped(f"Not {one.what}: {one.why}.")) for one in plan.rejected),
        *(Text(escaped(f"Warning: {warning}."), style="yellow") for warning in plan.warnings),
        *(picture_of_cost(plan.cost) if plan.cost else ()),
        *_calibration(plan),
        *(explained(plan) if explain else ()),
        Text(f"\n{_where(path)} (fingerprint {plan.fingerprint[:12]})."),
        *([Text(f"Next: {_next_command(plan)}", style="bold")] if path else []),
    )


def _components(plan: Plan) -> Iterator[Text]:
    """Columns as wide as their widest cell, and no more of them than 80 characters hold."""
    rows = [("service", "engine", "model", "precision", "memory, MiB")]
    for one in plan.components:
        memory = f"{one.vram_mib} VRAM" if one.device == "cuda" else f"{one.ram_mib} RAM"
        rows.append((one.service, one.engine, one.model, one.precision, memory))
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        line = "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        yield Text(line.rstrip(), style="" if number else "bold")


def _bar(card: CardLedger) -> Iterator[Text]:
    """The memory of a card by owner, in proportion; who has a part has at least one cell."""
    owners: dict[str, float] = {}
    for term in card.terms:
        owners[term.owner] = owners.get(term.owner, 0.0) + term.mib
    parts = [*owners.items(), ("free", float(max(0, card.headroom_mib)))]
    bar, legend = Text(), Text()
    for owner, mib in parts:
        cells = max(1, round(mib / max(1, card.total_mib) * _BAR_CELLS)) if mib else 0
        colour = _COLOURS.get(owner, "yellow")
        bar.append(("░" if owner == "free" else "█") * cells, style=colour)
        legend.append(f"{owner.removesuffix('-service')} {ceil(round(mib, 3))}  ", style=colour)
    yield Text(f"{card.name}: {card.used_mib} of {card.total_mib} MiB")
    yield Text.assemble("  ", bar)
    yield Text.assemble("  ", legend)
    yield Text()


def _calls(plan: Plan) -> Iterator[Text]:
    binding, *others = plan.limits
    yield Text.assemble(
        "Calls at once: ", (str(plan.calls.max), "bold"), f" carried, {plan.calls.asked} asked. {binding.constraint} ",
        f"gives out first: {binding.why}. {binding.lift[:1].upper()}{binding.lift[1:]} would lift it.",
    )  # fmt: skip
    following = next((limit for limit in others if limit.calls > binding.calls), None)
    if following is not None:
        yield Text(f"  After that {following.constraint}, at {following.calls} calls: {following.why}.")


def _latency(what: str, latency: Latency | None) -> Iterator[Text]:
    if latency is None:
        return
    total = latency.voice_to_voice
    yield Text.assemble(
        f"{what}: ", (f"{total.p50:.0f} ms", "bold"), f" voice to voice ({total.low:.0f} to {total.high:.0f}; ",
        f"confidence {total.confidence}), {latency.endpoint.waited_ms:.0f} of them the silence that ends a turn.",
    )  # fmt: skip


def _discipline(plan: Plan) -> Iterator[Text]:
    """Only the first way out; --explain has them all."""
    stay = [way.of for way in plan.discipline if way.what == "resident"]
    unload = next((way for way in plan.discipline if way.what == "unload when idle"), None)
    if unload is not None:
        always = f"{' and '.join(stay)} stay on the card; " if stay else ""
        frees = f"unloading {unload.of} frees {unload.frees_mib} MiB"
        yield Text(f"If memory runs short: {always}{frees}, and {unload.price}.")


def _settings(plan: Plan) -> Iterator[Text]:
    threads, settings = plan.threads, plan.settings
    speaks = f", language model {threads.llm}" if threads.llm else ""
    yield Text(f"Threads: recognition {threads.stt}, voice {threads.tts}, script {threads.matcher}{speaks}.")
    if settings.parallel_answers:
        yield Text(
            f"Language model: {settings.parallel_answers} answers at once, {settings.context_tokens} tokens of context "
            f"each, {settings.longest_answer_tokens} tokens at most an answer."
        )


def _calibration(plan: Plan) -> Iterator[Text]:
    for one in plan.calibration:
        yield Text(
            f"Measured here: {one.what} {one.measured:g}; the estimate of {one.estimated:g} had been off by "
            f"{one.off_percent:+.0f} %."
        )


def _licences(plan: Plan) -> Iterator[Text]:
    for use in plan.licences:
        if use.commercial != "yes":
            known = " (acknowledged)" if use.accepted else ""
            yield Text(f"Licence of {', '.join(use.of)}: {use.title}: {use.terms}{known}.", style="yellow")


def _where(path: Path | None) -> str:
    return f"Written to {path}" if path else "Not written, since it is for another machine; --out FILE keeps it"


def _next_command(plan: Plan) -> str:
    return "voicectl plan --profile cpu (deploy cannot install gpu yet)" if plan.profile == "gpu" else "voicectl deploy"
