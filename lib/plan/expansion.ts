/** What a shell makes of a destination: the Python tool hands `dest` to one. `~` and variables; nothing that runs a command. */

/** `$NAME`, `${NAME}`, `${NAME-text}` and `${NAME:-text}`; of the last two, the text holds if there is no such variable. */
const VARIABLE = /\$(?:(\w+)|\{(\w+)(?:(:?-)([^{}$`]*))?\})/g;

/** The first part of a text that a shell would expand in another way, such as `$(date)`. */
export const unsupportedIn = (text: string): string | undefined =>
  /\$\([^)]*\)?|\$\{[^}]*\}?|`[^`]*`?/.exec(text.replace(VARIABLE, ""))?.[0];

/** The text with its variables expanded. `missing` is called for a variable that has no value, and gives none by default. */
export const withVariables = (
  text: string,
  variables: Readonly<Record<string, string | undefined>>,
  missing: (written: string) => string,
): string =>
  text.replace(VARIABLE, (written: string, plain?: string, braced?: string, operator?: string, otherwise?: string) => {
    const value = variables[plain ?? braced ?? ""];
    if (operator === "-") return value ?? otherwise ?? "";
    if (value !== undefined && value !== "") return value;
    return operator === ":-" ? (otherwise ?? "") : missing(written);
  });

/** `host:path` and `user@host:path`. With a slash before the colon, it is a local path (rsync(1)). */
export const isRemote = (dest: string): boolean => /^[^/]+:/.test(dest);
