/*
 * Lease, epoch, plan, commit: one job, two runners, a scheduler, the job's owner, and the pruning of the batch log.
 *
 * Every `atomic` or `d_step` that touches what stands under "Postgres" is one statement or one transaction of the code; it
 * names the function. Between two of them anything may happen: a process is killed (CRASHES), or is taken for dead and goes
 * on later, after another one has claimed the job (SUSPICIONS). What must hold is in MUST(invariant, condition): the
 * numbers are those of the design's section "What must always hold".
 *
 * A broken variant is one -D; `npm run verify:model` lists them.
 */

#ifndef RECORDS
#define RECORDS 3 /* records of the one partition of the one source; offsets 0 … RECORDS */
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef SUSPICIONS
#define SUSPICIONS 1
#endif
#ifndef RESTARTS
#define RESTARTS 1 /* orders to stop, each followed by an order to start, from wherever the owner likes */
#endif
#ifndef RUNNERS
#define RUNNERS 2
#endif
#define TIMELINES 3
#define BATCHES (RECORDS + 2) /* batch ids 1 … RECORDS; 0 stands for "before the first" */
#define ROWS (TIMELINES * BATCHES)
#define AT(t, b) ((t) * BATCHES + (b))

/* A process that is caught breaking an invariant says which: the checker prints the name that it asserts. */
bool I1 = true, I2 = true, I3 = true, I4 = true, I5 = true, I7 = true, I10 = true, I11 = true, I16 = true;
#define MUST(invariant, condition) invariant = (condition); assert(invariant)

mtype = { free, queued, owned, stopped, latest, checkpoint, offsetsOnly };

/* ---- Postgres: the job's row (jobs), its current run (runs), and the decision of its start (restore_decisions) ---- */
byte epoch;
byte current = 0;      /* jobs.current_run_id; 0 is NULL */
byte runs = 0;
mtype status = free; /* free: submitted, scheduled again, backing off. owned: restoring, running, draining */
bool wanted = true;  /* jobs.desired = 'running' */
byte timeline = 0;
mtype mode = latest; /* jobs.start_mode */
byte modeAt;         /* the checkpoint that it names, as AT(timeline, batch) */
byte lastBatch, lastOffset; /* of the current timeline: jobs.last_batch_id, last_offsets */
byte startBatch, startOffset, startState; /* what the decision names */

typedef Batch { bool planned; byte lo; byte hi; bool committed };
Batch batches[ROWS];

typedef Base { byte batch; byte offset; byte state; byte from; bool pruned };
Base base[TIMELINES]; /* of each timeline: where it begins; `from` is where its state begins to count */

typedef Checkpoint { bool complete; byte offset; byte state };
Checkpoint checkpoints[ROWS];

/* ---- the sink: what it holds, by (timeline, batch), and how often each offset was applied on a timeline ---- */
typedef Held { bool held; byte lo; byte hi };
Held sink[ROWS];
byte applied[TIMELINES]; /* a bit for each offset */

/* ---- what is only known to the checker ---- */
byte crashes = 0, suspicions = 0, restarts = 0;
bool ownerDied = false;
byte openedAt = 0;        /* the epoch at which the newest timeline was opened: nothing older may do anything more */
byte mustStandAt = 255;   /* AT(…) of the checkpoint that a rollback was acknowledged for, until a run stands there */

#define BITS(lo, hi) ((1 << (hi)) - (1 << (lo)))

/* The fence of every statement of a run: batch-log-writer.ts, checkpoint-writes.ts and end-run.ts, `owned`. */
#define MINE (epoch == myEpoch && current == myRun && timeline == t)

#if defined(NO_FENCE_ON_COMMIT)
#define MAY_COMMIT true
#elif defined(FENCE_BY_EPOCH_ALONE)
#define MAY_COMMIT (epoch == myEpoch)
#elif defined(FENCE_READ_BEFORE) || defined(LEASE_BY_PROCESS_CLOCK)
#define MAY_COMMIT believes
#else
#define MAY_COMMIT MINE
#endif

