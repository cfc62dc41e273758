"""Fixed phrases of a word or two, for the tests of whatever says them."""

from typing import Final

from voicectl_runtime.orchestrator.script.dialogue import Phrases

PHRASES: Final = Phrases(
    not_understood="Pardon?",
    offer_person="A person?",
    offer_message="A message?",
    still_there="Still there?",
    goodbye="Goodbye.",
    apology="Sorry.",
    nobody_free="Nobody is free.",
    take_message="Speak.",
    message_taken="It is noted.",
    filler=("One moment.",),
    type_digits="Type it.",
    digits_taken="Noted.",
)
