/** What is wrong with a journal that cannot be read, and where. */

/** A journal that cannot be read, with the file in which that is so. */
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
