"""What the doctor compares a card with: the published table of simultaneous calls (Qwen 2.5 7B)."""

import pytest

from tests.machines.machine import machine
from voicectl.catalogue.catalogue import load_catalogue
from voicectl.planner.engines import choose_engines
from voicectl.planner.gpu_memory import needed_vram_mib
from voicectl.planner.wishes import Wishes

USUAL = choose_engines("gpu", Wishes(), machine("gpu_box"), load_catalogue())


@pytest.mark.parametrize(
    ("card", "vram_mib", "calls"),
    [("T4", 15_360, 4), ("RTX 3060", 12_288, 4), ("L4", 23_034, 13), ("RTX 4090", 24_564, 13), ("L40S", 46_068, 35)],
)
def test_calls_agree_with_the_published_table(card: str, vram_mib: int, calls: int) -> None:
    """The formulas are the table's own."""
    assert needed_vram_mib(USUAL, calls) <= vram_mib < needed_vram_mib(USUAL, calls + 1), card


def test_more_calls_never_need_less() -> None:
    """Every call has its context; every few calls another voice."""
    needs = [needed_vram_mib(USUAL, calls) for calls in range(1, 200)]

    assert needs == sorted(set(needs))
