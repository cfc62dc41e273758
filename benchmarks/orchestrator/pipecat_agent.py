"""A phone agent built with Pipecat, in an environment of its own: `python pipecat_agent.py DOOR ENGINES-JSON STOP-S`.

Every connection to DOOR is one call: two pipes, one for each direction. The engines are the same stubs behind the same
HTTP. What costs time and is not needed for a plain agent is off: metrics, RTVI, turn tracking, Smart Turn, logs.
"""

import asyncio
import json
import os
import socket
import sys
import time

import aiohttp
import uvloop
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.frames.frames import (
    InputAudioRawFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.stt_service import SegmentedSTTService
from pipecat.services.tts_service import TTSService
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.turns.user_start import VADUserTurnStartStrategy
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

RATE_HZ = 8000
CHUNK_10MS = 2


class PipeInput(BaseInputTransport):
    """Reads the caller's frames as they come."""

    def __init__(self, params, descriptor):
        super().__init__(params)
        self._descriptor = descriptor

    async def start(self, frame):
        await super().start(frame)
        await self.set_transport_ready(frame)
        os.set_blocking(self._descriptor, False)
        self._frames = asyncio.Queue()
        asyncio.get_running_loop().add_reader(self._descriptor, self._readable)
        self.create_task(self._push())

    def _readable(self):
        data = os.read(self._descriptor, 65536)
        if not data:
            asyncio.get_running_loop().remove_reader(self._descriptor)
        else:
            self._frames.put_nowait(data)

    async def _push(self):
        while True:
            data = await self._frames.get()
            await self.push_audio_frame(InputAudioRawFrame(audio=data, sample_rate=RATE_HZ, num_channels=1))


class PipeOutput(BaseOutputTransport):
    """Paces what is written in real time, as Pipecat's transports without a clock of their own do."""

    def __init__(self, params, descriptor):
        super().__init__(params)
        self._descriptor, self._next_s = descriptor, 0.0

    async def start(self, frame):
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame):
        try:
            os.write(self._descriptor, frame.audio)
        except OSError:
            return False
        now_s = time.monotonic()
        self._next_s = max(self._next_s, now_s) + len(frame.audio) / 2 / RATE_HZ
        await asyncio.sleep(max(0.0, self._next_s - now_s))
        return True


class Hears(SegmentedSTTService):
    """stt-service."""

    def __init__(self, http, url):
        super().__init__(sample_rate=RATE_HZ, trailing_silence_secs=0)
        self._http, self._url = http, f"{url}/v1/audio/raw?sample_rate=8000&window=short"

    @property
    def wants_wav_segments(self):
        return False

    async def run_stt(self, audio):
        async with self._http.post(self._url, data=audio) as response:
            said = await response.json()
        yield TranscriptionFrame(said["text"], "", "", finalized=True)


class Thinks(FrameProcessor):
    """llm-service: Ollama's /api/chat."""

    def __init__(self, http, url):
        super().__init__()
        self._http, self._url = http, f"{url}/api/chat"

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(LLMFullResponseStartFrame())
        async with self._http.post(self._url, json={"messages": frame.context.get_messages()}) as response:
            async for line in response.content:
                await self.push_frame(LLMTextFrame(json.loads(line)["message"]["content"]))
        await self.push_frame(LLMFullResponseEndFrame())


class Speaks(TTSService):
    """tts-service."""

    def __init__(self, http, url):
        super().__init__(sample_rate=RATE_HZ, push_stop_frames=True, push_start_frame=True, stop_frame_timeout_s=0.5)
        self._http, self._url = http, f"{url}/v1/audio/speech"

    async def run_tts(self, text, context_id):
        async with self._http.post(self._url, json={"input": text}) as response:
            async for piece in response.content.iter_any():
                yield TTSAudioRawFrame(piece, RATE_HZ, 1, context_id=context_id)


async def take_call(connection, http, engines, stop_s):
    """One pipeline, from the first frame to the hang-up."""
    loop = asyncio.get_running_loop()
    _, descriptors, _, _ = socket.recv_fds(connection, 64, 2)
    params = TransportParams(
        audio_in_enabled=True,
        audio_out_enabled=True,
        audio_in_sample_rate=RATE_HZ,
        audio_out_sample_rate=RATE_HZ,
        audio_out_10ms_chunks=CHUNK_10MS,
    )
    vad = SileroVADAnalyzer(
        sample_rate=RATE_HZ, params=VADParams(confidence=0.5, start_secs=0.064, stop_secs=stop_s, min_volume=0.0)
    )
    stop = SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.0)
    strategies = UserTurnStrategies(start=[VADUserTurnStartStrategy()], stop=[stop])
    pair = LLMContextAggregatorPair(
        LLMContext(), user_params=LLMUserAggregatorParams(vad_analyzer=vad, user_turn_strategies=strategies)
    )
    source, sink = PipeInput(params, descriptors[0]), PipeOutput(params, descriptors[1])
    hears, thinks, speaks = Hears(http, engines["stt"]), Thinks(http, engines["llm"]), Speaks(http, engines["tts"])
    pipeline = Pipeline([source, hears, pair.user(), thinks, speaks, sink, pair.assistant()])
    worker = PipelineWorker(
        pipeline,
        params=PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=RATE_HZ),
        enable_rtvi=False,
        enable_turn_tracking=False,
        idle_timeout_secs=None,
    )
    running = asyncio.create_task(run(worker))
    await asyncio.sleep(0.2)
    await loop.sock_sendall(connection, b"A")
    await loop.sock_recv(connection, 16)
    running.cancel()


async def run(worker):
    """Pipecat's own way of running one."""
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


async def main(door, engines, stop_s):
    """Take calls until killed."""
    logger.remove()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.settimeout(0)
    listening.bind(door)
    listening.listen(128)
    calls = set()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(listening)
            await asyncio.sleep(0.02)
            calls.add(asyncio.create_task(take_call(connection, http, engines, stop_s)))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], json.loads(sys.argv[2]), float(sys.argv[3])))
