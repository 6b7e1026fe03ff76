import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';

const ROLE = 'scheduler';
/** How long a leader may be silent. A dead one and a frozen one are replaced alike. */
const LEASE_MS = 3_000;
const RENEW_AFTER_MS = LEASE_MS / 6;

/**
 * Which of several schedulers does the work. It only saves doing it twice: every change that a scheduler makes is
 * conditional on what it was decided from, so two that think they lead do no harm.
 */
export class Leadership {
  private readonly holder = randomUUID();
  private renewedAtMs = -Infinity;

  constructor(private readonly dataSource: DataSource) {}

  /** Takes or renews the lease; asks Postgres only when the last answer has grown old. */
  async isMine(): Promise<boolean> {
    const askedAtMs = performance.now();
    if (askedAtMs - this.renewedAtMs < RENEW_AFTER_MS) return true;
    const rows = await this.dataSource.query<unknown[]>(
      `INSERT INTO scheduler_leader AS l (role, holder, renewed_at) VALUES ($1, $2, now())
       ON CONFLICT ON CONSTRAINT scheduler_leader_pk DO UPDATE SET holder = $2, renewed_at = now()
        WHERE l.holder = $2 OR l.renewed_at < now() - $3 * interval '1 ms'
       RETURNING holder`,
      [ROLE, this.holder, LEASE_MS],
    );
    this.renewedAtMs = rows.length === 1 ? askedAtMs : -Infinity;
    return rows.length === 1;
  }

  /** Lets another take over at once. */
  async resign(): Promise<void> {
    this.renewedAtMs = -Infinity;
    await this.dataSource.query('DELETE FROM scheduler_leader WHERE role = $1 AND holder = $2', [ROLE, this.holder]);
  }
}
