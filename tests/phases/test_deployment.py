"""The deployment as a whole, on a machine that takes notes."""

import fcntl
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.machines.machine import change
from tests.phases.fakes import PASSED, World, tree
from voicectl.errors import (
    CallError,
    GateError,
    LockHeldError,
    MachineError,
    ProvisionError,
    RenderError,
    RollbackError,
    ServiceError,
    StalePlanError,
    UsageError,
    VoicectlError,
)

DEAF = CallError("E521", "the test call", "nobody answered", fix="look")
SICK = ServiceError("E511", "stt-service", "it does not stay up", fix="look")


def settings(world: World) -> str:
    return (world.prefix / "etc/settings.json").read_text(encoding="utf-8")


def test_dry_run_changes_nothing_on_disk(world: World) -> None:
    """A dry run shows every file and leaves no trace, before the first deployment and after it."""
    before = tree(world.folder)

    report = world.deploy(dry_run=True)

    assert tree(world.folder) == before
    assert "+++ etc/settings.json" in world.notes.text
    assert report.to_dict()["dry_run"] is True
    assert world.player.played == []

    world.deploy(yes=True)
    before = tree(world.folder)
    world.greeting = "Good day."
    world.deploy(dry_run=True)

    assert tree(world.folder) == before


def test_dry_run_needs_neither_root_nor_lock(world: World) -> None:
    """Whoever may read the configuration may see what it would do, also while somebody deploys."""
    world.is_root = False

    world.deploy(dry_run=True)


def test_passwords_are_never_shown(world: World) -> None:
    """No difference that is shown holds a password, neither when it is made nor when it changes."""
    world.deploy(yes=True)
    password = (world.prefix / "secrets/phone").read_text(encoding="utf-8").strip()
    assert password in (world.prefix / "etc/asterisk/pjsip.conf").read_text(encoding="utf-8")
    (world.prefix / "secrets/phone").write_text("another-one-of-sixteen\n", encoding="utf-8")
    world.deploy(yes=True)

    assert password not in world.notes.text
    assert "another-one-of-sixteen" not in world.notes.text


def test_passwords_reach_the_playbook_in_files_only(world: World) -> None:
    """The variables of the playbook, which Ansible prints and writes down, hold no password."""
    world.deploy(yes=True)
    password = (world.prefix / "secrets/phone").read_text(encoding="utf-8").strip()

    assert password not in json.dumps(world.player.played)
    assert not (world.prefix / "deploy/work").exists()


def test_second_deployment_changes_nothing(world: World) -> None:
    """Deploying twice changes nothing the second time, asks nothing, and still places the test call."""
    first = world.deploy(yes=True)
    second = world.deploy()

    assert first.to_dict()["changed"] > 0
    assert second.to_dict()["changed"] == 0
    assert second.to_dict()["gate"] == PASSED
    assert "  nothing to change" in world.notes.lines


def test_settings_of_the_machine_are_shown_and_made(world: World) -> None:
    """What `doctor --fix` would do is part of the difference and of the playbook, until it is done."""
    sound = world.facts
    world.facts = replace(sound, network=change(sound.network, local_port_first=1024))
    world.deploy(dry_run=True)
    assert "  set     sysctl net.ipv4.ip_local_reserved_ports=10000-10099" in world.notes.text
    assert world.player.played == []

    world.deploy(yes=True)
    world.deploy(yes=True)
    world.facts = sound
    world.notes.lines.clear()
    world.deploy()  # asks nobody, for nothing is left to do

    settings = [variables["voicectl_kernel"] for _, variables in world.player.played]
    assert settings == [*[{"net.ipv4.ip_local_reserved_ports": "10000-10099"}] * 2, {}]
    assert "nothing to change" in world.notes.text


def test_an_update_says_what_becomes_of_live_calls(world: World) -> None:
    """The difference names it for each service, and the playbook is told what it has to wait for."""
    world.deploy(yes=True)
    assert world.player.played[-1][1]["voicectl_restarting"] == []
    world.greeting = "Good day."

    world.deploy(yes=True)

    assert world.player.played[-1][1]["voicectl_restarting"] == ["orchestrator"]
    assert world.player.played[-1][1]["voicectl_drain_s"] == world.config.calls.drain_s
    assert "no call is cut" in world.notes.text


def test_nobody_to_ask(world: World) -> None:
    """Without a terminal and without --yes nothing is changed, not even a folder is made; --yes is named."""
    with pytest.raises(UsageError, match="E107"):
        world.deploy()

    assert world.player.played == []
    assert not world.prefix.exists()
    assert [one.name for one in world.config.deploy.store.iterdir()] == ["models"]


def test_nobody_to_ask_about_an_update(world: World) -> None:
    """What would change is shown before it is refused."""
    world.deploy(yes=True)
    world.greeting = "Good day."

    with pytest.raises(UsageError, match="E107"):
        world.deploy()

    assert len(world.player.played) == 1
    assert "etc/settings.json" in world.notes.text


