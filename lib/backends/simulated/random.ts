/** Random numbers that depend on a seed and a name: a job has the same fate in any order of submissions. */

/** Numbers from 0 (included) to 1 (excluded). */
export type Random = () => number;

export const randomOf = (seed: number, name: string): Random => {
  let state = mixed(seed) ^ mixed(Math.floor(seed / 2 ** 32) + 1);
  for (const character of name) state = mixed(state ^ (character.codePointAt(0) ?? 0));
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mixed(state) / 2 ** 32;
  };
};

/** One step of a 32-bit integer hash: every bit of the input moves about half of the output's. */
const mixed = (value: number): number => {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) >>> 0;
};

/** A number of the normal distribution with mean 0 and deviation 1 (Box and Muller, 1958). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
