/*
 * Publish, restore, verify, pin, roll back, collect, sweep: the checkpoints of one job, their rows in Postgres and their
 * objects in the store.
 *
 * A checkpoint may build on others (ADR 0013), so what is collected is decided of all rows at once. That statement
 * (retention.ts, RETIRE) is not one step here: it looks at a snapshot, then locks row by row, then commits or dies. All
 * other transactions wait for its locks, and are one step.
 *
 * A broken variant is one -D; `npm run verify:model` lists them.
 */

#ifndef CHECKPOINTS
#define CHECKPOINTS 4 /* 3 or 4: ids 1 … CHECKPOINTS, in the order of their making; none is used twice */
#endif
#ifndef LOSSES
#define LOSSES 1 /* runs that are taken for dead and may go on later */
#endif
#ifndef ROLLBACKS
#define ROLLBACKS 0
#endif
#ifndef PINS
#define PINS 0
#endif
#ifndef VERIFICATIONS
#define VERIFICATIONS 0
#endif
#ifndef SWEEPS
#define SWEEPS 0
#endif
#ifndef COLLECTORS
#define COLLECTORS 1 /* two schedulers may think that they lead */
#endif
#ifndef PASSES
#define PASSES 2
#endif
#define IDS (CHECKPOINTS + 1)
#define BIT(id) (1 << (id))
#define HAS(set, id) (((set) & BIT(id)) != 0)

/* A process that is caught breaking an invariant says which: the checker prints the name that it asserts. */
bool I6 = true, I9 = true, I10 = true;
#define MUST(invariant, condition) invariant = (condition); assert(invariant)

mtype = { absent, pending, complete, deleted, free, restoring, running, stopped };

/* ---- Postgres ---- */
typedef Row { mtype status = absent; byte holds; byte buildsOn; bool verified; bool pinned; byte line; byte epoch; byte locker };
Row row[IDS];
byte newest = 0;        /* id that was given last */
byte epoch = 0;
bool owned = false;     /* jobs.current_run_id IS NOT NULL */
mtype status = free;    /* of the job */
byte line = 0;          /* its timeline */
byte base = 0;          /* jobs.base_checkpoint_id */
byte chosen = 0;        /* restore_decisions.verdict of its run */
byte asked = 0;         /* jobs.start_mode: the checkpoint that an order to start has named */

/* ---- the object store: 1 state files, 2 the manifest. A folder of an attempt's own ---- */
byte objects[IDS];
byte noted = 0; /* orphans.path: objects without a row that the sweep has seen before */
#ifdef FOLDERS_ARE_REUSED
#define FOLDER(id) (((id) + 1) / 2)
#else
#define FOLDER(id) (id)
#endif

byte losses = 0, rollbacks = 0, pins = 0, verifications = 0;

/* holdCheckpoints waits for whoever has locked one of them. */
#define UNLOCKED(id) (row[id].locker == 0)
#define FREE(set, id) (!HAS(set, id) || UNLOCKED(id))
#if CHECKPOINTS == 3
#define ALL_FREE(set) (FREE(set, 1) && FREE(set, 2) && FREE(set, 3))
#else
#define ALL_FREE(set) (FREE(set, 1) && FREE(set, 2) && FREE(set, 3) && FREE(set, 4))
#endif

/* I6: whatever may be restored is there, with all that it builds on. Asked after every step that could change it. */
inline allRestorable() {
  i = 1;
  do
  :: i < IDS ->
     if
     :: row[i].status == complete ->
        MUST(I6, objects[FOLDER(i)] == 3);
        k = 1;
        do
        :: k < IDS -> if :: HAS(row[i].buildsOn, k) -> MUST(I6, (objects[FOLDER(k)] & 1) == 1) :: else fi; k++
        :: else -> break
        od
     :: else
     fi;
     i++
  :: else -> break
  od;
  i = 0; k = 0
}

/* hold-checkpoints.ts; `found` says whether all of them can still be built on. Inside of a transaction. */
inline hold(set) {
  i = 1; found = true;
  do
  :: i < IDS ->
     if
     :: HAS(set, i) && row[i].status == complete -> row[i].holds++
     :: HAS(set, i) && row[i].status != complete -> found = false
     :: else
     fi;
     i++
  :: else -> break
  od;
  i = 0
}

#define MINE (epoch == mine && owned)

/* Whoever dies between the files and the manifest leaves what nobody restores. */
inline removeObjects(id) {
  atomic {
    objects[FOLDER(id)] = objects[FOLDER(id)] & ~1;
    savedI = i;
    allRestorable();
    i = savedI; savedI = 0;
    objects[FOLDER(id)] = 0
  }
}

