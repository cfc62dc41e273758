"""The orchestrator as a service: `python -m voicectl_runtime.orchestrator --settings FILE`."""

import argparse
import asyncio
import faulthandler
import gc
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import uvloop

from voicectl_runtime.logs import TRANSCRIPTS, start_logging
from voicectl_runtime.orchestrator.chain import Chain
from voicectl_runtime.orchestrator.door import Door
from voicectl_runtime.orchestrator.endpointing.smart_turn import TurnModel
from voicectl_runtime.orchestrator.engines.rungs import llm_of, stt_of, tts_of
from voicectl_runtime.orchestrator.health import Health
from voicectl_runtime.orchestrator.keeper import append_to, last_log
from voicectl_runtime.orchestrator.leftovers import open_record, tidy_after_the_dead
from voicectl_runtime.orchestrator.office import Office, greeting_of
from voicectl_runtime.orchestrator.presence import Presence
from voicectl_runtime.orchestrator.reaper import Reaper
from voicectl_runtime.orchestrator.reconciler import Reconciler
from voicectl_runtime.orchestrator.record import Record
from voicectl_runtime.orchestrator.retention import keep_for
from voicectl_runtime.orchestrator.script.dialogue import Script
from voicectl_runtime.orchestrator.script.load import load_script
from voicectl_runtime.orchestrator.script.matcher import Matcher
from voicectl_runtime.orchestrator.shift import Shift, last_calls, unless
from voicectl_runtime.orchestrator.switchboard import Switchboard
from voicectl_runtime.orchestrator.tools.look_up import SCRIPTED_ARGUMENT
from voicectl_runtime.orchestrator.tools.toolbox import tools_of
from voicectl_runtime.orchestrator.vad import SpeechDetector
from voicectl_runtime.orchestrator.voice import Voice
from voicectl_runtime.orchestrator.warm_up import keep_loaded, warm_up
from voicectl_runtime.settings import Settings, read_settings

_log: Final = logging.getLogger(__name__)


def main() -> None:
    """Run until SIGTERM, or until SIGUSR1 and the end of the last call."""
    faulthandler.enable()  # the keeper sends SIGABRT when the event loop stands still
    parser = argparse.ArgumentParser(prog="voicectl_runtime.orchestrator")
    parser.add_argument("--settings", type=Path, required=True)
    settings = read_settings(parser.parse_args().settings)
    start_logging("orchestrator")
    TRANSCRIPTS.disabled = not settings.orchestrator.log_transcripts
    uvloop.run(serve(settings))


@dataclass(frozen=True)
class Tools:
    """What stands before the engines are warm, and after the last call."""

    session: aiohttp.ClientSession
    record: Record
    disk: ThreadPoolExecutor
    health: Health
    presence: Presence


async def serve(settings: Settings) -> None:
    """Record first, engines next, the door last; the other way round at the end."""
    shift = Shift()
    async with AsyncExitStack() as stack:
        presence = Presence(settings.orchestrator.socket)
        stack.callback(presence.leave)
        record = stack.enter_context(closing(await asyncio.to_thread(open_record, settings.paths, presence)))
        disk = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="disk"))
        # No limit: the number of calls already is one, and a connection that waits for another would be lost time.
        connector = aiohttp.TCPConnector(limit=0)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        health = Health(session, engines(settings), settings.version)
        await health.open(settings.orchestrator.health_port)
        stack.push_async_callback(health.close)
        await work(settings, Tools(session, record, disk, health, presence), shift)
    _log.info("stopped")


