"""What the operator is shown before anything changes."""

from hashlib import sha256

from tests.render.agents import case, rendered, services_of
from voicectl.config.load import parse_config
from voicectl.render.diff import FileChange, Restart, diff, edited, restarts
from voicectl.render.rendered import Rendered


def texts(files: dict[str, Rendered]) -> dict[str, str]:
    return {path: file.text for path, file in files.items()}


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def test_nothing_changed_is_nothing_to_show() -> None:
    """The same configuration gives an empty list."""
    files = rendered(case("embedded"))

    assert diff(texts(files), files) == ()


def test_a_changed_line_is_shown_as_a_diff() -> None:
    """With the file's name, the old line and the new one."""
    (change,) = diff({"etc/a": "one\ntwo\n"}, {"etc/a": Rendered("one\n2\n")})

    assert change == FileChange("etc/a", "changed", "--- etc/a\n+++ etc/a\n@@ -1,2 +1,2 @@\n one\n-two\n+2")


def test_new_and_gone_files_are_told_apart() -> None:
    """A file that is no longer rendered will be deleted."""
    changes = diff({"b": "x\n"}, {"a": Rendered("x\n")})

    assert [(change.path, change.kind) for change in changes] == [("a", "new"), ("b", "gone")]


def test_no_password_is_ever_shown() -> None:
    """Neither an old one, nor a new one, nor one in a file that goes away."""
    files = rendered(case("trunk_and_people"))
    old = {path: text.replace("password-of-", "former-") for path, text in texts(files).items()}
    shown = "".join(
        change.text for change in (*diff(old, files), *diff({}, files), *diff(texts(files), {}), *diff(old, {}))
    )

    assert "[hidden]" in shown
    assert "password-of-" not in shown
    assert "former-" not in shown
    assert "{SHA}" not in shown


def test_another_password_is_a_change_that_can_be_seen() -> None:
    """That it changed is no secret."""
    (change,) = diff({"a": "password = x\n"}, {"a": Rendered("password = y\n", secret=True)})

    assert "+password = [hidden, new]" in change.text


def test_restarts_name_what_made_them_necessary() -> None:
    """The operator learns why a service will be gone for a moment."""
    old = {service.name: service.reads for service in services_of(parse_config(""))}
    new = services_of(parse_config('agent.greeting = "Hi"'))

    assert restarts(old, new) == (Restart("orchestrator", "changed", ("etc/settings.json",)),)


def test_services_come_and_go_with_the_language_model() -> None:
    """A service that is new or no longer wanted is named as well."""
    without = services_of(parse_config(""))
    having = services_of(parse_config("agent.language_model = true"))

    assert Restart("llm-service", "new", ()) in restarts({one.name: one.reads for one in without}, having)
    assert Restart("llm-service", "gone", ()) in restarts({one.name: one.reads for one in having}, without)


def test_files_edited_by_hand_are_found() -> None:
    """What stands on the machine is not what was deployed; a file that is missing was not edited."""
    manifest = {"a": digest("x"), "b": digest("y"), "c": digest("z")}

    assert edited(manifest, {"a": "x", "b": "changed", "other": "?"}) == ("b",)
