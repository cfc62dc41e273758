"""Finds the card that a person means, and says what to do where it is none of the catalogue's."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from voicectl.catalogue.gpu import CatalogueGpu

_OTHER_MAKERS: Final = re.compile(
    r"\b(amd|radeon|rx ?\d{3,4}|instinct|mi\d{2,3}[a-z]?|intel|arc|gaudi|apple|m[1-4]|tpu|trainium|inferentia)\b",
    re.IGNORECASE,
)
_BOARDS: Final = re.compile(r"jetson|orin|xavier|tegra|thor|grace|g[hb]\d{2,3}\b|dgx spark", re.IGNORECASE)
_MANY: Final = re.compile(r"\s*(?:(\d{1,2}) ?x ?(.+?)|(.+?) ?x ?(\d{1,2}))\s*", re.IGNORECASE)
_VIRTUAL: Final = re.compile(r"(.*[a-z]\d.*?)(?:-\d)?-\d{1,3}[abcq](?:me)?", re.IGNORECASE)
_SIZE: Final = re.compile(r"[ -](\d{1,3}) ?gb$", re.IGNORECASE)
_NEAREST: Final = 3
_LONGEST: Final = 60
_GIB_MIB: Final = 1024
_ROUNDED: Final = 0.9
"""Boxes promise more than NVML finds: 48 GB are 46,068 MiB on an L40S."""


def find_gpu(name: str, gpus: Mapping[str, CatalogueGpu]) -> CatalogueGpu | None:
    """The row of a card as a person or NVML names it: maker and brand do not matter, nor do case and spaces."""
    wanted = _plain(name)
    found = next((row for row in gpus.values() if wanted in _spellings(row)), None)
    size = _SIZE.search(name)
    if found is not None or size is None:
        return found
    short, mib = _plain(name[: size.start()]), int(size[1]) * _GIB_MIB
    return next((row for row in gpus.values() if short in _spellings(row) and _has(row, mib)), None)


def find_host_of(name: str, gpus: Mapping[str, CatalogueGpu]) -> CatalogueGpu | None:
    """The card behind a virtual one ("GRID A100-8C"); the slowest where the name fits several."""
    found = _VIRTUAL.fullmatch(name)
    if found is None:
        return None
    host = _plain(found[1])
    rows = [row for row in gpus.values() if any(one.startswith(host) for one in _spellings(row))]
    return find_gpu(found[1], gpus) or min(rows, key=lambda row: row.bandwidth_gb_s, default=None)


def instead_of(name: str, gpus: Mapping[str, CatalogueGpu]) -> str:
    """What to do about a card that the catalogue does not know."""
    if _OTHER_MAKERS.search(name):
        return "name a card of NVIDIA's, since the large models' engines need CUDA; --profile cpu needs no card"
    if _BOARDS.search(name):
        return "name a card for an x86-64 machine: the engines have no packages for ARM processors"
    many = _MANY.fullmatch(name)
    if many and (row := find_gpu(many[2] or many[3], gpus)):
        return f'add --gpu "{row.name}" --gpus {many[1] or many[4]}'
    plain = {spelling: row.name for row in gpus.values() for spelling in sorted(_spellings(row))}
    wanted = _plain(name[:_LONGEST])
    near = [full for short, full in plain.items() if wanted and short.startswith(wanted)]
    near = near or [full for short, full in plain.items() if wanted.startswith(short)][-1:]
    near = near or [plain[one] for one in get_close_matches(wanted, plain, n=_NEAREST, cutoff=0.6)]
    near = list(dict.fromkeys(near))[:_NEAREST]
    every = ", ".join(row.name for row in gpus.values())
    known = f"did you mean {' or '.join(near)}?" if near else f"use one of: {every}"
    return f"{known} Any other card: `voicectl doctor --facts > FILE` on its machine, then --facts FILE"


def _spellings(row: CatalogueGpu) -> set[str]:
    return {_plain(one) for one in (row.id, row.name, *row.aliases)}


def _has(row: CatalogueGpu, mib: int) -> bool:
    return _ROUNDED * mib <= row.vram_mib <= mib


@lru_cache(maxsize=1024)  # every offer of another card compares its name with every spelling of every row
def _plain(name: str) -> str:
    return re.sub(r"nvidia|grid|geforce|tesla|quadro|rtx|gtx|mig.*|[^a-z0-9]", "", name.lower())