/* checkpoint-writes.ts `complete`: what it builds on is held once more, it was only pending before. */
inline publish() {
  atomic { ALL_FREE(chain | BIT(id)) ->
    if
    :: MINE && row[id].status == pending ->
#ifdef NO_HOLDS
       found = true;
#else
       hold(chain);
#endif
       if
       :: found -> row[id].status = complete; allRestorable(); chain = chain | BIT(id); id = 0
       :: else -> goto gone
       fi
    :: else -> goto gone
    fi }
}

/* Any complete checkpoint, or 0. */
inline pick(id) {
  id = 1;
  do
  :: id < CHECKPOINTS -> id++
  :: row[id].status == complete -> break
  :: row[id].status != complete && id == CHECKPOINTS -> id = 0; break
  od
}

/* A run as its checkpointer sees it: restoreState, then one checkpoint after the other. */
proctype Run(byte mine; byte from) {
  byte id, chain, i, k; /* `chain`: what the next delta builds on; 0: the next one is a whole copy */
  bool found, whole;

  if
  :: from != 0 ->
     /* readCheckpoint: the manifest first, then the files of all that it builds on. Whoever has lost the job may find nothing. */
     atomic { if :: MINE -> MUST(I9, (objects[FOLDER(from)] & 2) == 2) :: else -> goto gone fi };
     atomic {
       if
       :: MINE -> allRestorable(); MUST(I9, row[from].status == complete); chain = row[from].buildsOn | BIT(from)
       :: else -> goto gone
       fi
     }
  :: else
  fi;
  atomic { if :: MINE -> status = running; chosen = 0 :: else -> goto gone fi };

end_idle:
  do
  :: atomic { MINE && newest < CHECKPOINTS ->
       newest++; id = newest;
       if :: whole = true :: chain != 0 -> whole = false fi }
#ifdef OBJECTS_BEFORE_ROW
     objects[FOLDER(id)] = objects[FOLDER(id)] | 1;
#endif
     /* checkpoint-writes.ts `begin`: the row, as pending, and a hold on all that it builds on */
     if
     :: whole -> chain = 0
     :: else -> skip
     fi;
     atomic { ALL_FREE(chain) ->
       if
       :: MINE ->
#ifdef NO_HOLDS
          found = true;
#else
          hold(chain);
#endif
          if
          :: found -> row[id].status = pending; row[id].buildsOn = chain; row[id].line = line; row[id].epoch = mine
          :: else -> chain = 0; id = 0 /* base_gone */
          fi
       :: else -> goto gone
       fi }
     if
     :: id == 0 -> skip
     :: id != 0 -> /* writeCheckpoint */
#ifdef COMPLETE_BEFORE_OBJECTS
        publish();
        objects[FOLDER(id)] = objects[FOLDER(id)] | 1;
        objects[FOLDER(id)] = objects[FOLDER(id)] | 2;
#else
        atomic { objects[FOLDER(id)] = objects[FOLDER(id)] | 1 };
        if
        :: objects[FOLDER(id)] = objects[FOLDER(id)] | 2 ->
           publish()
        :: chain = 0; id = 0 /* the upload fails: the row stays pending, the next one is whole */
        fi
#endif
     fi
  :: atomic { !MINE -> goto gone }
  od;
gone: skip
}

/* endLostRuns, scheduleDueJobs with decideFor and applyStartPoint, and the claim. */
active proctype Scheduler() {
  byte i, first;
  bool found;
end_waiting:
  do
  :: atomic { owned && losses < LOSSES -> losses++; owned = false; status = free }
  :: atomic { status == free && !owned ->
       if
       :: asked != 0 -> first = asked
       :: asked == 0 -> /* the newest complete one of the timeline, or the one that it begins with */
          first = CHECKPOINTS;
          do
          :: first > 0 && !(row[first].status == complete && row[first].line == line) -> first--
          :: else -> break
          od;
          if :: first == 0 -> first = base :: else fi
       fi;
       /* What is locked is being collected, or about to be given up by whoever collects: it is waited for. */
       if
       :: first != 0 && !ALL_FREE(row[first].buildsOn | BIT(first)) -> first = 0; goto waiting
       :: else
       fi;
       if
       :: asked != 0 -> MUST(I10, row[asked].status == complete); line++; base = asked; asked = 0
       :: else
       fi;
       if
       :: first != 0 ->
#ifndef NO_HOLDS
          hold(row[first].buildsOn | BIT(first));
#endif
          MUST(I9, row[first].status == complete)
       :: else
       fi;
       chosen = first; epoch++; owned = true; status = restoring;
       run Run(epoch, first);
       first = 0 }
waiting: skip
  od
}

