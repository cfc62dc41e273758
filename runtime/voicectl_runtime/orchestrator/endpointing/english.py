"""The English words by which the end of a sentence is told from its middle."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OPEN: Final = _words("""
    and or but because so if when while which who whose than as unless until although whether where
    the a an my your our their his its some any every each another
    of for from with into onto between without during after since about to at in on by through
    i we they he she it's i'm i've i'd i'll we're we've we'd there's that's let's
    is are was were am be been can could would will shall should must have has had having
    do does did don't doesn't didn't can't
    want need like wanted wondering wonder ask know tell say mean think guess maybe actually
    um uh uhm umm er erm hmm mm well wait
""")
"""Conjunctions, articles, prepositions, pronouns, auxiliaries and hesitations: no sentence ends with them."""

OPEN_PAIRS: Final = frozenset(
    {
        "you know",
        "sort of",
        "kind of",
        "no wait",
        "i mean",
        "no sorry",
        "a question",
        "so that",
        "know that",
        "think that",
        "tell me",
        "ask you",
        "let me",
    }
)

QUESTION_WORDS: Final = _words("how what when where which who why")
QUANTITIES: Final = _words("much many long far often late early old big soon")
VERBS: Final = _words("is are was were am do does did can could would will have has had")
"""These end an indirect question: "tell me where you are", but not "tell me how much is"."""

MAY_END_QUESTIONS: Final = _words("""
    of for from with about to at in on by through before after know mean say think
    do does did is are can will have need want like
""")
"""Some of them do end one: "who do I speak to?", "when can I come in?"."""

WANT_AN_OBJECT: Final = _words("of for from with about have need want like")
"""They end a question only where they belong to a question word: "what do you have?", but not "do you have?"."""

GREETINGS: Final = _words("""
    hello hi hey good morning afternoon evening day okay ok yeah right so excuse me please sorry oh there again
""")

DIGITS: Final = {
    **dict.fromkeys(_words("zero oh o one two three four five six seven eight nine double"), 1),
    **dict.fromkeys(_words("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"), 1),
    **dict.fromkeys(_words("twenty thirty forty fifty sixty seventy eighty ninety"), 1),
    "triple": 2,
}
"""How much of a number each word is, for counting only."""

BEFORE_A_YEAR: Final = _words("""
    january february march april may june july august september october november december in since of year
""")

TOP_LEVEL_DOMAINS: Final = ("com", "org", "net", "edu", "gov", "info", "biz", "io", "uk", "us", "ca", "eu")
