// The project's own tables. Those that services of shared/ keep stand beside their Go
// code, each in a schema.hcl; `go generate` puts together what the functions need, in
// router/catalog/schema_gen.hcl.

schema "public" {}
