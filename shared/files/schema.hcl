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
  // Pages of a user's files, newest first: all, or those in one status.
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
  // Uploads that were begun long ago and never completed.
  index "file_uploading" {
    columns = [column.created_at]
    where   = "status = 'uploading'"
  }
  check "file_status" {
    expr = "status IN ('uploading', 'processing', 'ready', 'failed')"
  }
}
