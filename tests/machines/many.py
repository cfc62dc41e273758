"""Machines with cards as they are sold and as they are found: small, huge, unequal, sliced, busy, reticent."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.machines.machine import change, machine
from voicectl.catalogue.catalogue import load_catalogue
from voicectl.hardware.facts import Facts, Gpu, GpuProcess, MigInstance

_BOX, _WORLD = machine("gpu_box"), load_catalogue()
_NAMES = ("NVIDIA GeForce RTX 4090", "Tesla T4", "GRID A100-8C", "NVIDIA Unheard-of", "", "\x1b[31mX")
_SLICES = 8


@st.composite
def cards(draw: st.DrawFn, index: int = 0) -> Gpu:
    """One card, perhaps in slices, perhaps in use by others or by this very agent."""
    vram_mib = draw(st.sampled_from((4096, 8192, 12_288, 15_360, 24_564, 81_920)) | st.integers(2048, 196_608))
    used_mib = draw(st.just(0) | st.integers(0, vram_mib))
    processes = (GpuProcess(7, "python", draw(st.none() | st.just(used_mib)), ours=draw(st.booleans())),)
    widths = draw(st.lists(st.integers(1, 3), max_size=7)) if draw(st.integers(0, 7)) == 0 else []
    slices = tuple(
        MigInstance(f"A100 MIG {width}g", f"MIG-{index}-{number}", vram_mib // _SLICES * width, 0, width)
        for number, width in enumerate(widths)
    )
    return Gpu(
        index=index,
        name=draw(st.sampled_from(_NAMES)),
        uuid=f"GPU-{index}",
        vram_mib=vram_mib,
        vram_used_mib=used_mib,
        compute_capability=draw(st.sampled_from(("8.9", "7.0", "6.1", ""))),
        vram_reserved_mib=draw(st.sampled_from((0, 266, 768))),
        memory_clock_mhz=draw(st.none() | st.integers(800, 14_001)),
        bus_width_bits=draw(st.none() | st.sampled_from((64, 192, 384, 5120))),
        processes=processes if used_mib else (),
        mig=bool(widths),
        instances=slices,
    )


@st.composite
def machines(draw: st.DrawFn) -> Facts:
    """One to 128 cores, one GiB to a TiB, no card to eight."""
    count = draw(st.sampled_from((0, 1, 1, 1, 2, 3, 8)))
    first = draw(cards())
    found = [first, *(draw(cards(index)) for index in range(1, count))][:count]
    if draw(st.booleans()):
        found = [replace(first, index=index, uuid=f"GPU-{index}", mig=False, instances=()) for index in range(count)]
    memory_mib = 1024 * draw(st.sampled_from((1, 4, 16, 64, 1024)))
    return replace(
        _BOX,
        cpu=change(_BOX.cpu, cores=draw(st.sampled_from((1, 2, 4, 8, 32, 128)))),
        memory=change(_BOX.memory, total_mib=memory_mib, limit_mib=draw(st.none() | st.just(memory_mib // 2))),
        gpus=change(_BOX.gpus, cards=tuple(found), state="usable" if found else "none"),
        models=change(_BOX.models, hub_reachable=draw(st.booleans())),
    )


@st.composite
def pins(draw: st.DrawFn) -> dict[str, Any]:
    """What an operator may pin, a few things at a time."""
    precise = [f"{row.id}@{precision}" for row in _WORLD.language_models.values() for precision in row.precisions]
    each: dict[str, st.SearchStrategy[Any]] = {
        "profile": st.sampled_from(("embedded", "cpu", "gpu", "gpu")),
        "calls": st.sampled_from((1, 2, 4, 8, 13, 20, 100, 286, 1000)),
        "stt": st.sampled_from(sorted(_WORLD.speech_models)),
        "llm": st.sampled_from(precise),
        "tts": st.sampled_from(sorted(_WORLD.voices)),
        "context_tokens": st.sampled_from((256, 2048, 4096, 8192, 32_768)),
        "commercial": st.just(value=True),
    }
    return {name: draw(one) for name, one in each.items() if draw(st.integers(0, 3)) == 0}
