import { NOT_A_MULTIPLE, type Scale, scaleOf, stepsOf } from '../../../streams/market/units.ts';
import { commonStep } from '../../binance/instruments.ts';

/** Finds the largest round step that all decimals shown to it are multiples of. Fast where the step is already right. */
export class StepSurvey {
  #step: string | undefined;
  #scale: Scale | undefined;

  /** Takes a decimal text into account; what is no decimal is for the import to complain of. */
  take(text: string): void {
    if (this.#scale !== undefined && stepsOf(text, this.#scale) !== NOT_A_MULTIPLE) return;
    try {
      this.#step = commonStep(this.#step === undefined ? [text] : [this.#step, text]);
      this.#scale = scaleOf(this.#step);
    } catch {
      // Zero, or no decimal: nothing to learn from.
    }
  }

  /** The step, or undefined when no positive decimal was shown. */
  get step(): string | undefined {
    return this.#step;
  }
}
