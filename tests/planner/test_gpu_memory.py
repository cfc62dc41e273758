"""What the doctor compares a card with: the published table of simultaneous calls (Qwen 2.5 7B)."""

import pytest

from voicectl.planner.gpu_memory import least_vram_mib, needed_vram_mib


@pytest.mark.parametrize(
    ("card", "vram_mib", "calls"),
    [("T4", 15_360, 4), ("RTX 3060", 12_288, 4), ("L4", 23_034, 13), ("RTX 4090", 24_564, 13), ("L40S", 46_068, 35)],
)
def test_calls_agree_with_the_published_table(card: str, vram_mib: int, calls: int) -> None:
    """The formulas are the table's own."""
    assert needed_vram_mib(calls) <= vram_mib < needed_vram_mib(calls + 1), card


def test_more_calls_never_need_less() -> None:
    """Every call has its context; every few calls another voice."""
    needs = [needed_vram_mib(calls) for calls in range(1, 200)]

    assert needs == sorted(set(needs))
    assert needs[0] == least_vram_mib()
