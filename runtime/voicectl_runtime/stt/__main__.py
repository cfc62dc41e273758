"""`python -m voicectl_runtime.stt --settings S`: the speech-to-text service."""

import sys

from voicectl_runtime.service import main
from voicectl_runtime.stt.app import make

if __name__ == "__main__":
    sys.exit(main("stt-service", lambda settings: settings.stt[0].url, make))
