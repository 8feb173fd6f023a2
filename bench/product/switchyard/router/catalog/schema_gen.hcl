// ==> schema/schema.hcl
// The project's own tables, in Atlas's HCL: https://atlasgo.io/hcl/schema.

schema "public" {}

table "item" {
  schema = schema.public
  // UUIDv7: in the order of creation.
  column "id" {
    type = uuid
  }
  column "owner" {
    type = text
  }
  column "name" {
    type = text
  }
  // In bytes.
  column "size" {
    type = bigint
  }
  column "status" {
    type = text
  }
  column "created_at" {
    type    = timestamptz
    default = sql("now()")
  }
  primary_key {
    columns = [column.id]
  }
  // A user's items, newest first.
  index "item_owner" {
    columns = [column.owner, column.id]
  }
  foreign_key "item_owner" {
    columns     = [column.owner]
    ref_columns = [table.user.column.id]
    on_delete   = CASCADE
  }
}

// ==> switchyard/shared/auth/apikey/schema.hcl
// The keys of machines.
table "api_key" {
  schema = schema.public
  column "id" {
    type = uuid
  }
  column "owner" {
    type = text
  }
  column "name" {
    type = text
  }
  // How the key begins.
  column "hint" {
    type = text
  }
  // SHA-256 of the key.
  column "hash" {
    type = bytea
  }
  column "created_at" {
    type    = timestamptz
    default = sql("now()")
  }
  column "expires_at" {
    type = timestamptz
    null = true
  }
  column "last_used_at" {
    type = timestamptz
    null = true
  }
  primary_key {
    columns = [column.id]
  }
  index "api_key_hash" {
    columns = [column.hash]
    unique  = true
  }
  index "api_key_owner" {
    columns = [column.owner, column.id]
  }
  foreign_key "api_key_owner" {
    columns     = [column.owner]
    ref_columns = [table.user.column.id]
    on_delete   = CASCADE
  }
}

// ==> switchyard/shared/auth/betterauth/schema.hcl
// Better Auth's tables, as version 1.7 makes them itself: a Node server may use the
// same database. It refuses to start if a column is missing, or if there is one
// more that must be given a value.

table "user" {
  schema = schema.public
  column "id" {
    type = text
  }
  column "name" {
    type = text
  }
  // In lower case.
  column "email" {
    type = text
  }
  column "emailVerified" {
    type = boolean
  }
  column "image" {
    type = text
    null = true
  }
  column "createdAt" {
    type    = timestamptz
    default = sql("CURRENT_TIMESTAMP")
  }
  column "updatedAt" {
    type    = timestamptz
    default = sql("CURRENT_TIMESTAMP")
  }
  primary_key {
    columns = [column.id]
  }
  unique "user_email_key" {
    columns = [column.email]
  }
}

table "session" {
  schema = schema.public
  column "id" {
    type = text
  }
  column "expiresAt" {
    type = timestamptz
  }
  column "token" {
    type = text
  }
  column "createdAt" {
    type    = timestamptz
    default = sql("CURRENT_TIMESTAMP")
  }
  column "updatedAt" {
    type = timestamptz
  }
  column "ipAddress" {
    type = text
    null = true
  }
  column "userAgent" {
    type = text
    null = true
  }
  column "userId" {
    type = text
  }
  primary_key {
    columns = [column.id]
  }
  unique "session_token_key" {
    columns = [column.token]
  }
  index "session_userId_idx" {
    columns = [column.userId]
  }
  foreign_key "session_userId_fkey" {
    columns     = [column.userId]
    ref_columns = [table.user.column.id]
    on_delete   = CASCADE
  }
}

// The ways in which a user signs in.
table "account" {
  schema = schema.public
  column "id" {
    type = text
  }
  // Who the user is there; of a password, the user's id.
  column "accountId" {
    type = text
  }
  // "credential" is a password.
  column "providerId" {
    type = text
  }
  column "userId" {
    type = text
  }
  column "accessToken" {
    type = text
    null = true
  }
  column "refreshToken" {
    type = text
    null = true
  }
  column "idToken" {
    type = text
    null = true
  }
  column "accessTokenExpiresAt" {
    type = timestamptz
    null = true
  }
  column "refreshTokenExpiresAt" {
    type = timestamptz
    null = true
  }
  column "scope" {
    type = text
    null = true
  }
  // The password's hash.
  column "password" {
    type = text
    null = true
  }
  column "createdAt" {
    type    = timestamptz
    default = sql("CURRENT_TIMESTAMP")
  }
  column "updatedAt" {
    type = timestamptz
  }
  primary_key {
    columns = [column.id]
  }
  index "account_userId_idx" {
    columns = [column.userId]
  }
  foreign_key "account_userId_fkey" {
    columns     = [column.userId]
    ref_columns = [table.user.column.id]
    on_delete   = CASCADE
  }
}

// Tokens that were mailed, and sign-ins with a provider that are under way.
table "verification" {
  schema = schema.public
  column "id" {
    type = text
  }
  column "identifier" {
    type = text
  }
  column "value" {
    type = text
  }
  column "expiresAt" {
    type = timestamptz
  }
  column "createdAt" {
    type    = timestamptz
    default = sql("CURRENT_TIMESTAMP")
  }
  column "updatedAt" {
    type    = timestamptz
    default = sql("CURRENT_TIMESTAMP")
  }
  primary_key {
    columns = [column.id]
  }
  index "verification_identifier_idx" {
    columns = [column.identifier]
  }
}

