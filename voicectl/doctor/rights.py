"""Who may read the passwords, and what the models' licences allow."""

from shlex import quote
from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, fail, ok, skip, warn
from voicectl.doctor.needs import profile_here
from voicectl.hardware.facts import Facts, known

_GROUP: Final = "rights"
_OTHERS: Final = 0o077
_LEAST_CHARACTERS: Final = 12


@check("secrets.perms", group=_GROUP, blocking=True, why="whoever reads the phone's password can call at your expense")
def secrets_perms(_: Config, facts: Facts) -> Outcome:
    """Every password file belongs to root and is readable by nobody else."""
    files, expected = known(facts.secrets).files, "0600, owned by root"
    if not files:
        return skip("nothing is deployed yet")
    loose = [file for file in files if file.mode & _OTHERS or file.owner_uid != 0]
    if not loose:
        return ok(f"{len(files)} files", expected)
    paths = " ".join(quote(file.path) for file in loose)
    seen = ", ".join(f"{file.path} is {file.mode:04o}, owner {file.owner_uid}" for file in loose)
    return fail(seen, expected, "take the rights away", f"chown root: {paths}", f"chmod 600 {paths}")


@check("secrets.length", group=_GROUP, why="a short password is found by trying, and calls are made at your expense")
def secrets_length(_: Config, facts: Facts) -> Outcome:
    """No password is short; deploy makes long ones, so somebody chose it."""
    files, expected = known(facts.secrets).files, f"at least {_LEAST_CHARACTERS} characters"
    if not files:
        return skip("nothing is deployed yet")
    short = [file.path for file in files if file.length_bytes <= _LEAST_CHARACTERS]  # a line break ends it
    if not short:
        return ok(f"{len(files)} files", expected)
    fix = "delete it, and deploy makes a new one; tell it to the phone"
    return warn(f"short: {', '.join(short)}", expected, fix, f"rm {quote(short[0])}", "voicectl deploy")


@check(
    "license.models",
    group=_GROUP,
    why="a business that answers its phone with a model of a non-commercial licence is in breach of it",
)
def license_models(config: Config, facts: Facts) -> Outcome:
    """The licences of the models that `plan` would choose."""
    expected = "for commercial use"
    if profile_here(config, facts) == "gpu":
        fix = "for a business, use another profile until another voice can be chosen"
        return warn(
            "XTTS v2: Coqui Public Model License, no commercial use", expected, fix, "voicectl plan --profile cpu"
        )
    return ok("Whisper MIT, voice CC0, MiniLM and the language models Apache-2.0", expected)


CHECKS: Final = (secrets_perms, secrets_length, license_models)
