"""The cpu profile: a real Ollama answers what the script does not cover, and nothing else."""

import pytest

from tests.wire.agent import Agent

pytestmark = pytest.mark.wire


def test_model_answers_behind_the_script(thinking_agent: Agent) -> None:
    """The script keeps its own questions; the model speaks where it has no answer."""
    call = thinking_agent.document(
        *("call", "what are your opening hours", "how do volcanoes erupt"),
        *("--expect", "Monday to Friday", "--expect", r"re:\w+"),
    )

    assert [turn["right"] for turn in call["turns"]] == [True, True]
    assert [turn["source"] for turn in call["turns"]] == ["script", "model"]
    assert "llm-service" in {service["name"] for service in thinking_agent.document("status")["services"]}
