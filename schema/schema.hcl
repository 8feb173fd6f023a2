// The database as it shall be. `router migrate` compares it with the database
// and makes up the difference; there are no migration files. Only the schemas
// named here are looked at.

schema "public" {}

// What the file desk keeps about a file. The bytes are in the bucket.
table "file" {
  schema = schema.public
  // UUIDv7: in the order of creation.
  column "id" {
    type = uuid
  }
  column "name" {
    type = text
  }
  // Bytes.
  column "size" {
    type = bigint
  }
  // As declared; once processed, as its content says.
  column "type" {
    type    = text
    default = ""
  }
  column "status" {
    type    = text
    default = "uploading"
  }
  // For the user: why it failed, or why there is no thumbnail.
  column "reason" {
    type = text
    null = true
  }
  // Hex.
  column "sha256" {
    type = text
    null = true
  }
  // Pixels, of an image.
  column "width" {
    type = integer
    null = true
  }
  // Pixels, of an image.
  column "height" {
    type = integer
    null = true
  }
  // There is one in the bucket.
  column "thumbnail" {
    type    = boolean
    default = false
  }
  column "created_at" {
    type    = timestamptz
    default = sql("now()")
  }
  column "updated_at" {
    type    = timestamptz
    default = sql("now()")
  }
  primary_key {
    columns = [column.id]
  }
  // Pages of files in one status, newest first; the primary key serves all files.
  index "file_status_id" {
    on {
      column = column.status
    }
    on {
      column = column.id
      desc   = true
    }
  }
  // Uploads that were begun long ago and never completed.
  index "file_uploading" {
    columns = [column.created_at]
    where   = "status = 'uploading'"
  }
  check "file_status" {
    expr = "status IN ('uploading', 'processing', 'ready', 'failed')"
  }
}

// Events that were committed and that Inngest does not have yet.
table "outbox" {
  schema = schema.public
  // UUIDv7; also the event's id, by which it is known if it is sent twice.
  column "id" {
    type = uuid
  }
  column "name" {
    type = text
  }
  column "data" {
    type = jsonb
  }
  column "created_at" {
    type    = timestamptz
    default = sql("now()")
  }
  // How often sending it has failed.
  column "attempts" {
    type    = integer
    default = 0
  }
  // Not to be sent before.
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
  // What is due, longest waiting first, however much is not.
  index "outbox_next_at" {
    columns = [column.next_at, column.id]
  }
}
