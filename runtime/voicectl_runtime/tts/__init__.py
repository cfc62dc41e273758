"""The text-to-speech service: Piper, in an environment of its own."""
