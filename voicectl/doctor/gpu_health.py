"""Does the GPU hold what its name promises: heat, power, link, memory errors, and who else may use it?"""

from collections.abc import Callable
from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Judge, Outcome, check, ok, skip, verdict_for, warn
from voicectl.doctor.needs import profile_here
from voicectl.hardware.facts import Facts, Gpu, NotKnownError, known

_GROUP: Final = "gpu"
_HOT_C: Final = 87
"""Cards begin to slow down between 83 and 93 degrees, each at its own."""
# What NVIDIA's list of Xid errors calls a matter of hardware: double-bit errors, row remaps, uncontained errors,
# a card that fell off the bus.
_GRAVE_XIDS: Final = {48, 63, 64, 79, 94, 95}


def _of_cards(judge: Callable[[Config, tuple[Gpu, ...]], Outcome]) -> Judge:
    """A check that asks the cards; without one there is nothing to ask."""

    def judged(config: Config, facts: Facts) -> Outcome:
        cards = known(facts.gpus).cards
        return judge(config, cards) if cards else skip("no usable GPU")

    return judged


@check(
    "gpu.ecc",
    group=_GROUP,
    blocking=True,
    why="a card whose memory loses bits gives wrong words, or takes every engine down at once",
)
@_of_cards
def gpu_ecc(config: Config, cards: tuple[Gpu, ...]) -> Outcome:
    """No uncorrected memory error since the driver was loaded, and no repair that waits for a reset."""
    expected, bad = "no uncorrected error", [card for card in cards if card.ecc and _is_damaged(card)]
    if bad:
        ecc = bad[0].ecc
        seen = f"{bad[0].name}: {ecc.uncorrected if ecc else 0} uncorrected errors" + (
            ", a repair waits for a reset" if ecc and ecc.repair_pending else ""
        )
        return verdict_for(config)(
            seen, expected, "stop the agent and reboot; if it comes again, replace the card", "nvidia-smi -q -d ECC"
        )
    if any(card.ecc and card.ecc.on for card in cards):
        return ok("on, no uncorrected error", expected)
    return skip("off, or not a feature of this card")


def _is_damaged(card: Gpu) -> bool:
    return card.ecc is not None and (card.ecc.uncorrected > 0 or card.ecc.repair_pending)


@check(
    "gpu.ecc.mode",
    group=_GROUP,
    why="error correction costs a card some memory and speed; the plan reckons with what is left",
)
@_of_cards
def gpu_ecc_mode(_: Config, cards: tuple[Gpu, ...]) -> Outcome:
    """Whether the cards correct errors: of interest, and no trouble either way."""
    told = [f"{card.name}: {'on' if card.ecc.on else 'off'}" for card in cards if card.ecc is not None]
    return ok(", ".join(told)) if told else skip("not a feature of this card")


@check("gpu.mps", group=_GROUP, why="engines that take turns on a card answer later, the more calls there are at once")
def gpu_mps(config: Config, facts: Facts) -> Outcome:
    """Recogniser, language model and voice compute at the same time."""
    gpus, expected = known(facts.gpus), "runs, for three engines on a card"
    if not gpus.cards or profile_here(config, facts) != "gpu":
        return skip("no engine runs on a GPU")
    if gpus.mps or len(gpus.cards) > 1:
        return ok("runs" if gpus.mps else f"{len(gpus.cards)} cards share the engines", expected)
    fix = "start NVIDIA's Multi-Process Service before the agent"
    return warn("does not run", expected, fix, "nvidia-cuda-mps-control -d")


@check("gpu.mig", group=_GROUP, blocking=True, why="a card that is divided and has no part cannot run anything")
@_of_cards
def gpu_mig(config: Config, cards: tuple[Gpu, ...]) -> Outcome:
    """A card in MIG mode has at least one instance."""
    divided = [card for card in cards if card.mig]
    if not divided:
        return skip("no card is divided")
    empty = [card for card in divided if not card.instances]
    if empty:
        seen, index = f"{empty[0].name} is in MIG mode and has no instance", empty[0].index
        fix = "make an instance, or turn MIG off"
        commands = f"nvidia-smi mig -i {index} -cgi 0 -C", f"nvidia-smi -i {index} -mig 0"
        return verdict_for(config)(seen, "an instance", fix, *commands)
    parts = [f"{part.name} ({part.vram_mib} MiB)" for card in divided for part in card.instances]
    return ok(", ".join(parts), "an instance")


@check("gpu.mode", group=_GROUP, blocking=True, why="only the first engine gets the card; the others do not start")
@_of_cards
def gpu_mode(config: Config, cards: tuple[Gpu, ...]) -> Outcome:
    """Several engines share a card, each a process of its own."""
    closed = [card for card in cards if card.compute_mode in {"exclusive", "prohibited"}]
    if not closed:
        return ok("default", "default")
    return verdict_for(config)(
        f"{closed[0].name}: {closed[0].compute_mode}",
        "default",
        "let several processes use it",
        f"nvidia-smi -i {closed[0].index} -c DEFAULT",
    )


