/** The decision for or against colour and Unicode, and the palette. */
import { Chalk } from "chalk";

/** The part of a stream that knows its terminal's colours. */
export interface Colored {
  hasColors?(): boolean;
}

type ColorEnvironment = Readonly<Record<string, string | undefined>>;

/** FORCE_COLOR wins over NO_COLOR (no-color.org), and both win over the terminal. chalk ignores NO_COLOR. */
export const wantsColor = (env: ColorEnvironment, stream: Colored): boolean => {
  const { FORCE_COLOR, NO_COLOR, TERM } = env;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "0" && FORCE_COLOR !== "false") return true;
  if (NO_COLOR || FORCE_COLOR !== undefined || TERM === "dumb") return false;
  return stream.hasColors?.() ?? false;
};

/** Whether the locale is UTF-8. On login nodes it is often `C`, where all but ASCII shows as garbage. */
export const wantsUnicode = ({ LC_ALL, LC_CTYPE, LANG, TERM }: ColorEnvironment): boolean =>
  TERM !== "linux" && /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "");

type Painter = (text: string) => string;

export type Palette = Readonly<Record<"good" | "bad" | "warn" | "dim" | "bold" | "place", Painter>>;

export const paletteOf = (color: boolean): Palette => {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  return {
    good: chalk.green,
    bad: chalk.red,
    warn: chalk.yellow,
    dim: chalk.dim,
    bold: chalk.bold,
    place: chalk.bold,
  };
};
