"""One escaping rule a format: what comes out when the file is read is what went in, or nothing went in at all."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl.render import escape
from voicectl.render.asterisk_file import UnreadableError, read_asterisk
from voicectl.render.read_back import read_shell, read_supervisor

# What breaks configuration files, alone and in the midst of other text.
POISON = ["\n", "\r", ";", " ;", " #", "[x]", "#exec id", "${SHELL(id)}", "$[1]", "{{", "{% x %}", "%", "%(ENV_HOME)s"]
POISON += ["%0a", '"', "'", "\\", "\\;", ";--", "=>", ",", "(", "&", "\u2028", "\x85", "\x00", "é", "Zoë 東京", " "]
texts = st.lists(st.sampled_from(POISON) | st.text(max_size=5), max_size=6).map("".join)


@given(texts)
def test_asterisk_reads_the_value_or_it_is_refused(value: str) -> None:
    """A value cannot become another value, a comment, a section or a further line."""
    with suppress(escape.EscapeError):
        text = f"[a]\nkey = {escape.asterisk(value)}\nnext = 1\n"

        assert read_asterisk(text) == (("a", "", ""), ("a", "key", value), ("a", "next", "1"))


@given(texts)
def test_supervisor_reads_the_value_or_it_is_refused(value: str) -> None:
    """Neither an expansion nor a comment, inside quotes and outside of them."""
    with suppress(escape.EscapeError):
        text = f'[a]\nkey = {escape.supervisor(value)}\nenvironment = A="{escape.supervisor(value)}",B="1"\n'

        assert read_supervisor(text) == {"a": {"key": value, "environment": (f"A={value},B=1",)}}


@given(texts)
def test_a_shell_reads_one_word_or_it_is_refused(value: str) -> None:
    """Nothing is expanded, and nothing is split."""
    with suppress(escape.EscapeError):
        assert read_shell(f"exec {escape.shell(value)} end") == (("exec", value, "end"),)


@given(texts)
def test_a_dialplan_gets_nothing_that_it_would_evaluate(value: str) -> None:
    """Whatever is let through has no meaning to the dialplan beyond its letters."""
    with suppress(escape.EscapeError):
        assert not set(escape.dialplan(value)) & set("${}[]()\\\"',;&|<>=!^*?\n\r\0")
        assert escape.dialplan(value) == value


@pytest.mark.parametrize("rule", [escape.asterisk, escape.supervisor, escape.dialplan, escape.shell])
@pytest.mark.parametrize("value", ["a\nb", "a\x00b", "a\x85b", "a\u2028b", " a", "a\t"])
def test_invisible_characters_are_refused_everywhere(rule: Callable[[object], str], value: str) -> None:
    """No format of ours carries line breaks, control characters or blanks at the ends."""
    with pytest.raises(escape.EscapeError):
        rule(value)


def test_ordinary_values_pass_unchanged() -> None:
    """The rules do not get in the way of what configurations really hold."""
    for value in ["/opt/voicectl/run", "+15551230100", "192.0.2.0/24", "ulaw,alaw", 5060]:
        assert escape.asterisk(value) == str(value)
    assert escape.dialplan("/opt/voicectl-2/bin/eagi-bridge") == "/opt/voicectl-2/bin/eagi-bridge"
    assert [escape.asterisk(value) for value in (True, False)] == ["yes", "no"]


@pytest.mark.parametrize("text", ["#include other.conf\n", "#exec id\n", "[a\nb = 1\n", "words\n"])
def test_the_reader_accepts_no_line_that_we_never_write(text: str) -> None:
    """A directive or half a section in a rendered file is found when it is read back."""
    with pytest.raises(UnreadableError):
        read_asterisk(text)
