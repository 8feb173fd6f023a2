// The log of messages, kept for some minutes: what a replica reads when it is woken, and a
// client that comes back. See package live.
table "live_message" {
  schema = schema.public
  column "id" {
    type = bigint
    identity {
      generated = ALWAYS
    }
  }
  // The transaction that published it, by which readers know whether they have seen it.
  column "xid" {
    type    = sql("xid8")
    default = sql("pg_current_xact_id()")
  }
  column "topic" {
    type = text
  }
  column "name" {
    type = text
  }
  column "data" {
    type = json
  }
  column "created_at" {
    type    = timestamptz
    default = sql("now()")
  }
  primary_key {
    columns = [column.id]
  }
  index "live_message_xid" {
    columns = [column.xid]
  }
  // What a client that comes back has missed.
  index "live_message_topic" {
    columns = [column.topic, column.xid]
  }
  index "live_message_created" {
    columns = [column.created_at]
  }
}

// Who is where, as each process says again and again. See Hub.Join.
table "live_presence" {
  schema = schema.public
  column "topic" {
    type = text
  }
  column "member" {
    type = text
  }
  // The process that says so.
  column "replica" {
    type = uuid
  }
  column "expires_at" {
    type = timestamptz
  }
  primary_key {
    columns = [column.topic, column.member, column.replica]
  }
  index "live_presence_expires" {
    columns = [column.expires_at]
  }
}
