import type { AuditEvent } from '@tidemark/sdk';
import { table } from './table.js';

export const showAuditEvents = (events: readonly AuditEvent[]): readonly string[] =>
  events.length === 0
    ? ['Nothing was asked.']
    : table(
        ['TIME', 'BY', 'ROLE', 'OPERATION', 'ANSWER', 'JOB', 'RESULT', 'TENANT', 'KEY'],
        events.map((event) => [
          event.at,
          event.actorLabel,
          event.actorRole,
          event.operation,
          outcomeOf(event),
          event.jobId ?? '-',
          event.resultId === event.jobId ? '-' : (event.resultId ?? '-'),
          event.tenantId ?? '-',
          event.actor,
        ]),
      );

const outcomeOf = ({ status, errorCode }: AuditEvent): string =>
  status === null ? 'unknown' : `${status}${errorCode === null ? '' : ` ${errorCode}`}`;
