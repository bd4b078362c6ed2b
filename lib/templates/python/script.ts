/** The script that the user's Python runs: it answers each line of JSON with one. It needs jinja2 and nothing else. */

/**
 * Values carry tags, since JSON has no floats, no dates, and only texts as keys. The run is a named tuple, as in the
 * Python tool. With `strict`, a template may test an undefined variable, but not print it or compute with it.
 */
export const PYTHON_SCRIPT = String.raw`
import collections, datetime, json, re, sys, traceback
import jinja2

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

compiled = {}

def rendered(ask):
    key = (ask["text"], ask["strict"])
    if key not in compiled:
        compiled[key] = jinja2.Template(ask["text"], undefined=Missing if ask["strict"] else jinja2.Undefined)
    if ask["run"] is None:
        return ""
    run = value(ask["run"])
    return compiled[key].render(run=collections.namedtuple("Run", run.keys())(**run))

def place(error):
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
    return lines[-1] if lines else None

for line in sys.stdin:
    try:
        answer = {"text": rendered(json.loads(line))}
    except Exception as error:
        answer = {"error": str(error) or type(error).__name__, "line": place(error)}
    print(json.dumps(answer), flush=True)
`;
