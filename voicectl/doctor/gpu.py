"""Is there a GPU, where one is wanted, does its driver work, and is there room on it?"""

from typing import Final

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.catalogue.gpu_names import find_gpu
from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, fail, ok, skip, verdict_for, warn
from voicectl.doctor.needs import profile_here
from voicectl.doctor.version import series_of
from voicectl.hardware.facts import Facts, Gpu, GpuState, NotKnownError, known
from voicectl.planner.cards import LEAST_CAPABILITY, is_capable
from voicectl.planner.engines import choose_engines
from voicectl.planner.gpu_memory import needed_vram_mib
from voicectl.planner.wishes import Wishes

_GROUP: Final = "gpu"
# NVIDIA's table of minor versions: CUDA 12.x needs driver 525 or later. Ollama's own builds for CUDA 12 need 570 for
# cards before compute capability 7.0 (ollama/discover/cuda_compat.go); gpu.capability speaks of those.
_LEAST_DRIVER: Final = (525, 0)
_LEAST_OF_ITS_NAME: Final = 0.8
_REMEDIES: Final[dict[GpuState, tuple[str, str]]] = {
    "mismatch": ("the driver was upgraded while the old one was running: reboot", "reboot"),
    "no driver": ("install NVIDIA's driver", "apt-get install nvidia-driver"),
    "nouveau": (
        "install NVIDIA's driver, which keeps nouveau from loading, and reboot",
        "apt-get install nvidia-driver && reboot",
    ),
    "no library": (
        "hand the driver's library in: start the container with --gpus all; on the host install it",
        "apt-get install libnvidia-ml1",
    ),
    "no permission": ("run this as root, or let your user open the card", "ls -l /dev/nvidia*"),
    "wsl": (
        "install NVIDIA's driver in Windows and none here, then restart WSL; its library lies in /usr/lib/wsl/lib",
        "wsl.exe --shutdown",
    ),
    "lost": (
        "it fell off the bus: power the machine off and on; if it comes again, look at power and seat",
        "lspci -d 10de:",
    ),
    "integrated": ("none: the profiles embedded and cpu do without it", "voicectl plan --profile cpu"),
    "error": ("see what the driver says", "dmesg | grep -i nvrm"),
}


@check(
    "gpu.present", group=_GROUP, blocking=True, why="the gpu profile has nothing to run on, and no engine would start"
)
def gpu_present(config: Config, facts: Facts) -> Outcome:
    """A card, where the configuration asks for one."""
    gpus, expected = known(facts.gpus), "an NVIDIA GPU"
    if gpus.cards:
        return ok(", ".join(_described(card) for card in gpus.cards), expected)
    if config.agent.profile == "gpu" and not gpus.on_bus and gpus.state == "none":
        return fail(
            "none", expected, 'pass one through to this machine, or set agent.profile to "auto"', "lspci -d 10de:"
        )
    if gpus.on_bus:
        return ok(f"{gpus.on_bus} on the bus", expected)
    return skip("none; the chosen engines run on the processor")


def _described(card: Gpu) -> str:
    speed = "" if card.bandwidth_gb_s is None else f", {card.bandwidth_gb_s:.0f} GB/s"
    return f"{card.name} ({card.vram_mib} MiB{speed})"


@check(
    "gpu.driver",
    group=_GROUP,
    blocking=True,
    why="engines that cannot reach their GPU do not start, and calls are not answered",
)
def gpu_driver(config: Config, facts: Facts) -> Outcome:
    """NVML starts: not installed, not loaded, not allowed and a half-done upgrade are different troubles."""
    gpus = known(facts.gpus)
    if gpus.state == "usable":
        return ok(f"{gpus.driver}", "loaded")
    if gpus.state == "none":
        return skip("no NVIDIA GPU")
    fix, command = _REMEDIES[gpus.state]
    return verdict_for(config)(gpus.problem, "loaded", fix, command)


@check(
    "gpu.lost",
    group=_GROUP,
    blocking=True,
    why="the engines that were placed on that card are gone, in the middle of a call",
)
def gpu_lost(config: Config, facts: Facts) -> Outcome:
    """Every card that the driver counts also answers."""
    gpus = known(facts.gpus)
    if not gpus.silent:
        return ok("every card answers", "every card answers") if gpus.cards else skip("no usable GPU")
    seen = ", ".join(f"GPU {one.index}: {one.problem}" for one in gpus.silent)
    return verdict_for(config)(seen, "every card answers", *_REMEDIES["lost"])


