"""The orchestrator as a service: `python -m voicectl_runtime.orchestrator --settings FILE`."""

import argparse
import asyncio
import gc
import logging
import shutil
import signal
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import uvloop

from voicectl_runtime.logs import TRANSCRIPTS, start_logging
from voicectl_runtime.orchestrator.call import Office, greeting_of
from voicectl_runtime.orchestrator.chain import Chain
from voicectl_runtime.orchestrator.door import Door
from voicectl_runtime.orchestrator.endpointing.smart_turn import TurnModel
from voicectl_runtime.orchestrator.engines.rungs import llm_of, stt_of, tts_of
from voicectl_runtime.orchestrator.health import Health
from voicectl_runtime.orchestrator.reaper import Reaper
from voicectl_runtime.orchestrator.record import Record
from voicectl_runtime.orchestrator.recording import finish_torn
from voicectl_runtime.orchestrator.retention import keep_for
from voicectl_runtime.orchestrator.script.dialogue import Script
from voicectl_runtime.orchestrator.script.load import load_script
from voicectl_runtime.orchestrator.script.matcher import Matcher
from voicectl_runtime.orchestrator.switchboard import Switchboard
from voicectl_runtime.orchestrator.vad import SpeechDetector
from voicectl_runtime.orchestrator.voice import Voice
from voicectl_runtime.orchestrator.warm_up import keep_loaded, warm_up
from voicectl_runtime.settings import Settings, read_settings

_log: Final = logging.getLogger(__name__)


def main() -> None:
    """Run until SIGTERM."""
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


async def serve(settings: Settings) -> None:
    """Record first, engines next, the door last; the other way round at the end."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        record = stack.enter_context(closing(await asyncio.to_thread(tidy_up, settings)))
        disk = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="disk"))
        # No limit: the number of calls already is one, and a connection that waits for another would be lost time.
        connector = aiohttp.TCPConnector(limit=0)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        health = Health(session, engines(settings), settings.version)
        await health.open(settings.orchestrator.health_port)
        stack.push_async_callback(health.close)
        await work(settings, Tools(session, record, disk, health), stop)
    _log.info("stopped")


async def work(settings: Settings, tools: Tools, stop: asyncio.Event) -> None:
    """Warm up, take calls until told to stop, and send the last callers home."""
    script = script_of(settings)
    stt, llm = stt_of(settings, tools.session), llm_of(settings)
    best_voice = f"{settings.tts[0].engine}/{settings.tts[0].model}"
    voice = Voice(tts_of(settings, tools.session), best_voice, settings.paths.prompts)
    detector = await asyncio.to_thread(SpeechDetector, settings.turns.vad_model_file)
    async with AsyncExitStack() as stack:
        matcher = stack.enter_context(closing(await asyncio.to_thread(Matcher, settings.matcher, script)))
        if llm is not None:
            stack.push_async_callback(llm.best.close)
        tools.health.matcher = matcher.engine
        if await first(warm_up(stt.best, llm.best if llm else None, voice, script, greeting_of(settings.agent)), stop):
            if llm is not None:
                stack.callback(asyncio.create_task(keep_loaded(llm.best)).cancel)
            turn_model = None
            if settings.turns.turn_model_file is not None:
                turn_model = await asyncio.to_thread(TurnModel, settings.turns.turn_model_file)
                stack.callback(turn_model.close)
            chain = Chain(stt, matcher, llm, voice, turn_model)
            await take_calls(Office(settings, script, chain, detector, tools.record, tools.disk), tools.health, stop)


async def take_calls(office: Office, health: Health, stop: asyncio.Event) -> None:
    """Open the door, and close it when told to."""
    orchestrator, paths = office.settings.orchestrator, office.settings.paths
    switchboard = Switchboard(office)
    door = Door(orchestrator.socket, switchboard.welcome)
    reaper = Reaper(paths.prefix / "run" / "asterisk.pid", orchestrator.socket, switchboard.bridges)
    # What was made so far stays for good; looking through it again and again would stop all calls for a moment.
    gc.collect()
    gc.freeze()
    door.open()
    health.live, health.status = lambda: switchboard.live, "ok"
    _log.info("door_open", extra={"socket": str(orchestrator.socket), "version": office.settings.version})
    tidying = asyncio.create_task(keep_for(paths.recordings, office.settings.calls.keep_days))
    await first(reaper.run(), stop)
    tidying.cancel()
    health.status = "stopping"
    door.close()
    await switchboard.send_home()


async def first(work: Coroutine[Any, Any, None], stop: asyncio.Event) -> bool:
    """Whether the work was done before the order to stop came; if not, it is cancelled."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        working.result()
        return not stop.is_set()
    working.cancel()
    await asyncio.wait({working})
    return False


def tidy_up(settings: Settings) -> Record:
    """Finish what an earlier process left: open rows, torn recordings, sound in tmpfs."""
    settings.paths.recordings.mkdir(mode=0o750, parents=True, exist_ok=True)
    if torn := finish_torn(settings.paths.recordings):
        _log.warning("recordings_finished", extra={"torn": torn})
    shutil.rmtree(settings.paths.chunks, ignore_errors=True)
    settings.paths.chunks.mkdir(mode=0o750, parents=True)
    return Record(settings.paths.state / "calls.db")


def script_of(settings: Settings) -> Script:
    """The script with every name filled in."""
    person = settings.people[0].says if settings.people else ""
    names = {"business": settings.agent.business, "name": settings.agent.name, "person": person}
    return load_script(settings.agent.script).with_names(**names)


def engines(settings: Settings) -> dict[str, str]:
    """Where each engine's health is asked."""
    asked = {"stt": f"{settings.stt[0].url}/health", "tts": f"{settings.tts[0].url}/health"}
    return asked | ({"llm": f"{settings.llm.url}/api/version"} if settings.llm else {})


if __name__ == "__main__":
    main()
