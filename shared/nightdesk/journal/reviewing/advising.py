"""Advice to deal in an instrument, which no review gives: found by its words."""

import re
from collections.abc import Iterable

ADVICE = re.compile(
    r"\b(?:buy|buys|buying|re-?buy\w*|sell|sells|selling|purchase|purchasing|accumulat(?:e|ing)"
    r"|offload|dump|(?:go|going|get|stay|open|enter) (?:a )?(?:long|short)|load up"
    r"|short(?:ing)? it|double down|all[- ]in|more money|invest(?:ing|ment)?|dca"
    r"|kauf\w*|verkauf\w*)\b"
    r"|\b[a-z](?:[-._* ][a-z]){2,}\b",
    re.IGNORECASE,
)
"""Words of dealing by themselves, and words that are spelled out letter by letter."""
_DEALING = re.compile(
    r"\b(?:clos(?:e|ing)|exit(?:ing)?|add(?:ing)?|tak(?:e|ing)|get(?:ting)?|put(?:ting)?"
    r"|reduc(?:e|ing)|trim(?:ming)?|liquidat(?:e|ing)|hold(?:ing)?|avoid(?:ing)?|pick(?:ing)?"
    r"|stay(?:ing)?|keep(?:ing)?|ap(?:e|ing)|scal(?:e|ing)|fad(?:e|ing)|increas(?:e|ing)"
    r"|decreas(?:e|ing)|re-?enter(?:ing)?|enter(?:ing)?|short(?:ing)?|long(?:ing)?|cover(?:ing)?"
    r"|hedg(?:e|ing)|unwind(?:ing)?|grab(?:bing)?|averag(?:e|ing)|allocat(?:e|ing)"
    r"|rotat(?:e|ing)|flip(?:ping)?|bet(?:ting)?|rid(?:e|ing)|go(?:ing)?|build(?:ing)?"
    r"|cut(?:ting)?|leav(?:e|ing)|drop(?:ping)?|(?<!in )open|opening|start(?:ing)?|stop(?:ping)?"
    r"|acquir(?:e|ing)|dispos(?:e|ing)|swap(?:ping)?|switch(?:ing)?|stack(?:ing)?|scoop(?:ing)?"
    r"|load(?:ing)?|unload(?:ing)?|ditch(?:ing)?|abandon(?:ing)?|steer(?:ing)?|lighten(?:ing)?"
    r"|consider(?:ing)?|prefer(?:ring)?|favou?r(?:ing)?|overweight|underweight"
    r"|undervalued|overvalued"
    r"|steig\w*|nachleg\w*|aufstock\w*|abstoss\w*|loswerd\w*|halten?|erwerb\w*"
    r"|back(?:ing)?|exposure|bargain|cheap|bullish|bearish|overbought|oversold)\b",
    re.IGNORECASE,
)
_THINGS = re.compile(
    r"\b(?:bitcoins?|ether(?:eum)?|coins?|tokens?|crypto"
    r"|(?:your|the|this|that)(?: open)? positions?)\b",
    re.IGNORECASE,
)
_LONG_ENOUGH = 3
"""Shorter names of assets are words when they are written small."""
_SENTENCE = re.compile(r"[.;!?](?=\s|$)|\n")


def advice_in(text: str, instruments: Iterable[str]) -> str | None:
    """Return the words of a text that advise, None where there are none.

    A sentence that names an instrument, or what is dealt in there, may have no word of dealing.
    """
    found = ADVICE.search(text)
    if found:
        return found[0]
    for sentence in _SENTENCE.split(text):
        thing = _THINGS.search(sentence) or _named(sentence, instruments)
        if thing is None:
            continue
        without = sentence[: thing.start()] + sentence[thing.end() :]
        dealing = _DEALING.search(without)
        if dealing:
            return f"{dealing[0]} {thing[0]}"
        if re.search(r"\btrad(?:e|ing) $", sentence[: thing.start()], re.IGNORECASE):
            return f"trade {thing[0]}"
    return None


def _named(sentence: str, instruments: Iterable[str]) -> re.Match[str] | None:
    """Return the first instrument named, the longest name first."""
    for name in sorted(instruments, key=lambda one: (-len(one), one)):
        small = f"|{re.escape(name.lower())}" if len(name) >= _LONG_ENOUGH else ""
        found = re.search(rf"(?<!\w)(?:{re.escape(name)}{small})(?!\w)", sentence)
        if found:
            return found
    return None
