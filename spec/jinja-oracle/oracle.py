"""The answers of real Jinja2 to templates, called exactly as the Python tool calls it."""
import collections
import datetime
import json
import pathlib
import re
import sys
import tempfile

import jinja2

import generator
import several

FIXTURES = pathlib.Path(__file__).parent.parent.parent / "fixtures" / "templates" / "jinja"


def value(plain):
    """A value of context.json, where floats, dates, large ints and keys that are not text carry a mark, since JSON does not have them."""
    if isinstance(plain, list):
        return [value(item) for item in plain]
    if isinstance(plain, dict):
        if list(plain) == ["$float"]:
            return float(plain["$float"])
        if list(plain) == ["$int"]:
            return int(plain["$int"])
        if list(plain) == ["$time"]:
            text = plain["$time"]
            return datetime.datetime.fromisoformat(text) if ":" in text else datetime.date.fromisoformat(text)
        if list(plain) == ["$pairs"]:
            return {value(key): value(item) for key, item in plain["$pairs"]}
        return {key: value(item) for key, item in plain.items()}
    return plain


def context():
    variables = value(json.loads((FIXTURES / "context.json").read_text()))
    return collections.namedtuple("Run", variables.keys())(**variables)


ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}", re.IGNORECASE)


def compiled(template, directory):
    """A template as the Python tool compiles it, or the file `main` of several with the others beside it."""
    if isinstance(template, str):
        return jinja2.Template(template)
    for name, text in template.items():
        path = pathlib.Path(directory, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    return jinja2.Environment(loader=jinja2.FileSystemLoader(directory)).from_string(template["main"])


def answer(template, run):
    """{"o": text} or {"e": error}; {"a": 1} if the text contains an address, which changes each time."""
    try:
        with tempfile.TemporaryDirectory() as directory:
            text = compiled(template, directory).render(run=run)
    except Exception as error:  # Any error is an answer.
        return {"e": f"{type(error).__name__}: {error}"[:120]}
    return {"a": 1} if ADDRESS.search(text) else {"o": text}


def features(text):
    """The sections of features.txt: `=== name`, then the template with a line break at its end."""
    parts = re.split(r"^=== (\S+)\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def files(text):
    """The files of a section of several.txt: `--- name`, then the text without the line break at its end."""
    parts = re.split(r"^--- (\S+)\n", text, flags=re.M)
    return {name: body.removesuffix("\n") for name, body in zip(parts[1::2], parts[2::2])}


def corpus():
    templates = features((FIXTURES / "features.txt").read_text())
    for path in sorted((FIXTURES / "corpus").glob("*.j2")):
        templates[path.name] = path.read_bytes().decode()
    return templates


def record():
    """Writes the golden answers for the specs, which then need no Python."""
    run = context()
    goldens = {name: answer(template, run) for name, template in corpus().items()}
    (FIXTURES / "corpus.golden.json").write_text(json.dumps(goldens, indent=1, ensure_ascii=False) + "\n")
    failed = [name for name, golden in goldens.items() if "e" in golden]
    by_name = {name: files(text) for name, text in features((FIXTURES / "several.txt").read_text()).items()}
    answers = {name: answer(template, run) for name, template in by_name.items()}
    (FIXTURES / "several.golden.json").write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n")
    print(f"{len(goldens)} templates; Jinja2 {jinja2.__version__} refuses {len(failed)}: {' '.join(failed)}")

    for file, templates in (("random", generator.templates(2020, 2000)), ("random-several", several.sets(2020, 200))):
        lines = [json.dumps([template, answer(template, run)], ensure_ascii=False) for template in templates]
        (FIXTURES / f"{file}.golden.ndjson").write_text("\n".join(lines) + "\n")


def fresh(seed, count):
    """Prints `count` new templates with their answers, one JSON line each. Each fifth consists of several files."""
    run = context()
    for templates in (generator.templates(seed, count - count // 5), several.sets(seed, count // 5)):
        for template in templates:
            print(json.dumps([template, answer(template, run)]))


if __name__ == "__main__":
    if sys.argv[1] == "record":
        record()
    else:
        fresh(int(sys.argv[2]), int(sys.argv[3]))
