"""
Unicode as this Python has it: `tables` writes lib/jinja/unicode/tables.ts, and `digests` records what the specs compare:
the tables for every code point, and the answers of every text function for those that are not skipped. `answers` prints a
digest of each function's answers for every code point, and `answers NAME` the answers themselves, for `npm run oracle`.
The recorded ones are of Python 3.11 (Unicode 14.0.0) with Jinja2 3.1.6.
"""
import hashlib
import json
import pathlib
import platform
import re
import sys
import unicodedata

import jinja2
from jinja2 import filters, lexer, runtime

ROOT = pathlib.Path(__file__).parent.parent.parent
POINTS = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]

ENVIRONMENT = jinja2.Environment()
CONTEXT = runtime.new_context(ENVIRONMENT, None, {})


def number(kind, *arguments):
    try:
        return str(kind(*arguments))
    except ValueError:
        return "-"


# The answer to each code point, as a text without line breaks. spec/jinja-oracle/unicode.ts has the same names.
FUNCTIONS = {
    "isalpha": str.isalpha,
    "isdecimal": str.isdecimal,
    "isdigit": str.isdigit,
    "isnumeric": str.isnumeric,
    "isalnum": str.isalnum,
    "isspace": str.isspace,
    "isascii": str.isascii,
    "isidentifier": str.isidentifier,
    "isidentifier after a": lambda c: f"a{c}".isidentifier(),
    "isprintable": str.isprintable,
    "islower": str.islower,
    "isupper": str.isupper,
    "istitle": str.istitle,
    "islower after a": lambda c: f"a{c}".islower(),
    "isupper after A": lambda c: f"A{c}".isupper(),
    "istitle before a": lambda c: f"{c}a".istitle(),
    "istitle between A and a": lambda c: f"A{c}a".istitle(),
    "upper": str.upper,
    "lower": str.lower,
    "casefold": str.casefold,
    "swapcase": str.swapcase,
    "capitalize": str.capitalize,
    "capitalize after a": lambda c: f"a{c}".capitalize(),
    "title": str.title,
    "title between a and b": lambda c: f"a{c}b".title(),
    "lower before a capital sigma": lambda c: f"{c}Σ".lower(),
    "lower between A and a capital sigma": lambda c: f"A{c}Σ".lower(),
    "lower after a capital sigma": lambda c: f"AΣ{c}".lower(),
    "lower after a capital sigma, before a": lambda c: f"AΣ{c}a".lower(),
    "strip": lambda c: f"{c}x{c}".strip(),
    "split": lambda c: len(f"a{c}b".split()),
    "splitlines": lambda c: len(f"a{c}b".splitlines()),
    "repr": repr,
    "int": lambda c: number(int, f"1{c}"),
    "int base 16": lambda c: number(int, f"{c}", 16),
    "float": lambda c: number(float, f"{c}5"),
    "the filter title": lambda c: filters.do_title(f"a{c}b"),
    "the filter capitalize": filters.do_capitalize,
    "the filter wordcount": lambda c: filters.do_wordcount(f"a{c}b"),
    "the filter tojson": lambda c: filters.htmlsafe_json_dumps(c),
    "the filter urlencode": filters.do_urlencode,
    "the filter sort": lambda c: "".join(filters.do_sort(ENVIRONMENT, ["\uff5e", c])),
    "the name of a variable": lambda c: lexer.name_re.fullmatch(f"a{c}") is not None,
}


def answer(name, character):
    """In a line: an answer has no line break of its own."""
    value = FUNCTIONS[name](character)
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value).replace("\\", "\\\\").replace("\n", "\\n")


# Ideographs, Hangul syllables, private and unassigned areas, in which every character is as its neighbours.
SKIPPED = [(0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xF8FF), (0x17000, 0x18CFF), (0x20000, 0xDFFFF), (0xE0200, 0x10FFFF)]


def sha(data):
    return hashlib.sha256(data).hexdigest()[:16]


def digest(name, skipped=()):
    kept = (c for c in POINTS if not any(first <= ord(c) <= last for first, last in skipped))
    return sha("\n".join(answer(name, character) for character in kept).encode("utf-8"))


def digests():
    found = {
        "python": platform.python_version(),
        "unicode": unicodedata.unidata_version,
        "jinja2": jinja2.__version__,
        "sets": {name: sha(bytes(holds(chr(code)) for code in range(0x110000))) for name, holds in SETS.items()},
        "mappings": {
            name: sha("\n".join(c + t for c, t in changes(name).items()).encode("utf-8")) for name in MAPPINGS
        },
        "skipped": SKIPPED,
        "digests": {name: digest(name, SKIPPED) for name in FUNCTIONS},
    }
    return json.dumps(found, indent=1, ensure_ascii=False)


# --- the tables


