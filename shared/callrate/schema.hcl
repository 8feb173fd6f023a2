// How often clients have called functions that have a RateLimit.
table "call_rate" {
  schema   = schema.public
  unlogged = true
  // A hash of the function and the client.
  column "key" {
    type = uuid
  }
  // When the client may again make all the calls at once that the rate allows.
  column "until" {
    type = timestamptz
  }
  primary_key {
    columns = [column.key]
  }
}