@pytest.mark.parametrize("store", ["", "agent/store", "new/store"])
def test_operator_says_no(world: World, store: str) -> None:
    """A no changes nothing: of a first deployment no folder and no lock stays, and what was there before is left."""
    world.notes.answer = False
    world.store = world.folder / (store or "store")
    before = tree(world.folder).keys()

    with pytest.raises(VoicectlError, match="nothing was changed"):
        world.deploy()

    assert world.player.played == []
    assert tree(world.folder).keys() == before


def test_a_no_leaves_what_others_put_there(world: World) -> None:
    """The operator's own folder stays though it is empty, and so does what came while the question stood there."""
    world.prefix.mkdir()
    world.store = world.folder / "new/store"
    world.notes.answer = False
    world.notes.on_say = lambda _: (world.store / "note").touch() if world.store else None

    with pytest.raises(VoicectlError, match="nothing was changed"):
        world.deploy()

    assert list(world.prefix.iterdir()) == []
    assert [one.name for one in world.store.iterdir()] == ["note"]


def test_what_cannot_be_drafted_leaves_no_folder(world: World) -> None:
    """A first deployment that is refused ends as it began, with `--yes` too."""
    (world.folder / "voicectl.plan.json").write_text("{}", encoding="utf-8")

    with pytest.raises(StalePlanError):
        world.deploy(yes=True)

    assert not world.prefix.exists()


def test_what_has_begun_keeps_its_folder(world: World) -> None:
    """Models that were fetched by half are found again, and `voicectl stop --remove` knows of the agent."""
    world.fetch_error = MachineError("E442", "models", "no network", fix="again")

    with pytest.raises(MachineError, match="E442"):
        world.deploy(yes=True)

    assert (world.prefix / "deploy").is_dir()


def test_deploying_takes_root(world: World) -> None:
    """Whoever is not root learns it before anything is made."""
    world.is_root = False

    with pytest.raises(MachineError, match="sudo voicectl deploy"):
        world.deploy(yes=True)

    assert not world.prefix.exists()


def test_local_edit_is_refused_with_its_difference(world: World) -> None:
    """A file changed by hand is not written over, and the operator sees what would be lost."""
    world.deploy(yes=True)
    path = world.prefix / "etc/script.toml"
    path.write_text(path.read_text(encoding="utf-8") + "# my own note\n", encoding="utf-8")

    with pytest.raises(RenderError, match=r"E305 etc/script\.toml"):
        world.deploy(yes=True)

    assert "-# my own note" in world.notes.text
    assert "my own note" in path.read_text(encoding="utf-8")


def test_force_gives_local_edits_up(world: World) -> None:
    """--force writes over them."""
    world.deploy(yes=True)
    path = world.prefix / "etc/script.toml"
    path.write_text("# my own note\n", encoding="utf-8")

    world.deploy(yes=True, force=True)

    assert "my own note" not in path.read_text(encoding="utf-8")


def test_an_unknown_file_in_the_way_is_not_ours(world: World) -> None:
    """What stood there before the first deployment is somebody's, and is refused like an edit."""
    (world.prefix / "etc").mkdir(parents=True)
    (world.prefix / "etc/script.toml").write_text("# older than voicectl\n", encoding="utf-8")

    with pytest.raises(RenderError, match="E305"):
        world.deploy(yes=True)


def test_interrupted_deployment_is_no_local_edit(world: World) -> None:
    """What an unfinished run wrote is recognised as ours, even when the configuration changed again meanwhile."""
    world.deploy(yes=True)
    world.greeting = "Good day."
    world.calls = [DEAF]
    world.sick = SICK  # so that even putting back fails
    with pytest.raises(RollbackError):
        world.deploy(yes=True)
    world.greeting, world.calls, world.sick = "Good evening.", [PASSED], None

    world.deploy(yes=True)

    assert "Good evening." in settings(world)


def test_link_in_a_files_place_is_refused(world: World) -> None:
    """A symbolic link is neither read through nor written through."""
    world.deploy(yes=True)
    elsewhere = world.folder / "elsewhere"
    elsewhere.write_text("mine", encoding="utf-8")
    (world.prefix / "etc/script.toml").unlink()
    (world.prefix / "etc/script.toml").symlink_to(elsewhere)

    with pytest.raises(RenderError, match="E304"):
        world.deploy(yes=True, force=True)

    assert elsewhere.read_text(encoding="utf-8") == "mine"


def test_what_restarts_is_named_with_its_reason(world: World) -> None:
    """Another greeting restarts the orchestrator and no engine, and the operator is told."""
    world.deploy(yes=True)
    world.greeting = "Good day."

    report = world.deploy(yes=True)

    assert [one["service"] for one in report.to_dict()["restarts"]] == ["orchestrator"]
    assert any("restart orchestrator because of etc/settings.json" in line for line in world.notes.lines)


