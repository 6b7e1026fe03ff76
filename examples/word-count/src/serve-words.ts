import { createServer, type Socket } from 'node:net';

// Serves lines of text on a port: to each client the same ones over and over, one every 100 ms.
const LINES = [
  'the quick brown fox jumps over the lazy dog',
  'pack my box with five dozen liquor jugs',
  'how vexingly quick daft zebras jump',
  'the five boxing wizards jump quickly',
];

const port = Number(process.argv[2] ?? 9999);
const server = createServer((client) => serve(client));
server.once('error', (error) => {
  console.error(`Cannot serve words on port ${port}: ${error.message}`);
  process.exit(1);
});
server.listen(port, '127.0.0.1', () => console.log(`Serving words on 127.0.0.1:${port}. Ctrl-C ends it.`));

function serve(client: Socket): void {
  let next = 0;
  const timer = setInterval(() => {
    // A client that does not read gets nothing new until it does.
    if (!client.writableNeedDrain) client.write(`${LINES[next++ % LINES.length]}\n`);
  }, 100);
  client.on('error', () => client.destroy());
  client.on('close', () => clearInterval(timer));
}
