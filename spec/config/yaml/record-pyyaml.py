"""Records how PyYAML reads scalars: python3 spec/config/yaml/record-pyyaml.py > fixtures/yaml/scalars.json

78 scalars as configurations hold them, and 300 random ones from a seed. Base 60 is left out: this program reads it as a string.
"""
import datetime
import json
import random
import re

import yaml

WRITTEN = """00:20:00 01:30:00 08:00:00 4-00:00:00 on off yes no On OFF Yes NO true false True FALSE y n Y N 010 08 0o10 0x1f 0xFF
0b101 1e3 1e-5 12e03 1e400 1.0e+3 1.5E-3 1_000 2020-01-01 2020-1-1 1.0 20.0 .5 5. -0.0 +1.5 ~ null Null NULL nan .nan .NaN
.inf -.inf +.INF inf 123456789012345678901 -9007199254740993 007 0 -0 +7 1.2.3 v1.0 1,000 10% 5GB 1-2 a:b http://x.y/z
/scratch/a ./b ../c *.nc @x %x `x` = << !foo 2020-01-01T12:00:00 2020-01-01T12:00:00Z '2020-01-01 12:00:00' '1' \"1\" '' \"\" 1__0
0.1e+5 1E3 00 0_7""".split()
SEXAGESIMAL = re.compile(r"^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$")


def shown(written):
    try:
        value = yaml.load(f"k: {written}\n", Loader=yaml.SafeLoader)["k"]
    except (yaml.YAMLError, ValueError):
        return "refused"
    if value is None:
        return "null"
    if isinstance(value, (datetime.date, datetime.datetime)):
        return "date"
    return f"{type(value).__name__}:{value}" if isinstance(value, (bool, int, float, str)) else "other"


def main():
    draw = random.Random(1963)
    words = list(dict.fromkeys(WRITTEN))
    pieces = ["0", "1", "7", "8", "9", "12", "_", ".", "e", "E", "+", "-", "0x", "0b", "0o", "f", "a", "inf", "nan", "on", "y"]
    while len(words) < len(set(WRITTEN)) + 300:
        word = "".join(draw.choice(pieces) for _ in range(draw.randint(1, 6)))
        if word not in words and not SEXAGESIMAL.match(word) and not word.startswith("- "):
            words.append(word)
    rows = [[word, shown(word)] for word in words if not SEXAGESIMAL.match(word)]
    print(json.dumps({"pyyaml": yaml.__version__, "scalars": rows}, indent=0).replace(",\n\"", ", \"").replace("[\n", "[").replace("\n]", "]"))


main()