#if defined(NO_FENCE_ON_PLAN)
#define MAY_PLAN true
#elif defined(FENCE_BY_EPOCH_ALONE)
#define MAY_PLAN (epoch == myEpoch)
#elif defined(FENCE_READ_BEFORE) || defined(LEASE_BY_PROCESS_CLOCK)
#define MAY_PLAN believes
#else
#define MAY_PLAN MINE
#endif

#if defined(FENCE_READ_BEFORE)
/* Broken: it is asked first and written then. */
#define ASK believes = MINE
#elif defined(LEASE_BY_PROCESS_CLOCK)
/* Broken: the process's own clock says whether the lease is over, and it may be late. */
#define ASK if :: believes = true :: believes = MINE fi
#else
#define ASK skip
#endif

#ifdef SINK_FORGETS_TIMELINE
#define SINK_KEY(t, b) AT(0, b)
#else
#define SINK_KEY(t, b) AT(t, b)
#endif

/* A plan becomes durable: I2, I3, I4, I11 and, of a former timeline, I10. Inside of a statement. */
inline insertPlan(b, low, high) {
  MUST(I1, epoch == myEpoch);
  MUST(I10, myEpoch > openedAt);
  MUST(I11, wanted);
  MUST(I3, low == (b == base[t].batch + 1 -> base[t].offset : batches[AT(t, b - 1)].hi) && high > low);
  batches[AT(t, b)].planned = true;
  batches[AT(t, b)].lo = low;
  batches[AT(t, b)].hi = high
}

/* BatchLogWriter.writePlans: an existing plan is answered as it stands, a new one is written while the job is wanted. */
inline plan(b) {
  ASK;
  atomic {
    if
    :: offset + 1 <= RECORDS -> to = offset + 1
    :: offset + 2 <= RECORDS -> to = offset + 2
    fi;
#ifdef NO_PLAN_BEFORE_EFFECTS
    /* Broken: the range is only remembered by the process. */
    if :: MAY_PLAN && wanted -> chosenLo = offset; chosenHi = to; offset = to; known = b
       :: MAY_PLAN && !wanted -> stopping = true
       :: else -> to = 0; goto fenced
    fi;
#else
    if
    :: MAY_PLAN ->
       if
       :: batches[AT(t, b)].planned ->
          offset = batches[AT(t, b)].hi; known = b
#ifdef PLAN_AFTER_STOP
       :: else -> insertPlan(b, offset, to); known = b; offset = to
#else
       :: !batches[AT(t, b)].planned && wanted -> insertPlan(b, offset, to); known = b; offset = to
       :: else -> stopping = true /* held_back */
#endif
       fi
    :: else -> to = 0; goto fenced
    fi;
#endif
    to = 0
  }
}

#ifdef NO_PLAN_BEFORE_EFFECTS
#define LO(b) chosenLo
#define HI(b) chosenHi
#else
#define LO(b) batches[AT(t, b)].lo
#define HI(b) batches[AT(t, b)].hi
#endif

/* GraphRuntime.run: folds the planned range into the state. The process's own memory. */
inline runGraph(b) {
  d_step {
    MUST(I7, (state & BITS(LO(b), HI(b))) == 0);
    state = state | BITS(LO(b), HI(b));
    ran = b
  }
}

#ifdef PLAN_CHANGES_ON_REPLAY
/* Broken: what is there by now is taken in as well. */
inline replan(b) {
  if
  :: atomic { MINE && batches[AT(t, b)].hi < RECORDS && !batches[AT(t, b + 1)].planned ->
       batches[AT(t, b)].hi++; offset = batches[AT(t, b)].hi }
  :: true
  fi
}
#else
#define replan(b) skip
#endif

