"""How a plan looks to a person: what was chosen, why, and what was not."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from voicectl.planner.plan import Plan


def picture_of_plan(plan: Plan, path: Path) -> RenderableType:
    """The explanation screen; the next command comes last."""
    return Group(
        Text.assemble("Profile ", (plan.profile, "bold green"), f": {plan.reason}."),
        Text(),
        *_components(plan),
        Text(),
        *_settings(plan),
        *(Text(f"Not {one.what}: {one.why}.") for one in plan.rejected),
        *(Text(f"Warning: {warning}.", style="yellow") for warning in plan.warnings),
        Text(f"\nWritten to {path} (fingerprint {plan.fingerprint[:12]})."),
        Text(f"Next: {_next_command(plan)}", style="bold"),
    )


def _components(plan: Plan) -> Iterator[Text]:
    """Columns as wide as their widest cell: a table that is cut at the edge of the screen names no model."""
    rows = [("service", "engine", "model", "precision", "device", "memory", "basis")]
    rows += [
        (one.service, one.engine, one.model, one.precision, one.device, f"{one.ram_mib} MiB", one.basis)
        for one in plan.components
    ]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        line = "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        yield Text(line.rstrip(), style="" if number else "bold")


def _settings(plan: Plan) -> Iterator[Text]:
    threads, settings = plan.threads, plan.settings
    speaks = f", language model {threads.llm}" if threads.llm else ""
    yield Text(f"Calls at once: {plan.calls_asked}, as calls.most asks.")
    yield Text(f"Threads: recognition {threads.stt}, voice {threads.tts}, script {threads.matcher}{speaks}.")
    if settings.parallel_answers:
        yield Text(
            f"Language model: {settings.parallel_answers} answers at once, {settings.context_tokens} tokens of context "
            f"each, {settings.longest_answer_tokens} tokens at most an answer."
        )


def _next_command(plan: Plan) -> str:
    return "voicectl plan --profile cpu (deploy cannot install gpu yet)" if plan.profile == "gpu" else "voicectl deploy"
