"""The words around a number in a review's text: what it may count, and what hides one."""

import re

ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS = {word: number for number, word in enumerate(ONES) if word != "one"} | {
    word: 10 * (place + 2) for place, word in enumerate(TENS)
}
"""`one` is left out: it is a pronoun more often than a number."""
COUNTED = frozenset(
    {"trade", "trades", "win", "wins", "winner", "winners", "loss", "losses", "loser", "losers"}
    | {"breakeven", "breakevens", "day", "days", "week", "weeks", "month", "months"}
    | {"session", "sessions", "plan", "plans", "item", "items", "rule", "rules", "time", "times"}
    | {"case", "cases", "check", "checks", "position", "positions", "entry", "entries"}
    | {"exit", "exits", "finding", "findings", "setup", "setups", "won", "lost", "whose"}
    | {"closed", "open", "live", "paper", "winning", "losing", "decided", "judged", "planned"}
    | {"unplanned", "kept", "broken", "long", "short"}
)
"""What a bare number may count: nothing else may follow it, but what parts of speech need."""
JOINING = frozenset(
    {"of", "to", "and", "or", "in", "over", "at", "on", "by", "with", "for", "from", "but", "than"}
    | {"that", "this", "which", "is", "are", "was", "were", "against", "after", "before", "per"}
    | {"as", "so", "while", "when", "where", "because", "since", "through", "during", "across"}
    | {"the", "a", "an", "you", "your", "it", "more", "fewer", "less", "too", "not", "only"}
)
LOSING = (
    r"los(?:s|ses|t|e|es|ing)|down|negative|fell|falls?|fallen|dropped|minus|drawdowns?"
    r"|(?:gave|given|giving)(?: \w+)? back"
)
GAINING = r"wins?|won|winning|gain\w*|made|makes?|earn\w*|profit\w*|up|positive|rose|grew|plus"
NEITHER = r"costs?|paid|pay|fees?|funding|took|spent|withdr\w+|net|gross|equity|deposits?"
"""An amount after one of these is said with its own sign."""
DIRECTION = re.compile(
    rf"\b(?:(?P<losing>{LOSING})|(?P<gaining>{GAINING})|(?P<neither>{NEITHER}))\b", re.IGNORECASE
)
_NUMBERED = "|".join((*ONES, *TENS))
_PARTS = (
    "halv|thir(?:d|ds|teenth|tieth)|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh"
    "|twelfth|(?:four|fif|six|seven|eigh|nine)teenth|(?:twen|for|fif|six|seven|eigh|nine)tieth"
)
_MANY = (
    "dozen|hundred|thousand|million|billion|trillion|quadrillion|zillion|gazillion|lakh|crore"
    "|double|doubling|triple|tripling|treble|quadrupl|quintupl|twice|thrice|couple|grand|nought"
)
_MONEY = (
    "dollars?|bucks?|euros?|pounds?|quid|francs?|yen|yuan|rubles?|(?<!per )cents?|sats|satoshis?"
    "|bps?|pct|(?:percentage|basis) points?"
)
_GERMAN = (
    "einund|zwei|zwo|drei|vier|funf|fuenf|sech|sieb|acht|neun|zehn|elf|zwanzig|hundert|tausend"
    "|million|milliard|halb|halft|haelft|dritt|doppel|verdoppel|dutzend|promille|prozent"
)
HIDDEN = re.compile(
    rf"\b(?:half|nil|(?:{_PARTS})\w*|(?:{_MANY})\w*|(?:{_GERMAN})\w*|\w*zwolf\w*)\b"
    r"|\b\w+(?:hundred|thousand|million|hundert|tausend)\w*\b"
    rf"|\b(?:{_NUMBERED}|many|multi)-?folds?\b"
    rf"|\b(?:{_MONEY})\b"
    r"|\ba (?:pair|score) of\b|\b(?:all|none|each|both|most) (?:of|your|the|these|those)\b"
    r"|\b(?:all|every|most) (?:single )?(?:trades?|wins?|loss|losses|days?)\b"
    r"|(?<!['\u2019])\b(?:k|m|mm|mn|mio|mill|mrd|b|bn|t|tn|tsd)\b",
    re.IGNORECASE,
)
"""Numbers, sizes and units in words that nobody needs for what a review shows: they are refused."""
ROMAN = re.compile(
    r"(?<![\w'])(?!I\b)(?=[MDCLXVI])M{0,4}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
    r"(?!\w)"
    r"|(?<![\w'])(?!mix\b)(?=[mdclxvi]{2})m{0,4}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})"
    r"(?:ix|iv|v?i{0,3})(?!\w)"
)
"""A small letter by itself is none, and a mix no year."""