#define REFERENCED(id) (row[id].pinned || id == base || id == asked || (id == chosen && status == restoring))

#ifdef COLLECT_IGNORES_PINS
#define KEPT(id) (id == base || id == asked || (id == chosen && status == restoring))
#elif defined(COLLECT_IGNORES_TIMELINE_BASE)
#define KEPT(id) (row[id].pinned || id == asked || (id == chosen && status == restoring))
#elif defined(COLLECT_IGNORES_ORDERS_TO_START)
#define KEPT(id) (row[id].pinned || id == base || (id == chosen && status == restoring))
#elif defined(COLLECT_IGNORES_RESTORES)
#define KEPT(id) (row[id].pinned || id == base || id == asked)
#else
#define KEPT(id) REFERENCED(id)
#endif

/* Collect.collectCheckpoints: mark in the statement that checks it, then the objects, the manifest last, then the row. */
active [COLLECTORS] proctype Collector() {
  byte i, k, savedI, passes, unwanted, doomed, locked, spared, seenHolds[IDS];
  mtype seenStatus[IDS];
  bool isNewest, isNewestVerified;
end_waiting:
  do
  :: atomic { passes < PASSES && newest > 0 -> passes++;
       /* RETIRE up to `doomed`: a snapshot. It keeps one checkpoint of each timeline, and the newest that was read back. */
       unwanted = 0; doomed = 0; locked = 0; spared = 0;
       i = 1;
       do
       :: i < IDS ->
          seenStatus[i] = row[i].status; seenHolds[i] = row[i].holds;
          isNewest = true; isNewestVerified = row[i].verified;
          k = i + 1;
          do
          :: k < IDS ->
             if
             :: row[k].status == complete && row[k].line == row[i].line ->
                isNewest = false;
                if :: row[k].verified -> isNewestVerified = false :: else fi
             :: else
             fi;
             k++
          :: else -> break
          od;
          if
          :: row[i].status == deleted -> unwanted = unwanted | BIT(i)
          :: row[i].status == complete && !isNewest && !isNewestVerified && !KEPT(i) -> unwanted = unwanted | BIT(i)
          :: row[i].status == pending &&
             (!owned || row[i].epoch < epoch || (i < CHECKPOINTS && row[i + 1].status != absent && row[i + 1].epoch == row[i].epoch))
             -> unwanted = unwanted | BIT(i)
          :: else
          fi;
          i++
       :: else -> break
       od;
       doomed = unwanted;
#ifndef COLLECT_IGNORES_BASES
       i = 1;
       do
       :: i < IDS ->
          if
          :: (row[i].status == complete || row[i].status == pending) && !HAS(unwanted, i) ->
             k = 1;
             do
             :: k < IDS -> if :: HAS(row[i].buildsOn, k) && row[k].status != deleted -> doomed = doomed & ~BIT(k) :: else fi; k++
             :: else -> break
             od
          :: else
          fi;
          i++
       :: else -> break
       od;
#endif
       isNewest = false; isNewestVerified = false; unwanted = 0; k = 0; i = 1 }
#ifdef REMOVE_BEFORE_MARK
     do
     :: i < IDS -> atomic { if :: HAS(doomed, i) && seenStatus[i] != deleted -> removeObjects(i) :: else fi }; i++
     :: else -> i = 1; break
     od;
#endif
     do /* `locked`: FOR NO KEY UPDATE … SKIP LOCKED, of what is still as it was seen */
     :: atomic { i < IDS ->
          if
#ifdef NO_HOLDS
          :: HAS(doomed, i) && UNLOCKED(i) && row[i].status == seenStatus[i] ->
#else
          :: HAS(doomed, i) && UNLOCKED(i) && row[i].status == seenStatus[i] && row[i].holds == seenHolds[i] ->
#endif
             row[i].locker = _pid; locked = locked | BIT(i)
          :: else
          fi;
          i++ }
     :: atomic { i == IDS -> i = 1; break }
     od;
     atomic { /* it commits, or its process dies and nothing was done */
       if
       :: true ->
#ifndef SPARE_ONLY_WHAT_IS_HELD
          /* What another one builds on that was to go with it, and that somebody holds meanwhile, stays as well. */
          do
          :: i < IDS ->
             if
             :: HAS(doomed, i) && !HAS(locked, i) && (seenStatus[i] == complete || seenStatus[i] == pending) ->
                spared = spared | row[i].buildsOn
             :: else
             fi;
             i++
          :: else -> break
          od;
#endif
          i = 1;
          do
          :: i < IDS ->
             if
             :: HAS(locked, i) && !(HAS(spared, i) && row[i].status != deleted) ->
                MUST(I9, !REFERENCED(i));
                row[i].status = deleted; row[i].locker = 0
             :: HAS(locked, i) && HAS(spared, i) && row[i].status != deleted -> locked = locked & ~BIT(i); row[i].locker = 0
             :: else
             fi;
             i++
          :: else -> break
          od
       :: true ->
          i = 1;
          do
          :: i < IDS -> if :: HAS(locked, i) -> row[i].locker = 0 :: else fi; i++
          :: else -> break
          od;
          locked = 0
       fi;
       i = 1;
       do :: i < IDS -> seenStatus[i] = absent; seenHolds[i] = 0; i++ :: else -> break od;
       doomed = 0; spared = 0; i = 1 }
     do /* removeCheckpoint, then forgetCheckpoints */
     :: atomic { locked != 0 -> i = 1; do :: i < IDS && !HAS(locked, i) -> i++ :: else -> break od };
        removeObjects(i);
        atomic {
          if
          :: row[i].status == deleted -> row[i].status = absent; row[i].buildsOn = 0; row[i].verified = false; row[i].holds = 0
          :: else
          fi;
          locked = locked & ~BIT(i); i = 0 }
     :: atomic { locked == 0 -> i = 0; break }
     od
  od
}