table "rateLimit" {
  schema = schema.public
  column "id" {
    type = text
  }
  // "<address>|<path>".
  column "key" {
    type = text
  }
  column "count" {
    type = integer
  }
  // Milliseconds since 1970.
  column "lastRequest" {
    type = bigint
  }
  primary_key {
    columns = [column.id]
  }
  unique "rateLimit_key_key" {
    columns = [column.key]
  }
}

// ==> switchyard/shared/events/schema.hcl
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
  // When it was published; of one that was held, when its time had come.
  column "created_at" {
    type    = timestamptz
    default = sql("now()")
  }
  // The event that this one repeats, for one function alone: that one's id, by which its
  // runs are known. See router runs retry.
  column "repeats" {
    type = uuid
    null = true
  }
  // The function, as Inngest knows it, for which alone it is sent.
  column "only" {
    type = text
    null = true
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
  // When Inngest took it, for the first time or anew: it knows an event for a day.
  column "sent_at" {
    type = timestamptz
    null = true
  }
  // Not to be looked at before: infinity behind another one of its key, and if dead. Of a
  // held one, its time.
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
  // What is to be sent, by name, longest waiting first, however much is not due.
  index "outbox_waiting" {
    columns = [column.name, column.next_at, column.id]
    where   = "state = 'waiting'"
  }
  // What Inngest has and has not begun: never much; see the relay's windows.
  index "outbox_sent" {
    columns = [column.name, column.sent_at]
    where   = "state = 'sent'"
  }
  // What is to be looked at again.
  index "outbox_begun" {
    columns = [column.next_at]
    where   = "state = 'begun'"
  }
  // What waits for its time.
  index "outbox_held" {
    columns = [column.next_at, column.seq]
    where   = "state = 'held'"
  }
  index "outbox_held_key" {
    columns = [column.key]
    where   = "state = 'held' AND key IS NOT NULL"
  }
  // The first of a key is the one that is under way.
  index "outbox_key" {
    columns = [column.key, column.seq]
    where   = "key IS NOT NULL AND state NOT IN ('dead', 'held')"
  }
  // What is there to be handled once more.
  index "outbox_repeats" {
    columns = [column.repeats]
    where   = "repeats IS NOT NULL"
  }
  // held: its time has not come. waiting: to be sent. sent: Inngest has it and no run of it
  // has begun. begun: a run has, or nobody listens. dead: given up, for a person to look at.
  check "outbox_state" {
    expr = "state IN ('held', 'waiting', 'sent', 'begun', 'dead')"
  }
}

// What the relays know together of Inngest: one row, which the one locks that sends.
table "relay" {
  schema = schema.public
  column "one" {
    type    = boolean
    default = true
  }
  // See type engine of package events.
  column "state" {
    type    = jsonb
    default = "{}"
  }
  primary_key {
    columns = [column.one]
  }
  check "relay_one" {
    expr = "one"
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
  // The event's name.
  column "name" {
    type    = text
    default = ""
  }
  // The event's data, if it is not in the outbox (any more) and the run may need it again.
  column "data" {
    type = json
    null = true
  }
  // Why it failed.
  column "error" {
    type = text
    null = true
  }
  // The release that the run was begun by.
  column "release" {
    type    = text
    default = ""
  }
  primary_key {
    columns = [column.event_id, column.function]
  }
  // What is old enough to be forgotten.
  index "event_run_due_at" {
    columns = [column.due_at]
  }
  // The run of a name that people have, or whose steps these are.
  index "event_run_run" {
    columns = [column.run_id]
  }
  // What goes on, longest first.
  index "event_run_open" {
    columns = [column.function, column.begun_at]
    where   = "outcome IS NULL"
  }
  check "event_run_outcome" {
    expr = "outcome IN ('done', 'failed', 'cancelled')"
  }
}

// The steps that runs have passed; see package ledger.
table "run_step" {
  schema = schema.public
  // Inngest's id of the run.
  column "run_id" {
    type = text
  }
  // As the SDK knows it: a hash of its name, and of how often the name has come before.
  column "id" {
    type = text
  }
  // The order in which the run has come to its steps, from 0.
  column "nr" {
    type = integer
  }
  column "name" {
    type    = text
    default = ""
  }
  // What kind of step, as the SDK says: StepRun, Sleep, WaitForEvent, InvokeFunction.
  column "op" {
    type    = text
    default = ""
  }
  // Its result as the SDK gets it, {"data": …} or {"error": …}; none while it goes on.
  column "result" {
    type = json
    null = true
  }
  column "at" {
    type    = timestamptz
    default = sql("now()")
  }
  primary_key {
    columns = [column.run_id, column.id]
  }
}

// Which functions begin a run for each event of a name, as registered with Inngest or about
// to be.
table "listener" {
  schema = schema.public
  column "event" {
    type = text
  }
  // As Inngest knows it.
  column "function" {
    type = text
  }
  // When it was registered; infinity as long as it is not.
  column "since" {
    type    = timestamptz
    default = sql("now()")
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
  // Where its youngest replica is reached by the others, if it said so: a base URL.
  column "address" {
    type = text
    null = true
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

// ==> switchyard/shared/mail/schema.hcl
// Mail that has not been sent yet.
table "mail" {
  schema = schema.public
  column "id" {
    type = uuid
  }
  column "to" {
    type = text
  }
  column "subject" {
    type = text
  }
  column "text" {
    type = text
  }
  column "html" {
    type = text
  }
  column "url" {
    type = text
  }
  column "token" {
    type = text
  }
  column "created_at" {
    type    = timestamptz
    default = sql("now()")
  }
  // There is no point in sending it after.
  column "expires_at" {
    type = timestamptz
  }
  primary_key {
    columns = [column.id]
  }
  index "mail_expires_at" {
    columns = [column.expires_at]
  }
}
