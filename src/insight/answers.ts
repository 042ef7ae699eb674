import { z } from 'zod';

/** Texts go to terminals and logs: one line each, so many characters, nothing that moves a cursor. */
const line = (most: number) =>
  z
    .string()
    .max(most)
    .transform((text) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim())
    .refine((text) => text !== '', { error: 'expected a text' });

const opinion = z.strictObject({
  symbol: z.string(),
  /** From −1 (will fall more often than the model says) to 1. */
  lean: z.number().min(-1).max(1),
  /** From 0 (the model can be believed) to 1. */
  doubt: z.number().min(0).max(1),
  reason: line(300),
});

const opinions = z.strictObject({ markets: z.array(opinion).max(16) });

/** What markets are like; `unclear` when the figures don't say. */
const regime = z.enum(['calm', 'trending', 'volatile', 'illiquid', 'unclear']);

const marketInsight = z.strictObject({
  headline: line(160),
  summary: line(1_500),
  markets: z.array(z.strictObject({ symbol: z.string(), regime, note: line(400) })).max(16),
  /** What a market maker should look out for. */
  risks: z.array(line(300)).max(6),
});

/** An opinion of each market. */
export type Opinions = z.output<typeof opinions>;
/** The markets in words. */
export type MarketInsight = z.output<typeof marketInsight>;

/** What an answer has to be: how it is asked for, and how it is checked. */
export interface AnswerForm<T> {
  /** Name of the schema on the wire. */
  readonly name: string;
  /** JSON Schema as the API's strict mode takes it, its symbols bound to those asked about. */
  readonly jsonSchema: (symbols: readonly string[]) => Record<string, unknown>;
  /** @throws Error that says in what the text differs from the form */
  readonly parse: (text: string, symbols: readonly string[]) => T;
}

/** Answers of `enhance_prediction`. */
export const OPINIONS: AnswerForm<Opinions> = formOf('enhance_prediction', opinions);
/** Answers of `generate_market_insight`. */
export const MARKET_INSIGHT: AnswerForm<MarketInsight> = formOf('generate_market_insight', marketInsight);

/** Keywords that the strict mode of structured outputs refuses; the answer is held to them here instead. */
const REFUSED_KEYWORDS = ['$schema', 'minLength', 'maxLength', 'pattern', 'minimum', 'maximum', 'minItems', 'maxItems'];

function formOf<T extends { readonly markets: readonly { readonly symbol: string }[] }>(
  name: string,
  schema: z.ZodType<T>,
): AnswerForm<T> {
  return {
    name,
    jsonSchema: (symbols) => {
      const made = z.toJSONSchema(schema, {
        io: 'input',
        override: ({ jsonSchema, path }) => {
          for (const keyword of REFUSED_KEYWORDS) delete (jsonSchema as Record<string, unknown>)[keyword];
          if (path.at(-1) === 'symbol') jsonSchema.enum = [...symbols];
        },
      }) as Record<string, unknown>;
      delete made.$schema;
      return made;
    },
    parse: (text, symbols) => {
      const parsed = schema.safeParse(jsonOf(text));
      if (!parsed.success) {
        const [first] = parsed.error.issues;
        throw new Error(`${first?.path.join('.') || 'answer'}: ${first?.message ?? 'not of the form asked for'}`);
      }
      const seen = new Set<string>();
      for (const { symbol } of parsed.data.markets) {
        if (!symbols.includes(symbol)) throw new Error(`markets: ${JSON.stringify(symbol)} was not asked about`);
        if (seen.has(symbol)) throw new Error(`markets: ${symbol} is there twice`);
        seen.add(symbol);
      }
      return parsed.data;
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('answer: not JSON');
  }
}
