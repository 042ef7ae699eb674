import { dialWebSocket, type Line, type LineEvents } from '../../venue/connection.ts';
import type { BlockSource, HeightNews } from '../node.ts';
import { newsSchema } from './schemas.ts';

/** Asks for every new block: also quiet ones, which move the clock and show that the chain lives. */
export const SUBSCRIPTION = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'subscribe',
  params: { query: "tm.event='NewBlock'" },
});

/** New blocks from a node's WebSocket. */
export class RpcBlockSource implements BlockSource {
  readonly name: string;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
    this.name = new URL(url).origin;
  }

  watch(events: LineEvents<HeightNews>, openMs: number): Line {
    const line = dialWebSocket(
      this.#url,
      {
        opened: () => {
          line.send(SUBSCRIPTION);
          events.opened();
        },
        message: (text) => tellNews(text, events, line),
        alive: events.alive,
        lost: events.lost,
      },
      openMs,
    );
    return line;
  }
}

/** Reads one message of a subscription to new blocks; undefined stands for a binary one. */
export function tellNews(text: string | undefined, events: LineEvents<HeightNews>, line: Line): void {
  const news = newsSchema.safeParse(jsonOf(text));
  if (!news.success || 'error' in news.data) {
    events.message({ nonsense: (text ?? 'binary message').slice(0, 120) });
    if (!news.success) return;
    // A subscription that was refused will not bring blocks.
    line.close();
    events.lost('subscription refused');
    return;
  }
  if ('data' in news.data.result) events.message(Number(news.data.result.data.value.block.header.height));
  else events.alive();
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
