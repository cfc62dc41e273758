"""Finds the card that a person means, and says what to do where it is none of the catalogue's."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from voicectl.catalogue.gpu import CatalogueGpu

_OTHER_MAKERS: Final = re.compile(
    r"\b(amd|radeon|rx ?\d{3,4}|instinct|mi\d{2,3}|intel|arc|apple|m[1-4])\b", re.IGNORECASE
)
_BOARDS: Final = re.compile(r"jetson|orin|xavier|tegra", re.IGNORECASE)
_NEAREST: Final = 3


def find_gpu(name: str, gpus: Mapping[str, CatalogueGpu]) -> CatalogueGpu | None:
    """The row of a card as a person or NVML names it: maker and brand do not matter, nor do case and spaces."""
    wanted = _plain(name)
    for row in gpus.values():
        if wanted in {_plain(one) for one in (row.id, row.name, *row.aliases)}:
            return row
    return None


def instead_of(name: str, gpus: Mapping[str, CatalogueGpu]) -> str:
    """What to do about a card that the catalogue does not know."""
    if _OTHER_MAKERS.search(name):
        return "name a card of NVIDIA's, since the large models' engines need CUDA; --profile cpu needs no card"
    if _BOARDS.search(name):
        return "name a card for an x86-64 machine: the engines have no packages for boards with ARM processors"
    plain = {_plain(row.name): row.name for row in gpus.values()}
    wanted = _plain(name)
    near = [full for short, full in plain.items() if wanted and short.startswith(wanted)]
    near = near or [plain[one] for one in get_close_matches(wanted, plain, n=_NEAREST, cutoff=0.6)]
    known = f"did you mean {' or '.join(near[:_NEAREST])}?" if near else f"use one of: {', '.join(plain.values())}"
    return f"{known} Any other card: `voicectl doctor --facts > FILE` on its machine, then --facts FILE"


def _plain(name: str) -> str:
    return re.sub(r"nvidia|geforce|tesla|rtx|mig.*|[^a-z0-9]", "", name.lower())
