"""Telephones that speak something else than PCMU."""

import re
import subprocess
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal, TypeVar

import av
import numpy as np

from tests.wire.live_call import ADDRESS, LiveCall
from voicectl_runtime.caller import sdp
from voicectl_runtime.caller.g711 import BY_PAYLOAD_TYPE, Pcm

A_LAW: Final = BY_PAYLOAD_TYPE[8]
WIDE_HZ: Final = 16000
FRAME: Final = 320
LOUDEST: Final = 10000


class ALawCall(LiveCall):
    """A European telephone company: PCMA and nothing else."""

    payload_type = 8

    def _offer(self, port: int) -> bytes:
        return sdp.describe(ADDRESS, port, ["alaw"])

    def _encoded(self, frame: Pcm) -> bytes:
        return A_LAW.encode(frame)

    def _decoded(self, payload: bytes) -> Pcm:
        return A_LAW.decode(payload)


class WideCall(LiveCall):
    """G.722, with PCMU behind it; what was heard is kept as 16 kHz."""

    payload_type = 9

    def __init__(self, port: int) -> None:
        """Ring."""
        self._encoder: Any = _codec("w")
        self._decoder: Any = _codec("r")
        super().__init__(port)

    def say(self, text: str) -> None:
        """As 16 kHz."""
        sound = _spoken(text)
        frames = np.pad(sound, (0, -len(sound) % FRAME)).reshape(-1, FRAME)
        self.stopped_s = None
        self._frames = iter([(frame, number == len(frames) - 1) for number, frame in enumerate(frames)])

    @property
    def agreed(self) -> list[int]:
        """The payload types of the agent's answer."""
        (types,) = re.findall(rb"m=audio \d+ RTP/AVP ([\d ]+)", self.answer)
        return [int(each) for each in types.split()]

    def _offer(self, port: int) -> bytes:
        narrow = sdp.describe(ADDRESS, port, ["ulaw"])
        # G.722's clock is said to be 8 kHz, which it never was (RFC 3551, 4.5.2).
        return narrow.replace(b"RTP/AVP 0 ", b"RTP/AVP 0 9 ").replace(b"a=ptime", b"a=rtpmap:9 G722/8000\r\na=ptime")

    def _described(self, body: bytes) -> sdp.Description:
        return sdp.parse(body.replace(b"RTP/AVP 9 ", b"RTP/AVP 0 "))

    def _returned(self) -> Pcm:
        return np.zeros(1, dtype=np.int16)

    def _encoded(self, frame: Pcm) -> bytes:
        wide = frame if len(frame) == FRAME else np.zeros(FRAME, dtype=np.int16)
        sound = av.AudioFrame.from_ndarray(wide.reshape(1, -1), format="s16", layout="mono")
        sound.sample_rate = WIDE_HZ
        return b"".join(bytes(packet) for packet in self._encoder.encode(sound))

    def _decoded(self, payload: bytes) -> Pcm:
        frames = [each.to_ndarray().reshape(-1) for each in self._decoder.decode(av.Packet(payload))]
        return np.concatenate(frames).astype(np.int16)


Telephone = TypeVar("Telephone", bound=LiveCall)


@contextmanager
def calling_with(telephone: type[Telephone], port: int) -> Iterator[Telephone]:
    """A call that is over in any case when the test is."""
    call = telephone(port)
    try:
        yield call
    finally:
        call.close()


def above_telephone(pcm: bytes) -> float:
    """How much of 16 kHz sound lies where no telephone of 8 kHz could have carried it."""
    power = np.square(np.abs(np.fft.rfft(np.frombuffer(pcm, "<i2"))))
    hz = np.fft.rfftfreq(len(pcm) // 2, 1 / WIDE_HZ)
    return float(power[(hz > 4200) & (hz < 7000)].sum() / power[(hz > 200) & (hz < 7000)].sum())


def _codec(mode: Literal["r", "w"]) -> Any:
    codec: Any = av.CodecContext.create("adpcm_g722", mode)
    codec.sample_rate, codec.layout, codec.format = WIDE_HZ, "mono", "s16"
    return codec


def _spoken(text: str) -> Pcm:
    with TemporaryDirectory() as folder:
        path = Path(folder, "said.wav")
        subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", path], check=True)
        with wave.open(str(path)) as sound:
            assert sound.getframerate() == WIDE_HZ
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    louder: Pcm = (samples * (LOUDEST / np.abs(samples).max())).astype(np.int16)
    return louder