/* VerifyCheckpoints: reads a checkpoint back, which takes its time, and notes that it can be read. */
active proctype Verifier() {
  byte id;
end_waiting:
  do
  :: verifications < VERIFICATIONS ->
     atomic { verifications++; pick(id) };
     if
     :: id != 0 ->
        atomic { UNLOCKED(id) -> /* noteVerified */
          if :: row[id].status == complete -> row[id].verified = true; row[id].holds++ :: else fi;
          id = 0 }
     :: else
     fi
  od
}

/* The job's owner, and another job that is forked from it. */
active proctype Owner() {
  byte id, i;
  bool found;
end_content:
  do
  :: atomic { pins < PINS && newest > 0 -> pins++; pick(id) };
     if
     :: id != 0 ->
        atomic { ALL_FREE(row[id].buildsOn | BIT(id)) -> /* pinCheckpoint: with its bases in one call */
#ifdef NO_HOLDS
          found = (row[id].status == complete);
#else
          hold(row[id].buildsOn | BIT(id));
#endif
          if :: found -> row[id].pinned = true :: else fi;
          found = false }
        if
        :: atomic { row[id].pinned = false; id = 0 } /* releasePins */
        :: id = 0
        fi
     :: else
     fi
  :: atomic { rollbacks < ROLLBACKS && status == running -> rollbacks++; owned = false; status = stopped }
  :: atomic { status == stopped && asked == 0 -> pick(id) }; /* FindStart */
#ifdef COLLECT_IGNORES_ORDERS_TO_START
     atomic { asked = id; status = free; id = 0 }
#else
     /* TypeOrmJobStore.order: what it names is held in the transaction that names it, or the order is refused. */
     atomic { id == 0 || ALL_FREE(row[id].buildsOn | BIT(id)) ->
       if
       :: id != 0 -> hold(row[id].buildsOn | BIT(id)); if :: found -> asked = id :: else fi
       :: else
       fi;
       status = free; id = 0; found = false }
#endif
  od
}

/* Sweep: objects without a row, once they have been known for the grace period. It lists the store before it reads rows. */
active proctype Sweeper() {
  byte listed, due, i, k, savedI, sweeps;
end_waiting:
  do
  :: atomic { sweeps < SWEEPS -> sweeps++;
       listed = 0; i = 1;
       do :: i < IDS -> if :: objects[i] != 0 -> listed = listed | BIT(i) :: else fi; i++ :: else -> i = 0; break od };
     atomic { /* noteOrphans */
       i = 1;
       do
       :: i < IDS -> if :: row[i].status != absent -> listed = listed & ~BIT(i) :: else fi; i++
       :: else -> i = 1; break
       od;
       due = listed & noted; noted = listed; listed = 0 };
     do
     :: atomic { due != 0 -> i = 1; do :: i < IDS && !HAS(due, i) -> i++ :: else -> break od; removeObjects(i); due = due & ~BIT(i); i = 0 }
     :: atomic { due == 0 -> i = 0; break }
     od
  od
}
