import type { AdminOptions } from '../api/admin.ts';
import { isLoopback, type ServeOptions, serveApi } from '../api/server.ts';
import type { StatusSource } from '../api/status.ts';

/** The API of a session while it is open. */
export interface OpenApi {
  /** Where the API listens, or undefined when it is switched off. */
  readonly url: string | undefined;
  /** Where commands are taken: always on loopback. */
  readonly controlUrl: string;
  close(): Promise<void>;
}

/**
 * Opens what a session listens on: the API as configured, and the way for commands. They are one and the same when the API is
 * on loopback; when it is switched off or can be reached from elsewhere, commands get a listener of their own on a free
 * loopback port, so that they can always be given, and never from elsewhere.
 *
 * @throws CommandError as {@link serveApi} does
 */
export async function openApi(
  source: StatusSource,
  api: Omit<ServeOptions, 'admin' | 'onError'> & { readonly enabled: boolean },
  admin: AdminOptions,
  onError: ServeOptions['onError'],
): Promise<OpenApi> {
  const configured = api.enabled ? await serveApi(source, { ...api, admin, onError }) : undefined;
  if (configured !== undefined && isLoopback(api.host)) {
    return { url: configured.url, controlUrl: configured.url, close: () => configured.close() };
  }
  const own = { host: '127.0.0.1', port: 0, allow_remote: false };
  const control = await serveApi(source, { ...own, admin, onError }).catch(async (error: unknown) => {
    await configured?.close();
    throw error;
  });
  return {
    url: configured?.url,
    controlUrl: control.url,
    close: async () => {
      await Promise.all([control.close(), configured?.close()]);
    },
  };
}