def base36(number):
    digits = ""
    rest = abs(number)
    while True:
        rest, digit = divmod(rest, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
        if rest == 0:
            return ("-" if number < 0 else "") + digits


def runs(pairs):
    """Runs of code points with one delta: (start, length, step, delta)."""
    codes = sorted(pairs)
    index = 0
    while index < len(codes):
        best = (1, 1)
        for step in (1, 2):
            length = 1
            while (
                index + length < len(codes)
                and codes[index + length] == codes[index] + length * step
                and pairs[codes[index + length]] == pairs[codes[index]]
            ):
                length += 1
            if length > best[0]:
                best = (length, step)
        length, step = best
        yield codes[index], length, step, pairs[codes[index]]
        index += length


def encoded(pairs, with_delta):
    end = 0
    words = []
    for start, length, step, delta in runs(pairs):
        fields = [base36(start - end), base36(length), base36(step)]
        if with_delta:
            fields.append(base36(delta))
        else:
            while len(fields) > 1 and fields[-1] == "1":
                fields.pop()
        words.append(".".join(fields))
        end = start + (length - 1) * step
    return words


def set_of(holds):
    return encoded({code: 0 for code in range(0x110000) if holds(chr(code))}, False)


def is_cased(character):
    return f"{character}a".title().endswith("a")


def is_ignorable(character):
    """Case_Ignorable: Python shows it only where it decides on the final sigma."""
    after = f"A{character}Σ".lower().endswith("ς")
    alone = f" {character}Σ".lower().endswith("ς")
    return after and not alone


WORD = re.compile(r"\w")
SETS = {
    "alpha": str.isalpha,
    "decimal": str.isdecimal,
    "digit": lambda c: c.isdigit() and not c.isdecimal(),
    "numeric": lambda c: c.isnumeric() and not c.isdigit(),
    "space": str.isspace,
    "unprintable": lambda c: not c.isprintable(),
    "lower": str.islower,
    "upper": str.isupper,
    "title": lambda c: c.istitle() and not c.isupper(),
    "ignorable": is_ignorable,
    "startDiffers": lambda c: c != "_" and c.isidentifier() != c.isalpha(),
    "continues": lambda c: f"a{c}".isidentifier() and not c.isidentifier(),
    "nameOnly": lambda c: lexer.name_re.fullmatch(c) is not None and WORD.match(c) is None,
}

MAPPINGS = {
    "upper": (str.upper, lambda c: c),
    "lower": (str.lower, lambda c: c),
    # Differences: from upper, and from lower.
    "title": (str.title, str.upper),
    "fold": (str.casefold, str.lower),
}


def changes(name):
    """The characters that a mapping changes, in order."""
    to, base = MAPPINGS[name]
    return {c: to(c) for c in POINTS if to(c) != base(c)}


def check_premises():
    for c in POINTS:
        assert is_cased(c) == (c.islower() or c.isupper() or c.istitle()), hex(ord(c))
        assert (WORD.match(c) is not None) == (c.isalnum() or c == "_"), hex(ord(c))
        assert c.isalnum() == (c.isalpha() or c.isdecimal() or c.isdigit() or c.isnumeric()), hex(ord(c))
        assert c.isdecimal() <= c.isdigit() <= c.isnumeric(), hex(ord(c))
        if c.isdecimal():
            assert unicodedata.decimal(chr(ord(c) - unicodedata.decimal(c))) == 0, hex(ord(c))


def lines(words):
    text = ""
    for word in words:
        text += word if text == "" else f"\n{word}" if len(text.rsplit("\n", 1)[-1]) + len(word) > 116 else f" {word}"
    return text


def literal(words):
    text = lines(words)
    return f"`\n{text}\n`" if "\n" in text or len(text) > 90 else json.dumps(text)


def tables():
    check_premises()
    parts = [
        f"""/**
 * Unicode {unicodedata.unidata_version} as Python has it: properties of characters, and mappings of case. Do not edit this file:
 * `python3 spec/jinja-oracle/unicode_tables.py tables` has made it with Python {platform.python_version()} and Jinja2 {jinja2.__version__}. Node's own
 * tables are of another version of Unicode, which changes from one Node to the next; the text of a template must not.
 */
"""
    ]
    parts.append("/** Sets of code points. A word is a run: `gap.length.step` in base 36; the gap starts at the run before. */\nexport const SETS = {\n")
    for name, holds in SETS.items():
        parts.append(f"  {name}: {literal(set_of(holds))},\n")
    parts.append("} as const;\n\n/** Mappings of one code point to another: runs with the distance, `gap.length.step.distance`. */\nexport const MAPPINGS = {\n")
    expansions = {}
    for name in MAPPINGS:
        changed = changes(name)
        parts.append(f"  {name}: {literal(encoded({ord(c): ord(t) - ord(c) for c, t in changed.items() if len(t) == 1}, True))},\n")
        expansions[name] = {c: t for c, t in changed.items() if len(t) > 1}
    parts.append("} as const;\n\n/** Mappings of one code point to several: `from.to.to` in base 36. */\nexport const EXPANSIONS = {\n")
    for name, table in expansions.items():
        words = [".".join(base36(ord(one)) for one in c + t) for c, t in table.items()]
        parts.append(f"  {name}: {literal(words)},\n")
    parts.append("} as const;\n")
    return "".join(parts)


if __name__ == "__main__":
    if sys.argv[1] == "tables":
        (ROOT / "lib/jinja/unicode/tables.ts").write_text(tables(), encoding="utf-8")
    elif sys.argv[1] == "digests":
        (ROOT / "fixtures/templates/jinja/unicode.golden.json").write_text(digests() + "\n", encoding="utf-8")
    elif len(sys.argv) == 2:
        for name in FUNCTIONS:
            print(json.dumps([name, digest(name)]), flush=True)
    else:
        for character in POINTS:
            print(json.dumps(answer(sys.argv[2], character)))
