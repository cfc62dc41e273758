"""The speech-to-text service: Faster-Whisper, several calls in one batch."""
