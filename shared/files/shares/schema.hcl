// Links by which anybody who has one gets a file. See package shares.
table "file_share" {
  schema = schema.public
  column "id" {
    type = uuid
  }
  column "file" {
    type = uuid
  }
  // SHA-256 of the token in the link. The token itself is kept nowhere.
  column "token" {
    type = bytea
  }
  // bcrypt; none: no password is asked for.
  column "password" {
    type = text
    null = true
  }
  column "expires_at" {
    type = timestamptz
    null = true
  }
  column "created_at" {
    type    = timestamptz
    default = sql("now()")
  }
  column "views" {
    type    = bigint
    default = 0
  }
  column "downloads" {
    type    = bigint
    default = 0
  }
  primary_key {
    columns = [column.id]
  }
  foreign_key "file_share_file" {
    columns     = [column.file]
    ref_columns = [table.file.column.id]
    on_delete   = CASCADE
  }
  index "file_share_token" {
    unique  = true
    columns = [column.token]
  }
  index "file_share_file" {
    columns = [column.file]
  }
}
