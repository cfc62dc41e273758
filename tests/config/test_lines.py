"""Line numbers: exact for every statement, whatever strings and comments hold."""

import tomllib

from hypothesis import example, given
from hypothesis import strategies as st

from voicectl.config.lines import find_lines

TOML_LIKE = st.text(alphabet="ab1=[]{}\"'#.,\\\n \t-_é", max_size=60)


def test_every_kind_of_statement_is_found() -> None:
    """Sections, dotted and quoted keys; brackets, quotes and equal signs in values and comments are not keys."""
    text = '''\
# a = 1
top = "x = [" # b = 2
[agent] # [no]
name = """
greeting = 1
\\""" still
"""
lists = [
  "c = 1", # [d]
  { e = "]" },
]
"odd key" = 1
[people.'a.b']
  says.more = \'\'\'
[f]\'\'\'
[[many]]
g=1
'''
    assert find_lines(text) == {
        ("top",): 2,
        ("agent",): 3,
        ("agent", "name"): 4,
        ("agent", "lists"): 8,
        ("agent", "odd key"): 12,
        ("people", "a.b"): 13,
        ("people", "a.b", "says"): 14,
        ("people", "a.b", "says", "more"): 14,
        ("many",): 16,
        ("many", "g"): 17,
    }


@given(TOML_LIKE)
@example('a=""""b\\""""""\nc=1')
@example("a=''''b'''''\nc=1")
def test_whatever_the_parser_accepts_is_found(text: str) -> None:
    """Every first-level key of a valid text has a line, and it is a line of the text."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return

    lines = find_lines(text)

    assert {path[0] for path in lines} == set(document)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


@given(st.lists(st.tuples(TOML_LIKE.filter(lambda t: t.isprintable()), st.integers(0, 3)), max_size=8))
def test_lines_are_exact(rows: list[tuple[str, int]]) -> None:
    """Each key is found on the line on which it was written."""
    text, expected = "", {}
    for number, (noise, blank_lines) in enumerate(rows):
        text += "\n" * blank_lines + f"# {noise}\n"
        expected[f"k{number}",] = text.count("\n") + 1
        text += f"k{number} = '''{noise.replace(chr(39), '')}\n[x]\ny = 1'''\n"

    assert find_lines(text) == expected
