"""A generator of random sets of templates that include, import and extend each other."""
import random

# A file loads only files behind it, or, seldom, itself.
FILES = ["main", "mid.j2", "base.j2", "part.j2", "sub/leaf.j2", "macros.j2", "lib.j2"]
NAMES = ["x", "y", "z", "_p"]
BLOCKS = ["a", "b", "c", "d"]
MACROS = ["f", "g", "_h"]


class Several:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *options):
        return self.random.choice(options)

    def chance(self, share):
        return self.random.random() < share

    def tag(self, text):
        return "{%" + self.pick("", "", "", "-") + f" {text} " + self.pick("", "", "", "-") + "%}"

    def text(self):
        return self.pick("", " ", "\n", "t", " u\n", "{# note #}", "v ", "\r\n", ";")

    # What a file loads: usually a file that is there.
    def other(self, kinds):
        later = [name for name in FILES[FILES.index(self.file) + 1:] if name in kinds]
        if not later or self.chance(0.01):
            return self.pick(self.file, "nosuch.j2")
        return self.random.choice(later)

    def name(self, kinds):
        name = self.other(kinds)
        if self.chance(0.03):
            name = self.pick("./", "/", "sub/", "../template/", "sub/../") + name
        quoted = f'"{name}"'
        if self.chance(0.1):
            return f'"{name[:2]}" ~ "{name[2:]}"'
        if self.chance(0.02):
            return self.pick(f'{quoted} if x else "nosuch.j2"', f'("nosuch.j2" if y else {quoted})', "x", "nosuch", "none", "3")
        return quoted

    def call(self):
        """A call of a macro, a block, or `super`; usually only if it is there."""
        target = self.pick("f", "g", "h", "m.f", "m.g", "n.f", "m.f", *[f"self.{name}" for name in BLOCKS if self.chance(0.2)], *["super"] * 8 * self.in_block)
        arguments = "" if target.startswith(("self", "super")) else self.pick("", "1", "x", "p=2", "q=y")
        above = self.pick("", "", "", ".super") if target.startswith(("self", "super")) else ""
        if self.chance(0.03):
            return f"{target}{above}({arguments})"
        guard = " and ".join(dict.fromkeys([target.split(".")[0], target, target + above]))
        return f"({target}{above}({arguments}) if {guard})"

    def value(self):
        if self.chance(0.1 if self.in_macro else 0.4):
            return self.call() + self.pick("", "", "", "|upper")
        return self.pick(
            "x", "y", "z", "_p", "x", "y", "'s'", "3", "i", "i", "m", "n", "x is defined", "f is defined", "[x, y]", "x ~ y", "p", "q", "varargs", "caller",
            "run.custom_id if run", "run.name if run", "run is defined", "loop.index if loop", "loop.index if loop else '-'", "loop is defined", "super is defined",
            "m.x if m", "n.y if n", "m._p if m", "m.m if m", "(m.x, m.y) if m", "m == n", "self", "self.a.name if self.a", "self.zz", "f.name if f",
        )

    def show(self):
        return "{{ " + self.value() + " }}"

    def context(self):
        return self.pick("", "", "", " with context", " with context", " without context")

    def load(self):
        if self.file == FILES[-1] and self.chance(0.97):
            return self.show()
        kind = self.pick("include", "include", "include", "import", "from", "from")
        if kind == "include":
            partials = ["part.j2", "sub/leaf.j2", "macros.j2", "lib.j2", "base.j2", "mid.j2"]
            name = self.name(partials)
            if self.chance(0.2):
                name = self.pick(f"['nosuch.j2', {name}]", f"({name}, 'nosuch.j2')", f"[nosuch, {name}]", *(["['nosuch.j2']", "[]"] if self.chance(0.3) else []))
            # Jinja2 writes an include without context before the text of the tag around it; the engine refuses this.
            context = self.pick("", " with context") if self.captured and self.chance(0.97) else self.context()
            return self.tag(f"include {name}{self.pick('', '', ' ignore missing')}{context}")
        modules = ["macros.j2", "lib.j2", "macros.j2", "lib.j2", "part.j2", "mid.j2"]
        if kind == "import":
            return self.tag(f"import {self.name(modules)} as {self.pick('m', 'n', 'm', 'n', '_m', 'x')}{self.context()}")
        names = ", ".join(self.pick("f", "g", "x", "y", "f as h", "g as f", "x as y", "z", "g", "f as _f") for _ in range(self.random.randint(1, 3)))
        return self.tag(f"from {self.name(modules)} import {names}{',' if self.chance(0.01) else ''}{self.context()}")

    def body(self, depth, captured=None):
        """`captured`: whether the tag around the body keeps its text; None if that depends on the next tag outside."""
        outer = self.captured
        self.captured = outer if captured is None else captured
        text = self.text() + "".join(self.statement(depth - 1) + self.text() for _ in range(self.random.randint(1, 3)))
        self.captured = outer
        return text

    def statement(self, depth):
        if depth <= 0:
            return self.pick(self.show, self.show, self.load, self.text)()
        return self.pick(self.show, self.show, self.load, self.load, self.set_, lambda: self.if_(depth), lambda: self.for_(depth), lambda: self.wrapped(depth),
                         lambda: self.block(depth), lambda: self.block(depth), lambda: self.macro(depth))()

    def set_(self):
        name = self.random.choice(NAMES)
        if self.chance(0.2):
            return self.tag(f"set {name}") + self.body(1, True) + self.tag("endset")
        return self.tag(f"set {name} = {self.value()}")

    def if_(self, depth):
        test = self.pick("x", "y", "true", "false", "loop", "run", "m", "x is defined")
        otherwise = self.tag("else") + self.body(depth) if self.chance(0.3) else ""
        return self.tag(f"if {test}") + self.body(depth) + otherwise + self.tag("endif")

    def for_(self, depth):
        return self.tag(f"for {self.pick('i', 'i', 'x', 'y')} in {self.pick('[1, 2]', '(run.vars_list if run)', '()', '[x]')}") + self.body(depth) + self.tag("endfor")

    def wrapped(self, depth):
        head, end = self.pick((f"with {self.pick('x', 'z')} = {self.value()}", "endwith"), ("filter upper", "endfilter"))
        return self.tag(head) + self.body(depth, True if end == "endfilter" else None) + self.tag(end)

    def block(self, depth):
        free = [name for name in BLOCKS if name not in self.blocks]
        if not free:
            return self.show()
        name = self.random.choice(free)
        self.blocks.append(name)
        outer, self.in_block = self.in_block, True
        required = self.chance(0.03)
        body = self.pick("", " ", "{# c #}") if required else self.body(depth, False)
        self.in_block = outer
        words = self.pick("", "", "", " scoped", " scoped") + (" required" if required else "")
        return self.tag(f"block {name}{words}") + body + self.tag(f"endblock{self.pick('', '', ' ' + name)}")

    def macro(self, depth):
        name = self.random.choice(MACROS)
        parameters = self.pick("", "p", "p, q='Q'", "q=x", "p=y")
        outer, self.in_macro = self.in_macro, True
        body = self.body(depth, True)
        self.in_macro = outer
        return self.tag(f"macro {name}({parameters})") + body + self.tag("endmacro")

    def extends(self):
        bases = ["mid.j2", "base.j2", "part.j2"]
        head = self.tag(f"extends {self.name(bases)}")
        if self.chance(0.2):
            head = self.tag(f"if {self.pick('x', 'true', 'false', 'run')}") + head + self.tag("endif")
        return head

    def template(self, file):
        self.file, self.blocks = file, []
        self.in_block = self.in_macro = self.captured = False
        count = self.random.randint(1, 4)
        parts = [self.text() + self.statement(2) for _ in range(count)]
        if file in ("macros.j2", "lib.j2"):
            parts += [self.macro(1), self.set_(), self.macro(1)]
        if self.chance({"main": 0.6, "mid.j2": 0.8, "part.j2": 0.15}.get(file, 0.03)):
            parts.insert(0 if self.chance(0.7) else self.random.randint(0, len(parts)), self.extends())
        if self.chance(0.02):
            parts.append(self.extends())
        return "".join(parts) + self.text()


def sets(seed, count):
    """`count` sets of files, each a dict from names to texts, of at most 2000 characters; the same seed gives the same sets."""
    generator = Several(seed)
    made = 0
    while made < count:
        files = {file: generator.template(file) for file in FILES}
        if sum(map(len, files.values())) <= 2000:
            made += 1
            yield files
