import { Logger } from '@nestjs/common';

interface Exporter<I> {
  export(items: I, done: (result: { readonly code: number; readonly error?: Error }) => void): void;
}

/** Of an export that went well. */
const SUCCESS = 0;

/** Has an exporter say in the log when it begins to fail, and when it works again; never what it was to send. */
export function tellFailures<I, E extends Exporter<I>>(what: 'Metrics' | 'Spans', exporter: E & Exporter<I>): E {
  const log = new Logger('telemetry');
  const send = exporter.export.bind(exporter);
  let isFailing = false;
  exporter.export = (items, done) => {
    send(items, (result) => {
      const fails = result.code !== SUCCESS;
      if (fails && !isFailing)
        log.warn(`${what} cannot be sent: ${result.error?.message ?? 'the collector refuses them'}`);
      if (!fails && isFailing) log.log(`${what} are sent again`);
      isFailing = fails;
      done(result);
    });
  };
  return exporter;
}
