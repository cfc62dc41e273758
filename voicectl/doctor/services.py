"""Does the agent that is deployed here run, and is it ready for the next call?"""

from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, fail, ok, skip, warn
from voicectl.hardware.facts import Facts, Service, known

_GROUP: Final = "services"
_ON_THEIR_WAY: Final = {"STARTING", "STOPPING"}
_NOTHING: Final = "nothing is deployed yet"


@check(
    "svc.supervisor", group=_GROUP, blocking=True, why="without one of them calls are not answered, or not understood"
)
def svc_supervisor(_: Config, facts: Facts) -> Outcome:
    """Every service runs, and none of them again and again."""
    services, expected = known(facts.services), "every service runs, none ended by itself"
    if not services.deployed:
        return skip(_NOTHING)
    if not services.running:
        return warn("the agent is stopped, or its Supervisor does not answer", expected, "start it", "voicectl deploy")
    down = [one for one in services.running if one.state != "RUNNING"]
    if down:
        verdict = warn if all(one.state in _ON_THEIR_WAY for one in down) else fail
        seen = ", ".join(f"{one.name} is {one.state}" for one in down)
        return verdict(seen, expected, "see what it said last", f"voicectl logs {down[0].name}")
    ended = [one for one in services.running if one.ended]
    if ended:
        seen = ", ".join(f"{one.name} ended {one.ended} times" for one in ended) + " since Supervisor began"
        return warn(seen, expected, "see what it said before", f"voicectl logs {ended[0].name}")
    return ok(f"{len(services.running)} run", expected)


@check("svc.health", group=_GROUP, blocking=True, why="an engine that is not ready leaves callers with an apology")
def svc_health(_: Config, facts: Facts) -> Outcome:
    """Every service that can be asked says that it is ready for calls."""
    asked = [one for one in known(facts.services).running if one.healthy is not None]
    if not asked:
        return skip("nothing runs here")
    expected, sick = "every service is ready for calls", [one for one in asked if not one.healthy]
    if not sick:
        return ok(f"{len(asked)} ready", expected)
    seen = ", ".join(one.name for one in sick) + " not ready"
    return fail(seen, expected, "wait a minute; then see what it says", f"voicectl logs {sick[0].name}")


@check("llm.loaded", group=_GROUP, why="a model that must be loaded first is too late for the caller who waits for it")
def llm_loaded(_: Config, facts: Facts) -> Outcome:
    """The language model is in memory, and stays there."""
    services, expected = known(facts.services), "in memory, for good"
    if not any(_speaks(one) for one in services.running):
        return skip("no language model runs here")
    if not services.loaded:
        return warn("no model is in memory", expected, "load it", "voicectl deploy")
    fleeting = [one for one in services.loaded if not one.stays]
    if fleeting:
        fix = "whoever else asks this Ollama sets a keep_alive of their own: let them ask another one"
        return warn(f"{fleeting[0].name} leaves it after a quiet while", expected, fix, "voicectl deploy")
    return ok(", ".join(one.name for one in services.loaded), expected)


def _speaks(service: Service) -> bool:
    return service.name == "llm-service" and service.state == "RUNNING"


CHECKS: Final = (svc_supervisor, svc_health, llm_loaded)
