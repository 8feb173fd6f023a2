// The URLs that users want to be told at.
table "webhook" {
  schema = schema.public
  // UUIDv7: in the order of creation.
  column "id" {
    type = uuid
  }
  column "owner" {
    type = text
  }
  column "url" {
    type = text
  }
  // What is sent is signed with, sealed.
  column "secret" {
    type = bytea
  }
  // The one before, sealed, which signs as well until old_until.
  column "old_secret" {
    type = bytea
    null = true
  }
  column "old_until" {
    type = timestamptz
    null = true
  }
  // The first of the attempts that failed since the last that did not.
  column "failing_since" {
    type = timestamptz
    null = true
  }
  // Why nothing is sent: gone or failing.
  column "disabled" {
    type = text
    null = true
  }
  column "created_at" {
    type    = timestamptz
    default = sql("now()")
  }
  primary_key {
    columns = [column.id]
  }
  index "webhook_owner" {
    columns = [column.owner, column.id]
  }
  foreign_key "webhook_owner" {
    columns     = [column.owner]
    ref_columns = [table.user.column.id]
    on_delete   = CASCADE
  }
  check "webhook_disabled" {
    expr = "disabled IN ('gone', 'failing')"
  }
}

// What webhooks were told, or will be. Those that have ended are kept for a while.
table "webhook_delivery" {
  schema = schema.public
  // Made from the webhook and the event, so that an event is told once.
  column "id" {
    type = uuid
  }
  column "webhook" {
    type = uuid
  }
  column "type" {
    type = text
  }
  // JSON, as it is signed.
  column "body" {
    type = text
  }
  column "state" {
    type = text
  }
  // A list of hooks.Attempt, oldest first.
  column "attempts" {
    type    = jsonb
    default = "[]"
  }
  // When the next attempt is due, of one that waits.
  column "next_at" {
    type = timestamptz
    null = true
  }
  column "created_at" {
    type    = timestamptz
    default = sql("now()")
  }
  primary_key {
    columns = [column.id]
  }
  index "webhook_delivery_webhook" {
    on {
      column = column.webhook
    }
    on {
      column = column.created_at
      desc   = true
    }
  }
  index "webhook_delivery_waiting" {
    on {
      expr = "COALESCE(next_at, created_at)"
    }
    where = "state = 'waiting'"
  }
  foreign_key "webhook_delivery_webhook" {
    columns     = [column.webhook]
    ref_columns = [table.webhook.column.id]
    on_delete   = CASCADE
  }
  check "webhook_delivery_state" {
    expr = "state IN ('waiting', 'delivered', 'failed')"
  }
}
