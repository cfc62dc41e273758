"""`python -m voicectl_runtime.tts --settings S`: the text-to-speech service."""

import sys

from voicectl_runtime.service import main
from voicectl_runtime.tts.app import make

if __name__ == "__main__":
    sys.exit(main("tts-service", lambda settings: settings.tts[0].url, make))