def test_failed_call_puts_the_last_good_deployment_back(world: World) -> None:
    """When the new agent does not answer, the old files return, and the exit code is 7."""
    world.deploy(yes=True)
    good = settings(world)
    world.greeting, world.calls = "Good day.", [DEAF]

    with pytest.raises(GateError, match="put back") as failed:
        world.deploy(yes=True)

    assert failed.value.exit_code == 7
    assert settings(world) == good
    world.greeting, world.calls = "Hello.", [PASSED]
    assert world.deploy().to_dict()["changed"] == 0


def test_service_that_gives_up_puts_the_last_good_deployment_back(world: World) -> None:
    """A service that does not come up counts as a failed call, and its name stands in the error."""
    world.deploy(yes=True)
    world.greeting, world.sick = "Good day.", SICK

    with pytest.raises(RollbackError, match="stt-service") as failed:
        world.deploy(yes=True)

    assert failed.value.exit_code == 8


def test_first_deployment_has_nothing_to_go_back_to(world: World) -> None:
    """A first deployment that does not answer is left for inspection, and says so with exit code 7."""
    world.calls = [DEAF]

    with pytest.raises(GateError, match="left for inspection") as failed:
        world.deploy(yes=True)

    assert failed.value.exit_code == 7
    assert len(world.player.played) == 1


def test_failed_call_after_no_change_puts_nothing_back(world: World) -> None:
    """Where nothing was changed, putting the same files back would help nobody."""
    world.deploy(yes=True)
    world.calls = [DEAF]

    with pytest.raises(GateError, match="changed nothing"):
        world.deploy()

    assert len(world.player.played) == 2


def test_failed_playbook_leaves_no_lock_and_no_staged_file(world: World) -> None:
    """After a failed task the lock is free and no password lies about in a folder of ours."""
    world.player.error = ProvisionError("E501", "site.yml", "no network", fix="again")
    with pytest.raises(ProvisionError):
        world.deploy(yes=True)

    assert not (world.prefix / "deploy/work").exists()
    world.player.error = None
    world.deploy(yes=True)


def test_second_deployer_is_sent_away(world: World) -> None:
    """While one deploys, another learns who does, with exit code 5."""
    (world.prefix / "deploy").mkdir(parents=True)
    lock = world.prefix / "deploy/lock"
    lock.write_text(json.dumps({"pid": 7, "user": "ann", "host": "desk", "since": "noon"}), encoding="utf-8")
    with lock.open() as mine:
        fcntl.flock(mine, fcntl.LOCK_EX)

        with pytest.raises(LockHeldError, match=r"ann on desk \(pid 7\) since noon") as held:
            world.deploy(yes=True)

    assert held.value.exit_code == 5
    world.deploy(yes=True)


def test_shared_store_is_filled_by_one_at_a_time(world: World) -> None:
    """Two agents with one store do not make its environments at the same time."""
    with (world.folder / "store/lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        with pytest.raises(LockHeldError, match="store/lock"):
            world.deploy(yes=True)

    world.deploy(yes=True)


def test_stale_plan_is_refused(world: World) -> None:
    """A plan for another machine is not deployed, with exit code 6."""
    (world.folder / "voicectl.plan.json").write_text('{"schema": "voicectl.plan/0"}', encoding="utf-8")

    with pytest.raises(StalePlanError) as stale:
        world.deploy(yes=True)

    assert stale.value.exit_code == 6
    assert world.player.played == []


def test_file_of_an_earlier_version_is_deleted(world: World) -> None:
    """What an earlier deployment wrote and this one does not want goes away."""
    world.deploy(yes=True)
    manifest = world.prefix / "deploy/manifest.json"
    document = json.loads(manifest.read_text(encoding="utf-8"))
    document["files"]["etc/old.conf"] = {"text": "old", "mode": 420, "group": "root", "secret": False}
    manifest.write_text(json.dumps(document), encoding="utf-8")
    old = world.prefix / "etc/old.conf"
    old.write_text("old", encoding="utf-8")

    world.deploy(yes=True)

    assert not old.exists()


def test_missing_model_is_announced(world: World) -> None:
    """Before the operator says yes they know what will be downloaded."""
    model = next((world.folder / "store/models/whisper-tiny.en").iterdir())
    model.unlink()
    world.notes.answer = False

    with pytest.raises(VoicectlError, match="E131"):
        world.deploy()

    assert any("fetch   model whisper-tiny.en" in line for line in world.notes.lines)


def test_what_deploy_remembers_is_roots_alone(world: World) -> None:
    """The manifest holds passwords, so nobody but its owner may look."""
    world.deploy(yes=True)

    folder = world.prefix / "deploy"
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
    assert modes == {"deploy": 0o700, "manifest.json": 0o600, "lock": 0o600}
    assert (folder / "lock").read_text(encoding="utf-8") == ""


def test_folder_that_cannot_be_made(world: World, tmp_path: Path) -> None:
    """A prefix below a file is one clear line."""
    world.folder = tmp_path / "file"
    world.folder.write_text("", encoding="utf-8")

    with pytest.raises(MachineError, match="E451"):
        world.deploy(yes=True)