/* Sink.write under the key (timeline, batch). A sink knows nothing of epochs: a zombie's write may come at any time. */
inline writeSink(b) {
  atomic {
    MUST(I2, batches[AT(t, b)].planned);
    if
    :: sink[SINK_KEY(t, b)].held ->
       /* Dropped. What it holds must be what would have been written. */
       MUST(I5, sink[SINK_KEY(t, b)].lo == LO(b) && sink[SINK_KEY(t, b)].hi == HI(b) && (applied[t] & BITS(LO(b), HI(b))) == BITS(LO(b), HI(b)))
    :: else ->
       MUST(I5, (applied[t] & BITS(LO(b), HI(b))) == 0);
       applied[t] = applied[t] | BITS(LO(b), HI(b));
       sink[SINK_KEY(t, b)].held = true;
       sink[SINK_KEY(t, b)].lo = LO(b);
       sink[SINK_KEY(t, b)].hi = HI(b)
    fi
  }
}

/* BatchLogWriter.writeCommits: the proof, the job's progress and, when it is due already, the next plan; or nothing. */
inline commit(b) {
  ASK;
  atomic {
    if
    :: MAY_COMMIT && !batches[AT(t, b)].committed ->
       MUST(I1, epoch == myEpoch);
       MUST(I10, myEpoch > openedAt);
       MUST(I4, HI(b) > lastOffset || lastBatch == base[t].batch);
       MUST(I5, (applied[t] & BITS(LO(b), HI(b))) == BITS(LO(b), HI(b)));
#ifdef NO_PLAN_BEFORE_EFFECTS
       batches[AT(t, b)].planned = true; batches[AT(t, b)].lo = chosenLo; batches[AT(t, b)].hi = chosenHi;
#endif
       batches[AT(t, b)].committed = true;
       lastBatch = b;
       lastOffset = HI(b);
       if
#ifndef NO_PLAN_BEFORE_EFFECTS
       :: !resuming && !stopping && known == b && offset < RECORDS && wanted && !batches[AT(t, b + 1)].planned ->
          to = offset + 1;
          insertPlan(b + 1, offset, to);
          known = b + 1; offset = to; to = 0
#endif
       :: true
       fi;
       done = b
    :: else -> goto fenced
    fi
  }
}

/* A process may be killed between any two statements; all that it held in memory is gone. */
inline mayDie() {
  if
  :: atomic { crashes < CRASHES -> crashes++; ownerDied = ownerDied || (current == myRun && status == owned); goto idle }
  :: true
  fi
}

