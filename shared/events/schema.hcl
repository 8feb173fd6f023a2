// Events that were committed and have not taken effect yet; see package events.
table "outbox" {
  schema = schema.public
  // UUIDv7; also the event's id, by which it is known if it is sent twice.
  column "id" {
    type = uuid
  }
  // The order in which events of one key take effect.
  column "seq" {
    type = bigint
    identity {
      generated = ALWAYS
    }
  }
  column "name" {
    type = text
  }
  // Events of one key take effect one after another.
  column "key" {
    type = text
    null = true
  }
  column "data" {
    type = jsonb
  }
  column "created_at" {
    type    = timestamptz
    default = sql("now()")
  }
  column "state" {
    type    = text
    default = "waiting"
  }
  // How often Inngest has taken it.
  column "sends" {
    type    = integer
    default = 0
  }
  // How often sending it has failed since it was last taken.
  column "attempts" {
    type    = integer
    default = 0
  }
  // When Inngest first took it.
  column "sent_at" {
    type = timestamptz
    null = true
  }
  // Not to be looked at before: infinity behind another one of its key, and if dead.
  column "next_at" {
    type    = timestamptz
    default = sql("now()")
  }
  column "last_error" {
    type = text
    null = true
  }
  primary_key {
    columns = [column.id]
  }
  // The dead, longest there first.
  index "outbox_dead" {
    columns = [column.seq]
    where   = "state = 'dead'"
  }
  // What is due, longest waiting first, however much is not.
  index "outbox_next_at" {
    columns = [column.next_at, column.id]
  }
  // The first of a key is the one that is under way.
  index "outbox_key" {
    columns = [column.key, column.seq]
    where   = "key IS NOT NULL AND state <> 'dead'"
  }
  // waiting: Inngest does not have it. sent: Inngest has it, and not all of its runs
  // have ended. dead: given up, for a person to look at.
  check "outbox_state" {
    expr = "state IN ('waiting', 'sent', 'dead')"
  }
}

// Which run of which function handles which event; see package ledger.
table "event_run" {
  schema = schema.public
  column "event_id" {
    type = uuid
  }
  // As Inngest knows it: "switchyard-jobs-mail".
  column "function" {
    type = text
  }
  // Inngest's id of the run.
  column "run_id" {
    type = text
  }
  column "begun_at" {
    type    = timestamptz
    default = sql("now()")
  }
  // When it will have been heard of again if it is not lost; when it ended, if it has.
  column "due_at" {
    type = timestamptz
  }
  // How it ended; none while it goes on.
  column "outcome" {
    type = text
    null = true
  }
  primary_key {
    columns = [column.event_id, column.function]
  }
  // What is old enough to be forgotten.
  index "event_run_due_at" {
    columns = [column.due_at]
  }
  check "event_run_outcome" {
    expr = "outcome IN ('done', 'failed', 'cancelled')"
  }
}

// Which functions, as registered with Inngest, begin a run for each event of a name.
table "listener" {
  schema = schema.public
  column "event" {
    type = text
  }
  // As Inngest knows it.
  column "function" {
    type = text
  }
  primary_key {
    columns = [column.event, column.function]
  }
}

// Which database this is: one row, made when jobs are registered for the first time. It
// tells the functions of two products apart that share an Inngest server.
table "job_stack" {
  schema = schema.public
  column "one" {
    type    = boolean
    default = true
  }
  column "id" {
    type    = uuid
    default = sql("gen_random_uuid()")
  }
  primary_key {
    columns = [column.one]
  }
  check "job_stack_one" {
    expr = "one"
  }
}

// The releases of each service that runs jobs, and what they offer to Inngest.
table "job_release" {
  schema = schema.public
  // Where Inngest reaches the service.
  column "origin" {
    type = text
  }
  column "release" {
    type = text
  }
  // When its first replica started, by the clock of the database: the newest release
  // of a service is the one to register.
  column "since" {
    type    = timestamptz
    default = sql("now()")
  }
  // When one of its replicas last said that it lives.
  column "seen_at" {
    type    = timestamptz
    default = sql("now()")
  }
  // As they are registered with Inngest.
  column "functions" {
    type = jsonb
  }
  // Which of them begin a run for each event of a name; see table listener.
  column "listeners" {
    type = jsonb
  }
  // When Inngest last took them.
  column "registered_at" {
    type = timestamptz
    null = true
  }
  primary_key {
    columns = [column.origin, column.release]
  }
}
