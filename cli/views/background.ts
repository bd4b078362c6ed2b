/** The messages that a background process sends to the process that started it. */
import { ignoreElements, tap } from "rxjs";
import type { Diagnostic } from "../../lib/index.js";
import type { View } from "./view.js";

export type BackgroundMessage =
  | { readonly type: "diagnostics"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly type: "refused"; readonly message: string }
  | { readonly type: "accepted" };

/** A view that reports to the starter whether the configuration is accepted, and then disconnects. */
export const reportToStarter: View = (event$) =>
  event$.pipe(
    tap((event) => {
      if (event.type === "configuration.warned" || event.type === "configuration.refused") {
        send({ type: "diagnostics", diagnostics: event.diagnostics });
      }
      if (event.type === "journal.refused") send({ type: "refused", message: event.message });
      if (event.type === "ensemble.started") send({ type: "accepted" }, disconnect);
    }),
    ignoreElements(),
  );

const disconnect = () => {
  if (process.connected) process.disconnect();
};

const send = (message: BackgroundMessage, then: () => void = () => undefined) => {
  // The starter may be gone already: a user can end it.
  if (process.connected) process.send?.(message, undefined, undefined, then);
};
