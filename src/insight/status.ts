import { z } from 'zod';
import { situationSchema } from './situation.ts';

const usd = z.number().min(0);
const count = z.int().min(0);

/** The insight of a session as its status shows it. */
export const insightStatusSchema = z.object({
  /** `ready` asks when it is time; `open`: its breaker refuses; `spent`: its budget does; `held`: the service wants a pause. */
  state: z.enum(['off', 'ready', 'open', 'spent', 'held']),
  detail: z.string(),
  spent_hour_usd: usd,
  budget_hour_usd: usd,
  spent_day_usd: usd,
  budget_day_usd: usd,
  asked: count,
  answered: count,
  cached: count,
  last_failure: z.string(),
  /** Opinions that lean on predictions now. */
  opinions: z.array(
    z.object({
      market: z.string(),
      lean: z.number(),
      doubt: z.number(),
      reason: z.string(),
      since_ms: count,
      until_ms: count,
    }),
  ),
  /** The newest in words. */
  latest: z
    .object({
      time_ms: count,
      by: z.string(),
      headline: z.string(),
      summary: z.string(),
      markets: z.array(z.object({ symbol: z.string(), regime: z.string(), note: z.string() })),
      risks: z.array(z.string()),
    })
    .nullable(),
  /** What would be sent now; it is made whether or not anything is sent. */
  situation: situationSchema,
});

/** See {@link insightStatusSchema}. */
export type InsightStatus = z.infer<typeof insightStatusSchema>;
