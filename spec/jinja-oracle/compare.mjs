/** Compares our answer to a template with the recorded or fresh one of real Jinja2. */

/** A value of context.json as the program's configuration has it. */
export const valueOf = (plain, { Float, Timestamp }) => {
  if (Array.isArray(plain)) return plain.map((item) => valueOf(item, { Float, Timestamp }));
  if (typeof plain !== "object" || plain === null) return plain;
  if (Object.keys(plain).join() === "$float") return new Float(Number(plain.$float));
  if (Object.keys(plain).join() === "$int") return BigInt(plain.$int);
  if (Object.keys(plain).join() === "$time") return new Timestamp(plain.$time);
  return Object.fromEntries(Object.entries(plain).map(([key, item]) => [key, valueOf(item, { Float, Timestamp })]));
};

/**
 * "equal"; "loud" where we refuse what Jinja2 renders; "silent" where both render, differently; "lax" where we render
 * what Jinja2 refuses. A text with an address in it is another one each time: to refuse it is to agree.
 */
export const verdict = (answer, ours) => {
  if ("error" in ours) return "o" in answer ? "loud" : "equal";
  if ("e" in answer) return "lax";
  return ours.text === answer.o ? "equal" : "silent";
};
