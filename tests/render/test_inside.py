"""What is rendered stays below the agent's own folder."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render.agents import CASES, case, rendered
from voicectl.errors import RenderError
from voicectl.render.inside import ensure_inside

ROOT = Path("/opt/voicectl")


@pytest.mark.parametrize("target", ["../../etc/passwd", "/etc/passwd", "etc/../../x", "", "etc/\0x", ".."])
def test_a_path_that_leads_out_is_refused(target: str) -> None:
    """E304."""
    with pytest.raises(RenderError, match="E304"):
        ensure_inside(ROOT, target)


@given(st.lists(st.sampled_from(["..", ".", "etc", "/", "a b", "...", "~"]), max_size=6).map("/".join))
def test_whatever_passes_lies_inside(target: str) -> None:
    """No combination of dots and slashes gets out."""
    try:
        path = ensure_inside(ROOT, target)
    except RenderError:
        return

    assert path.is_relative_to(ROOT)
    assert ".." not in path.parts


@pytest.mark.parametrize("name", CASES)
def test_everything_that_is_rendered_lies_inside(name: str) -> None:
    """No file of ours is meant for another place."""
    for target in rendered(case(name)):
        assert ensure_inside(ROOT, target) == ROOT / target
