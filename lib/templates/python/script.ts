/**
 * The script that the user's Python runs: it answers each line of JSON with one. It needs jinja2 and nothing else. Its last
 * argument is a mark, with which each of its lines starts: Python's start-up files may print, too.
 */

/**
 * Values carry tags, since JSON has no floats, no dates, and only texts as keys. The run is a named tuple, as in the
 * Python tool. With `strict`, a template may test an undefined variable, but not print it or compute with it.
 */
export const PYTHON_SCRIPT = String.raw`
import sys
# The directory of the ensemble is no place for modules: a file json.py there is the user's own.
sys.path[:] = [folder for folder in sys.path if folder]
import collections, datetime, json, os, queue, re, threading, traceback
import jinja2

mark = sys.argv[-1]
# What a template, or a module of it, reads and prints must not touch the questions and answers.
questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.dup2(2, 1)

def say(line):
    answers.write(f"\n{mark}{line}\n".encode())
    answers.flush()

class Missing(jinja2.StrictUndefined):
    __bool__ = jinja2.Undefined.__bool__

def date(text):
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    found = re.match(r"(\d+)-(\d+)-(\d+)(?:[Tt]|[ \t]+)(\d+):(\d+):(\d+)(?:\.(\d*))?[ \t]*(Z|[-+]\d+(?::\d+)?)?$", text)
    if not found:
        found = re.match(r"(\d+)-(\d+)-(\d+)$", text)
        return datetime.date(*map(int, found.groups())) if found else text
    *parts, fraction, zone = found.groups()
    micros = int(((fraction or "") + "000000")[:6])
    offset = None
    if zone == "Z":
        offset = datetime.timezone.utc
    elif zone:
        hours, _, minutes = zone[1:].partition(":")
        delta = datetime.timedelta(hours=int(hours), minutes=int(minutes or 0))
        offset = datetime.timezone(-delta if zone[0] == "-" else delta)
    return datetime.datetime(*map(int, parts), micros, offset)

def value(given):
    if isinstance(given, list):
        return [value(one) for one in given]
    if not isinstance(given, dict):
        return given
    kind, inner = given["kind"], given["value"]
    if kind == "map":
        return {value(key): value(one) for key, one in inner}
    return {"float": float, "int": int, "date": date}[kind](inner)

class Inside(jinja2.FileSystemLoader):
    """Refuses links that lead out of the template directory."""
    def get_source(self, environment, template):
        text, file, current = super().get_source(environment, template)
        if not any(os.path.realpath(file).startswith(os.path.realpath(root) + os.sep) for root in self.searchpath):
            raise jinja2.TemplateError('"' + template + '" is a link that leads out of the template directory: replace it by a copy of the file')
        return text, file, current

environments, compiled = {}, {}

def environment(ask):
    key = (*ask["roots"], ask["strict"])
    if key not in environments:
        environments[key] = jinja2.Environment(loader=Inside(ask["roots"]), undefined=Missing if ask["strict"] else jinja2.Undefined)
    # Jinja2 keeps modules that are imported without context for all renderings; here each rendering has its own.
    for template in environments[key].cache.values():
        template._module = None
    return environments[key], key

def rendered(ask):
    templates, key = environment(ask)
    key = (*key, ask["text"])
    if key not in compiled:
        compiled[key] = templates.from_string(ask["text"])
    if ask["run"] is None:
        return ""
    run = value(ask["run"])
    return compiled[key].render(run=collections.namedtuple("Run", run.keys())(**run))

def place(error, roots):
    """The line of the mistake, and the file if it is not in the template itself."""
    loaded = lambda file: file is not None and any(file.startswith(root) for root in roots)
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, jinja2.TemplateSyntaxError):
        places.append((error.filename or "<template>", error.lineno))
    for file, line in reversed(places):
        if file == "<template>" or loaded(file):
            return {"line": line, "file": file if loaded(file) else None}
    return {}

def absent(error):
    """The names of templates that are not there."""
    if isinstance(error, jinja2.TemplatesNotFound):
        return [name for name in error.templates if isinstance(name, str)]
    return [str(error.name)] if isinstance(error, jinja2.TemplateNotFound) else None

lines = queue.SimpleQueue()

def read():
    for line in questions:
        lines.put(line)
    # The program that asks has ended, perhaps by kill -9. A template in an endless loop ends with it.
    os._exit(0)

threading.Thread(target=read, daemon=True).start()
say("ready")
while True:
    ask = json.loads(lines.get())
    try:
        answer = {"text": rendered(ask)}
    except RecursionError:
        answer = {"error": "macros, blocks and templates are nested too deeply: does one of them use itself without end?"}
    except Exception as error:
        answer = {"error": str(error) or type(error).__name__, "absent": absent(error), **place(error, ask["roots"])}
    say(json.dumps(answer))
`;
