"""The list of Asterisk's known bugs: every row has a source, and says which versions have it."""

import pytest

from voicectl.doctor.asterisk_bugs import BugListError, load_bugs, parse_bugs
from voicectl.paths import TEMPLATES

ROW = """[[bug]]
id = "x"
what = "y"
spans = {spans}
older = false
guard = ""
source = "{source}"
"""


def bugs_of(version: tuple[int, int, int]) -> set[str]:
    return {bug.id for bug in load_bugs() if bug.is_in(version)}


def test_the_shipped_list_is_whole() -> None:
    """Adding a bug is adding a row; a row without a source does not load."""
    assert len(load_bugs()) >= 5
    assert all(bug.source and bug.what for bug in load_bugs())


def test_versions_have_the_bugs_that_are_known_of_them() -> None:
    """The last release before a fix has the bug, the first one with it has not; old branches may have it."""
    assert bugs_of((22, 10, 1)) == bugs_of((22, 11, 0)) == {"asterisk#2069"}
    assert bugs_of((22, 12, 0)) == set()
    assert bugs_of((22, 10, 0)) == {"asterisk#2069", "CVE-2026-57191", "GHSA-8jw3-ccr9-xrmf"}
    assert "GHSA-64qc-9x89-rx5j" in bugs_of((22, 5, 1)) & bugs_of((20, 12, 0))
    assert "GHSA-64qc-9x89-rx5j" not in bugs_of((22, 5, 2)) | bugs_of((22, 1, 1)) | bugs_of((18, 26, 4))
    assert "asterisk#1721" in bugs_of((22, 7, 0)) & bugs_of((21, 12, 3))
    assert "asterisk#1721" not in bugs_of((22, 6, 0)) | bugs_of((22, 8, 0))
    assert "GHSA-qqxj-v78h-hrf9" in bugs_of((20, 8, 0))
    assert "GHSA-qqxj-v78h-hrf9" not in bugs_of((20, 8, 1)) | bugs_of((16, 28, 0))
    assert "asterisk#2069" in bugs_of((16, 28, 0))


def test_what_keeps_a_bug_from_callers_is_so() -> None:
    """The parser of news about waiting messages is reached only through an endpoint that has a mailbox for them."""
    assert "incoming_mwi_mailbox" not in (TEMPLATES / "asterisk" / "pjsip.conf.j2").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("spans", "source"),
    [
        ('{ 22 = ["22.0.0", "22.1.0"] }', ""),
        ("{}", "a page"),
        ('{ 22 = ["22.2.0", "22.1.0"] }', "a page"),
        ('{ 20 = ["22.0.0", "22.1.0"] }', "a page"),
    ],
)
def test_a_broken_row_does_not_load(spans: str, source: str) -> None:
    """No source, no version, a span that ends before it starts, or of another branch."""
    with pytest.raises(BugListError):
        parse_bugs(ROW.format(spans=spans, source=source))
