// The tables of the framework as a project had them when all stood in one file.
schema "public" {}
table "user" {
  schema = schema.public
  column "id" {
    type = text
  }
  column "name" {
    type = text
  }
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
table "account" {
  schema = schema.public
  column "id" {
    type = text
  }
  column "accountId" {
    type = text
  }
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
  column "key" {
    type = text
  }
  column "count" {
    type = integer
  }
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
  column "hint" {
    type = text
  }
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
table "outbox" {
  schema = schema.public
  column "id" {
    type = uuid
  }
  column "seq" {
    type = bigint
    identity {
      generated = ALWAYS
    }
  }
  column "name" {
    type = text
  }
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
  column "sends" {
    type    = integer
    default = 0
  }
  column "attempts" {
    type    = integer
    default = 0
  }
  column "sent_at" {
    type = timestamptz
    null = true
  }
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
  index "outbox_dead" {
    columns = [column.seq]
    where   = "state = 'dead'"
  }
  index "outbox_next_at" {
    columns = [column.next_at, column.id]
  }
  index "outbox_key" {
    columns = [column.key, column.seq]
    where   = "key IS NOT NULL AND state <> 'dead'"
  }
  check "outbox_state" {
    expr = "state IN ('waiting', 'sent', 'dead')"
  }
}
table "event_run" {
  schema = schema.public
  column "event_id" {
    type = uuid
  }
  column "function" {
    type = text
  }
  column "run_id" {
    type = text
  }
  column "begun_at" {
    type    = timestamptz
    default = sql("now()")
  }
  column "due_at" {
    type = timestamptz
  }
  column "outcome" {
    type = text
    null = true
  }
  primary_key {
    columns = [column.event_id, column.function]
  }
  index "event_run_due_at" {
    columns = [column.due_at]
  }
  check "event_run_outcome" {
    expr = "outcome IN ('done', 'failed', 'cancelled')"
  }
}
table "listener" {
  schema = schema.public
  column "event" {
    type = text
  }
  column "function" {
    type = text
  }
  primary_key {
    columns = [column.event, column.function]
  }
}
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
table "job_release" {
  schema = schema.public
  column "origin" {
    type = text
  }
  column "release" {
    type = text
  }
  column "since" {
    type    = timestamptz
    default = sql("now()")
  }
  column "seen_at" {
    type    = timestamptz
    default = sql("now()")
  }
  column "functions" {
    type = jsonb
  }
  column "listeners" {
    type = jsonb
  }
  column "registered_at" {
    type = timestamptz
    null = true
  }
  primary_key {
    columns = [column.origin, column.release]
  }
}
