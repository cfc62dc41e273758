"""Is there a GPU, where one is wanted, and does its driver work?"""

from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, fail, ok, skip, warn
from voicectl.doctor.version import series_of
from voicectl.hardware.facts import Facts, Gpus, known
from voicectl.planner.gpu_memory import LEAST_VRAM_MIB, needed_vram_mib

_GROUP: Final = "gpu"
_LEAST_CAPABILITY: Final = (7, 0)


@check(
    "gpu.present", group=_GROUP, blocking=True, why="the gpu profile has nothing to run on, and no engine would start"
)
def gpu_present(config: Config, facts: Facts) -> Outcome:
    """A card, where the configuration asks for one."""
    gpus, expected = known(facts.gpus), "an NVIDIA GPU"
    if gpus.cards:
        return ok(", ".join(f"{card.name} ({card.vram_mib} MiB)" for card in gpus.cards), expected)
    if config.agent.profile == "gpu" and not gpus.on_bus and gpus.state == "none":
        return fail(
            "none", expected, 'pass one through to this machine, or set agent.profile to "auto"', "lspci -d 10de:"
        )
    if gpus.on_bus:
        return ok(f"{gpus.on_bus} on the bus", expected)
    return skip("none; the chosen engines run on the processor")


@check(
    "gpu.driver",
    group=_GROUP,
    blocking=True,
    why="engines that cannot reach their GPU do not start, and calls are not answered",
)
def gpu_driver(config: Config, facts: Facts) -> Outcome:
    """NVML starts: not installed, not loaded and a half-done upgrade are different troubles."""
    gpus = known(facts.gpus)
    if gpus.state == "usable":
        return ok(f"{gpus.driver}", "loaded")
    if gpus.state == "none":
        return skip("no NVIDIA GPU")
    fix, command = _remedy(gpus)
    verdict = fail if config.agent.profile == "gpu" else warn  # without it "auto" takes the processor
    return verdict(gpus.problem, "loaded", fix, command)


def _remedy(gpus: Gpus) -> tuple[str, str]:
    if gpus.state == "mismatch":
        return "the driver was upgraded while the old one was running: reboot", "reboot"
    if gpus.state == "no driver":
        return "install the driver (nouveau is not enough)", "apt-get install nvidia-driver"
    return "see what the driver says", "dmesg | grep -i nvrm"


@check(
    "gpu.memory", group=_GROUP, why="with too little memory layers move to the processor, and each answer takes seconds"
)
def gpu_memory(config: Config, facts: Facts) -> Outcome:
    """The largest card carries every engine for the calls that are asked for."""
    cards = known(facts.gpus).cards
    if not cards:
        return skip("no usable GPU")
    card, needs_mib = max(cards, key=lambda one: one.vram_mib), needed_vram_mib(config.calls.most)
    free_mib = card.vram_mib - card.vram_used_mib
    seen, expected = (
        f"{card.name}: {free_mib} of {card.vram_mib} MiB free",
        f"{needs_mib} MiB for {config.calls.most} calls",
    )
    if free_mib >= needs_mib:
        return ok(seen, expected)
    if card.vram_mib < LEAST_VRAM_MIB:
        return warn(seen, expected, "none: `plan` takes the processor instead, or fit a larger card")
    return warn(seen, expected, "end what else uses the card, or set calls.most lower", "nvidia-smi")


@check(
    "gpu.capability",
    group=_GROUP,
    why="older cards cannot run the recogniser in half precision, and fall far behind the caller",
)
def gpu_capability(_: Config, facts: Facts) -> Outcome:
    """Compute capability of every card."""
    cards = known(facts.gpus).cards
    if not cards:
        return skip("no usable GPU")
    expected = f"{_LEAST_CAPABILITY[0]}.{_LEAST_CAPABILITY[1]} or later"
    old = [card for card in cards if series_of(card.compute_capability) < _LEAST_CAPABILITY]
    if old:
        return warn(
            f"{old[0].name}: {old[0].compute_capability}", expected, "choose a card of the Volta generation or later"
        )
    return ok(", ".join(card.compute_capability for card in cards), expected)


CHECKS: Final = (gpu_present, gpu_driver, gpu_memory, gpu_capability)
