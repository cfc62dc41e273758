"""What Asterisk writes on an AGI session."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.orchestrator.replies import Garbage, HungUp, Item, Refusal, Reply, ReplyParser

USAGE = (
    b"520-Invalid command syntax.  Proper usage follows:\n Usage: STREAM FILE <filename>\n\n"
    b"200 result=0\n520 End of proper usage.\n"
)


@pytest.mark.parametrize(
    ("line", "item"),
    [
        (b"200 result=0\n", Reply(0)),
        (b"200 result=-1\n", Reply(-1)),
        (b"200 result=1 (en US)\n", Reply(1, "en US")),
        (b"200 result=0 endpos=16000\n", Reply(0, None, 16000)),
        (b"200 result=1 ()\r\n", Reply(1, "")),
        (b"HANGUP\n", HungUp()),
        (b"510 Invalid or unknown command\n", Refusal(510, "Invalid or unknown command")),
        (b"511 Command Not Permitted on a dead channel\n", Refusal(511, "Command Not Permitted on a dead channel")),
        (
            b"520 Invalid command syntax.  Proper usage not available.\n",
            Refusal(520, "Invalid command syntax.  Proper usage not available."),
        ),
        (b"\n", Garbage("")),
        (b"200 OK\n", Garbage("200 OK")),
        (b"failure\n", Garbage("failure")),
        (b"\xff\xfe\n", Garbage("\ufffd\ufffd")),
    ],
)
def test_one_line(line: bytes, item: Item) -> None:
    """Each kind of line has one meaning."""
    assert ReplyParser().feed(line) == [item]


def test_a_usage_text_is_one_refusal() -> None:
    """Also when a line inside it looks like a reply: nothing after it is one off."""
    parser = ReplyParser()
    first, second = parser.feed(USAGE + b"200 result=0\n")

    assert isinstance(first, Refusal)
    assert first.code == 520
    assert second == Reply(0)


def test_a_line_without_end() -> None:
    """Does not fill the memory."""
    parser = ReplyParser()

    assert [item for _ in range(10) for item in parser.feed(b"x" * 1000)] == [Garbage("a line without end")]


def test_a_usage_text_without_end() -> None:
    """Neither does this."""
    items = ReplyParser().feed(b"520-Usage\n" + b"more of it\n" * 2000)

    assert Garbage("a usage text without end") in items


@given(
    st.lists(
        st.sampled_from([b"200 result=0\n", b"200 result=5 endpos=7\n", b"HANGUP\n", b"510 no\n", USAGE, b"noise\n"]),
        max_size=8,
    ),
    st.integers(1, 40),
)
def test_cut_anywhere_it_reads_the_same(lines: list[bytes], size: int) -> None:
    """Replies come in any pieces."""
    whole = b"".join(lines)
    parser = ReplyParser()
    in_pieces = [item for at in range(0, len(whole), size) for item in parser.feed(whole[at : at + size])]

    assert in_pieces == ReplyParser().feed(whole)
    assert len(in_pieces) == len(lines)


@given(st.binary(max_size=300))
def test_never_fails(data: bytes) -> None:
    """Whatever comes is a typed item."""
    for item in ReplyParser().feed(data + b"\n"):
        assert isinstance(item, Reply | Refusal | HungUp | Garbage)
