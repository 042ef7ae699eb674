import type { Observable } from 'rxjs';
import type { z } from 'zod';
import type { Clock } from '../streams/clock/clock.ts';

/** The inputs of a marble, by name. */
export interface Inputs {
  /** @param name one of the subject's inputs; the caller states the type that its schema gives */
  of<T>(name: string): Observable<T>;
}

/** What a subject is wired to. */
export interface Bench {
  readonly clock: Clock;
  readonly inputs: Inputs;
}

/** Something real that marbles may drive: an operator, the kernel, the pipeline. */
export interface Subject {
  /** What it is, for the index: a path and a name. */
  readonly about: string;
  readonly parameters: z.ZodType;
  /** The inputs, and what their values must look like. */
  readonly inputs: Readonly<Record<string, z.ZodType>>;
  readonly outputs: readonly string[];
  /** Makes the outputs. Called once for each run. */
  wire(parameters: unknown, bench: Bench): Readonly<Record<string, Observable<unknown>>>;
}

interface TypedSubject<P extends z.ZodType, I extends Record<string, z.ZodType>, O extends string> {
  readonly about: string;
  readonly parameters: P;
  readonly inputs: I;
  readonly outputs: readonly O[];
  wire(
    parameters: z.infer<P>,
    bench: {
      readonly clock: Clock;
      readonly inputs: { of<K extends keyof I & string>(name: K): Observable<z.infer<I[K]>> };
    },
  ): Readonly<Record<O, Observable<unknown>>>;
}

/** A subject whose parameters, inputs and outputs are checked against each other by the compiler. */
export function subject<P extends z.ZodType, I extends Record<string, z.ZodType>, O extends string>(
  typed: TypedSubject<P, I, O>,
): Subject {
  return typed as unknown as Subject;
}
