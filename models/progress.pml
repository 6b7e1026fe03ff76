/*
 * Does it go on? One job, two runners, a scheduler, a queue that loses things: once faults stop, a job that is wanted running
 * commits batches for ever, and one that is wanted stopped has no owner for ever. What a batch does is left out; that is
 * batches.pml.
 *
 * Checked under weak fairness: a process that can go on does so at some time. A broken variant is one -D.
 */

#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef CUTS
#define CUTS 1 /* hosts that vanish without closing their sockets */
#endif
#ifndef FLUSHES
#define FLUSHES 1 /* the queue loses all it has */
#endif
#ifndef LOST_ANSWERS
#define LOST_ANSWERS 1 /* a claim is durable, and the runner does not hear of it */
#endif
#ifndef ORDERS
#define ORDERS 2
#endif

mtype = { free, queued, owned, stopped };

/* ---- Postgres ---- */
mtype status = free;
bool wanted = true;
byte owner = 0;      /* runs.runner_id of the job's claimed run; 0: none */
bool outbox = false;
bool silent = false; /* runners.heartbeat_at of the owner is older than a lease */
bool unlocked = false; /* the owner's advisory lock has fallen: runner-presence.ts */

/* ---- the queue ---- */
bool message = false;

byte deaths = 0, cuts = 0, flushes = 0, lostAnswers = 0, orders = 0;
bool tick = false; /* changes with every commit */

#define ME (_pid + 1)

/* loseClaimedRun, endRun: what becomes of a job that its run lets go of */
inline letGo() {
  owner = 0; silent = false; unlocked = false;
  if :: wanted -> status = free :: else -> status = stopped fi
}

active [2] proctype Runner() {
  bool knows = false; /* that it has the job: ActiveRuns */
end_idle:
  do
  :: atomic { message -> message = false; /* RunsController.start, claimRun */
       if
       :: status == queued && wanted ->
          status = owned; owner = ME;
          if
          :: knows = true
          :: lostAnswers < LOST_ANSWERS -> lostAnswers++
          fi
       :: else
       fi }
  :: atomic { knows && owner == ME && wanted -> tick = !tick }      /* a batch is committed */
  :: atomic { knows && owner == ME && !wanted -> knows = false; letGo() } /* markDraining, endRun 'drained' */
  :: atomic { knows && owner != ME -> knows = false }               /* fenced */
#ifndef NO_DISOWN
  :: atomic { !knows && owner == ME && !silent && !unlocked -> letGo() } /* RunnerLease.disownStrangers */
#endif
  :: atomic { deaths < DEATHS -> deaths++; /* SIGKILL: the kernel closes its sockets; another process takes its place */
       knows = false;
       if :: owner == ME -> unlocked = true :: else fi }
  :: atomic { cuts < CUTS && knows && owner == ME -> cuts++; silent = true };
     atomic { owner != ME -> knows = false }
  od
}

active proctype Scheduler() {
end_waiting:
  do
#ifdef DEATH_IS_NOT_NOTICED
#elif defined(NO_LEASE)
  :: atomic { status == owned && unlocked -> letGo() }
#else
  :: atomic { status == owned && (unlocked || silent) -> letGo() }  /* endLostRuns */
#endif
  :: atomic { status == free && wanted -> status = queued; outbox = true } /* scheduleDueJobs */
  :: atomic { outbox -> message = true };                           /* OutboxRelay.relay: sent first, and … */
     outbox = false                                                 /* … removed then */
#ifndef NO_RESEND
  :: atomic { status == queued && !message && !outbox -> message = true } /* OutboxRelay.resendDoubtful */
#endif
  od
}

active proctype Faults() {
end_content:
  do
  :: atomic { flushes < FLUSHES && message -> flushes++; message = false }
  :: atomic { orders < ORDERS && wanted -> orders++; wanted = false;
       if :: status == free || status == queued -> status = stopped :: else fi }
  :: atomic { orders < ORDERS && !wanted -> orders++; wanted = true;
#ifdef START_FORGETS_TO_WAKE
       skip
#else
       if :: status == stopped -> status = free :: else fi
#endif
     }
  :: break /* nobody wants anything any more, and faults stop */
  od
}

ltl L1 { []<>!wanted || ([]<>tick && []<>!tick) }
ltl L2 { [](!wanted -> <>(owner == 0 || wanted)) }