active [RUNNERS] proctype Runner() {
  byte myEpoch, myRun, t;
  byte done;    /* committed, as far as this run knows */
  byte ran;     /* the newest batch that the state holds: one more than `done` while a batch runs ahead */
  byte known;   /* the newest batch whose plan is known to be durable */
  byte offset, state, to, logged;
  byte frozen, frozenState; /* the checkpoint that is being written in the background, of batch `frozen` */
  bool stopping, resuming;
#ifdef NO_PLAN_BEFORE_EFFECTS
  byte chosenLo, chosenHi;
#endif
#if defined(FENCE_READ_BEFORE) || defined(LEASE_BY_PROCESS_CLOCK)
  bool believes;
#endif

fenced: skip;
idle:
  atomic { /* ActiveRun is dropped, the sandbox killed */
    myEpoch = 0; myRun = 0; t = 0; done = 0; ran = 0; known = 0; offset = 0; state = 0; to = 0; logged = 0;
    frozen = 0; frozenState = 0; stopping = false; resuming = false;
#ifdef NO_PLAN_BEFORE_EFFECTS
    chosenLo = 0; chosenHi = 0;
#endif
#if defined(FENCE_READ_BEFORE) || defined(LEASE_BY_PROCESS_CLOCK)
    believes = false;
#endif
  }
end_idle:
  atomic { /* claimRun: a late or doubled message finds that the run is not queued any more */
#ifdef CLAIM_KEEPS_EPOCH
    /* Broken: whoever has the message runs it. */
    (current != 0 && wanted && (status == queued || status == owned)) ->
    if :: status == queued -> epoch++ :: else fi;
#else
    (current != 0 && wanted && status == queued) ->
    epoch++;
#endif
    status = owned; ownerDied = false;
    myEpoch = epoch; myRun = current; t = timeline;
    done = startBatch; ran = startBatch; offset = startOffset; state = startState;
    resuming = true
  }
  mayDie();

  /* restoreState, then MicroBatchEngine.resume: the log after the checkpoint, in one query. */
  atomic {
    MUST(I7, state == BITS(base[t].from, offset));
    /* What is to be run again is still there; a zombie finds a gap, and batch_log_inconsistent ends it. */
    if
    :: base[t].pruned && done == base[t].batch -> MUST(I7, !MINE); goto fenced
    :: else
    fi;
    logged = done;
    do
    :: logged < BATCHES - 1 && batches[AT(t, logged + 1)].planned ->
       MUST(I3, !batches[AT(t, logged + 1)].committed || logged == done || batches[AT(t, logged)].committed);
       logged++
    :: else -> break
    od;
    known = logged;
    if :: logged > done -> offset = batches[AT(t, logged)].hi :: else fi;
    do /* decideResume: rebuild what is committed */
    :: done < logged && batches[AT(t, done + 1)].committed -> done++; runGraph(done)
    :: else -> break
    od;
    MUST(I3, logged - done <= 2)
  }
  do /* … and finish the one or two that a former run has left open, in step */
  :: done < logged -> mayDie(); replan(done + 1); runGraph(done + 1); writeSink(done + 1); mayDie(); commit(done + 1)
  :: else -> break
  od;
  atomic { /* markRunning */
    if :: MINE -> skip :: else -> goto fenced fi;
    if
    :: mustStandAt != 255 ->
       MUST(I10, checkpoints[mustStandAt].offset == offset && done == mustStandAt % BATCHES);
       mustStandAt = 255
    :: else
    fi;
    resuming = false; logged = 0
  }

end_running:
  do /* runBatches */
  :: atomic { !wanted && !stopping -> stopping = true } /* a heartbeat's answer: ActiveRun.obey */
  :: known > done ->
     mayDie();
     if :: ran == done -> runGraph(done + 1) :: else fi;
     /* runAhead (ADR 0018): the next batch is planned and run while the sinks take this one's rows. */
#ifndef NO_PLAN_BEFORE_EFFECTS
     if
     :: known == done + 1 && !stopping && offset < RECORDS ->
        if
        :: plan(known + 1);
           if :: known == done + 2 -> runGraph(known) :: else fi
        :: true
        fi
     :: else
     fi;
#endif
     mayDie();
#ifdef COMMIT_BEFORE_SINKS
     commit(done + 1); mayDie(); writeSink(done);
#else
     writeSink(done + 1);
     mayDie();
     commit(done + 1);
#endif
     mayDie()
#ifdef SNAPSHOT_WHILE_AHEAD
  :: atomic { frozen == 0 && done > base[t].batch && !checkpoints[AT(t, done)].complete -> frozen = done; frozenState = state }
#else
  :: atomic { frozen == 0 && ran == done && done > base[t].batch && !checkpoints[AT(t, done)].complete ->
       frozen = done; frozenState = state }   /* beginCheckpoint: nothing runs ahead of a snapshot */
#endif
  :: atomic { frozen != 0 ->                  /* checkpoint-writes.ts `complete`; how it gets there: checkpoints.pml */
       if
       :: MINE ->
          checkpoints[AT(t, frozen)].complete = true;
          checkpoints[AT(t, frozen)].offset = batches[AT(t, frozen)].hi;
          checkpoints[AT(t, frozen)].state = frozenState;
          frozen = 0; frozenState = 0
       :: else -> goto fenced
       fi }
  :: known == done && !stopping && offset < RECORDS -> plan(known + 1)
#ifdef STOP_LEAVES_PLANS
  :: stopping -> break
#else
  :: known == done && stopping -> break
#endif
  :: atomic { !MINE -> goto fenced } /* a heartbeat's answer, or nothing left to do: what it does next is refused */
  od;

  atomic { /* runToTheEnd: a last checkpoint of the last batch; endRun 'drained' */
    if :: MINE -> skip :: else -> goto fenced fi;
    MUST(I16, !batches[AT(t, lastBatch + 1)].planned);
    current = 0;
    if :: wanted -> status = free :: else -> status = stopped fi;
    goto idle
  }
}

