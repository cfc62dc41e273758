"""What the agent does with what was said; pure, and nothing is remembered before a turn is really committed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from voicectl_runtime.orchestrator.backchannel import is_backchannel
from voicectl_runtime.orchestrator.script.dialogue import Action, Answer, Script
from voicectl_runtime.orchestrator.script.matcher import REPLIES, Match, is_clear
from voicectl_runtime.orchestrator.tools.toolbox import Toolbox
from voicectl_runtime.orchestrator.wanted_digits import Wanted
from voicectl_runtime.settings import Person

Source = Literal["script", "model", "fallback", "system"]
Then = Literal["listen", "goodbye", "transfer", "collect"]

MESSAGE: Final = "message"
"""Offered where there is nobody to transfer to."""
MOST_MISSES: Final = 2
"""After this many turns in a row that were not understood, a person is offered."""
MOST_FAILURES: Final = 2
"""After this many turns in a row that an engine failed, the caller gets a person or a goodbye."""


@dataclass(frozen=True)
class Mood:
    """What a dialogue remembers from one turn to the next."""

    misses: int = 0
    failures: int = 0
    offered: str = ""
    """A person's key or MESSAGE: what a yes would accept."""
    is_taking_message: bool = False
    wanted: Wanted | None = None
    """Digits that the caller is asked to type."""
    last_said: str = ""


@dataclass
class Wish:
    """What a language model wants done after its words: it is known only when they have all come."""

    then: Then = "listen"
    person: str = ""
    wanted: Wanted | None = None


@dataclass(frozen=True)
class Reply:
    """One answer of the agent's, with what follows it."""

    text: str
    source: Source
    mood: Mood
    answer_id: str | None = None
    score: float | None = None
    then: Then = "listen"
    person: str = ""
    """Whom `transfer` reaches."""
    takes: str = ""
    """The message that this turn left."""
    wish: Wish = field(default_factory=Wish, compare=False)
    """Filled in while a model speaks."""