async def work(settings: Settings, tools: Tools, shift: Shift) -> None:
    """Warm up, take calls until told to stop, and send the last callers home."""
    script = script_of(settings)
    allowed = tools_of(settings.people, settings.look_ups, tools.session)
    session = tools.session
    stt, tts, llm = stt_of(settings, session), tts_of(settings, session), llm_of(settings, session, allowed)
    best_voice = f"{settings.tts[0].engine}/{settings.tts[0].model}"
    voice = Voice(tts, best_voice, settings.paths.prompts)
    detector = await asyncio.to_thread(SpeechDetector, settings.turns.vad_model_file)
    async with AsyncExitStack() as stack:
        matcher = stack.enter_context(closing(await asyncio.to_thread(Matcher, settings.matcher, script)))
        stack.push_async_callback(stt.close)
        stack.push_async_callback(tts.close)
        if llm is not None:
            stack.push_async_callback(llm.close)
        tools.health.matcher = matcher.engine
        best_llm = llm.best if llm else None
        if await unless(shift.over, warm_up(stt.best, best_llm, voice, script, greeting_of(settings.agent))):
            if best_llm is not None:
                stack.callback(asyncio.create_task(keep_loaded(best_llm)).cancel)
            turn_model = None
            if settings.turns.turn_model_file is not None:
                turn_model = await asyncio.to_thread(TurnModel, settings.turns.turn_model_file)
                stack.callback(turn_model.close)
            chain = Chain(stt, matcher, llm, voice, turn_model)
            office = Office(settings, script, chain, detector, tools.record, tools.disk, allowed)
            await take_calls(office, tools, shift)


async def take_calls(office: Office, tools: Tools, shift: Shift) -> None:
    """Open the door, and close it when told to or when a newer orchestrator has taken over."""
    paths, presence = office.settings.paths, tools.presence
    switchboard = Switchboard(office)
    door = Door(presence.socket, switchboard.welcome)
    reaper = Reaper(paths.prefix / "run" / "asterisk.pid", office.settings.orchestrator.socket, switchboard.bridges)
    # What was made so far stays for good; looking through it again and again would stop all calls for a moment.
    gc.collect()
    gc.freeze()
    door.open()
    presence.take_the_door()
    tools.health.live, tools.health.status = lambda: switchboard.live, "ok"
    _log.info("door_open", extra={"socket": str(presence.socket), "version": office.settings.version})
    beside = [
        asyncio.create_task(keep_for(paths.recordings, office.settings.calls.keep_days)),
        asyncio.create_task(reaper.run(presence)),
        asyncio.create_task(tidy_after_the_dead(paths, presence, office.record)),
        asyncio.create_task(Reconciler(paths.state / "asterisk/cel-custom/calls.csv", office.record).run()),
    ]
    await shift.over.wait()
    if not shift.stop.is_set():
        await retire(office, tools, switchboard, shift)
    for each in beside:
        each.cancel()
    tools.health.status = "stopping"
    door.close()
    await switchboard.send_home()


async def retire(office: Office, tools: Tools, switchboard: Switchboard, shift: Shift) -> None:
    """Take calls until the next orchestrator does, and stay for those that came."""
    _log.info("retiring", extra={"live": switchboard.live})
    append_to(last_log(office.settings.paths.log))
    # The port is the next one's, and whoever asks there wants to know how that one is.
    await tools.health.close()
    drained = last_calls(tools.presence, lambda: switchboard.live, office.settings.calls.drain_s)
    await unless(shift.stop, drained)


def script_of(settings: Settings) -> Script:
    """The script with every name filled in."""
    person = settings.people[0].says if settings.people else ""
    names = {"business": settings.agent.business, "name": settings.agent.name, "person": person}
    # With another argument nobody would know what the digits mean.
    look_ups = {each.name for each in settings.look_ups if each.arguments == (SCRIPTED_ARGUMENT,)}
    return load_script(settings.agent.script, look_ups).with_names(**names)


def engines(settings: Settings) -> dict[str, str]:
    """Where each engine's health is asked."""
    asked = {"stt": f"{settings.stt[0].url}/health", "tts": f"{settings.tts[0].url}/health"}
    return asked | ({"llm": f"{settings.llm.url}/api/version"} if settings.llm else {})


if __name__ == "__main__":
    main()
