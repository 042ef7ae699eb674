import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { ENHANCE_PREDICTION, GENERATE_MARKET_INSIGHT, type Prompt } from './prompts.ts';

/** Of the words and the form of every version there has been. A new text gets a new version, and a line of its own. */
const TEXTS: Readonly<Record<string, string>> = {
  'enhance/1': 'cb63a9819c18d12d',
  'market/1': 'ae8968b65d25a353',
};

it.each([ENHANCE_PREDICTION, GENERATE_MARKET_INSIGHT] as readonly Prompt<unknown>[])(
  'version $version of the prompt is the text that it always was',
  ({ version, system, form, maxTokens }) => {
    const text = JSON.stringify([system, form.name, form.jsonSchema(['A']), maxTokens]);
    expect(createHash('sha256').update(text).digest('hex').slice(0, 16)).toBe(TEXTS[version]);
  },
);
