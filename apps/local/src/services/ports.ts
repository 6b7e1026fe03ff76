import { createServer } from 'node:net';
import { TidemarkError } from '@tidemark/domain';

/** Throws `port_taken` if nobody could listen on this port now. 0 is always free. */
export function demandFreePort(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new TidemarkError('port_taken', { port }, { cause: error }) : error);
    });
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
