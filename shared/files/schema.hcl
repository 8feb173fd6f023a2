// What the file desk keeps about a file. The bytes are in the bucket.
table "file" {
  schema = schema.public
  // UUIDv7: in the order of creation.
  column "id" {
    type = uuid
  }
  // A user's id; none if the account is gone, and the file about to follow.
  column "owner" {
    type = text
    null = true
  }
  column "name" {
    type = text
  }
  // Bytes.
  column "size" {
    type = bigint
  }
  // Where the bytes lie in the bucket; none: at files/ID, as releases put them that did
  // not pin them.
  column "key" {
    type = text
    null = true
  }
  // The bucket's id of the upload in parts, of a file that is sent so; none before its first
  // part is asked for.
  column "upload" {
    type = text
    null = true
  }
  // As declared; once processed, as its content says.
  column "type" {
    type    = text
    default = ""
  }
  // What people call it: by it lists are filtered.
  column "kind" {
    type = text
    null = true
    as {
      expr = <<-SQL
        CASE
          WHEN type LIKE 'image/%' THEN 'picture'
          WHEN type LIKE 'audio/%' THEN 'audio'
          WHEN type LIKE 'video/%' THEN 'video'
          WHEN type LIKE 'text/%' OR type ~ '^application/(pdf|rtf|json|xml|epub|msword|vnd[.]ms-|vnd[.]oasis[.]opendocument|vnd[.]openxmlformats)' THEN 'document'
          ELSE 'other'
        END
      SQL
      type = STORED
    }
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
  // How a text begins.
  column "excerpt" {
    type = text
    null = true
  }
  // There is one in the bucket.
  column "thumbnail" {
    type    = boolean
    default = false
  }
  // What tells the request that registered it from others of the owner, and all that it said;
  // none if it had no Idempotency-Key. Both are SHA-256.
  column "request_key" {
    type = bytea
    null = true
  }
  column "request_sum" {
    type = bytea
    null = true
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
  // Pages of a user's files, newest first: all, those in one status, or those of one kind.
  index "file_owner" {
    on {
      column = column.owner
    }
    on {
      column = column.id
      desc   = true
    }
  }
  index "file_owner_status" {
    on {
      column = column.owner
    }
    on {
      column = column.status
    }
    on {
      column = column.id
      desc   = true
    }
  }
  index "file_owner_kind" {
    on {
      column = column.owner
    }
    on {
      column = column.kind
    }
    on {
      column = column.id
      desc   = true
    }
  }
  // A request that is repeated finds its file.
  index "file_request" {
    unique  = true
    columns = [column.owner, column.request_key]
    where   = "request_key IS NOT NULL"
  }
  // Files of accounts that are gone.
  index "file_ownerless" {
    columns = [column.id]
    where   = "owner IS NULL"
  }
  foreign_key "file_owner" {
    columns     = [column.owner]
    ref_columns = [table.user.column.id]
    on_delete   = SET_NULL
  }
  // Files that are not as they will be, of which nothing was heard for long.
  index "file_unfinished" {
    columns = [column.status, column.updated_at]
    where   = "status IN ('uploading', 'processing')"
  }
  check "file_status" {
    expr = "status IN ('uploading', 'processing', 'ready', 'failed')"
  }
}

// What was done with a file: at most one row of each step.
table "file_step" {
  schema = schema.public
  column "file" {
    type = uuid
  }
  column "step" {
    type = text
  }
  column "state" {
    type = text
  }
  // For the user: what came of it, or why it failed.
  column "detail" {
    type = text
    null = true
  }
  // Percent, of a long step.
  column "progress" {
    type    = integer
    default = 0
  }
  // When it was tried first.
  column "began_at" {
    type    = timestamptz
    default = sql("now()")
  }
  column "ended_at" {
    type = timestamptz
    null = true
  }
  primary_key {
    columns = [column.file, column.step]
  }
  foreign_key "file_step_file" {
    columns     = [column.file]
    ref_columns = [table.file.column.id]
    on_delete   = CASCADE
  }
  check "file_step_state" {
    expr = "state IN ('running', 'done', 'failed')"
  }
}

// What each user's files take. Whoever adds a file, or deletes one, changes this in the same
// transaction; see Store.Recount for what is not changed so.
table "file_usage" {
  schema = schema.public
  column "owner" {
    type = text
  }
  column "bytes" {
    type = bigint
  }
  column "files" {
    type = integer
  }
  // When it was last made of the files themselves.
  column "counted_at" {
    type    = timestamptz
    default = sql("now()")
  }
  primary_key {
    columns = [column.owner]
  }
  foreign_key "file_usage_owner" {
    columns     = [column.owner]
    ref_columns = [table.user.column.id]
    on_delete   = CASCADE
  }
  index "file_usage_counted_at" {
    columns = [column.counted_at]
  }
}

// What deleted files still count for, since their bytes may be sent all the same. It refers to no
// user: without one it is removed as ever.
table "file_held" {
  schema = schema.public
  // The id that the file had.
  column "file" {
    type = uuid
  }
  column "owner" {
    type = text
  }
  // Bytes.
  column "size" {
    type = bigint
  }
  // When nobody can begin any more to send them; they are removed after that.
  column "until" {
    type = timestamptz
  }
  primary_key {
    columns = [column.file]
  }
  index "file_held_owner" {
    columns = [column.owner]
  }
  index "file_held_until" {
    columns = [column.until]
  }
}
