import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** The first draws of two neighbouring seeds are alike: this many are thrown away. */
const WARM_UP_DRAWS = 32;

/** The state of a {@link SeededRandom}: four 32-bit integers. */
export type RandomState = readonly number[];

/** A seeded generator of numbers in [0, 1), as the kernel and the devnet take it: the only source of chance in here. */
export interface SeededRandom {
  (): number;
  /** Where the generator stands, to go on from there with {@link randomFrom}. */
  state(): RandomState;
}

/**
 * xoroshiro128+ (Blackman and Vigna 2018) on 53 bits: the same seed gives the same numbers on every machine.
 *
 * @param seed any integer; its lowest 32 bits count
 * @throws RangeError when it is not an integer
 */
export function seededRandom(seed: number): SeededRandom {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed ${seed}: expected an integer`);
  const generator = xoroshiro128plus(seed);
  for (let i = 0; i < WARM_UP_DRAWS; i += 1) generator.next();
  return randomFrom(generator.getState());
}

/** The generator that stood at `state`. @throws Error on anything but a state that {@link SeededRandom.state} gave */
export function randomFrom(state: RandomState): SeededRandom {
  const generator = xoroshiro128plusFromState(state);
  return Object.assign(() => uniformFloat64(generator), { state: () => generator.getState() });
}
