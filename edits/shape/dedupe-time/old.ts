import { defineJob, files, toFiles } from '@tidemark/streams';

interface Message {
  readonly id: string;
  readonly text: string;
  readonly sentMs: number;
}

/** Messages of a sender that may repeat itself within an hour, each once. */
export default defineJob({ name: 'dedupe', batchInterval: '1 s' }, (job) => {
  const messages = job
    .source('messages', files<Message>({ path: 'messages' }))
    .eventTime('sent', { timestamp: 'sentMs', outOfOrderness: '1 min' })
    .dedupe('once', { by: 'id', within: '1 h' });

  messages.to('out', toFiles({ path: 'messages' }));
  messages.output('late').to('late', toFiles({ path: 'late-messages' }));
});
