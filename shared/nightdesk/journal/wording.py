"""What people type: one line or several, trimmed, without what nobody sees or what turns lines."""

import unicodedata

TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the direction of writing: a name with one can pass for another."""
BREAKS = frozenset("\u2028\u2029")
HIDDEN = frozenset({"Cc", "Co", "Cs"})
UNSEEN = frozenset({"Cf", "Zs"})
"""Joiners and blanks: they shape what stands around them, and by themselves they say nothing."""
PROSE = frozenset("\n\t")


def line(text: str, most: int) -> str:
    """Return a name: trimmed, NFC, 1 to `most` characters in one line. Raises ValueError."""
    found = _line(text, most)
    if all(unicodedata.category(one) in UNSEEN for one in found):
        raise ValueError("a name has something to be seen")
    return found


def _line(text: str, most: int) -> str:
    found = unicodedata.normalize("NFC", text).strip()
    if any(unicodedata.category(one) in HIDDEN for one in found) or TURNING & set(found):
        raise ValueError("control characters and changes of direction have no place here")
    if BREAKS & set(found) or not 1 <= len(found) <= most:
        raise ValueError(f"1 to {most} characters in one line, blanks at the ends not counted")
    return found


def prose(text: str, most: int) -> str:
    """Return a text of at most `most` characters, NFC, lines ended by LF. Raises ValueError."""
    found = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if any(unicodedata.category(one) in HIDDEN and one not in PROSE for one in found):
        raise ValueError("of control characters a text has line ends and tabs alone")
    if len(found) > most:
        raise ValueError(f"at most {most} characters")
    return found


def folded(text: str) -> str:
    """Return the form in which two names are the same name: NFKC, without case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def said(text: str, most: int) -> None:
    """Refuse a stored line that is not as lines are stored. Raises ValueError."""
    if _line(text, most) != text:
        raise ValueError("a stored line is trimmed and in NFC")
