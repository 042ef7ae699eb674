import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Transport } from './transport.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server: Server = createServer(handle);
  let [open, most] = [0, 0];
  server.on('connection', (socket) => {
    open += 1;
    most = Math.max(most, open);
    socket.on('close', () => {
      open -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, most: () => most };
}

function transport(timeoutMs = 2_000): Transport {
  const made = new Transport(timeoutMs);
  closing.push(() => made.close());
  return made;
}

const keep = { keep: true };

describe('the transport', () => {
  it('keeps to its few connections however much is asked, and answers everything', async () => {
    const { url, most } = await serve((request, response) => {
      setTimeout(() => request.pipe(response), 2);
    });
    const one = transport();
    const bodies = Array.from({ length: 100 }, (_, i) => `body ${i}`);
    const answers = await Promise.all([one.send(url, 'tx'), ...bodies.map((body) => one.read(url, body, keep))]);
    expect(answers).toEqual(['tx', ...bodies]);
    expect(most()).toBeLessThanOrEqual(4);
  });

  it('does not have a transaction wait behind reads', async () => {
    const held: ServerResponse[] = [];
    const { url } = await serve((request, response) => {
      request.on('data', (body) => (String(body) === 'tx' ? response.end('taken') : held.push(response)));
    });
    const one = transport();
    const reads = Array.from({ length: 20 }, () => one.read(url, 'read', keep).catch(() => 'cut'));
    expect(await one.send(url, 'tx')).toBe('taken');
    one.close();
    for (const response of held) response.destroy();
    closing.splice(0).forEach((close) => void close());
    expect((await Promise.all(reads)).every((end) => end === 'cut')).toBe(true);
  });

  it('gives up an answer that does not come, one that does not end, and one that is too large', async () => {
    const { url } = await serve((request, response) => {
      request.on('data', (body) => {
        if (String(body) === 'drip') response.write('x');
        if (String(body) !== 'flood') return;
        const chunk = Buffer.alloc(1_048_576, 'x');
        const more = (): void => {
          while (!response.destroyed && response.write(chunk));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      });
    });
    const [impatient, patient] = [transport(50), transport()];
    await expect(impatient.read(url, 'silence', keep)).rejects.toMatchObject({ reason: 'timeout' });
    await expect(impatient.read(url, 'drip', keep)).rejects.toMatchObject({ reason: 'timeout' });
    await expect(patient.read(url, 'flood', keep)).rejects.toMatchObject({ reason: 'oversized' });
    await expect(patient.read('http://127.0.0.1:1', '', keep)).rejects.toMatchObject({ reason: 'unreachable' });
  });
});
