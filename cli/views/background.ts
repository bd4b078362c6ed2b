/** What a program in the background tells the program that started it. */
import { ignoreElements, tap } from "rxjs";
import type { Diagnostic } from "../../lib/index.js";
import type { View } from "./view.js";

/** What the background tells whoever started it. */
export type Word =
  | { readonly type: "diagnostics"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly type: "refused"; readonly message: string }
  | { readonly type: "accepted" };

/** In the background: passes word to whoever started this, and lets go of it once there is nothing more to say. */
export const tellStarter: View = (event$) =>
  event$.pipe(
    tap((event) => {
      if (event.type === "configuration.warned" || event.type === "configuration.refused") {
        say({ type: "diagnostics", diagnostics: event.diagnostics });
      }
      if (event.type === "journal.refused") say({ type: "refused", message: event.message });
      if (event.type === "ensemble.started") say({ type: "accepted" }, letGo);
    }),
    ignoreElements(),
  );

const letGo = () => {
  if (process.connected) process.disconnect();
};

const say = (word: Word, then: () => void = () => undefined) => {
  // Whoever started this may be gone: it was waited for by nobody but a person.
  if (process.connected) process.send?.(word, undefined, undefined, then);
};