/* SchedulingStore: endLostRuns and scheduleDueJobs. Which of several schedulers does it makes no difference. */
active proctype Scheduler() {
  byte b;
end_waiting:
  do
  :: atomic { status == owned && (ownerDied || suspicions < SUSPICIONS) -> /* loseClaimedRun: the epoch stays as it is */
       if :: ownerDied -> ownerDied = false :: else -> suspicions++ fi;
       current = 0;
       if :: wanted -> status = free :: else -> status = stopped fi }
  :: atomic { status == free && wanted && current == 0 -> /* scheduleJob with decideFor and applyStartPoint */
       if
#ifdef ROLLBACK_ON_SAME_TIMELINE
       :: mode == checkpoint && modeAt / BATCHES == timeline ->
          startBatch = modeAt % BATCHES; startOffset = checkpoints[modeAt].offset; startState = checkpoints[modeAt].state;
          mode = latest; modeAt = 0; goto decided
#endif
       :: mode == latest -> skip
       :: mode == checkpoint ->
          timeline++;
          openedAt = epoch;
          base[timeline].batch = modeAt % BATCHES;
          base[timeline].offset = checkpoints[modeAt].offset;
          base[timeline].state = checkpoints[modeAt].state;
          base[timeline].from = base[modeAt / BATCHES].from;
          applied[timeline] = BITS(0, checkpoints[modeAt].offset); /* by the timelines before */
          lastBatch = base[timeline].batch; lastOffset = base[timeline].offset
       :: mode == offsetsOnly -> /* offsets_only: where the job stands, without state */
          timeline++;
          openedAt = epoch;
          base[timeline].batch = lastBatch; base[timeline].offset = lastOffset; base[timeline].from = lastOffset;
          applied[timeline] = BITS(0, lastOffset)
       fi;
       mode = latest; modeAt = 0;
       b = BATCHES - 1;
       do
       :: b > base[timeline].batch && !checkpoints[AT(timeline, b)].complete -> b--
       :: else -> break
       od;
       if
       :: b > base[timeline].batch ->
          startBatch = b; startOffset = checkpoints[AT(timeline, b)].offset; startState = checkpoints[AT(timeline, b)].state
       :: else ->
          startBatch = base[timeline].batch; startOffset = base[timeline].offset; startState = base[timeline].state
       fi;
decided:
       b = 0;
       runs++; current = runs; status = queued }
  od
}

/* The job's owner: TypeOrmJobStore.order. Starting elsewhere is refused while anybody owns the job, or is about to. */
active proctype Owner() {
  byte at;
end_content:
  do
  :: atomic { wanted && restarts < RESTARTS -> restarts++;
       wanted = false;
       if
       :: status == free || status == queued ->
          status = stopped; current = 0;
          if :: mode == checkpoint -> mustStandAt = 255 :: else fi;
          mode = latest; modeAt = 0
       :: else
       fi }
  :: atomic { !wanted && status == owned -> wanted = true } /* called back in time; a run that has heard of the stop ends anyway */
  :: atomic { !wanted && status == stopped ->
       wanted = true; status = free;
       if
       :: mode = latest
       :: timeline < TIMELINES - 1 && lastBatch > base[timeline].batch -> mode = offsetsOnly
       :: timeline < TIMELINES - 1 -> /* a rollback, or the undoing of one: any checkpoint of any timeline, by its name */
          at = 1;
          do
          :: at < ROWS - 1 -> at++
          :: break
          od;
          if
          :: checkpoints[at].complete -> mode = checkpoint; modeAt = at; mustStandAt = at
          :: else
          fi;
          at = 0
       fi }
  od
}

/* pruneBatches: what every checkpoint holds already that a start may fall back to. It is enough to know the oldest one. */
active proctype Pruner() {
end_pruned:
  do
  :: atomic { !base[timeline].pruned &&
#ifdef PRUNE_BEYOND_CHECKPOINTS
       batches[AT(timeline, base[timeline].batch + 1)].committed ->
#else
       checkpoints[AT(timeline, base[timeline].batch + 1)].complete ->
#endif
       base[timeline].pruned = true }
  od
}
