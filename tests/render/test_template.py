"""Templates are strict, and what is put into them stays what it is."""

from pathlib import Path

import pytest

from voicectl.errors import RenderError
from voicectl.render.template import fill


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of templates in place of the shipped one."""
    monkeypatch.setattr("voicectl.render.template.TEMPLATES", tmp_path)
    (tmp_path / "asterisk").mkdir()
    (tmp_path / "supervisor").mkdir()
    return tmp_path


def test_a_missing_value_names_template_line_and_variable(templates: Path) -> None:
    """E301: whoever reports it need not search."""
    (templates / "asterisk/a.conf.j2").write_text("[a]\nb = 1\nc = {{ d }}\n", encoding="utf-8")

    with pytest.raises(RenderError, match=r"E301 asterisk/a.conf.j2:3: .*'d' is undefined"):
        fill("asterisk/a.conf", {})


def test_a_missing_attribute_is_found_as_well(templates: Path) -> None:
    """E301 for a property that the configuration does not have."""
    (templates / "asterisk/a.conf.j2").write_text("[a]\n{% if d.e %}\nb = 1\n{% endif %}\n", encoding="utf-8")

    with pytest.raises(RenderError, match=r"E301 asterisk/a.conf.j2:2: .*has no attribute 'e'"):
        fill("asterisk/a.conf", {"d": 1})


def test_a_template_in_a_value_is_data(templates: Path) -> None:
    """E302 of the bad-input table: nothing in a value is ever evaluated; it comes out letter by letter."""
    (templates / "asterisk/a.conf.j2").write_text("[a]\nb = {{ c }}\n", encoding="utf-8")
    hostile = "{{ cycler.__init__.__globals__.os.system('id') }}{% raw %}"

    assert fill("asterisk/a.conf", {"c": hostile}) == f"[a]\nb = {hostile}\n"


def test_a_refused_value_names_template_and_line(templates: Path) -> None:
    """E303: the character that the format cannot carry, and where it would have gone."""
    (templates / "asterisk/a.conf.j2").write_text("[a]\nb = {{ c }}\n", encoding="utf-8")

    with pytest.raises(RenderError, match=r"E303 asterisk/a.conf.j2:2: .*U\+000A at position 2"):
        fill("asterisk/a.conf", {"c": "x\n[b]"})


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("[a]\n{{ value }} = 1\n", "#include x ="),
        ("[a]\n{{ value }} = 1\n", "b = c"),
        ("{{ value }}\n", "[a]"),
        ("[{{ value }}]\n", "a](b"),
        ("[a]\nb={{ value }}\n", ">c"),
    ],
)
def test_a_value_that_changes_the_structure_is_found_by_reading_back(
    templates: Path, template: str, value: str
) -> None:
    """E303: even where a template puts a value into a bad place, the file is read back and compared."""
    (templates / "asterisk/a.conf.j2").write_text(template, encoding="utf-8")

    with pytest.raises(RenderError, match="E303"):
        fill("asterisk/a.conf", {"value": value})


def test_supervisor_sees_the_percent_sign_itself(templates: Path) -> None:
    """A percent sign is doubled in the file, and single for the program."""
    (templates / "supervisor/s.conf.j2").write_text('[a]\nenvironment = A="{{ value }}"\n', encoding="utf-8")

    assert fill("supervisor/s.conf", {"value": "100%"}) == '[a]\nenvironment = A="100%%"\n'


def test_a_command_with_a_blank_in_a_word_is_found_by_reading_back(templates: Path) -> None:
    """E303: Supervisor would start another program with other arguments."""
    (templates / "supervisor/s.conf.j2").write_text("[a]\ncommand = {{ value }}\n", encoding="utf-8")

    with pytest.raises(RenderError, match="E303"):
        fill("supervisor/s.conf", {"value": "/opt/my agent/bin/x"})