@check("gpu.heat", group=_GROUP, why="a hot card lowers its clock, and answers come later and later in a busy hour")
@_of_cards
def gpu_heat(_: Config, cards: tuple[Gpu, ...]) -> Outcome:
    """Nothing slows a card down at this moment."""
    slowed = [card for card in cards if card.throttled_by or (card.temperature_c or 0) >= _HOT_C]
    if not slowed:
        told = [f"{card.temperature_c} C" for card in cards if card.temperature_c is not None]
        return ok(", ".join(told) or "not slowed down", f"below {_HOT_C} C, not slowed down")
    card = slowed[0]
    seen = f"{card.name}: {card.temperature_c} C" + (
        f", slowed by {', '.join(card.throttled_by)}" if card.throttled_by else ""
    )
    fix = "give it air: passive cards (T4, L4, A10) need the fans of a server"
    return warn(seen, f"below {_HOT_C} C, not slowed down", fix, "nvidia-smi -q -d PERFORMANCE,TEMPERATURE")


@check("gpu.power", group=_GROUP, why="a card that may not draw its power answers more slowly than the plan reckons")
@_of_cards
def gpu_power(_: Config, cards: tuple[Gpu, ...]) -> Outcome:
    """The power limit is the card's own."""
    limits = [(card, card.power_cap_w, card.power_default_w) for card in cards]
    capped = [(card, cap, own) for card, cap, own in limits if cap is not None and own is not None and cap < own]
    if capped:
        card, cap, own = capped[0]
        return warn(
            f"{card.name}: {cap} W of {own}",
            "the card's own limit",
            "raise it",
            f"nvidia-smi -i {card.index} -pl {own}",
        )
    told = [f"{cap} W" for _, cap, _ in limits if cap is not None]
    return ok(", ".join(told), "the card's own limit") if told else skip("the card does not tell")


@check("gpu.pcie", group=_GROUP, why="models load slowly over too few lanes: minutes of silence after a restart")
@_of_cards
def gpu_pcie(_: Config, cards: tuple[Gpu, ...]) -> Outcome:
    """All lanes are in use; the generation says nothing, for an idle card lowers it."""
    told = [(card, card.pcie) for card in cards if card.pcie is not None]
    if not told:
        return skip("the card does not tell")
    narrow = [(card, link) for card, link in told if link.width < link.width_most]
    if narrow:
        card, link = narrow[0]
        fix = "seat it in a full slot, without a riser"
        return warn(f"{card.name}: {link.width} of {link.width_most} lanes", "every lane", fix, "nvidia-smi -q -d PCIE")
    return ok(", ".join(f"{link.width} lanes" for _, link in told), "every lane")


@check(
    "gpu.persistence", group=_GROUP, why="the first call after a quiet hour waits while the driver wakes the card up"
)
@_of_cards
def gpu_persistence(_: Config, cards: tuple[Gpu, ...]) -> Outcome:
    """The driver stays with the card while nobody uses it."""
    off = [card for card in cards if card.persistence is False]
    if off:
        return warn(f"{off[0].name}: off", "on", "turn it on", "systemctl enable --now nvidia-persistenced")
    return ok("on", "on") if any(card.persistence for card in cards) else skip("the card does not tell")


@check(
    "gpu.xid",
    group=_GROUP,
    blocking=True,
    why="a card that the driver complained about may take the engines down again",
)
def gpu_xid(config: Config, facts: Facts) -> Outcome:
    """The driver wrote no error into the kernel's log."""
    gpus = known(facts.gpus)
    if not gpus.cards:
        return skip("no usable GPU")
    if gpus.xids is None:
        raise NotKnownError("the kernel's log may not be read here: run this as root, on the host")
    if not gpus.xids:
        return ok("none since boot", "no error")
    grave = [number for number in gpus.xids if number in _GRAVE_XIDS]
    verdict = verdict_for(config) if grave else warn
    seen = f"Xid {', '.join(map(str, gpus.xids))}"
    return verdict(seen, "no error", "look the number up in NVIDIA's list of Xid errors", "dmesg | grep -i xid")


@check(
    "gpu.hold", group=_GROUP, why="an upgrade of the driver by night leaves the engines without a GPU until a reboot"
)
def gpu_hold(_: Config, facts: Facts) -> Outcome:
    """Packages of the driver wait for a person where upgrades come by themselves."""
    packages = known(facts.packages)
    if not packages.nvidia:
        return skip("the driver is not from a package")
    if not packages.unattended_upgrades:
        return ok("no upgrade comes by itself", "held")
    loose = [name for name in packages.nvidia if name not in packages.held]
    if not loose:
        return ok(f"{len(packages.nvidia)} packages held", "held")
    return warn(f"{loose[0]} is upgraded by itself", "held", "hold them", f"apt-mark hold {' '.join(loose)}")


CHECKS: Final = (
    gpu_ecc,
    gpu_ecc_mode,
    gpu_mps,
    gpu_mig,
    gpu_mode,
    gpu_heat,
    gpu_power,
    gpu_pcie,
    gpu_persistence,
    gpu_xid,
    gpu_hold,
)
