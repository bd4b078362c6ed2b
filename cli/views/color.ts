/** Whether a stream gets colour, and which colour says what. */
import { Chalk } from "chalk";

/** The part of a stream that knows what its terminal can do. */
export interface Colored {
  hasColors?(): boolean;
}

type ColorEnvironment = Readonly<Record<string, string | undefined>>;

/** FORCE_COLOR wins over NO_COLOR (no-color.org), and both over what the terminal says. chalk knows nothing of NO_COLOR. */
export const wantsColor = (env: ColorEnvironment, stream: Colored): boolean => {
  const { FORCE_COLOR, NO_COLOR, TERM } = env;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "0" && FORCE_COLOR !== "false") return true;
  if (NO_COLOR || FORCE_COLOR !== undefined || TERM === "dumb") return false;
  return stream.hasColors?.() ?? false;
};

/** Whether the locale is a UTF-8 one: on a login node it is often `C`, where anything but ASCII shows as rubbish. */
export const wantsUnicode = ({ LC_ALL, LC_CTYPE, LANG, TERM }: ColorEnvironment): boolean =>
  TERM !== "linux" && /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "");

type Painter = (text: string) => string;

export type Paints = Readonly<Record<"good" | "bad" | "odd" | "faint" | "strong" | "place", Painter>>;

export const paints = (color: boolean): Paints => {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  return {
    good: chalk.green,
    bad: chalk.red,
    odd: chalk.yellow,
    faint: chalk.dim,
    strong: chalk.bold,
    place: chalk.bold,
  };
};
