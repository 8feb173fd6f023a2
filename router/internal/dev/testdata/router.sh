#!/bin/sh
# What a router prints that needs a port and no bucket.
[ "$*" = "env --json" ] && echo '[{"name":"PORT","neededBy":["router"]},{"name":"BUCKET","neededBy":[]}]'
