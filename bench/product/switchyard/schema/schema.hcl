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
