"""A generator of random templates: expressions, filters, tests, formats, loops, sets, macros, white space control."""
import random

NUMBERS = ["run.custom_id", "run.neg", "run.zero", "run.dt", "run.dt_whole", "run.small", "run.large", "run.half", "run.seed",
           "3", "2.5", "0.125", "10", "1e3", "-1", "0", "7", "0.1", "run.flag_on", "run.lr", "run.grid.dx", "run.grid.nx", "run.tiny", "run.big",
           "1_000", "0x1F", "-0.0"]
STRINGS = ["run.name", "run.words", "run.empty", "'x'", '"it\'s"', "run.mixed", "run.nodes_str", "run.float_str", "run.unicode",
           "run.quoted", "run.multi", "run.length", "run.tabbed", "run.mem", "'a' 'b'", r"'\t\x41\n'", "run.dir"]
LISTS = ["run.vars_list", "run.str_list", "run.floats", "run.matrix", "run.empty_list", "run.tags", "run.bools", "run.none_list",
         "[3, 1, 2]", "('b', 'a')", "range(4)", "run.recs", "run.members", "run.batch_sizes", "(1,)", "()", "range(5, 0, -2)"]
DICTS = ["run.params", "run.env", "run.grid", "run.empty_dict", "run.months", "{'k': 1, 'j': 2.0}", "dict(a=1, b='x')"]
NAMES = ["x", "y", "z"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.names = []

    def pick(self, *options):
        return self.random.choice(options)

    def chance(self, share):
        return self.random.random() < share

    def number(self, depth):
        if depth <= 0:
            return self.random.choice(NUMBERS)
        sub = lambda: self.number(depth - 1)
        return self.pick(
            lambda: f"({sub()} {self.pick('+', '-', '*', '/', '//', '%')} {sub()})",
            lambda: f"({sub()} {self.pick('+', '-', '*', '/', '//', '%')} {sub()})",
            lambda: f"{sub()}|{self.pick('int', 'float', 'round', 'round(1)', 'round(2)', 'abs', 'round(-1)')}",
            lambda: f"{sub()}|round({self.pick(0, 1, 2, 3)}, '{self.pick('ceil', 'floor', 'common')}')",
            lambda: f"({sub()} if {self.boolean(depth - 1)} else {sub()})",
            lambda: f"-{sub()}",
            lambda: f"+{sub()}",
            lambda: f"({sub()}) ** {self.pick(2, 3, 0, -1)}",
            lambda: f"((({sub()})|abs) ** {self.pick(0.5, 1.5, 2, 0.3, -2.7)})",
            lambda: f"{self.list(depth - 1)}|{self.pick('sum', 'length', 'count', 'first', 'last', 'max', 'min')}",
            lambda: f"({self.list(depth - 1)})[{self.pick(0, 1, -1, 2, 7)}]",
            lambda: f"{self.string(depth - 1)}|{self.pick('int', 'float', 'length', 'wordcount', 'int(5)', 'float(1.5)', 'int(0, 16)')}",
            lambda: f"({self.string(depth - 1)}).{self.pick('find', 'count', 'index', 'rfind')}({self.string(0)})",
            lambda: f"{self.dict()}|length",
            lambda: f"{self.dict()}.{self.pick('alpha', 'k', 'nx', 'dx', 'beta', 'a')}",
            lambda: f"{self.dict()}.get({self.string(0)}, {sub()})",
            lambda: f"run.{self.pick('start', 'end', 'at', 'at_zone', 'at_fraction')}.{self.pick('year', 'month', 'day', 'hour', 'microsecond', 'weekday()', 'isoweekday()')}",
            lambda: f"(run.end - run.start).{self.pick('days', 'seconds', 'total_seconds()')}",
            lambda: self.anything(depth - 1) if self.chance(0.15) else sub(),
            lambda: self.name(self.random.choice(NUMBERS)),
        )()

    def boolean(self, depth):
        if depth <= 0:
            return self.pick("run.flag_on", "run.flag_off", "true", "False", "run.empty", "run.nosuch", "run.vars_list", "run.nothing", "none", "1", "run.zero")
        sub = lambda: self.boolean(depth - 1)
        return self.pick(
            lambda: f"{self.number(depth - 1)} {self.pick('<', '<=', '==', '!=', '>', '>=')} {self.number(depth - 1)}",
            lambda: f"{self.string(depth - 1)} {self.pick('==', '!=', '<', 'in', 'not in')} {self.string(depth - 1)}",
            lambda: f"{self.anything(depth - 1)} {self.pick('==', '!=')} {self.anything(depth - 1)}",
            lambda: f"not {sub()}",
            lambda: f"({sub()} {self.pick('and', 'or')} {sub()})",
            lambda: f"{self.anything(depth - 1)} is {self.pick('', 'not ')}{self.pick('defined', 'none', 'string', 'number', 'undefined', 'mapping', 'iterable', 'sequence', 'integer', 'float', 'boolean', 'true', 'false', 'callable', 'lower', 'upper')}",
            lambda: f"{self.number(depth - 1)} is {self.pick('odd', 'even', 'divisibleby 3', 'divisibleby(2)', 'gt 2', 'eq 3', 'le(4)', 'in [1, 2]', 'in(run.vars_list)', 'sameas none')}",
            lambda: f"{self.number(depth - 1)} {self.pick('in', 'not in')} {self.list(depth - 1)}",
            lambda: f"{self.string(depth - 1)} in {self.pick(self.list(0), self.dict())}",
            lambda: f"{self.number(0)} < {self.number(0)} <= {self.number(0)}",
            lambda: f"({self.string(depth - 1)}).{self.pick('startswith', 'endswith')}({self.string(0)})",
            lambda: f"({self.string(depth - 1)}).{self.pick('isdigit', 'isalpha', 'isupper', 'islower', 'isspace', 'isalnum', 'istitle', 'isidentifier')}()",
            lambda: f"{self.list(depth - 1)} {self.pick('==', '<', '!=')} {self.list(depth - 1)}",
            lambda: f"run.{self.pick('start', 'end')} {self.pick('<', '==', '>=')} run.{self.pick('start', 'end', 'at')}",
        )()

    def percent(self):
        flags = self.pick("", "", "0", "-", "+", " ", "#", "+0", "-0", " #")
        width = self.pick("", "", "3", "8", "12", "1")
        return self.pick(
            lambda: f"%{flags}{width}{self.pick('', '', '.0', '.4')}{self.pick(*'ddddixXosrca')}",
            lambda: f"%{flags}{width}{self.pick('', f'.{self.random.randint(0, 12)}')}{self.pick(*'feEgGFg')}",
            lambda: "%5.3s",
        )()

    def spec(self):
        r = self.random
        fill = self.pick("", "", "", "<", ">", "^", "=", "*^", "0>", "_<")
        sign = self.pick("", "", "", "+", "-", " ")
        alternate = self.pick("", "", "", "", "#")
        zero = self.pick("", "", "", "0")
        width = self.pick("", "", str(r.randint(1, 14)))
        group = self.pick("", "", "", "", ",", "_")
        precision = self.pick("", "", f".{r.randint(0, 9)}")
        return fill + sign + alternate + zero + width + group + precision + self.pick("", "", *"ffeEgGdsxXobcn%")

    def string(self, depth):
        if depth <= 0:
            return self.random.choice(STRINGS)
        sub = lambda: self.string(depth - 1)
        text = lambda: self.string(0)
        return self.pick(
            lambda: f"{sub()}|{self.pick('upper', 'lower', 'title', 'capitalize', 'trim', 'string', 'reverse', 'e', 'safe', 'escape', 'forceescape', 'urlencode')}",
            lambda: f"{sub()}|replace({text()}, {text()})",
            lambda: f"{sub()}|{self.pick('indent(2)', 'indent', 'indent(3, true)', 'indent(2, false, true)', 'center(12)', 'center(9)', 'truncate(9)', 'truncate(7, true)', 'truncate(5, false, __, 0)', 'wordwrap(6)', 'wordwrap(9, false)', 'default(1)', 'd(2, true)')}".replace("__", "'..'"),
            lambda: f"({sub()} ~ {self.anything(depth - 1)})",
            lambda: f"({sub()} + {sub()})",
            lambda: f"({sub()} * {self.pick(0, 2, 3)})",
            lambda: f"'{self.percent()}' % {self.number(depth - 1)}",
            lambda: f"'{self.percent()}|{self.percent()}' % ({self.number(depth - 1)}, {self.anything(depth - 1)})",
            lambda: f"'{self.percent()}'|format({self.number(depth - 1)})",
            lambda: f"'%(a){self.percent()[1:]}-%(b)s' % {{'a': {self.number(0)}, 'b': {text()}}}",
            lambda: "'{:%s}'.format(%s)" % (self.spec(), self.number(depth - 1)),
            lambda: "'{:%s}'.format(%s)" % (self.spec(), self.number(depth - 1)),
            lambda: "'{:%s}'.format(%s)" % (self.spec(), sub()),
            lambda: "'%s'.format(%s, %s, k=%s)" % (self.pick("{}-{}", "{1}{0}", "{0}{k}", "{k:>6}|{}", "{{{}}}", "{0!r:>8}", "{:{}}", "{0[a]}", "{0.real}", "{}{0}"), self.anything(depth - 1), self.number(0), text()),
            lambda: f"({sub()})[{self.pick('1:', ':2', '-2:', '::-1', '0:3:2', '::2', ':', '3:1', '5:1:-1', ':-1', '-3:-1')}]",
            lambda: f"({sub()})[{self.pick(0, -1, 2, 40)}]",
            lambda: f"({sub()}).{self.pick('upper()', 'lower()', 'zfill(6)', 'strip()', 'rjust(6)', 'ljust(7, __)', 'center(8)', 'center(9, __)', 'title()', 'capitalize()', 'swapcase()', 'lstrip(__)', 'rstrip(__)', 'replace(__, __)', 'expandtabs(4)', 'casefold()', 'removeprefix(__)', 'removesuffix(__)')}".replace("__", "'t'"),
            lambda: f"{self.list(depth - 1)}|join({self.pick('', text())})",
            lambda: f"{self.pick(repr(','), repr(' '), text())}.join({self.list(depth - 1)}|map('string'))",
            lambda: f"{self.list(depth - 1)}|map('string')|join({text()})",
            lambda: f"({sub()} if {self.boolean(depth - 1)} else {sub()})",
            lambda: f"({sub()} if {self.boolean(depth - 1)})",
            lambda: f"{self.anything(depth - 1)}|{self.pick('string', 'tojson', 'pprint', 'lower', 'upper')}",
            lambda: f"{self.number(depth - 1)}|filesizeformat{self.pick('', '(true)')}",
            lambda: f"run.{self.pick('start', 'end', 'at', 'at_zone', 'at_fraction')}{self.pick('', '.isoformat()', '|string')}",
            lambda: f"run.{self.pick('start', 'at', 'end')}.strftime('{self.pick('%Y%m%d', '%j %H:%M', '%d %b %Y', '%-d/%-m', '%A %U %W %V', '%y%m%dT%H%M%S', '%F %T', '%I %p')}')",
            lambda: self.name(self.random.choice(STRINGS)),
        )()

    def list(self, depth):
        if depth <= 0:
            return self.random.choice(LISTS)
        sub = lambda: self.list(depth - 1)
        return self.pick(
            lambda: f"{sub()}|{self.pick('sort', 'list', 'reverse|list', 'unique|list', 'sort(reverse=true)', 'sort(case_sensitive=true)', 'batch(2)|list', 'slice(2)|list', 'batch(2, 0)|list', 'slice(3, none)|list')}",
            lambda: f"{sub()}|map('{self.pick('string', 'int', 'upper', 'float', 'abs', 'length', 'first', 'default')}')|list",
            lambda: f"{sub()}|{self.pick('select', 'reject')}({self.pick('', repr('odd'), repr('string'), repr('defined'), repr('gt') + ', 1', repr('in') + ', [1, 2]', repr('none'), repr('equalto') + ', 2')})|list",
            lambda: f"run.{self.pick('recs', 'members')}|map(attribute={self.pick(repr('n'), repr('s'), repr('name'), repr('seed'), repr('levels.0'), repr('perturb'))})|list",
            lambda: f"run.{self.pick('recs', 'members')}|{self.pick('selectattr', 'rejectattr')}({self.pick(repr('n'), repr('seed') + ', ' + repr('gt') + ', 11', repr('levels'), repr('name') + ', ' + repr('equalto') + ', ' + repr('hot'))})|map(attribute='name')|list",
            lambda: f"run.{self.pick('recs', 'members')}|sort(attribute={self.pick(repr('n'), repr('s'), repr('name'), repr('seed,name'), repr('n,s'))})|map(attribute='s')|list",
            lambda: f"run.recs|groupby({self.pick(repr('n'), repr('s'))})",
            lambda: f"({sub()})[{self.pick('1:', ':2', '::-1', '-1:', '::2')}]",
            lambda: f"({self.string(depth - 1)}).{self.pick('split()', 'splitlines()', 'rsplit(none, 1)', 'partition(__)', 'rpartition(__)', 'split(__)', 'rsplit(__, 1)', 'split(none, 1)')}".replace("__", "' '"),
            lambda: f"{self.dict()}|{self.pick('dictsort', 'list', 'items|list', 'dictsort(by=__)', 'dictsort(reverse=true)')}".replace("__", "'value'"),
            lambda: f"{self.dict()}.{self.pick('items()', 'keys()', 'values()')}{self.pick('', '|list', '|sort')}",
            lambda: f"({sub()} + {sub()})",
            lambda: f"[{self.anything(depth - 1)}, {self.anything(depth - 1)}]",
            lambda: f"({self.anything(depth - 1)}, {self.anything(depth - 1)})",
            lambda: f"({self.anything(depth - 1)},)",
            lambda: f"range({self.pick(0, 1, 3, '2, 8, 3', '4, 0, -1')}){self.pick('', '|list')}",
            lambda: f"({sub()} * 2)",
            lambda: f"{self.string(depth - 1)}|list",
        )()

    def dict(self):
        return self.random.choice(DICTS)

    def name(self, otherwise):
        return self.random.choice(self.names) if self.names else otherwise

    def anything(self, depth):
        return self.pick(self.number, self.number, self.string, self.string, self.list, self.boolean, lambda _: self.dict(),
                         lambda _: self.pick("run.nosuch", "run.nothing", "nosuch", "none", "run.start", "run.at", "run.end - run.start"))(depth)

    def top(self):
        return self.pick(self.number, self.boolean, self.string, self.string, self.list, self.anything)(self.random.randint(1, 3))

    def sign(self):
        return self.pick("", "", "", "-", "+")

    def tag(self, text):
        return "{%" + self.sign() + self.pick(" ", "", "  ") + text + self.pick(" ", "", "\n ") + self.pick("", "", "-") + "%}"

    def show(self, expression=None):
        return "{{" + self.pick("", "", "", "-") + " " + (expression or self.top()) + " " + self.pick("", "", "", "-") + "}}"

    def filler(self):
        return self.pick("", " ", "\n", " a ", "\n  b = ", "\n\n", "c\n", " \t", "{# note #}", "{#- x -#}", ".", "$\\{x}", "${y}", "{ }", "'", "{% raw %}{{ r }}{% endraw %}", "{%- raw -%} q {%- endraw -%}")

    def block(self, depth):
        """Some text, tags and prints; names defined in the block are known only in the block."""
        before = list(self.names)
        text = "".join(self.filler() + self.statement(depth - 1) for _ in range(self.random.randint(1, 2))) + self.filler()
        self.names = before
        return text

    def statement(self, depth):
        if depth <= 0:
            return self.show("loop.index" if self.chance(0.03) else None)
        return self.pick(self.show, self.show, lambda: self.if_(depth), lambda: self.for_(depth), lambda: self.for_(depth), lambda: self.set_(depth),
                         lambda: self.with_(depth), lambda: self.macro(depth), lambda: self.namespace(depth), lambda: self.filter_(depth))()

    def if_(self, depth):
        text = self.tag(f"if {self.boolean(2)}") + self.block(depth)
        if self.chance(0.4):
            text += self.tag(f"elif {self.boolean(1)}") + self.block(depth)
        if self.chance(0.5):
            text += self.tag("else") + self.block(depth)
        return text + self.tag("endif")

    def for_(self, depth):
        before = list(self.names)
        target = self.random.choice(NAMES)
        if self.chance(0.2):
            head = f"for {target}, k in {self.dict()}{self.pick('.items()', '|dictsort', '|items')}"
        else:
            head = f"for {target} in {self.pick(self.list(1), self.list(2), self.string(1), self.dict())}"
        if self.chance(0.2):
            head += f" if {self.pick(target, target + ' is string', target + ' != 2', 'not ' + target)}"
        self.names.append(target)
        loop = self.pick("index", "index0", "first", "last", "length", "revindex", "revindex0", "cycle('a', 'b')", "previtem", "nextitem", "changed(1)", "depth")
        body = self.block(depth) + self.pick("", f"{{{{ loop.{loop} }}}}", "{{ ',' if not loop.last }}")
        self.names = before
        tail = self.tag("else") + self.block(depth) if self.chance(0.2) else ""
        return self.tag(head) + body + tail + self.tag("endfor")

    def set_(self, depth):
        name = self.random.choice(NAMES)
        if self.chance(0.25):
            text = self.tag(f"set {name}{self.pick('', '', ' | upper', ' | trim | length')}") + self.block(depth) + self.tag("endset")
        elif self.chance(0.15):
            text = self.tag(f"set {name}, w = {self.pick('1, 2', self.list(0), self.string(0))}")
        else:
            text = self.tag(f"set {name} = {self.top()}")
        self.names.append(name)
        return text + self.show(name)

    def with_(self, depth):
        name = self.random.choice(NAMES)
        value = self.top()
        before = list(self.names)
        self.names.append(name)
        text = self.tag(f"with {name} = {value}") + self.block(depth) + self.tag("endwith")
        self.names = before
        return text

    def macro(self, depth):
        name = self.pick("m", "n")
        before = list(self.names)
        self.names += ["p", "q"]
        body = self.block(depth) + self.pick("", "", "{{ varargs }}", "{{ kwargs }}")
        self.names = before
        arguments = self.pick(self.number(0), f"{self.string(0)}, {self.number(0)}", f"q={self.string(0)}", "", "1, 2, 3", "1, z=4", "*[1, 2]", "**{'q': 5}")
        return self.tag(f"macro {name}(p, q={self.number(0)})") + body + self.tag("endmacro") + self.show(f"{name}({arguments})")

    def namespace(self, depth):
        return self.tag("set ns = namespace(n=0)") + self.tag(f"for x in {self.list(0)}") + self.tag(f"set ns.n = {self.pick('ns.n + 1', 'x', 'ns.n ~ x', 'loop.index')}") + self.tag("endfor") + self.show("ns.n")

    def filter_(self, depth):
        return self.tag(f"filter {self.pick('upper', 'trim', 'indent(2)', 'replace(__, __)', 'title', 'trim|upper', 'length', 'center(20)')}".replace("__", "'a'")) + self.block(depth) + self.tag("endfilter")

    def template(self):
        self.names = []
        if self.chance(0.45):
            return f"[{self.show()}]\n"
        return self.filler() + "".join(self.statement(self.random.randint(1, 3)) + self.filler() for _ in range(self.random.randint(1, 3))) + self.pick("", "\n", "\n\n", "\r\n")


def templates(seed, count):
    """`count` templates of at most 600 characters; the same seed gives the same templates."""
    generator = Generator(seed)
    made = 0
    while made < count:
        text = generator.template()
        if len(text) <= 600:
            made += 1
            yield text