@check(
    "gpu.cuda",
    group=_GROUP,
    blocking=True,
    why="the engines are built for CUDA 12, and do not start on an older driver",
)
def gpu_cuda(config: Config, facts: Facts) -> Outcome:
    """The driver is new enough for the engines' CUDA."""
    gpus, expected = known(facts.gpus), f"{_LEAST_DRIVER[0]} or later, for CUDA 12"
    if not gpus.cards or gpus.driver is None:
        return skip("no usable GPU")
    seen = f"driver {gpus.driver}" + (f", up to CUDA {gpus.cuda}" if gpus.cuda else "")
    if series_of(gpus.driver) >= _LEAST_DRIVER:
        return ok(seen, expected)
    return verdict_for(config)(seen, expected, "upgrade the driver", "apt-get install nvidia-driver")


@check(
    "gpu.memory", group=_GROUP, why="with too little memory layers move to the processor, and each answer takes seconds"
)
def gpu_memory(config: Config, facts: Facts) -> Outcome:
    """The largest card carries every engine for the calls that are asked for."""
    cards = known(facts.gpus).cards
    if not cards:
        return skip("no usable GPU")
    engines = choose_engines("gpu", Wishes(), facts, load_catalogue())
    card, needs_mib = max(cards, key=lambda one: one.vram_mib), needed_vram_mib(engines, config.calls.most)
    ours_mib = sum(process.used_mib or 0 for process in card.processes if process.ours)
    free_mib = card.vram_free_mib + ours_mib  # what the running agent has is there for the agent
    seen = f"{card.name}: {free_mib} of {card.vram_mib} MiB free{_foreign(card)}"
    expected = f"{needs_mib} MiB for {config.calls.most} calls"
    if free_mib >= needs_mib:
        return ok(seen, expected)
    if card.vram_mib < needed_vram_mib(engines, 1):
        return warn(seen, expected, "none: `plan` takes the processor instead, or fit a larger card")
    return warn(seen, expected, "end what else uses the card, or set calls.most lower", "nvidia-smi")


def _foreign(card: Gpu) -> str:
    others = [
        f"{one.program or 'a process that cannot be seen'} ({one.pid}) has {one.used_mib or 'some'} MiB"
        for one in card.processes
        if not one.ours
    ]
    return f"; {', '.join(others)}" if others else ""


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
    expected = f"{LEAST_CAPABILITY[0]}.{LEAST_CAPABILITY[1]} or later"
    old = [card for card in cards if not is_capable(card.compute_capability)]
    if old:
        return warn(
            f"{old[0].name}: {old[0].compute_capability}", expected, "choose a card of the Volta generation or later"
        )
    return ok(", ".join(card.compute_capability for card in cards), expected)


@check(
    "gpu.bw",
    group=_GROUP,
    why="words and voice come as fast as the card's memory is read; slower than its name says, callers wait longer",
)
def gpu_bandwidth(config: Config, facts: Facts) -> Outcome:
    """The clock and width that the card tells, against what the catalogue knows of its name; nothing is measured."""
    cards = [card for card in known(facts.gpus).cards if card.kind != "virtual"]
    if not cards or profile_here(config, facts) != "gpu":
        return skip("no engine runs on a card of its own")
    expected, catalogue = f"at least {_LEAST_OF_ITS_NAME:.0%} of what its name promises", load_catalogue().gpus
    for card in cards:
        row, told = find_gpu(card.name, catalogue), card.bandwidth_gb_s
        if told is None:
            raise NotKnownError(f"{card.name} does not tell, so the plan takes the catalogue's word for it")
        if row is not None and told < _LEAST_OF_ITS_NAME * row.bandwidth_gb_s:
            seen = f"{card.name}: {told:.0f} of {row.bandwidth_gb_s:.0f} GB/s"
            fix = "plan with what it tells, and see whether its clock is held down or its name is another card's"
            return warn(seen, expected, fix, "nvidia-smi -q -d CLOCK")
    return ok(", ".join(f"{card.bandwidth_gb_s:.0f} GB/s" for card in cards), expected)


CHECKS: Final = (gpu_present, gpu_driver, gpu_lost, gpu_cuda, gpu_memory, gpu_capability, gpu_bandwidth)
