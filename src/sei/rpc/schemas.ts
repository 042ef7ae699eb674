import { z } from 'zod';

/** What is read of Tendermint's answers, and no more: a node may say anything else besides. */

const heightText = z.string().regex(/^\d{1,15}$/);
const heightOrNothing = heightText.or(z.literal('')).optional();
const base64 = z.base64().nullish();

/** Any JSON-RPC answer. */
export const answerSchema = z.union([
  z.object({ error: z.object({ code: z.number(), message: z.string(), data: z.string().optional() }) }),
  z.object({ result: z.unknown() }).refine(({ result }) => result !== undefined, 'neither result nor error'),
]);

/** `status` */
export const statusSchema = z.object({
  node_info: z.object({ network: z.string().min(1) }),
  sync_info: z.object({ latest_block_height: heightText }),
});

/** `abci_query` */
export const abciSchema = z.object({
  response: z.object({ code: z.int().optional(), log: z.string().nullish(), value: base64, height: heightOrNothing }),
});

/** `block` */
export const blockSchema = z.object({
  block: z.object({
    header: z.object({ height: heightText, time: z.string() }),
    data: z.object({ txs: z.array(z.string()).nullish() }),
  }),
});

/** The result of one transaction; its events are read of the one that is ours. */
export const txResultSchema = z.object({
  code: z.int().optional(),
  codespace: z.string().optional(),
  log: z.string().optional(),
  data: base64,
  events: z.unknown(),
});

/** Events of a transaction, their attributes in base64. */
export const eventsSchema = z
  .array(
    z.object({
      type: z.string(),
      attributes: z.array(z.object({ key: z.string().nullish(), value: z.string().nullish() })).nullish(),
    }),
  )
  .nullish();

/** `block_results` */
export const blockResultsSchema = z.object({ height: heightText, txs_results: z.array(txResultSchema).nullish() });

/** `tx` */
export const txSchema = z.object({ height: heightText, tx_result: txResultSchema });

/** `num_unconfirmed_txs` */
export const waitingSchema = z.object({ total: heightText });

/** `broadcast_tx_sync` */
export const checkedSchema = z.object({ code: z.int(), codespace: z.string().nullish(), log: z.string().nullish() });

/** What comes over a subscription to new blocks: an error, the acknowledgement, or a block. */
export const newsSchema = z.union([
  z.object({ error: z.object({ message: z.string(), data: z.string().optional() }) }),
  z.object({ result: z.strictObject({}) }),
  z.object({
    result: z.object({
      data: z.object({ value: z.object({ block: z.object({ header: z.object({ height: heightText }) }) }) }),
    }),
  }),
]);
