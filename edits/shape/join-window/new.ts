import { defineJob, files, toFiles } from '@tidemark/streams';

interface Reading {
  readonly room: string;
  readonly value: number;
  readonly readMs: number;
}

/** Every reading of the temperature with every reading of the humidity of the same room and the same ten seconds. */
export default defineJob({ name: 'window-join', batchInterval: '1 s' }, (job) => {
  const readings = (name: string) =>
    job
      .source(name, files<Reading>({ path: name }))
      .eventTime(`${name}-read`, { timestamp: 'readMs', outOfOrderness: '2 s' })
      .keyBy('room');

  readings('temperature')
    .join('climate', readings('humidity'), {
      window: '20 s',
      select: (celsius, humidity, room, { windowEndMs }) => ({
        room,
        celsius: celsius.value,
        humidity: humidity.value,
        untilMs: windowEndMs,
      }),
    })
    .map(([, row]) => row)
    .to('out', toFiles({ path: 'climate' }));
});
