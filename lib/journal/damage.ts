/** The error of a journal that cannot be read. */

/** Names the damaged file and the byte at which the damage starts. */
export class JournalDamage extends Error {
  constructor(
    readonly path: string,
    readonly offset: number,
    message: string,
  ) {
    super(message);
    this.name = "JournalDamage";
  }
}
