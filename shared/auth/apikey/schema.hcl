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