@dataclass
class Dialogue:
    """One call's conversation with the script."""

    script: Script
    people: Sequence[Person]
    may_improvise: bool
    """Whether a language model answers what the script does not cover."""
    question: str
    """What the agent asks when the caller turned an offer down."""
    language: str = "en"
    mood: Mood = field(default_factory=Mood)
    toolbox: Toolbox = field(default_factory=Toolbox)
    """What a language model may have done in this call."""

    def decide(self, said: str, match: Match) -> Reply:
        """The answer to a turn; changes nothing, since the caller may still go on."""
        calm = self._calm
        if self.mood.is_taking_message:
            return self._say(self.script.phrases.message_taken, calm, takes=said)
        if match.answer_id is None or (self._ends(match.answer_id) and not is_clear(match)):
            return self._not_covered(match, calm)
        return self._covered(match.answer_id, match.score, calm)

    def press(self, key: str) -> Reply | None:
        """The answer to a key; None where the script gives it no meaning, or none as things stand."""
        answer_id = self.script.keys.get(key)
        if answer_id is None or (answer_id in REPLIES and not self.mood.offered):
            return None
        return self._covered(answer_id, 1.0, self._calm)

    def typed(self, wanted: Wanted, digits: str) -> Reply:
        """The answer to what the caller typed; a look-up says more than its first words."""
        if not wanted.answer_id:
            return Reply("", "model", self._calm)
        if not digits:
            return self._missed(self._calm, wanted)
        text = self.script.phrases.filler[0] if wanted.look_up else self.script.phrases.digits_taken
        return replace(self._say(text, self._calm), source="script", answer_id=wanted.answer_id)

    def has_improvised(self, reply: Reply, text: str, *, was_interrupted: bool) -> None:
        """A language model has said this; the digits that it asked for may be typed now."""
        wanted = None if was_interrupted else reply.wish.wanted
        self.mood = replace(self.mood, last_said=text, wanted=wanted or self.mood.wanted)

    def is_assent(self, said: str) -> bool:
        """Whether it only shows that the caller listens; to an offer, a yes is an answer."""
        return not self.mood.offered and is_backchannel(said, self.language)

    def failed(self) -> Reply:
        """An engine failed: an apology, and the second time in a row an end to it."""
        failures = self.mood.failures + 1
        reply = self._say(self.script.phrases.apology, replace(self.mood, failures=failures), source="fallback")
        if failures < MOST_FAILURES:
            return reply
        if self.people:
            return replace(reply, then="transfer", person=self.people[0].key)
        return replace(reply, text=f"{reply.text} {self.script.phrases.goodbye}", then="goodbye")

    def nobody_free(self) -> Reply:
        """A transfer found nobody: a message is taken instead."""
        text = f"{self.script.phrases.nobody_free} {self.script.phrases.take_message}"
        return self._say(text, Mood(is_taking_message=True))

    def still_there(self) -> Reply:
        """Asked into a silence; it stays what a yes would accept."""
        return self._say(self.script.phrases.still_there, self.mood)

    def filler(self, number: int) -> Reply:
        """Said when an answer takes long; another one each time, and not what "say that again" would repeat."""
        phrases = self.script.phrases.filler
        return Reply(phrases[number % len(phrases)], "system", self.mood)

    def goodbye(self) -> Reply:
        """The agent ends the call by itself."""
        return replace(self._say(self.script.phrases.goodbye, self.mood), then="goodbye")

    @property
    def _calm(self) -> Mood:
        return replace(self.mood, misses=0, failures=0, offered="", is_taking_message=False, wanted=None)

    def _ends(self, answer_id: str) -> bool:
        """Nobody is hung up on for words that may have been misheard: "by bus" sounds like "bye bye"."""
        return self.script.answer(answer_id).action == "goodbye"

    def _covered(self, answer_id: str, score: float, calm: Mood) -> Reply:
        answer = self.script.answer(answer_id)
        reply = self._say(answer.say, calm)
        return self._act(answer, replace(reply, source="script", answer_id=answer.id, score=round(score, 3)))

    def _say(self, text: str, mood: Mood, *, source: Source = "system", takes: str = "") -> Reply:
        return Reply(text, source, replace(mood, last_said=text), takes=takes)

    def _act(self, answer: Answer, found: Reply) -> Reply:
        """The answer with what its action adds."""
        person = self._person(answer.person)

        def wanting(wanted: Wanted | None) -> Reply:
            return replace(found, mood=replace(found.mood, wanted=wanted))

        done: Mapping[Action, Callable[[], Reply]] = {
            "none": lambda: found,
            "yes": lambda: self._accepted(found),
            "no": lambda: self._retold(found, found.text or self.question),
            "offer": lambda: replace(found, mood=replace(found.mood, offered=person or MESSAGE)),
            "repeat": lambda: self._retold(wanting(self.mood.wanted), self.mood.last_said),
            "transfer": lambda: self._transfer(found, person),
            "message": lambda: replace(found, mood=replace(found.mood, is_taking_message=True)),
            "digits": lambda: wanting(Wanted(answer.most_digits, answer.id, answer.look_up)),
            "goodbye": lambda: replace(found, then="goodbye"),
        }
        return done[answer.action]()

    def _retold(self, found: Reply, text: str) -> Reply:
        return replace(found, text=text, mood=replace(found.mood, last_said=text))

    def _not_covered(self, match: Match, calm: Mood) -> Reply:
        score = round(match.score, 3)
        reply = Reply("", "model", calm) if self.may_improvise else self._missed(calm, self.mood.wanted)
        return replace(reply, score=score)

    def _missed(self, calm: Mood, wanted: Wanted | None) -> Reply:
        """Once, and what was to be typed may still be typed; then a person is offered."""
        misses = self.mood.misses + 1
        if misses < MOST_MISSES:
            mood = replace(calm, misses=misses, wanted=wanted)
            return self._say(self.script.phrases.not_understood, mood, source="fallback")
        person = self._person("")
        text = self.script.phrases.offer_person if person else self.script.phrases.offer_message
        return self._say(text, replace(calm, offered=person or MESSAGE), source="fallback")

    def _accepted(self, found: Reply) -> Reply:
        if self.mood.offered == MESSAGE:
            taking = self._retold(found, self.script.phrases.take_message)
            return replace(taking, mood=replace(taking.mood, is_taking_message=True))
        return self._transfer(self._retold(found, found.text or self.script.phrases.filler[0]), self.mood.offered)

    def _transfer(self, found: Reply, person: str) -> Reply:
        if person:
            return replace(found, then="transfer", person=person)
        return replace(self.nobody_free(), source="script", answer_id=found.answer_id, score=found.score)

    def _person(self, key: str) -> str:
        known = {person.key for person in self.people}
        return key if key in known else next(iter([person.key for person in self.people]), "")
